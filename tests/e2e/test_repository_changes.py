"""A wrong .github/soulcaster.yml, and a private repository that becomes public."""

from __future__ import annotations

from typing import Any

import pytest
from e2e_kit import (
    ask,
    deliver,
    issue,
    messages,
    obey,
    person,
    replies,
    settled,
    unlike,
)
from fix_kit import ended, publish, ready_to_publish, reported

from bot.simulators.github.views.repositories import repository as repository_view
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INES = "U07INESF01"


async def push(stage: Stage, file: str) -> None:
    files: dict[str, Any] = {".github/soulcaster.yml": file}
    await person(stage, "POST", "/push", login=ADMIN, files=files)
    await settled(stage)


async def said_in_slack(stage: Stage, words: str) -> int:
    return sum(words in str(message["blocks"]) for message in await messages(stage))


async def test_a_wrong_file_is_named_with_its_line_and_the_last_good_one_counts(
    stage: Stage,
) -> None:
    await push(stage, "cluster: eager\n")
    await push(stage, "cluster: eager\nfix:\n  max_fils: 3\n")
    assert await said_in_slack(stage, "soulcaster.yml:3: fix.max_fils is no key of ours") == 1
    config = await stage.context.configs.in_force(await stage.project())
    assert config.cluster == "eager"
    await push(stage, "cluster: sure\n")
    assert await said_in_slack(stage, "soulcaster.yml:3") == 0
    assert await said_in_slack(stage, "is right again") == 1


async def test_a_wrong_file_in_a_pull_request_fails_its_check(stage: Stage) -> None:
    async def checks(number: int, head: str, **files: str) -> list[Any]:
        await person(stage, "POST", "/push", login=ADMIN, files=files, branch=head)
        if not number:
            made = await person(stage, "POST", "/pulls", login=ADMIN, title="Settings", head=head)
            number = int(made["number"])
        await settled(stage)
        pull = await issue(stage, number)
        return [number, *(one for one in pull["pull"]["checks"] if "config" in one["name"])]

    wrong = "cluster: sure\nfix:\n  max_fils: 3\n"
    number, check = await checks(0, "settings", **{".github/soulcaster.yml": wrong})
    assert check["conclusion"] == "failure"
    assert "soulcaster.yml:3" in check["output"]["summary"]
    right = {".github/soulcaster.yml": "cluster: sure\nfix:\n  max_files: 3\n"}
    _, check = await checks(number, "settings", **right)
    assert check["conclusion"] == "success"
    assert await checks(0, "nothing", **{"README.md": "Other words."}) == [number + 1]


async def test_what_was_said_in_private_is_hidden_when_it_becomes_public(stage: Stage) -> None:
    number, cluster = await reported(stage, f"Seen at {unlike()}", f"By {unlike()}.")
    made = await ready_to_publish(stage, number, cluster)
    await publish(stage, made)
    run = await ended(stage, made.number)
    assert await obey(stage, number, "/soulcaster status") == "done"
    assert "on its way" in await ask(stage, INES, "digest now")
    await settled(stage)
    tracking = await stage.context.digests.tracking_issue((await stage.project()).id)
    before = [card["body"] for card in await replies(stage, number)]
    assert before
    told = stage.github.webhooks.sent()[-1].payload
    who = {name: told[name] for name in ("sender", "installation")}
    for private in (True, False):  # an event of long ago is no word about today
        assert [card["body"] for card in await replies(stage, number)] == before
        stage.github.change_repository(stage.repository, private=private)
        shop = repository_view(stage.github.world.repository(stage.repository))
        assert await deliver(stage, "public", {**who, "repository": shop}) == 202
        await settled(stage)
    pull = await issue(stage, run.pull_request or 0)
    assert pull["title"] == "Fix: a problem from private reports"
    [check] = pull["pull"]["checks"]
    for words in (pull["body"], check["output"]["summary"]):
        assert "said while the repository was private" in words
        assert "Seen at" not in words
        assert "python -m pytest" not in words
    assert check["conclusion"] == "success"
    after = [card["body"] for card in await replies(stage, number)]
    assert len(after) == len(before)
    assert all("said while the repository was private" in body for body in after)
    assert "Open problems" in (await issue(stage, tracking or 0))["body"]
