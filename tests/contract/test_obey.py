"""Commands end once, in their order, and whoever waits knows: both simulators are real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.models import Person, Place, Project
from bot.github.wire import KEPT_OUT_SECONDS
from bot.jobs import CLAIM, Claim, enqueue
from bot.settings import Settings
from bot.storage import keys
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from bot.storage.leases import LeaseLost
from handlers import doctor
from handlers.demo.stage import ADMIN, Stage
from workers import jobs
from workers.commands import hear
from workers.commands.answering import answer_to
from workers.commands.obey import HOLDS, obey
from workers.upkeep import sweep
from workers.upkeep.alarms import look_around
from workers.worker import drain, perform

INES = Person(login=ADMIN, slack_user="U07INESF01", slack_team="T0SOULCAST")
SUSPENDED = {"status": 403, "body": {"message": "This installation has been suspended"}}
LIMITED = {"status": 403, "headers": {"retry-after": "60"}, "body": {"message": "secondary"}}


class Clock:
    """The time, and what was added to it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ctx(stage: Stage, clock: Clock) -> AsyncIterator[Context]:
    """The stage's, with a clock that can be set forward."""
    async with open_context(Settings.load(stage.environment), clock=clock) as made:
        yield made


@pytest.fixture
async def project(stage: Stage, ctx: Context) -> Project:
    found = await stage.project()
    for title in ("It breaks", "It is slow"):
        await stage.person("/issues", login=ADMIN, title=title, body=title)
    await ctx.channels.set_bound(stage.channel, {found.id: f"@{ADMIN}"})
    await ctx.channels.set_standing(found.id, stage.channel, "bound")
    return found


async def github_fails(stage: Stage, path: str, *, times: int = 1, **how: Any) -> None:
    how = how or {"status": 502}
    stage.github.faults.add({"match": {"path": path}, "times": times, **how})


async def slack_fails(stage: Stage, method: str, *, times: int = 1, **how: Any) -> None:
    fault = {"match": {"method": method}, "times": times, **(how or {"error": "fatal_error"})}
    async with stage.http.post(f"{stage.slack_url}/_sim/faults", json=fault) as response:
        response.raise_for_status()


async def heard(ctx: Context, project: Project, line: str, **fields: Any) -> Utterance:
    """A command that was said; asked for, too."""
    known: dict[str, Any] = {
        "audience": Audience.TEAM,
        "id": line,
        "project": project.id,
        "line": f"/soulcaster {line}",
        "person": INES,
        "place": Place(issue=1),
        "heard_at": ctx.now(),
    }
    said = Utterance(**{**known, **fields})
    await ctx.commands.hear(said)
    await enqueue(ctx, jobs.obey, project.id, said.queue)
    return said


async def go_on(ctx: Context, said: Utterance) -> Utterance:
    """Run what is due, the command's queue among it; how it stands then."""
    await enqueue(ctx, jobs.obey, said.project, said.queue)
    await drain(ctx, "work")
    now = await ctx.commands.get(said.project, said.id)
    assert now
    return now


async def forward(ctx: Context, clock: Clock, seconds: float) -> None:
    """Time passes, for Redis too."""
    clock.forward(seconds)
    async for key in ctx.redis.scan_iter("sc:budget:*:told"):
        await ctx.redis.hincrbyfloat(key, "until", -seconds)


async def unended(ctx: Context, project: Project) -> list[str]:
    return await ctx.commands.overdue(project.id, ctx.now().timestamp() + 1)


async def whole_comments(stage: Stage, number: int = 1) -> list[dict[str, Any]]:
    [repository] = (await stage.github_state())["repositories"]
    [issue] = [one for one in repository["issues"] if one["number"] == number]
    return list(issue["comments"])


async def comments(stage: Stage, number: int = 1) -> list[str]:
    return [one["body"] for one in await whole_comments(stage, number)]


async def whispers(stage: Stage) -> list[str]:
    return [json.dumps(one["blocks"]) for one in (await stage.slack_state())["ephemerals"]]


async def posts(stage: Stage) -> list[str]:
    channels = (await stage.slack_state())["channels"]
    [found] = [one["messages"] for one in channels if one["id"] == stage.channel]
    return [json.dumps(one["blocks"]) for one in found if one.get("bot_id")]


