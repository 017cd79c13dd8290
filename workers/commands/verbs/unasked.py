"""``notify pause resume``: what is said unasked, and what is not for a while."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Annotated, Literal, get_args

from bot.domain.cards.card import Bullets, Code, Line, Section
from bot.domain.cards.pausing import Pause, What
from bot.domain.cards.rule import DEFAULT, OFF
from bot.domain.cards.views.problem import notify_card
from bot.domain.commands.command import REST, WORD, Command, Level
from bot.domain.commands.references import Duration
from bot.domain.errors import NotUnderstood
from bot.jobs import enqueue
from workers import jobs
from workers.clusters.views import refresh_soon, rows
from workers.commands.call import Answer, Call
from workers.digests.following import rule_of, rules, wanted

WEEK = timedelta(days=7)
MOST = 50  # problems that are looked at


class Notify(Command):
    """What this channel hears of at once: a rule, off, or default; without one, what it is.

    A rule is made of ``severity source label team owner state event`` with ``and or not ( )``. The
    answer shows what it would have said in the last seven days.
    """

    verb = "notify"
    level = Level.L4
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
    rule = DEFAULT if said.lower() == "default" else said.lower() if said.lower() == OFF else said
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


class PauseAll(Command):
    """Start no fix runs, post nothing unasked, or neither, for a while or until resume.

    Runs under way go on, and who asks is answered. What is not posted is said afterwards.
    """

    verb = "pause"
    calls = "free"
    level = Level.L4
    examples = ("pause fixes", "pause posts --for=2h", "pause all")

    what: Annotated[Literal["fixes", "posts", "all"], WORD] = "all"
    for_: Duration | None = None


class ResumeAll(Command):
    """End a pause; what was held back is said."""

    verb = "resume"
    level = Level.L4
    examples = ("resume", "resume fixes")

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
    """End what is paused of it."""
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
