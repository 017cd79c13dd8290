"""A plan names the files of its repository, and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from following_kit import Team, open_team

from bot.domain.errors import Rejected
from bot.github.app import READ
from bot.github.pulls import files
from handlers.demo.stage import ADMIN


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as made:
        yield made


async def test_only_files_that_are_there_are_suspected(team: Team) -> None:
    words = "Gift cards are refused in shop/giftcard.py, called by vouchers.py"
    number = await team.seen("Gift cards are refused", body=words)
    assert "giftcard.py" not in (said := await team.ask(f"plan C-{number}")).replace(words, "")
    assert "Search the smallest edit that makes it pass." in said
    there = {"src/shop/giftcard.py": "def pay():\n    return 0\n"}
    await team.stage.person("/push", branch="main", message="Add", files=there, login=ADMIN)
    said = await team.ask(f"plan C-{number}")
    assert "Search the smallest edit in src/shop/giftcard.py that makes it pass." in said
    repo = team.ctx.github.repo(team.project, READ)
    assert "src/shop/giftcard.py" in await files(repo, "main")
    with pytest.raises(Rejected):
        await files(repo, "no-such-branch")


async def test_a_file_at_a_commit_answers_as_it_was_there(team: Team) -> None:
    spec = {
        "docs/points.md": "# Points\n\nLoyalty points expire four hundred days after delivery.\n"
    }
    await team.stage.person("/push", branch="main", message="Add", files=spec, login=ADMIN)
    said = await team.ask("files add docs/points.md@main --shelf=files")
    assert "is kept" in said
    (file,) = await team.ctx.shelf.all(team.project.id)
    assert file.audience is team.project.github_readers
    assert "/blob/" in file.url
    later = {"docs/points.md": "# Points\n\nLoyalty points expire next week.\n"}
    await team.stage.person("/push", branch="main", message="Change", files=later, login=ADMIN)
    said = await team.ask("ask When do loyalty points expire?")
    assert "four hundred days" in said
    assert "points.md l. 1-3" in said
    number = await team.seen("Loyalty points expire too early", body="They expire in a day.")
    assert "go along with" in await team.ask(f"files use points.md C-{number}")
    assert "points.md l. 1-3" in await team.ask(f"plan C-{number}")
    assert "has no file docs/none.md" in await team.ask("files add docs/none.md@main")
    assert "no branch, tag or commit nowhere" in await team.ask("files add docs/points.md@nowhere")


async def test_where_github_does_not_say_what_is_there_none_is_named(team: Team) -> None:
    number = await team.seen("Totals are wrong", body="It stops in shop/totals.py every time.")
    team.project = team.project.model_copy(update={"default_branch": "no-such-branch"})
    said = await team.ask(f"plan C-{number}")
    assert "Search the smallest edit that makes it pass." in said
    assert "Suspected files" not in said
