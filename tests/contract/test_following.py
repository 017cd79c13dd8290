"""One card a problem and channel: posted when it is worth a person, edited from then on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from following_kit import Team, open_team

from bot.domain.cards.pausing import Pause
from bot.domain.errors import Unavailable
from bot.domain.models import ClusterState, Person, Place
from bot.simulators.slack.workspace import Channel
from bot.storage import keys
from handlers.demo.stage import ADMIN
from handlers.doctor import CHECKS
from handlers.slack.examined import look_at_slack
from workers.clusters import channels
from workers.commands import hear
from workers.digests import following, notices, posting
from workers.upkeep import schedule


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as made:
        yield made


async def test_two_hundred_occurrences_are_one_message(team: Team) -> None:
    for _ in range(20):
        for _ in range(10):
            number = await team.seen(drain=False)
        await team.drain()
        await team.follow(number)
        team.now += timedelta(seconds=3)
    team.now += following.EVERY
    await team.follow(number)
    [card] = await team.messages()
    assert "S1" in card["text"]
    assert "charged twice" in card["text"]
    assert "200 in all" in str(card["blocks"])
    assert 5 <= team.calls("chat.update") <= 8, "one in ten seconds, and none lost"


async def test_what_is_not_worth_a_person_is_not_said(team: Team) -> None:
    small = await team.seen("The footer is a pixel too low", "2", level="info")
    assert await team.messages() == []
    await team.change(small, severity="S1", severity_by="@ines")
    [card] = await team.messages()
    assert "The footer is a pixel too low" in card["text"]


async def test_what_happened_is_counted_in_the_tracking_issue_once_it_is_known(team: Team) -> None:
    number = await team.seen()
    todo = keys.todo("work", team.project.id)
    asked = json.dumps(["refresh_tracking_issue", team.project.id])
    await team.ctx.clusters.change(team.project.id, number, updated_at=team.now, owner="bo")
    for there in (True, False):  # the second time nothing happened
        await team.ctx.redis.zrem(todo, asked)
        with contextlib.suppress(Unavailable):
            await following.follow_problem(team.ctx, team.project.id, number)
        assert (await team.ctx.redis.zscore(todo, asked) is not None) is there


async def test_its_history_is_in_its_thread(team: Team) -> None:
    number = await team.seen()
    await team.change(number, owner="bo")
    await team.change(number, state=ClusterState.IGNORED, state_by="@bo", ignored_reason="spam")
    assert len(await team.cards()) == 1
    said = await team.thread()
    assert [line.partition(" · ")[2] for line in said] == ["Owner: @bo", "Ignored by @bo: spam"]
    [card] = await team.cards()
    assert "ignored (spam) by `@bo`" in str(card["blocks"])
    # Again and again: nothing is said twice.
    team.now += following.EVERY
    await team.follow(number, number)
    assert len(await team.messages()) == 3


async def test_a_merged_problem_says_where_it_went(team: Team) -> None:
    one, other = await team.seen(), await team.seen("Refunds are paid twice", "9")
    assert len(await team.cards()) == 2
    await team.ctx.clusters.change(team.project.id, other, redirect=one)
    await team.follow(other)
    assert f"C-{other} is part of C-{one} now" in str(await team.cards()).replace("`", "")


async def test_a_channel_of_its_own_hears_what_it_asked_for(team: Team) -> None:
    await team.ctx.stories.set_rule(team.project.id, team.stage.channel, "source:reddit")
    await team.seen()
    assert await team.messages() == []
    await team.ctx.stories.set_rule(team.project.id, team.stage.channel, "off")
    await team.seen("Refunds are paid twice", "9", source="reddit")
    assert await team.messages() == []
    await team.ctx.stories.set_rule(team.project.id, team.stage.channel, "")
    await team.seen("Account takeover: XSS in the profile page leaks tokens", "10")
    assert len(await team.messages()) == 1


async def test_a_channel_that_is_closed_keeps_nothing_from_going_on(team: Team) -> None:
    channel = team.stage.slack.workspace.channels[team.stage.channel]
    channel.is_archived = True
    number = await team.seen()
    story = await team.ctx.stories.get(team.project.id, number)
    assert story is not None
    assert [event.kind for event in story.events] == ["new"]
    for what in ("is archived: unarchive it", "say /invite @soulcaster there"):
        found, mend = await look_at_slack(team.ctx)
        assert f"{team.stage.channel} " in found.partition(";")[2]
        assert what in found
        assert mend
        channel.is_archived = False
        channel.members = [m for m in channel.members if m != team.stage.slack.workspace.bot.id]
    channel.members.append(team.stage.slack.workspace.bot.id)
    assert (await look_at_slack(team.ctx))[1] == ""
    await team.follow(number)
    assert len(await team.messages()) == 1


async def test_what_could_not_be_answered_is_said_by_doctor(team: Team) -> None:
    opened = await team.stage.person("/issues", login=ADMIN, title="Refunds", body="Late.")
    number = opened["number"]
    team.stage.github.world.repository(team.stage.repository).issues.clear()
    who, place = Person(login=ADMIN), Place(issue=number)
    await hear.lines(team.ctx, team.project, ["whoami"], who, place, "issue:1")
    await team.drain()
    found, mend = await CHECKS["commands not answered"](team.ctx)
    assert f"{team.project.full_name} #{number}: whoami by @{ADMIN}: " in found
    assert "unlock" in mend
    team.now += timedelta(days=1, seconds=1)
    assert await CHECKS["commands not answered"](team.ctx) == ("none since yesterday", "")


async def test_while_posts_are_paused_nothing_is_lost(team: Team) -> None:
    known = await team.seen()
    pause = Pause(what="posts", by="@ana", since=team.now)
    await team.ctx.stories.pause(team.project.id, pause)
    await team.change(known, owner="bo")
    await team.seen("Refunds are paid twice: customers charged twice", "9")
    await team.seen("All invoices are gone: data loss", "10")
    assert len(await team.messages()) == 1
    team.now += timedelta(hours=2)
    await notices.say_held(team.ctx, team.project.id)
    assert len(await team.messages()) == 1, "it is not over"
    await team.ctx.stories.pause(team.project.id, pause.model_copy(update={"until": team.now}))
    for _ in range(2):
        await notices.say_held(team.ctx, team.project.id)
        await team.drain()
    [first, later] = await team.cards()
    assert "2 problems while posts were paused by @ana" in later["text"]
    assert "Refunds" in str(later["blocks"])
    assert "invoices" in str(later["blocks"])
    assert "Owner: @bo" in str(await team.thread())
    assert first["ts"] != later["ts"]


async def test_in_quiet_hours_only_an_s1_is_said(team: Team) -> None:
    quiet = 'slack: {quiet: "22:00-07:00 Europe/Paris"}'
    files = {".github/soulcaster.yml": quiet}
    await team.stage.person("/push", branch="main", message="Be quiet", files=files, login=ADMIN)
    await team.ctx.configs.in_force(team.project)
    team.now = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    await team.seen()
    assert len(await team.messages()) == 1
    worse = await team.seen("Login fails after a payment", "9", level="error")
    await team.change(worse, severity="S2", severity_by="@bo")
    assert len(await team.messages()) == 1
    team.now = datetime(2026, 11, 24, 6, 0, 1, tzinfo=UTC)
    await notices.say_held(team.ctx, team.project.id)
    await team.drain()
    [_, said] = await team.messages()
    assert "Login fails after a payment" in said["text"]


async def test_what_a_pause_kept_is_said_after_the_quiet_hours_that_it_ended_in(team: Team) -> None:
    files = {".github/soulcaster.yml": 'slack: {quiet: "22:00-07:00 Europe/Paris"}'}
    await team.stage.person("/push", branch="main", message="Be quiet", files=files, login=ADMIN)
    await team.ctx.configs.in_force(team.project)
    pause = Pause(what="posts", by="@ana", since=team.now)
    await team.ctx.stories.pause(team.project.id, pause)
    kept = await team.seen("Login fails after a payment", "9", level="error")
    await team.change(kept, severity="S2", severity_by="@bo")
    team.now = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    await team.ask("resume")
    assert await team.messages() == []
    team.now = datetime(2026, 11, 24, 6, 0, 1, tzinfo=UTC)
    await schedule.ask_for_held(team.ctx)
    await team.drain()
    [said] = await team.messages()
    assert "Login fails after a payment" in said["text"]
    assert await team.ctx.stories.held(team.project.id) == []


async def _elsewhere(team: Team, name: str) -> Channel:
    """Another channel of the project, which hears of everything."""
    other = team.stage.slack.workspace.add_channel(name)
    await channels.bind(team.ctx, team.project, other.id, "@ana")
    await team.ctx.stories.set_rule(team.project.id, other.id, "severity>=S4")
    return other


async def _two_while_paused(team: Team) -> None:
    pause = Pause(what="posts", by="@ana", since=team.now)
    await team.ctx.stories.pause(team.project.id, pause)
    await team.seen("Refunds are paid twice: customers charged twice", "9")
    await team.seen("All invoices are gone: data loss", "10")


async def test_a_channel_that_is_shut_keeps_nothing_from_the_others_after_a_pause(
    team: Team,
) -> None:
    await _elsewhere(team, "payments")
    await _two_while_paused(team)
    here = team.stage.slack.workspace.channels[team.stage.channel]
    [first, *_] = await team.ctx.stories.held(team.project.id)
    other = next(c for c in await team.ctx.channels.of(team.project.id) if c != here.id)
    shut, open_ = (first[0], other if first[0] == here.id else here.id)
    workspace = team.stage.slack.workspace
    workspace.channels[shut].members.remove(workspace.bot.id)
    await team.ask("resume")
    said = workspace.channels[open_].messages
    assert "2 problems while posts were paused" in str(said)
    assert await team.ctx.stories.held(team.project.id) == []


async def test_a_digest_is_no_card_where_it_does_not_come(team: Team) -> None:
    other = await _elsewhere(team, "payments")
    await _two_while_paused(team)
    await team.ctx.stories.hold(team.project.id, "send_scheduled", "2026-11-23", team.now)
    await team.ask("resume")
    assert "Triage digest" in str(await team.cards())
    assert "2 problems while posts were paused" in str(other.messages)
    assert "problems while" not in str(await team.cards())


async def test_while_posts_are_paused_a_card_is_edited_no_oftener(team: Team) -> None:
    number = await team.seen()
    await team.ask("pause posts")
    team.now += following.EVERY
    await team.change(number, owner="bo")
    before = team.calls("chat.update")
    for _ in range(3):
        await team.seen()
    assert team.calls("chat.update") == before


async def test_a_merged_problem_says_so_wherever_it_can(team: Team) -> None:
    other = await _elsewhere(team, "payments")
    one, two = await team.seen(), await team.seen("Refunds are paid twice", "9")
    del team.stage.slack.workspace.channels[team.stage.channel]
    await team.ctx.clusters.change(team.project.id, two, redirect=one)
    await team.follow(two)
    said = str(other.messages).replace("`", "").replace("\\u200b", "")
    assert f"C-{two} is part of C-{one} now" in said


async def test_where_other_companies_read_a_private_repository_is_not_spoken_of(
    team: Team,
) -> None:
    channel = team.stage.slack.workspace.channels[team.stage.channel]
    channel.connected.append("T0VENDOR")
    await team.seen()
    assert await team.messages() == []


async def test_what_a_channel_hears_is_said_in_it(team: Team) -> None:
    number = await team.seen()
    assert '"S9" is no severity: S1 to S4.' in await team.ask("notify severity>=S9")
    assert team.stage.channel not in await team.ctx.stories.rules(team.project.id)
    rule = "severity>=S2 and not source:reddit"
    said = await team.ask(f"notify {rule.replace('>', '&gt;')}")  # as Slack sends it
    assert "In the last 7 days that would have been 1 card for 1 event." in said
    assert await team.ctx.stories.rules(team.project.id) == {team.stage.channel: rule}
    assert "nothing at once" in await team.ask("notify off")
    await team.ask("pause fixes --for=2h")
    refused = await team.ask(f"fix C-{number}")
    assert "Fixes are paused by somebody until 23 Nov 14:00 UTC." in refused
    team.now += following.EVERY
    await team.follow(number)
    assert "⏸ Fixes are paused by" in str(await team.cards()), "on what stands, too"
    assert "Fixes go on." in await team.ask("resume")
    assert "nothing is paused" in await team.ask("resume")
    await team.ask("pause all --for=1h")
    team.now += timedelta(hours=1)
    assert "paused" not in await team.ask(f"fix C-{number}"), "it has ended by itself"


async def test_a_digest_begins_where_the_last_one_ended(team: Team) -> None:
    await team.seen()
    said = await team.digest("one")
    assert "1 new" in said
    team.now += timedelta(days=2)
    assert "nothing happened since Mon 23 Nov 12:00 UTC, 1 problem open." in await team.digest(
        "two"
    )
    number = await team.seen("The site is down: outage, data loss", "7")
    await posting.keep_digest_true(team.ctx, team.project.id)
    [_, newest] = [m for m in await team.cards() if "Triage digest" in m["text"]]
    assert f"C-{number}" in str(newest["blocks"]), "it stays true"
    assert "1 new" in str(newest["blocks"])
