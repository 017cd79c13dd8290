"""What people say in reviews and on lines of a diff; and no check suite of ours left queued."""

from __future__ import annotations

import pytest
from e2e_kit import open_issue, person, replies, settled, unlike

from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pull(stage: Stage) -> int:
    """A person's pull request of one file."""
    branch = unlike()
    files = {f"{branch}.md": "One\nTwo\n"}
    await person(stage, "POST", "/push", login=ADMIN, branch=branch, files=files)
    made = await stage.person("/pulls", login=ADMIN, title="Mend it", body="", head=branch)
    return int(made["number"])


async def answered(stage: Stage, number: int) -> bool:
    await settled(stage)
    return any("Status of" in card["body"] for card in await replies(stage, number))


async def test_a_command_in_a_review_is_obeyed(stage: Stage) -> None:
    number = await pull(stage)
    said = {"login": "ines-ferreira", "event": "COMMENT", "body": "/soulcaster status"}
    await stage.person(f"/pulls/{number}/reviews", **said)
    assert await answered(stage, number)


async def test_a_command_on_a_line_is_obeyed(stage: Stage) -> None:
    number = await pull(stage)
    [file] = await changed(stage, number)
    said = {"login": "ines-ferreira", "path": file, "line": 1, "body": "/soulcaster status"}
    path = f"{stage.github_url}/_sim/repos/{stage.repository}/pulls/{number}/comments"
    async with stage.http.post(path, json=said) as response:
        response.raise_for_status()
    assert await answered(stage, number)


async def changed(stage: Stage, number: int) -> list[str]:
    repo = stage.context.github.repo(await stage.project())
    return [str(one["filename"]) async for one in repo.pages(f"/pulls/{number}/files")]


async def test_no_check_suite_of_ours_is_left_queued(stage: Stage) -> None:
    await open_issue(stage, f"Nothing {unlike()}", "At all.")
    await settled(stage)
    before = len(shop_suites(stage))
    await pull(stage)
    assert len(shop_suites(stage)) == before


def shop_suites(stage: Stage) -> list[int]:
    return list(stage.github.world.repository(stage.repository).check_suites)
