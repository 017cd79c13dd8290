"""Agents of a team's own, from the talk that describes one to the run that one makes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from following_kit import Team, open_team
from issue_events import hear

from bot.domain.fixes.own_agent import Triggers
from bot.domain.models import Person, Place, RunState, Verdict
from bot.own_agents import right_agent
from bot.storage import keys
from bot.storage.accounts import Account
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN
from workers import jobs
from workers.commands.answering import answer_to
from workers.fixes.own_agents import try_agent
from workers.hearing.slack import hear_slack
from workers.hearing.triggers import wake_agents
from workers.upkeep.schedule import wake_due_agents

PATH = ".github/soulcaster/agents/docs.md"
FILE = "---\nbase: mechanic\npaths: [src/**]\n{}---\n\nMend the examples.\n"
ANSWERS = (
    "mends the examples in our documentation", "- every example runs\n- the style stays", "short",
    "mechanic, checkout", "src/** 20 minutes", "the doctest passes",
)  # fmt: skip


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as made:
        yield made


async def push(team: Team, text: str | None, path: str = PATH) -> None:
    await team.stage.person("/push", login=ADMIN, files={path: text})


async def comments(team: Team, issue: int) -> list[str]:
    pages = team.ctx.github.repo(team.project).pages(f"/issues/{issue}/comments")
    told = [one["body"] async for one in pages if one["user"]["login"].endswith("[bot]")]
    return [body.replace("&#8203;", "") for body in told]


async def ask(team: Team, line: str) -> str:
    """What the operator is answered, at another minute each time."""
    team.now += timedelta(minutes=1)
    told = await say(team, line, str(team.now), Person(operator=True), Place())
    return told.replace("\u200b", "")


async def comment(team: Team, issue: int, body: str, login: str = ADMIN) -> str:
    """A person comments, it is heard, and obeyed; what they are answered."""
    github, known = team.stage.github, len(team.stage.github.webhooks.sent())
    await team.stage.person(f"/issues/{issue}/comments", login=login, body=body)
    await github.webhooks.settle()
    new = github.webhooks.sent()
    new = new[: len(new) - known]
    await hear(team.ctx, *((one.event, one.payload) for one in reversed(new)))
    told = ""
    for command in await team.ctx.commands.queued(team.project.id, f"gh:{issue}"):
        said = await team.ctx.commands.get(team.project.id, command)
        assert said is not None
        told += (await answer_to(team.ctx, team.project, said)).answer.card.model_dump_json()
        await team.ctx.commands.leave(said)
    return told


async def say(team: Team, line: str, key: str, who: Person, place: Place) -> str:
    said = Utterance(
        id=key, project=team.project.id, line=line, audience=team.project.github_readers,
        person=who, place=place, heard_at=team.now,
    )  # fmt: skip
    return (await answer_to(team.ctx, team.project, said)).answer.card.model_dump_json()


async def test_one_is_not_used_before_it_was_tried_as_it_is(team: Team) -> None:
    number = await team.seen()
    assert "There is none" in await ask(team, "agent list")
    assert "There is no agent ~docs" in await ask(team, f"fix C-{number} --agent ~docs --dry-run")
    await push(team, FILE.format("limits: {minutes: 999}\n"))
    assert "docs.md:4: limits.minutes is at most 60 here." in await ask(team, "agent list")
    await push(team, FILE.format("limits: {minutes: 5}\n"))
    assert "~docs was not enabled" in await ask(team, f"fix C-{number} --agent ~docs --dry-run")
    assert "has passed no test as it is now" in await ask(team, "agent enable ~docs")

    told = await ask(team, "agent test ~docs")
    assert "is being tried" in told
    state = await team.ctx.own_agents.get(team.project.id, "docs")
    assert state
    assert state.trial
    assert "is being tried already" in await ask(team, "agent test ~docs")
    await try_agent(team.ctx, team.project.id, "docs")
    state = await team.ctx.own_agents.get(team.project.id, "docs")
    assert state
    assert state.trial
    tried = [*state.trial.own.values(), *state.trial.usual.values()]
    runs = await team.ctx.runs.many(team.project.id, tried)
    assert [(run.dry_run, run.places, run.seconds_allowed) for run in runs] == [
        (True, (), 300), (True, (), 900)
    ]  # fmt: skip
    # Nobody sees them where the problem is shown.
    assert await team.ctx.runs.of_cluster(team.project.id, number) == []
    for run in runs:
        ended = {"state": RunState.SUCCEEDED, "verdict": Verdict.PROVED, "ended_at": team.now}
        await team.ctx.runs.update(
            team.project.id, run.number, lambda one, e=ended: one.model_copy(update=e)
        )
    await try_agent(team.ctx, team.project.id, "docs")
    assert "passed its test" in await ask(team, "agent list")

    assert "is enabled" in await ask(team, "agent enable ~docs")
    assert "mechanic" in (said := await ask(team, f"fix C-{number} --agent ~docs --dry-run"))
    assert "docs (mechanic)" in said
    [run] = await team.ctx.runs.of_cluster(team.project.id, number)
    assert run.own
    assert run.own.prompt.strip() == "Mend the examples."

    await push(team, FILE.format("limits: {minutes: 6}\n"))
    assert "~docs has changed since" in await ask(team, f"fix C-{number} --agent ~docs --dry-run")
    assert "v3: 20" in await ask(team, "versions ~docs")
    said = await ask(team, "diff ~docs v1 v3")
    assert "-limits: {minutes: 999}" in said
    assert "+limits: {minutes: 6}" in said
    assert "takes ~docs back to v2" in await ask(team, "revert ~docs v2")
    repo = team.ctx.github.repo(team.project)
    [pull] = [one async for one in repo.pages("/pulls")]
    changed = [one["filename"] async for one in repo.pages(f"/pulls/{pull['number']}/files")]
    assert changed == [PATH]
    assert "is off" in await ask(team, "agent disable ~docs")


async def test_it_is_described_below_an_issue_by_who_began(team: Team) -> None:
    made = await team.stage.person("/issues", login=ADMIN, title="An agent for the docs")
    issue = int(made["number"])
    assert "1 of 7, purpose" in await comment(team, issue, "/soulcaster agent new ~docs")
    assert not await comment(team, issue, "may read all secrets", login="pavel-novak")
    for words in ANSWERS:
        told = await comment(team, issue, words)
    assert "7 of 7, review" in told
    assert "- every example runs" in told
    assert "is no path of this repository" in await comment(team, issue, "no, only /etc/**")

    team.now += timedelta(minutes=61)
    assert not await comment(team, issue, "yes")  # it is ordinary talk by now
    assert "7 of 7, review" in await comment(team, issue, "/soulcaster agent resume")
    assert "completed" in await comment(team, issue, "yes")
    assert not await comment(team, issue, "yes")
    repo = team.ctx.github.repo(team.project)
    [pull] = [one async for one in repo.pages("/pulls")]
    [changed] = [one async for one in repo.pages(f"/pulls/{pull['number']}/files")]
    assert changed["filename"] == PATH
    [held] = await team.ctx.own_agents.interviews(team.project.id)
    assert (held.state, held.pull) == ("completed", pull["number"])


async def test_an_answer_counts_once_and_two_talks_are_kept_apart(team: Team) -> None:
    """Also where the worker died after it was taken: the command is obeyed again."""
    made = await team.stage.person("/issues", login=ADMIN, title="Two agents")
    place, ids = Place(issue=int(made["number"])), {ADMIN: 1}
    state = await team.stage.github_state()
    ids = {user["login"]: user["id"] for user in state["users"]}
    ana, op = Person(login=ADMIN, user_id=ids[ADMIN]), Person(operator=True)
    for _ in range(2):  # the same command again is the same talk
        await say(team, "agent new ~one", "a1", ana, place)
        await say(team, "agent new ~two", "b1", op, Place())
    for _ in range(2):
        told = await say(team, "agent answer -- mends examples", "a2", ana, place)
        assert "2 of 7, goals" in told
    assert "1 of 7, purpose" in await say(team, "agent status", "b2", op, Place())
    assert "You describe no agent here" in await say(
        team, "agent answer --interview=1 -- mine now", "b3", op, Place()
    )
    assert len(await team.ctx.own_agents.interviews(team.project.id)) == 2
    assert "abandoned" in await say(team, "agent cancel", "a3", ana, place)


async def test_what_starts_one_says_a_sentence_of_who_enabled_it(team: Team) -> None:
    made = await team.stage.person("/issues", login=ADMIN, title="Examples are wrong")
    await team.stage.github.webhooks.settle()
    await team.drain()
    number = await team.ctx.items.by_key(team.project.id, "github", f"issue:{made['number']}")
    assert number
    for _ in range(50):
        if (await team.ctx.items.get(team.project.id, number)).cluster:
            break
        await asyncio.sleep(0.2)
        await team.drain()
    by = {"login": "nobody-here", "user_id": 99}
    on: dict[str, Any] = {"enabled": "v", "by": by, "triggers": {"label": "docs"}}

    def decide(state: Any) -> Any:
        return type(state).model_validate({**json.loads(state.model_dump_json()), **on})

    await team.ctx.own_agents.decide(team.project.id, "docs", decide)
    await wake_agents(team.ctx, team.project.id, "label", number, "bug")
    assert not await comments(team, made["number"])
    await wake_agents(team.ctx, team.project.id, "label", number, "Docs")
    await team.drain()
    [told] = await comments(team, made["number"])
    assert "@nobody-here needs write" in told or "Shall it?" in told


async def enabled(team: Team, triggers: str) -> None:
    """~docs as it is on the default branch, enabled by an admin: its test is not the matter."""
    await push(team, FILE.format(f"triggers: {{{triggers}}}\n"))
    own = await right_agent(team.ctx, team.project, "docs")
    state = await team.stage.github_state()
    [admin] = [user["id"] for user in state["users"] if user["login"] == ADMIN]
    told = {"enabled": own.version, "by": Person(login=ADMIN, user_id=admin)}
    told |= {"triggers": own.triggers, "started_at": team.now}
    await team.ctx.own_agents.decide(
        team.project.id, "docs", lambda one: one.model_copy(update=told)
    )


async def runs(team: Team) -> list[tuple[str, str, int]]:
    found = await team.ctx.runs.all(team.project.id)
    return [(one.own.name if one.own else "", one.requested_by, one.cluster) for one in found]


async def test_a_schedule_starts_its_own_agent_once_however_late(team: Team) -> None:
    number = await team.seen()
    await enabled(team, 'schedule: "daily 14:00 UTC"')
    other = {"enabled": "v", "by": Person(login=ADMIN), "started_at": team.now}
    other |= {"triggers": Triggers(schedule="fri 09:00 UTC")}
    decide = team.ctx.own_agents.decide
    await decide(team.project.id, "other", lambda one: one.model_copy(update=other))

    async def said() -> int:
        return int(await team.ctx.redis.hlen(keys.commands(team.project.id)))

    async def tick(**later: float) -> list[tuple[str, str, int]]:
        team.now += timedelta(**later)
        for _ in range(2):
            await wake_due_agents(team.ctx)
            await team.drain()
        return await runs(team)

    assert await tick() == []
    assert await tick(hours=3) == [("docs", ADMIN, number)]
    assert await said() == 1  # and not ~other's
    await team.ctx.runs.update(
        team.project.id, 1, lambda one: one.model_copy(update={"state": RunState.SUCCEEDED})
    )
    again = await team.seen("The invoice lacks its last line", "2")
    # Away for days: one run, not one for each day.
    assert len(await tick(days=3)) == 2
    assert await said() == 2
    assert (await runs(team))[-1][2] in (number, again)
    assert await ask(team, "agent disable ~docs")
    await decide(team.project.id, "other", lambda one: one.model_copy(update={"enabled": ""}))
    assert await team.ctx.own_agents.due(team.now + timedelta(days=30)) == []


async def test_a_rule_starts_one_on_a_new_problem_of_its_kind(team: Team) -> None:
    await enabled(team, "problem: event:new and source:sentry")
    number = await team.seen()
    await team.seen("Feedback: the footer is grey", "9", source="feedback", level="info")
    assert await runs(team) == [("docs", ADMIN, number)]


async def test_a_thread_of_slack_is_heard_to_the_end(team: Team) -> None:
    """By mention, then plain words below; what somebody else says there is no answer."""
    ctx, channel, first = team.ctx, team.stage.channel, ""
    for user, login, number in (("U07INESF01", ADMIN, 1), ("U07TOMBE02", "tom-beckett", 2)):
        state = await team.stage.github_state()
        found = [one["id"] for one in state["users"] if one["login"] == login]
        account = Account(login=login, user_id=[*found, number][0], installation=1)
        await ctx.accounts.link(Person(slack_team="T0SOULCAST", slack_user=user), account)

    async def say(words: str, user: str = "U07INESF01") -> str:
        below = {"thread_ts": first} if first else {}
        posted = await team.stage.slacker(
            "message", user=user, channel=channel, text=words, **below
        )
        kind = "mention" if "<@" in words else "message"
        event = {"user": user, "channel": channel, "text": words, "ts": posted["ts"]}
        event |= below
        told = {"event": event, "team_id": "T0SOULCAST", "event_id": posted["ts"]}
        told["authorizations"] = [{"user_id": "U0SOULCAST"}]
        body = json.dumps(told).encode()
        row = Delivery(jobs.hear_slack.name, {"kind": kind}, body, team.now.timestamp())
        known = len(await team.thread())
        await ctx.inbox.accept(row)
        await hear_slack(ctx, row.row)
        await team.drain()
        return "\n".join((await team.thread())[known:])

    assert "1 of 7" in await say("<@U0SOULCAST> agent new ~docs")
    first = (await team.ctx.own_agents.interviews(team.project.id))[0].place.rpartition(":")[2]
    assert await say("may read all secrets", "U07TOMBE02") == ""
    for words in ANSWERS:
        told = await say(words)
    assert "7 of 7" in told
    assert "completed" in await say("yes")
    [held] = await ctx.own_agents.interviews(team.project.id)
    assert (held.state, held.agent.name) == ("completed", "docs")
    assert held.pull
