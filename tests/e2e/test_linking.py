"""A Slack person is the GitHub account that says their code, and nobody else's."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from e2e_kit import ask, comment, ended, obey, open_issue, parked, replies, settled, unlike

from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOM, STRANGER, OTHER = "tom-beckett", "U07STRANGE", "U07OTHER01"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def number(stage: Stage) -> int:
    """An issue, and two Slack people whom nobody knows."""
    for name, user in (("stranger", STRANGER), ("other", OTHER)):
        stage.slack.workspace.add_user(name, user_id=user)
    return await open_issue(stage, f"Vouchers vanish {unlike()}", "At night.")


async def code(stage: Stage, user: str) -> str:
    """What ``link`` whispers, to be said on GitHub."""
    found = re.search(r"/soulcaster link ([A-Z0-9]{12})", await ask(stage, user, "link"))
    assert found
    return found[1]


async def test_a_code_said_on_github_links_once(stage: Stage, number: int) -> None:
    assert "Vouchers" not in await ask(stage, STRANGER, "status C-1")
    proof = await code(stage, STRANGER)
    assert await obey(stage, number, f"/soulcaster link {proof}", TOM) == "done"
    assert STRANGER in str(await replies(stage, number)), (
        "whoever was tricked sees whom they let in"
    )
    assert "tom-beckett" in await ask(stage, STRANGER, "whoami")
    assert "Vouchers" in await ask(stage, STRANGER, "status C-1")
    assert "S2" in await ask(stage, STRANGER, "severity C-1 S2")
    # Said again, by whomever, it is worth nothing.
    assert await obey(stage, number, f"/soulcaster link {proof}", "ines-ferreira") == "refused"
    assert "tom-beckett" in await ask(stage, STRANGER, "whoami")


async def test_unlinking_ends_it_at_once(stage: Stage, number: int) -> None:
    assert "no GitHub account any more" in await ask(stage, STRANGER, "unlink")
    assert "/soulcaster link" in await ask(stage, STRANGER, "whoami")
    proof = await code(stage, STRANGER)
    assert await obey(stage, number, f"/soulcaster link {proof}", TOM) == "done"
    assert "tom-beckett" in await ask(stage, STRANGER, "whoami")
    assert await obey(stage, number, "/soulcaster unlink", TOM) == "done"
    assert "/soulcaster link" in await ask(stage, STRANGER, "whoami")


async def test_who_is_gone_from_github_is_unlinked(stage: Stage, number: int) -> None:
    stage.github.add_user("brief-visit")
    stage.github.set_role(stage.repository, "brief-visit", "write")
    proof = await code(stage, OTHER)
    assert await obey(stage, number, f"/soulcaster link {proof}", "brief-visit") == "done"
    del stage.github.world.users["brief-visit"]
    assert "Vouchers" not in await ask(stage, OTHER, "status C-1")
    assert "/soulcaster link" in await ask(stage, OTHER, "whoami")


async def test_codes_cannot_be_guessed(stage: Stage, number: int) -> None:
    guesses = [f"/soulcaster link BCDFGHJKMNP{n}" for n in range(2, 9)]
    for guess in guesses:
        assert await obey(stage, number, guess, "lena-brandt") == "refused"
    assert "within the hour" in str(await replies(stage, number))
    proof = await code(stage, OTHER)
    assert await obey(stage, number, f"/soulcaster link {proof}", "lena-brandt") == "refused"
    for _ in range(5):
        answer = await ask(stage, OTHER, "link")
    assert "within the hour" in answer


async def test_a_code_is_for_github_and_a_wish_for_one_is_for_slack(
    stage: Stage, number: int
) -> None:
    assert await obey(stage, number, "/soulcaster link", TOM) == "refused"
    assert "Say that on GitHub" in await ask(stage, STRANGER, "link BCDFGHJKMNP2")


async def test_nothing_was_given_up(stage: Stage, number: int) -> None:
    await ended(stage, number, await comment(stage, number, "/soulcaster whoami"))
    await settled(stage)
    assert await parked(stage) == {}
