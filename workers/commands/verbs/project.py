"""``channel digest replay``: where a project is spoken of, and what it missed."""

from __future__ import annotations

from html import unescape
from typing import Annotated, Literal

from bot.domain.cards.card import Bullets, Code, Line, Link, Section
from bot.domain.cards.schedule import DEFAULT, read_schedule
from bot.domain.cards.views.channel import channels_card
from bot.domain.commands.command import REST, WORD, Command, Level, levels
from bot.domain.errors import NotFound, NotUnderstood, Rejected
from bot.jobs import enqueue
from workers import jobs
from workers.clusters import channels
from workers.commands.call import Answer, Call
from workers.digests import posting as digests
from workers.digests.following import rule_of


class Channel(Command):
    """Have the project spoken of in this Slack channel, or no longer; its digests come here.

    Everybody in the channel then reads what is said of the project. A channel is one account's.
    """

    verb = "channel"
    level = Level.L4
    examples = ("channel show", "channel bind", "channel release")

    what: Annotated[Literal["show", "bind", "release"], WORD] = "show"


async def run_channel(call: Call, command: Channel) -> Answer:
    """The word of somebody who decides for the project, said there."""
    ctx, project, here = call.ctx, call.project, call.place.channel
    if command.what == "show":
        standings = await ctx.channels.standings(project.id)
        slack = ctx.slack
        waits = {c: await slack.wait_of(c, how) for c, how in standings.items()} if slack else {}
        return Answer(channels_card(project, standings, waits, here, readers=call.readers))
    if not here or here.rpartition("/")[2].startswith("D"):
        raise NotUnderstood(
            f"channel {command.what} is said in the Slack channel that it is about."
        )
    if command.what == "bind":
        await channels.bind(ctx, project, here, call.person.name)
        await channels.show_card(ctx, project, here, "bound", call.person.name)
        done = "is spoken of here now"
    else:
        await channels.release(ctx, project, here)
        await channels.show_card(ctx, project, here, "released", call.person.name)
        done = "is spoken of here no longer"
    return call.done(f"channel-said:{project.id}", Code(project.full_name), f" {done}.")


class Digest(Command):
    """See today's digest of open problems, post it now, or set when it is posted."""

    verb = "digest"
    costly_when = ("now",)
    level_when = levels(L0="preview", L4="others")
    examples = (
        *("digest preview", "digest now", "digest off"),
        'digest schedule "mon-fri 09:00 Europe/Paris"',
        'digest schedule "daily 09:00" --only=severity>=S2',
    )
    cost = "preview: L0; the rest: L4"

    what: Annotated[Literal["preview", "now", "schedule", "off"], WORD] = "preview"
    when: Annotated[str, REST] = ""
    only: str = ""


async def run_digest(call: Call, command: Digest) -> Answer:
    """Previews are for the asker; ``now`` posts in Slack and in the tracking issue."""
    ctx, project = call.ctx, call.project
    if command.what == "preview":
        card = await digests.build_digest(
            ctx, project, compact=call.place.issue is None, readers=call.readers
        )
        return Answer(card.model_copy(update={"key": "digest-preview"}))
    if command.what == "now":
        try:
            number = await digests.write_tracking_issue(ctx, project)
        except Rejected:  # it says so where it can
            if not await channels.channel_of(ctx, project):
                raise
            number = 0
        await enqueue(ctx, jobs.send_digest, project.id, call.said.id)
        link = Link(f"#{number}", ctx.github.page(project, f"issues/{number}"))
        where = ("; the tracking issue is ", link) if number else (" in Slack alone.",)
        return call.done("digest-now", "The digest is on its way", *where)
    words = "off" if command.what == "off" else command.when or DEFAULT
    only = unescape(command.only)
    if only:
        rule_of(only)
    lines: tuple[Line, ...] = ()
    if words != "off":
        schedule = read_schedule(words)
        lines = tuple(map(schedule.shown, schedule.after(ctx.now(), 3)))
    await ctx.digests.set_schedule(project.id, words, call.person, only)
    chosen = (", only ", Code(only)) if only else ()
    return call.done(
        "digest-schedule",
        *("The digest comes ", Code(words), *chosen) if lines else ("The digest is off.",),
        sections=(Section(Bullets(*lines), title="Next"),) if lines else (),
    )


class Replay(Command):
    """Run again what was given up here: the one of a reference, or all.

    What came in and could not be read at all is no project's yet: the operator runs that again.
    """

    verb = "replay"
    calls = "costly"
    level = Level.L4
    examples = ("replay e-7F3A", "replay")

    reference: Annotated[str, WORD] = ""


async def run_replay(call: Call, command: Replay) -> Answer:
    """Only this project's; what went wrong is told to the operator alone."""
    again = await call.ctx.jobs.replay(command.reference, project=call.project.id)
    if not again:
        raise NotFound(f"There is no {command.reference or 'job'} here that was given up.")
    lines: tuple[Line, ...] = tuple(
        (Code(one.name.partition(" ")[0]), f" of {one.at:%d %b %H:%M} UTC, ", Code(one.reference))
        for one in again
    )
    return call.done(f"replay:{call.said.id}", "Run again:", sections=(Section(Bullets(*lines)),))