async def mentioned(stage: Stage, channel: str) -> Place:
    sent = await stage.slacker("message", user=INES.slack_user, channel=channel, text="@soulcaster")
    return Place(channel=channel, thread=sent["ts"], message=sent["ts"], public=True)


# An answer is said once


async def test_an_answer_is_said_once_however_often_its_reaction_fails(
    stage: Stage, ctx: Context, project: Project
) -> None:
    elsewhere = stage.slack.workspace.add_channel("talk").id
    said = await heard(ctx, project, "clusters", place=await mentioned(stage, elsewhere))
    await slack_fails(stage, "reactions.add", times=2)
    for _ in range(3):
        await go_on(ctx, said)
        assert len(await whispers(stage)) == 1
        await enqueue(ctx, jobs.finish, project.id, said.id)
    await ctx.redis.delete(keys.breaker("Slack"))  # half a minute passes
    assert (await go_on(ctx, said)).outcome == "done"
    assert len(await whispers(stage)) == 1
    assert "rocket" in str(await stage.slack_state())
    assert await unended(ctx, project) == []


async def test_what_was_obeyed_is_said_later_and_not_obeyed_again(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await hear.lines(ctx, project, ["/soulcaster feedback It breaks"], INES, Place(), "x")
    await drain(ctx, "work")
    await github_fails(stage, r"/issues/1/comments$")
    said = await heard(ctx, project, "severity C-1 S1")
    await drain(ctx, "work")
    record = await ctx.clusters.get(project.id, 1)
    assert record.severity == "S1"
    kept = await ctx.commands.get(project.id, said.id)
    assert kept
    assert (kept.outcome, kept.reply and kept.reply.outcome) == ("heard", "done")
    ended = await go_on(ctx, said)
    assert (ended.outcome, ended.reply) == ("done", None)
    [answer] = await comments(stage)
    assert "→ S1" in answer
    assert (await ctx.clusters.get(project.id, 1)).updated_at == record.updated_at


async def test_a_whisper_that_may_have_been_heard_is_said_again_and_nothing_done_twice(
    stage: Stage, ctx: Context, project: Project
) -> None:
    place = Place(channel=stage.channel)
    for heard_before in (False, True):
        words = f"feedback Unlike {heard_before}"
        said = await heard(ctx, project, words, place=place)
        lost = {"drop_connection": True, "after": heard_before}
        await slack_fails(stage, "chat.postEphemeral", **lost)
        await drain(ctx, "work")
        assert (await go_on(ctx, said)).outcome == "done"
    told = [one for one in await whispers(stage) if "Written down as" in one]
    assert [sum(f"Unlike {before}" in one for one in told) for before in (False, True)] == [1, 2]
    items = await ctx.items.many(project.id, range(1, await ctx.items.last(project.id) + 1))
    assert ["Unlike" in item.title for item in items].count(True) == 2


async def test_a_command_is_answered_where_too_little_may_be_written_for_reactions(
    stage: Stage, ctx: Context, project: Project
) -> None:
    written = await stage.person("/issues/1/comments", login=ADMIN, body="/soulcaster help")
    place = Place(issue=1, comment=int(written["id"]))
    await hear.lines(ctx, project, ["/soulcaster help"], INES, place, "x")
    await ctx.github.repo(project).budget.heard(0.07, 60)
    await drain(ctx, "work")
    [asked, answer] = await whole_comments(stage)
    assert list(asked["reactions"]) == ["eyes"]
    assert "soulcaster:help" in answer["body"]
    assert await unended(ctx, project) == []


async def test_who_lost_the_lease_says_nothing(
    stage: Stage, ctx: Context, project: Project
) -> None:
    said = await heard(ctx, project, "help")
    member = json.dumps(["obey", project.id, said.queue])
    CLAIM.set(Claim(member, "1", "overtaken", "people", str(project.id)))
    with pytest.raises(LeaseLost):
        await obey(ctx, project.id, said.queue)
    assert await comments(stage) == []
    assert await ctx.commands.get(project.id, said.id) == said


async def test_a_secret_that_could_not_be_told_is_told_later_and_not_written_down(
    stage: Stage, ctx: Context, project: Project
) -> None:
    slash = Place(channel=stage.channel)
    said = await heard(ctx, project, "source add datadog", place=slash)
    await slack_fails(stage, "chat.postEphemeral")
    await drain(ctx, "work")
    [door] = await ctx.vault.hooks(project.id)
    held = str(await ctx.redis.hgetall(keys.commands(project.id)))
    assert door.secret not in held
    assert await whispers(stage) == []
    assert (await go_on(ctx, said)).outcome == "done"
    assert await ctx.vault.hooks(project.id) == [door]
    [told] = await whispers(stage)
    assert door.secret in told


async def test_who_says_too_much_is_told_so_once(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_calls": (1, 1, 1)})
    clock.forward(60 - ctx.now().second)
    said = [
        await heard(ctx, project, line, place=Place(channel=stage.channel))
        for line in ("whoami", "help", "status", "clusters")
    ]
    await drain(ctx, "work")
    ended = [await ctx.commands.get(project.id, one.id) for one in said]
    assert [one.outcome for one in ended if one] == ["done", "refused", "refused", "refused"]
    assert await unended(ctx, project) == []
    _, told = await whispers(stage)
    assert "come back in" in told


async def test_an_answer_that_can_be_said_nowhere_ends(
    stage: Stage, ctx: Context, project: Project
) -> None:
    said = await heard(ctx, project, "help", place=Place(issue=99))
    ended = await go_on(ctx, said)
    assert ended.outcome == "failed"
    assert await unended(ctx, project) == []


async def test_a_verb_that_takes_too_long_is_stopped_and_says_what_is_known(
    stage: Stage, ctx: Context, project: Project
) -> None:
    said = await heard(ctx, project, "digest now")
    await github_fails(stage, "/issues", delay=5, status=502)
    answered = await answer_to(ctx, project, said, seconds=0.2)
    assert answered.outcome == "failed"
    assert "Part of it may be done" in str(answered.answer.card.title)


async def test_what_a_stranger_is_answered_is_said_once(stage: Stage, ctx: Context) -> None:
    bot = stage.slack.workspace.bot.id
    text = "\n".join(f"<@{bot}> {line}" for line in ("status", "help", "help link"))
    ts = (await mentioned(stage, stage.channel)).message
    event = {"user": INES.slack_user, "channel": stage.channel, "ts": ts, "text": text}
    body = {"event": event, "event_id": "E1", "authorizations": [{"user_id": bot}]}
    kind = {"kind": "mention"}
    delivery = Delivery("hear_slack", kind, json.dumps(body).encode(), 1e9, lane="people")
    await ctx.inbox.accept(delivery)
    await slack_fails(stage, "chat.postEphemeral", delay=0.01)
    await slack_fails(stage, "chat.postEphemeral", error="fatal_error")
    claim = await ctx.jobs.claim("people")
    assert claim
    await perform(ctx, claim)  # once
    assert len(await whispers(stage)) == 1
    for _ in range(2):
        await enqueue(ctx, jobs.hear_slack, delivery.row)
        await drain(ctx, "work")
    heard = await whispers(stage)
    assert len(heard) == len(set(heard)) == 3


# A thread stays quiet

TEN = (
    *("status C-1", "severity C-1 S1", "why C-1", "svereity C-1 S2", "severity C-1 S2"),
    *("status C-1", "assign C-1 nobody", "assign C-1 @tom-beckett", "help", "status C-1"),
)


async def said_on_the_issue(stage: Stage, ctx: Context, project: Project, line: str) -> str:
    """A comment of a person that is obeyed; how it ended."""
    body = f"/soulcaster {line}"
    made = await stage.person("/issues/1/comments", login=ADMIN, body=body)
    place = Place(issue=1, comment=made["id"])
    said = await heard(ctx, project, line, id=str(made["id"]), place=place)
    return (await go_on(ctx, said)).outcome


async def test_ten_commands_leave_one_comment_a_card_below_what_was_asked(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await hear.lines(ctx, project, ["/soulcaster feedback It breaks"], INES, Place(), "x")
    await drain(ctx, "work")
    for line in TEN:
        said = await said_on_the_issue(stage, ctx, project, line)
        assert said == ("refused" if line in ("svereity C-1 S2", "assign C-1 nobody") else "done")
        ours = [body for body in await comments(stage) if body.startswith("<!--")]
        assert (await comments(stage))[-1] == ours[-1]
        assert sum("refused" in body for body in ours) == (said == "refused")
    assert len(ours) == 4  # status, life, why, help
    assert "<details>" in ours[-1]
    written = [e for e in stage.github.webhooks.sent() if e.event == "issue_comment"]
    made = [json.loads(e.body)["action"] for e in written]
    assert made.count("created") == 2 * len(TEN)  # each is answered, and notified of, once


async def test_a_refusal_is_gone_after_a_day(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    assert await said_on_the_issue(stage, ctx, project, "fx") == "refused"
    assert await said_on_the_issue(stage, ctx, project, "fix --timeout soon") == "refused"
    [*_, note] = await comments(stage)
    assert "wants a duration" in note
    for score, there in ((0, 3), (1, 2)):
        todo = keys.todo("work", project.id)
        for member in await ctx.redis.zrange(todo, 0, -1):
            if score and b"withdraw_refusal" in member:
                await ctx.redis.zadd(todo, {member: 0})
        await drain(ctx, "work")
        assert len(await comments(stage)) == there


async def test_where_an_issue_is_locked_the_answer_is_told_in_slack(
    stage: Stage, ctx: Context, project: Project
) -> None:
    locked = {
        "status": 403,
        "body": {"message": "Unable to create comment because issue is locked"},
    }
    await github_fails(stage, r"/issues/1/comments$", times=9, **locked)
    said = await heard(ctx, project, "help")
    assert (await go_on(ctx, said)).outcome == "failed"
    [told] = await posts(stage)
    assert "/soulcaster help" in told
    assert "locked" in told


async def test_the_bot_is_called_by_the_apps_own_name(
    stage: Stage, ctx: Context, project: Project
) -> None:
    stage.github.world.app.slug = "acme-triage"
    for body in ("Hi @acme-triage, help", "@soulcaster help", "as @acme-triage told us"):
        await stage.person("/issues/1/comments", login=ADMIN, body=body)
    await stage.github.webhooks.settle()
    for told in stage.github.webhooks.sent():
        if told.event == "issue_comment":
            meta = {"event": told.event, "guid": told.guid}
            row = Delivery(kind="hear_github", meta=meta, body=told.body, received_at=1.0)
            await ctx.inbox.accept(row)
    await drain(ctx, "work")
    ours = [body for body in await comments(stage) if body.startswith("<!--")]
    assert len(ours) == 2
    assert "What you can say" in ours[0]
    assert "You named me" in ours[1]


# One writer of one outcome


@pytest.mark.parametrize("kind", ["comment", "mention", "slash"])
async def test_a_command_whose_worker_died_is_gone_on_with(
    stage: Stage, ctx: Context, project: Project, clock: Clock, kind: str
) -> None:
    made = await stage.person("/issues/1/comments", login=ADMIN, body="/soulcaster help")
    place = {
        "comment": Place(issue=1, comment=made["id"]),
        "mention": await mentioned(stage, stage.channel),
        "slash": Place(channel=stage.channel),
    }[kind]
    said = await heard(ctx, project, "help", place=place)
    for key in (keys.todo("people", project.id), keys.queue(project.id, said.queue)):
        await ctx.redis.delete(key)
    await sweep.reap_commands(ctx, project.id)
    await drain(ctx, "work")
    assert await unended(ctx, project) == [said.id]
    clock.forward(25)
    await sweep.reap_commands(ctx, project.id)
    await drain(ctx, "work")
    ended = await ctx.commands.get(project.id, said.id)
    assert ended
    assert ended.outcome == "done"
    said_in = [len(await comments(stage)) - 1, len(await posts(stage)), len(await whispers(stage))]
    assert said_in == [kind == "comment", kind == "mention", kind == "slash"]
    assert await unended(ctx, project) == []


async def test_a_command_that_died_before_its_reaction_gets_only_that(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    said = await heard(ctx, project, "help")
    await go_on(ctx, said)
    await ctx.redis.zadd(keys.heard(project.id), {said.id: 0})
    before = await comments(stage)
    clock.forward(25)
    await sweep.reap_commands(ctx, project.id)
    await drain(ctx, "work")
    assert await comments(stage) == before
    assert await unended(ctx, project) == []


async def test_whoever_comes_after_a_death_in_its_reaction_ends_it(
    stage: Stage, ctx: Context, project: Project
) -> None:
    said = await heard(ctx, project, "help")
    await github_fails(stage, "/reactions", delay=60)
    dies = asyncio.create_task(drain(ctx, "work"))

    async def answered() -> bool:
        now = await ctx.commands.get(project.id, said.id)
        begun = not stage.github.faults.waiting
        return begun and now is not None and now.outcome == "done"

    await stage.wait("the answer", answered, timeout=30, every=0.02)
    dies.cancel()
    await asyncio.gather(dies, return_exceptions=True)
    before = await comments(stage)
    await go_on(ctx, said)
    assert await comments(stage) == before
    assert await unended(ctx, project) == []


# Order


async def test_a_command_waits_for_the_one_said_before_it(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await github_fails(stage, r"/permission", times=9)  # the other one could be answered
    earlier = ctx.now() - timedelta(seconds=5)
    later = await heard(ctx, project, "help", person=INES.model_copy(update={"login": ""}))
    first = await heard(ctx, project, "history", said_at=earlier)
    assert (await go_on(ctx, first)).outcome == "heard"
    assert (await go_on(ctx, later)).outcome == "heard"
    assert await comments(stage) == []
    await forward(ctx, clock, 61)
    assert (await go_on(ctx, first)).outcome == "done"
    assert [body.split()[1] for body in await comments(stage)] == [
        "soulcaster:history",
        "soulcaster:help",
    ]


async def test_what_waits_for_long_is_passed_and_done_when_it_can_be(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await github_fails(stage, r"/permission", times=2, **SUSPENDED)
    first = await heard(ctx, project, "history")
    assert (await go_on(ctx, first)).outcome == "heard"
    assert timedelta(seconds=KEPT_OUT_SECONDS) > HOLDS
    await forward(ctx, clock, KEPT_OUT_SECONDS + 1)
    then = await heard(ctx, project, "help", person=INES.model_copy(update={"login": ""}))
    assert (await go_on(ctx, then)).outcome == "done"
    assert await unended(ctx, project) == [first.id]
    await forward(ctx, clock, KEPT_OUT_SECONDS + 1)
    assert (await go_on(ctx, first)).outcome == "done"


# Who waits is told


async def test_who_waits_is_told_once_where_it_can_be_told(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await github_fails(stage, r"/permission", times=2, **LIMITED)
    said = await heard(ctx, project, "history")
    then = await heard(ctx, project, "undo")
    for _ in range(2):
        await go_on(ctx, said)
        await forward(ctx, clock, 61)
    [told] = await posts(stage)
    assert "rate limit" in told
    assert "/soulcaster history" in told
    assert "/soulcaster undo" in told
    assert f"@{ADMIN}" in told
    assert await comments(stage) == []
    found, mend = await doctor._waiting(ctx)
    assert (mend != "", "history" in found, "rate limit" in found) == (True, True, True)
    shown = await heard(ctx, project, "status", place=Place(channel=stage.channel))
    await go_on(ctx, shown)
    [status] = await whispers(stage)
    assert "Commands that wait" in status
    assert (await go_on(ctx, said)).outcome == "done"
    assert (await go_on(ctx, then)).outcome == "refused"
    assert len(await posts(stage)) == 1
    assert (await doctor._waiting(ctx))[1] == ""


async def test_who_waits_in_slack_is_told_there(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await github_fails(stage, r"/permission", times=2, **LIMITED)
    said = await heard(ctx, project, "history", place=Place(channel=stage.channel))
    for _ in range(2):
        await go_on(ctx, said)
        await forward(ctx, clock, 61)
    [told] = await whispers(stage)
    assert "rate limit" in told
    assert (await go_on(ctx, said)).outcome == "done"


async def test_what_is_to_be_left_alone_is_not_asked_meanwhile(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await github_fails(stage, r"/permission", times=2, **LIMITED)
    said = await heard(ctx, project, "history")
    for _ in range(3):
        assert (await go_on(ctx, said)).outcome == "heard"
    assert len(stage.github.faults.waiting) == 1


async def test_a_short_wait_is_nobodys_business(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await github_fails(stage, r"/permission", **LIMITED | {"headers": {"retry-after": "12"}})
    said = await heard(ctx, project, "history")
    assert (await go_on(ctx, said)).outcome == "heard"
    assert await posts(stage) == []
    assert (await ctx.commands.get(project.id, said.id)) == said


async def test_eyes_that_cannot_be_shown_keep_nobody_waiting(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await github_fails(stage, r"/reactions", times=1)
    await hear.lines(ctx, project, ["/soulcaster help"], INES, Place(issue=1), "comment:1")
    await drain(ctx, "work")
    assert len(await comments(stage)) == 1
    assert await unended(ctx, project) == []


# What was given up


async def test_replay_runs_again_what_was_given_up_here_and_nobody_elses(
    stage: Stage, ctx: Context, project: Project
) -> None:
    given_up = {
        json.dumps(["reap_commands", project.id]): "2026-11-28T10:00:00Z e-AAAA Rejected: words",
        json.dumps(["reap_commands", project.id + 1]): "2026-11-28T10:00:00Z e-BBBB Rejected: no",
        json.dumps(["hear_github", "row"]): "2026-11-28T10:00:00Z e-CCCC BadPayload: no",
    }
    await ctx.redis.hset(keys.parked("work"), mapping=given_up)
    here = Place(channel=stage.channel)
    foreign = await go_on(ctx, await heard(ctx, project, "replay e-BBBB", place=here))
    assert foreign.outcome == "refused"
    said = await go_on(ctx, await heard(ctx, project, "replay", place=here))
    assert said.outcome == "done"
    [refused, told] = await whispers(stage)
    assert "no e-BBBB here" in refused
    assert "e-AAAA" in told
    assert "words" not in told
    left = {one.reference for one in await ctx.jobs.parked("work")}
    assert left == {"e-BBBB", "e-CCCC"}


async def test_a_fix_that_waits_behind_others_says_so(
    stage: Stage, ctx: Context, project: Project
) -> None:
    for number, words in enumerate(("The cart is empty", "Login never ends"), 1):
        line = f"/soulcaster feedback {words}"
        await hear.lines(ctx, project, [line], INES, Place(channel=f"C{number}"), words)
    await drain(ctx, "work")
    for cluster in ("C-1", "C-2"):
        assert (await go_on(ctx, await heard(ctx, project, f"fix {cluster}"))).outcome == "done"
    first, second = await comments(stage)
    assert "waits for its turn" not in first
    assert "No fixer runs now" in first
    assert "It waits for its turn behind 1 fix run." in second
    # Others than the project's own are before it, too; and its card follows how that stands. One
    # that has nothing there is not looked at.
    await enqueue(ctx, jobs.fix_run, project.id + 1, 1)
    idle = project.model_copy(update={"id": project.id + 2, "full_name": "acme/idle"})
    await ctx.projects.put(idle)
    await look_around(ctx)
    for number, asked in (project.id, 1), (project.id + 1, 1), (idle.id, 0):
        found = await ctx.redis.zrange(keys.todo("work", number), 0, -1)
        assert sum(b"show_waiting" in one for one in found) == asked
    await drain(ctx, "work")
    assert ["behind 2 fix runs." in one for one in await comments(stage)] == [True, True]
    while claim := await ctx.jobs.claim("fixes"):
        if claim.ids != [project.id, 2]:
            await ctx.jobs.settle(claim, "done")
    showing = asyncio.create_task(ctx.processes.show("fixer"))
    await stage.wait("its sign", ctx.processes.alive, every=0.02)
    await jobs.show_waiting.function(ctx, project.id)
    assert "waits for its turn" not in "".join(await comments(stage))
    assert "No fixer" not in "".join(await comments(stage))
    showing.cancel()
