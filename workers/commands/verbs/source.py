"""``source``: the doors for alerts and feedback, and what we ask for by ourselves."""

import re
from collections import Counter
from datetime import datetime
from typing import Annotated, Literal

from typing_extensions import override

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Code,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Section,
)
from bot.domain.clusters.tally import spelled
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import Duration, SubredditRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.secrets import redact
from bot.sources import SOURCES, VENDORS_SECRET, cloudwatch, generic
from bot.storage.health import Noted
from bot.storage.vault import Hook
from workers.commands import sources
from workers.commands.call import Ambiguous, Answer, Call
from workers.intake import quota

# Of a door to which nothing came so far.
UNHEARD = "; nothing came yet"


class ManageSources(Command, verb="source", level=Level.L4):
    """List the doors for alerts and feedback and how they do; open, test, pause or change one.

    A second door of a source has a name. A secret is shown once, in the shell or to you alone in
    Slack; never on GitHub. One that the vendor makes is asked for there, in a form. After
    ``rotate`` the one before is good for a day. ``test`` shows the last payload, and how it was
    read. What a generic door reads is guessed from the first one, and waits for ``confirm``."""

    examples = (
        *("source list", "source add sentry", "source add sentry:checkout", "source rotate sentry"),
        *("source pause sentry:checkout", "source resume sentry:checkout", "source remove sentry"),
        *("source secret sentry", "source test sentry", "source confirm cloudwatch"),
        "source confirm generic -- title=monitor.name key=monitor.id",
        "source add reddit r/acme --every=15m --match=crash",
    )

    what: Annotated[
        Literal["list", "add", "rotate", "pause", "resume", "remove", "secret", "test", "confirm"],
        WORD,
    ] = "list"
    name: Annotated[str, WORD] = ""
    given: str = ""
    fields: Annotated[str, TEXT] = ""
    subreddit: Annotated[SubredditRef | None, WORD] = None
    every: Duration | None = None
    match: str = ""

    @property
    @override
    def answers_asker(self) -> bool:
        return self.what in ("add", "rotate", "secret", "test") and not self.subreddit


_DONE = {
    "remove": "is closed.",
    "pause": "is paused: what comes is counted and not taken, until you say source resume.",
    "resume": "is heard again.",
    "confirm": "hears the next topic that Amazon signs for: have SNS ask again.",
}


async def run_source(call: Call, command: ManageSources) -> Answer:
    """Doors of this project. Obeyed again, it shows the door that it opened or changed."""
    ctx, what = call.ctx, command.what
    doors = await ctx.vault.hooks(call.project.id)
    if what == "list":
        return await _list(call, doors)
    source, _, name = command.name.partition(":")
    if source not in SOURCES:
        raise NotUnderstood(f"Which source? There are: {', '.join(sorted(SOURCES))}.")
    if command.subreddit:
        return await sources.manage(
            call, what, command.subreddit, every=command.every, match=command.match
        )
    opened = next((door for door in doors if door.command == call.said.id), None)
    if opened or what == "add":
        return _shown(call, opened or await _add(call, source, name, doors))
    door = _one_of(doors, source, name, what)
    if what == "secret" or (what == "rotate" and source in VENDORS_SECRET):
        return await _take_secret(call, command.given, door)
    if what == "rotate":
        return _shown(call, await ctx.vault.rotate(door, ctx.now(), command=call.said.id))
    if what == "test":
        return await _test(call, door)
    if what == "confirm" and source == generic.SOURCE.NAME:
        return await sources.confirm(call, door, command.fields)
    if what == "remove":
        await ctx.vault.close_hook(door)
    elif what != "confirm":
        await ctx.vault.change(door, paused=what == "pause")
    elif source == cloudwatch.SOURCE.NAME:
        await ctx.vault.change(door, topic="")
    else:
        raise NotUnderstood(f"How {source} is read is known: nothing to confirm.")
    return call.done("sources", Code(door.word), f" {_DONE[what]}")


def _one_of(doors: list[Hook], source: str, name: str, what: str) -> Hook:
    """The door that is meant. Raises NotFound, Ambiguous."""
    mine = [door for door in doors if door.source == source]
    found = [door for door in mine if door.name == name or (len(mine) == 1 and not name)]
    if found:
        return found[0]
    if not mine:
        raise NotFound(f"{source} has no door here: say source add {source}.")
    sentences = [f"source {what} {door.word}" for door in mine]
    choices = tuple(Choice(Code(sentence), sentence=sentence) for sentence in sentences)
    raise Ambiguous(f"Which door of {source}?", choices)


async def _add(call: Call, source: str, name: str, doors: list[Hook]) -> Hook:
    if not re.fullmatch(r"[\w-]{0,40}", name) or (source, name) in {
        (door.source, door.name) for door in doors
    }:
        raise NotUnderstood(f"Give it a name that none has: source add {source}:checkout")
    awaits = source in VENDORS_SECRET
    return await call.ctx.vault.open_hook(
        call.project.id, source, command=call.said.id, awaits=awaits, name=name
    )


