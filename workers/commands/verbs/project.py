"""``channel digest notify pause resume replay``: where a project is spoken of and what is said
there unasked, or not for a while; and what it missed."""

from datetime import timedelta
from html import unescape
from typing import Annotated, Literal, get_args

from bot.domain.cards.card import Bullets, Code, Line, Link, Section
from bot.domain.cards.pausing import Pause, What
from bot.domain.cards.rule import DEFAULT as DEFAULT_RULE
from bot.domain.cards.rule import OFF
from bot.domain.cards.schedule import DEFAULT, read_schedule
from bot.domain.cards.views.channel import channels_card
from bot.domain.cards.views.problem import notify_card
from bot.domain.commands.command import REST, WORD, Command, Level, levels
from bot.domain.commands.references import Duration
from bot.domain.errors import NotFound, NotUnderstood, Rejected
from bot.jobs import enqueue
from workers import jobs
from workers.clusters import channels
from workers.clusters.views import refresh_soon, rows
from workers.commands.call import Answer, Call
from workers.digests import posting as digests
from workers.digests.following import rule_of, rules, wanted


class Channel(Command, verb="channel", level=Level.L4):
    """Have the project spoken of in this Slack channel, or no longer; its digests come here.

    Everybody in the channel then reads what is said of the project. A channel is one account's."""

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


class Digest(Command, verb="digest", cost="preview: L0; the rest: L4"):
    """See today's digest of open problems, post it now, or set when it is posted."""

    costly_when = ("now",)
    level_when = levels(L0="preview", L4="others")
    examples = (
        *("digest preview", "digest now", "digest off"),
        'digest schedule "mon-fri 09:00 Europe/Paris"',
        'digest schedule "daily 09:00" --only=severity>=S2',
    )

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


class Replay(Command, verb="replay", level=Level.L4, calls="costly"):
    """Run again what was given up here: the one of a reference, or all.

    What came in and could not be read at all is no project's yet: the operator runs that again."""

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


WEEK = timedelta(days=7)
MOST = 50  # problems that are looked at


class Notify(Command, verb="notify", level=Level.L4):
    """What this channel hears of at once: a rule, off, or default; without one, what it is.

    A rule is made of ``severity source label team owner state event`` with ``and or not ( )``. The
    answer shows what it would have said in the last seven days."""

    examples = ("notify severity>=S2 and not source:reddit", "notify team:payments", "notify off")

    rule: Annotated[str, REST] = ""


async def run_notify(call: Call, command: Notify) -> Answer:
    """Keep the rule of the channel where it is said, else of where the digests come."""
    ctx, project = call.ctx, call.project
    held = await rules(ctx, project)
    here = call.place.channel
    if here and (await ctx.channels.standings(project.id)).get(here) != "bound":
        raise NotUnderstood(
            f"{project.full_name} is not spoken of in this channel: /soulcaster channel bind"
        )
    channel = here or next(iter(held), "")
    if not channel:
        raise NotUnderstood("There is no channel of this project yet: say it in the one you mean.")
    said = " ".join(unescape(command.rule).split())
    rule = (
        DEFAULT_RULE if said.lower() == "default" else said.lower() if said.lower() == OFF else said
    )
    if rule and rule != OFF:
        rule_of(rule)
    if rule:
        await ctx.stories.set_rule(project.id, channel, rule)
    shown = rule or held.get(channel, OFF)
    week = [] if shown == OFF else await ctx.stories.since(project.id, ctx.now() - WEEK)
    numbers = list(dict.fromkeys(event.cluster for event in reversed(week)))[:MOST]
    views = {v.cluster.number: v for v in await rows(ctx, project, numbers, readers=call.readers)}
    heard = [(e, views[e.cluster]) for e in week if e.cluster in views]
    heard = [(event, view) for event, view in heard if wanted(shown, view, event)]
    name: Line = ("This channel",) if here else ("Channel ", Code(channel))
    return Answer(notify_card(name, shown, heard, changed=bool(rule), readers=call.readers))


class PauseAll(Command, verb="pause", level=Level.L4, calls="free"):
    """Start no fix runs, post nothing unasked, or neither, for a while or until resume.

    Runs under way go on, and who asks is answered. What is not posted is said afterwards."""

    examples = ("pause fixes", "pause posts --for=2h", "pause all")

    what: Annotated[Literal["fixes", "posts", "all"], WORD] = "all"
    for_: Duration | None = None


class ResumeAll(Command, verb="resume", level=Level.L4, examples=("resume", "resume fixes")):
    """End a pause; what was held back is said."""

    what: Annotated[Literal["fixes", "posts", "all"], WORD] = "all"


def _meant(what: Literal["fixes", "posts", "all"]) -> tuple[What, ...]:
    return get_args(What) if what == "all" else (what,)


async def run_pause(call: Call, command: PauseAll) -> Answer:
    """The newest word counts, also about when it ends."""
    ctx, project, now = call.ctx, call.project, call.ctx.now()
    until = now + command.for_.timedelta if command.for_ else None
    made = [
        Pause(what=what, by=call.person.name, since=now, until=until)
        for what in _meant(command.what)
    ]
    for pause in made:
        await ctx.stories.pause(project.id, pause)
    if command.for_:
        seconds = command.for_.timedelta.total_seconds()
        await enqueue(ctx, jobs.say_held, project.id, delay=seconds + 1)
    await _show(call)
    means: dict[What, Line] = {
        "fixes": ("Fix runs that are under way go on; who asks for another is told.",),
        "posts": ("What is not posted is kept and said afterwards, in one card.",),
    }
    return call.done(
        "pause",
        " ".join(pause.sentence for pause in made),
        sections=(Section(Bullets(*(means[pause.what] for pause in made))),),
    )


async def run_resume(call: Call, command: ResumeAll) -> Answer:
    ctx, project, now = call.ctx, call.project, call.ctx.now()
    ended = []
    for what, pause in (await ctx.stories.pauses(project.id)).items():
        if pause.holds(now) and pause.what in _meant(command.what):
            await ctx.stories.pause(project.id, pause.model_copy(update={"until": now}))
            ended.append(what)
    if not ended:
        return call.answer("resume", f"{command.what.capitalize()}: nothing is paused.")
    await enqueue(ctx, jobs.say_held, project.id)
    await _show(call)
    return call.done("resume", f"{' and '.join(sorted(ended)).capitalize()} go on.")


async def _show(call: Call) -> None:
    """The banner, on the tracking issue and on the cards of the last days, comes or goes."""
    ctx, project = call.ctx, call.project
    week = await ctx.stories.since(project.id, ctx.now() - WEEK)
    await refresh_soon(ctx, project.id, *sorted({event.cluster for event in week})[-MOST:])
