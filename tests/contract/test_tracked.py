"""A problem's tracking issue: ours or somebody's, kept true, and never what others may not read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from following_kit import LOSS, Team, open_team

from handlers.demo.stage import ADMIN
from workers.digests import following, notices
from workers.intake import issues, sync


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as made:
        yield made


async def test_a_problem_is_kept_in_an_issue_of_its_own(team: Team) -> None:
    number = await team.seen()
    assert "is tracked in" in await team.ask(f"track C-{number}")
    issue = (await team.ctx.digests.tracked(team.project.id))[number]
    for _ in range(2):
        await team.ask(f"track C-{number}")
    found = await team.issue(issue)
    assert [label["name"] for label in found["labels"]] == ["soulcaster"]
    assert found["title"].startswith(f"C-{number} ")
    assert "charged twice" in found["body"]
    assert f"C-{number} Customers" in await team.ask("status", issue=issue), "it is about that"
    before = team.edits(issue)
    for _ in range(8):
        team.now += timedelta(seconds=5)
        await team.seen()
    assert team.edits(issue) - before <= 1, "counts alone are one edit a minute"
    team.now += following.EVERY_ISSUE
    await team.follow(number)
    assert "9 in all" in (await team.issue(issue))["body"]
    mine = f"Call Bo.\n\n{(await team.issue(issue))['body']}\n\nAnd below."
    await team.stage.person(f"/issues/{issue}", "PATCH", login=ADMIN, body=mine)
    await team.change(number, owner="bo")
    body = (await team.issue(issue))["body"]
    assert body.startswith("Call Bo.\n\n<!--")
    assert body.endswith("-->\n\nAnd below.")
    assert "Owner: @bo" in body, "what happened is written at once"
    assert f"/issues/{issue}|#{issue}>" in str(await team.cards())
    await issues.read_issue(team.ctx, team.project.id, issue)
    assert not await team.ctx.items.by_key(team.project.id, "github", f"issue:{issue}")
    assert f"tracked in #{issue} any more" in await team.ask(f"untrack C-{number}")
    assert (await team.issue(issue))["body"] == "Call Bo.\n\nAnd below."
    await team.change(number, owner="ana")
    assert (await team.issue(issue))["body"] == "Call Bo.\n\nAnd below."


async def test_an_issue_of_somebody_is_theirs(team: Team) -> None:
    number = await team.seen()
    opened = await team.stage.person("/issues", login=ADMIN, title="Refunds", body="They are late.")
    theirs = opened["number"]
    assert "is tracked in" in await team.ask(f"track C-{number} #{theirs}")
    assert (await team.issue(theirs))["body"].startswith("They are late.\n\n<!-- soulcaster:")
    await issues.read_issue(team.ctx, team.project.id, theirs)
    await team.drain()
    report = await team.ctx.items.by_key(team.project.id, "github", f"issue:{theirs}")
    assert report is not None
    assert (await team.ctx.items.get(team.project.id, report)).body == "They are late."
    closed = {"login": ADMIN, "state": "closed"}
    await team.stage.person(f"/issues/{theirs}", "PATCH", **closed)
    left = (await team.issue(theirs))["body"]
    await team.change(number, owner="bo")
    assert (await team.issue(theirs))["body"] == left, "a closed one is left alone"
    assert "is closed" in await team.ask(f"track C-{number} #{theirs}")
    assert "There is no issue #999" in await team.ask(f"track C-{number} #999")
    await team.ask(f"track C-{number}")
    other = (await team.ctx.digests.tracked(team.project.id))[number]
    assert other != theirs
    assert (await team.issue(theirs))["body"] == "They are late."
    await team.stage.person(f"/issues/{other}", "PATCH", login=ADMIN, body="Enough of that.")
    await team.change(number, owner="ana")
    assert (await team.issue(other))["body"] == "Enough of that.", "who takes it out is obeyed"
    assert await team.ctx.digests.tracked(team.project.id) == {}


async def merged(team: Team, source: int, into: int) -> None:
    for how in "", " --confirm":
        await team.ask(f"merge C-{source} into C-{into}{how}")
    await team.follow(source, into)


async def test_what_is_merged_passes_its_issue_on(team: Team) -> None:
    project = team.project.id
    first, second, third = [
        await team.seen(f"{LOSS} {key}", key) for key in ("apples", "bananas", "cherries")
    ]
    assert len({first, second, third}) == 3
    await team.ask(f"track C-{first}")
    issue = (await team.ctx.digests.tracked(project))[first]
    mine = f"Call Bo.\n\n{(await team.issue(issue))['body']}\n\nAnd below."
    await team.stage.person(f"/issues/{issue}", "PATCH", login=ADMIN, body=mine)
    await merged(team, first, second)
    assert await team.ctx.digests.tracked(project) == {second: issue}
    body = (await team.issue(issue))["body"]
    assert body.startswith("Call Bo.\n\nAnd below.")
    assert (f"C-{second}" in body, f"C-{first} " in body) == (True, False)
    # Where both have one, the other says where it went.
    await team.ask(f"track C-{third}")
    other = (await team.ctx.digests.tracked(project))[third]
    await merged(team, second, third)
    assert f"is part of `C-{third}` now" in (await team.issue(issue))["body"]
    assert (await team.ctx.digests.tracked(project))[third] == other


async def test_nothing_private_is_tracked_in_public(team: Team) -> None:
    number = await team.seen()
    await team.ask(f"track C-{number}")
    issue = (await team.ctx.digests.tracked(team.project.id))[number]
    assert "charged twice" not in (await team.issue(issue))["title"]
    team.stage.github.change_repository(team.stage.repository, private=False)
    await sync.sync_installation(team.ctx, team.project.installation)
    await notices.hide_cards(team.ctx, team.project.id)
    assert (await team.issue(issue))["body"] == ""
    team.project = await team.stage.project()
    await team.ask(f"track C-{number}")
    again = (await team.ctx.digests.tracked(team.project.id))[number]
    for each in issue, again:
        found = await team.issue(each)
        assert "charged twice" not in found["title"] + found["body"]
    assert "1 private report is not shown here." in (await team.issue(again))["body"]