def _shown(call: Call, door: Hook) -> Answer:
    """Where to send and with what secret, for who asked alone."""
    base = call.ctx.settings.soulcaster_public_url or "https://YOUR-SERVER"
    label, page = SOURCES[door.source].LABEL, f"/docs/sources/{door.source}.md"
    given = f"{call.project.full_name} source secret {door.word}"
    whose = f"{label} makes the secret, and nothing is let in before you say "
    ours = "Sign with it where the sender can, else send it as "
    bearer = (Code("Authorization: Bearer SECRET"), *_in_url(door.source), ".")
    told: tuple[Paragraph, ...] = (Paragraph(whose, Code(given)),)
    if not door.awaits:
        told = (
            Paragraph("Secret (shown once): ", Code(door.secret)),
            Paragraph(ours, *bearer, *_before(door, call)),
        )
    card = Card(
        key=f"source:{door.id}",
        audience=Audience.PERSON,
        title=(f"Where {label} sends to",),
        tone="succeeded",
        sections=(
            Section(
                Paragraph("URL: ", Code(f"{base}{_path(door)}")),
                *told,
                Paragraph(Link("What to click, and how to check", f"{base}{page}")),
            ),
        ),
        actions=(Action("Give its secret", sentence=given),) if door.awaits else (),
    )
    return Answer(card)


async def _take_secret(call: Call, given: str, door: Hook) -> Answer:
    """The secret that was typed into the form, in whose place a word stands in the line."""
    label, vault = SOURCES[door.source].LABEL, call.ctx.vault
    secret = await vault.handed_over(given)
    if not secret:
        raise Ambiguous(
            f"{label}'s secret is asked for in a form, in Slack or in the shell, and never typed "
            "here: if you just did, make a new one there. A form is good for ten minutes.",
            (Choice("Give", sentence=f"{call.project.full_name} source secret {door.word}"),),
        )
    door = await vault.rotate(door, call.ctx.now(), secret)
    done = f"{label}'s secret is kept: what it signs with that is let in."
    return call.done("sources", done, *_before(door, call))


async def _test(call: Call, door: Hook) -> Answer:
    """The last payload of a door, and how it was read."""
    last = (await call.ctx.vault.health.state(door.project, door.id, call.ctx.now())).last
    shown = (Preformatted(text=redact(last.payload), language="json"),) if last else ()
    section = Section(Paragraph(Code(_path(door)), *_heard(last, Audience.TEAM)), *shown)
    title = (f"{SOURCES[door.source].LABEL}, as it was read last",)
    return Answer(Card(key="sources", audience=Audience.TEAM, title=title, sections=(section,)))


async def _list(call: Call, doors: list[Hook]) -> Answer:
    over = await quota.refusals(call.ctx, call.project)
    lines: tuple[Line, ...] = (
        *[(*_line(door), *await _health(call, door)) for door in doors],
        *await sources.lines(call),
    )
    nothing: tuple[Line, ...] = (("No door is open: ", Code("source add sentry")),)
    bullets = Bullets(*lines or nothing, *(((over,),) if over else ()))
    project = Code(call.project.full_name)
    return call.answer("sources", "Sources of ", project, sections=(Section(bullets),))


def _line(door: Hook) -> Line:
    rotate = Code(f"source rotate {door.word}")
    said: Line = ()
    if not door.secret:
        why = ", unreadable: sealed with a key that is not in SOULCASTER_VAULT_KEYS here. Add it, "
        said = (why, "or say ", rotate, ".")
    elif door.awaits:
        said = (", lets nothing in before you say ", Code(f"source secret {door.word}"), ".")
    elif door.paused:
        said = (", paused: nothing is taken before you say ", Code(f"source resume {door.word}"))
    elif door.weak:
        said = (", weak: its secret comes in the URL. Have it sent in a header, then say ", rotate)
    named: Line = (" ", Code(door.word)) if door.name else ()
    return (spelled(door.source), *named, ": ", Code(_path(door)), *said)


async def _health(call: Call, door: Hook) -> Line:
    """What came, how much of it, and what was refused and why."""
    ctx, now = call.ctx, call.ctx.now()
    if not door.secret:
        return ()
    if door.source == generic.SOURCE.NAME and not door.fields:
        return sources.asks(await sources.waiting(ctx, door))
    last, refused, came = await ctx.vault.health.state(door.project, door.id, now)
    rates = "".join(f"; {what} {_rate(counts, now)}" for what, counts in came.items())
    why: Line = ()
    if refused and refused != last and may_read(call.readers, refused.audience):
        why = (f"; last refused {refused.at}: {refused.how.removeprefix('refused: ')}",)
    return (*_heard(last, call.readers), rates, *why, *_before(door, call))


def _rate(counts: Counter[int], now: datetime) -> str:
    """``3 in 24 hours, 17 in 7 days``."""
    hour = now.timestamp() // 3600
    day, week = (sum(n for at, n in counts.items() if at > hour - hours) for hours in (24, 168))
    return f"{day:,} in 24 hours, {week:,} in 7 days"


def _heard(noted: Noted | None, readers: Audience) -> Line:
    """When something came last, and how it was read for those who may read it."""
    if noted is None:
        return (UNHEARD,)
    return (f"; last {noted.at}", f", {noted.how}" if may_read(readers, noted.audience) else "")


def _before(door: Hook, call: Call) -> Line:
    """How long the secret before this one is good, if it still is."""
    if door.until is None or door.until <= call.ctx.now():
        return ()
    return (f" The secret before is good until {door.until:%d %b %H:%M} UTC.",)


def _in_url(source: str) -> Line:
    if not SOURCES[source].SECRET_IN_URL:
        return ()
    return (" or, if it can set no header, as ", Code("?secret=SECRET"), " (weak: it is logged)")


def _path(door: Hook) -> str:
    return f"/hooks/{door.source}/{door.id}"
