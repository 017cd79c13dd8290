"""``source channel digest replay``: where a project hears and is spoken of, and what it missed."""

from __future__ import annotations

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
from bot.domain.cards.schedule import DEFAULT, read_schedule
from bot.domain.cards.views.channel import channels_card
from bot.domain.commands.command import REST, TEXT, WORD, Command, Level
from bot.domain.commands.references import Duration, SubredditRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.secrets import redact
from bot.jobs import enqueue
from bot.sources import SOURCES, VENDORS_SECRET, generic
from bot.storage.vault import Hook, Noted
from workers import jobs
from workers.clusters import channels
from workers.commands import confirming, polling
from workers.commands.call import Ambiguous, Answer, Call
from workers.digests import posting as digests
from workers.intake import quota


class ManageSources(Command):
    """List the doors for alerts and feedback, open or test one, change its secret, or confirm it.

    A secret is shown once, in the shell or to you alone in Slack; never on GitHub. One that the
    vendor makes is asked for there, in a form. ``test`` shows the last payload, and how it was
    read. What a generic door reads is guessed from the first payload, and waits for ``confirm``.
    """

    verb = "source"
    level = Level.L4
    examples = (
        *("source list", "source add sentry", "source rotate sentry", "source remove sentry"),
        *("source secret sentry", "source test sentry"),
        "source confirm generic -- title=monitor.name key=monitor.id",
        "source add reddit r/acme --every=15m --match=crash",
    )

    what: Annotated[
        Literal["list", "add", "rotate", "remove", "secret", "test", "confirm"], WORD
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
        secret = self.what in ("add", "rotate", "secret", "test")
        return secret and not self.subreddit


async def run_source(call: Call, command: ManageSources) -> Answer:
    """Doors of this project. Obeyed again, it shows the door that it opened."""
    ctx, project = call.ctx, call.project
    hooks = await ctx.vault.hooks(project.id)
    if command.what == "list":
        weak = await ctx.vault.weak_hooks()
        noted = {hook.id: await ctx.vault.noted(hook.id) for hook in hooks}
        asks = {hook.id: await _asks(call, hook) for hook in hooks}
        lines: tuple[Line, ...] = tuple(
            (
                *_line(hook, weak=hook.id in weak),
                *(asks[hook.id] or _heard(noted[hook.id], call.readers)),
            )
            for hook in hooks
        )
        lines += await polling.lines(call)
        over = await quota.refusals(ctx, project)
        refused: tuple[Line, ...] = ((over,),) if over else ()
        nothing: tuple[Line, ...] = (("No door is open: ", Code("source add sentry")),)
        return call.answer(
            "sources",
            "Sources of ",
            Code(project.full_name),
            sections=(Section(Bullets(*lines or nothing, *refused)),),
        )
    if command.name not in SOURCES:
        raise NotUnderstood(f"Which source? There are: {', '.join(sorted(SOURCES))}.")
    if command.subreddit:
        return await polling.manage(
            call, command.what, command.subreddit, every=command.every, match=command.match
        )
    opened = next((hook for hook in hooks if hook.command == call.said.id), None)
    mine = [hook for hook in hooks if hook.source == command.name and hook is not opened]
    if command.what in ("remove", "secret", "test", "confirm") and not mine:
        raise NotFound(f"{command.name} has no door here: say source add {command.name}.")
    if command.what == "secret":
        return await _take_secret(call, command, [h for h in mine if h.awaits] or mine)
    if command.what == "test":
        return await _test(call, mine)
    if command.what == "confirm":
        if command.name != generic.SOURCE.NAME:
            raise NotUnderstood(f"How {command.name} is read is known: nothing to confirm.")
        return await confirming.confirm(call, mine[-1], command.fields)
    if command.what in ("remove", "rotate"):
        for hook in mine:
            await ctx.vault.close_hook(hook.id)
    if command.what == "remove":
        return call.answer("sources", f"{command.name} is closed.", tone="succeeded")
    made = opened or await ctx.vault.open_hook(
        project.id, command.name, command=call.said.id, awaits=command.name in VENDORS_SECRET
    )
    base = ctx.settings.soulcaster_public_url.rstrip("/") or "https://YOUR-SERVER"
    label, page = SOURCES[made.source].LABEL, f"/docs/sources/{made.source}.md"
    given = f"{project.full_name} source secret {made.source}"
    whose = (
        Paragraph(f"{label} makes the secret, and nothing is let in before you say ", Code(given)),
    )
    ours = (
        Paragraph("Secret (shown once): ", Code(made.secret)),
        Paragraph(
            "Sign with it where the sender can, else send it as ",
            Code("Authorization: Bearer SECRET"),
            *_in_url(made.source),
            ".",
        ),
    )
    return Answer(
        Card(
            key=f"source:{made.id}",
            audience=Audience.PERSON,
            title=(f"{label} may knock here:",),
            tone="succeeded",
            sections=(
                Section(
                    Paragraph("URL: ", Code(f"{base}{_path(made)}")),
                    *(whose if made.awaits else ours),
                    Paragraph(Link("What to click, and how to check", f"{base}{page}")),
                ),
            ),
            actions=(Action("Give its secret", sentence=given),) if made.awaits else (),
        )
    )


async def _take_secret(call: Call, command: ManageSources, doors: list[Hook]) -> Answer:
    """The secret that was typed into the form, in whose place a word stands in the line."""
    hook, label = doors[0], SOURCES[doors[0].source].LABEL
    if len(doors) > 1:
        raise NotUnderstood(f"Which door? {label} has {len(doors)}: source rotate {hook.source}.")
    secret = await call.ctx.vault.handed_over(command.given)
    if not secret:
        raise Ambiguous(
            f"{label}'s secret is asked for in a form, in Slack or in the shell, and never typed "
            "here: if you just did, make a new one there. A form is good for ten minutes.",
            (Choice("Give", sentence=f"{call.project.full_name} source secret {hook.source}"),),
        )
    await call.ctx.vault.put(hook.model_copy(update={"secret": secret, "awaits": False}))
    done = f"{label}'s secret is kept: what it signs with that is let in."
    return call.answer("sources", done, tone="succeeded")


async def _test(call: Call, doors: list[Hook]) -> Answer:
    """The last payload of each door, and how it was read."""
    noted = [(hook, await call.ctx.vault.noted(hook.id)) for hook in doors]
    sections = tuple(
        Section(
            Paragraph(Code(_path(hook)), *_heard(last, Audience.TEAM)),
            *((Preformatted(text=redact(last.payload), language="json"),) if last else ()),
        )
        for hook, last in noted
    )
    title = (f"{SOURCES[doors[0].source].LABEL}, as it was read last",)
    return Answer(Card(key="sources", audience=Audience.TEAM, title=title, sections=sections))


def _heard(noted: Noted | None, readers: Audience) -> Line:
    """When something came last, and how it was read for those who may read it."""
    if noted is None:
        return ("; nothing came yet",)
    return (f"; last {noted.at}", f", {noted.how}" if may_read(readers, noted.audience) else "")


def _line(hook: Hook, *, weak: bool) -> Line:
    label = SOURCES[hook.source].LABEL if hook.source in SOURCES else hook.source
    rotate = Code(f"source rotate {hook.source}")
    said: Line = ()
    if not hook.secret:
        why = ", unreadable: sealed with a key that is not in SOULCASTER_VAULT_KEYS here. Add it, "
        said = (why, "or say ", rotate, ".")
    elif hook.awaits:
        said = (", lets nothing in before you say ", Code(f"source secret {hook.source}"), ".")
    elif weak:
        said = (", weak: its secret comes in the URL. Have it sent in a header, then say ", rotate)
    return (f"{label}: ", Code(_path(hook)), *said)


async def _asks(call: Call, hook: Hook) -> Line:
    if hook.source != generic.SOURCE.NAME or hook.fields or not hook.secret:
        return ()
    return confirming.asks(await confirming.waiting(call.ctx, hook))


def _in_url(source: str) -> Line:
    if not SOURCES[source].SECRET_IN_URL:
        return ()
    return (" or, if it can set no header, as ", Code("?secret=SECRET"), " (weak: it is logged)")


def _path(hook: Hook) -> str:
    return f"/hooks/{hook.source}/{hook.id}"


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
        return Answer(channels_card(project, standings, here, readers=call.readers))
    if not here or here.startswith("D"):
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
    return call.answer(
        f"channel-said:{project.id}", Code(project.full_name), f" {done}.", tone="succeeded"
    )


class Digest(Command):
    """Post the digest now, preview it, or say when it comes."""

    verb = "digest"
    examples = (
        "digest preview",
        "digest now",
        'digest schedule "mon-fri 09:00 Europe/Paris"',
        "digest off",
    )
    cost = "preview: L0; the rest: L4"

    what: Annotated[Literal["preview", "now", "schedule", "off"], WORD] = "preview"
    when: Annotated[str, REST] = ""

    @property
    @override
    def needs(self) -> Level:
        """A preview changes nothing."""
        return Level.L0 if self.what == "preview" else Level.L4


async def run_digest(call: Call, command: Digest) -> Answer:
    """Previews are for the asker; ``now`` posts in Slack and in the tracking issue."""
    ctx, project = call.ctx, call.project
    if command.what == "preview":
        card = await digests.build_digest(
            ctx, project, compact=call.place.issue is None, readers=call.readers
        )
        return Answer(card.model_copy(update={"key": "digest-preview"}))
    if command.what == "now":
        number = await digests.write_tracking_issue(ctx, project)
        await enqueue(ctx, jobs.send_digest, project.id, call.said.id)
        link = Link(f"#{number}", ctx.github.page(project, f"issues/{number}"))
        return call.answer(
            "digest-now", "The digest is on its way; the tracking issue is ", link, tone="succeeded"
        )
    words = "off" if command.what == "off" else command.when or DEFAULT
    lines: tuple[Line, ...] = ()
    if words != "off":
        times = read_schedule(words).after(ctx.now(), 3)
        lines = tuple((f"{moment:%a %d %b %H:%M} UTC",) for moment in times)
    await ctx.digests.set_schedule(project.id, words, call.person)
    return call.answer(
        "digest-schedule",
        *("The digest comes ", Code(words)) if lines else ("The digest is off.",),
        tone="succeeded",
        sections=(Section(Bullets(*lines), title="Next"),) if lines else (),
    )


class Replay(Command):
    """Run again what was given up here: the one of a reference, or all.

    What came in and could not be read at all is no project's yet: the operator runs that again.
    """

    verb = "replay"
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
    return call.answer(
        f"replay:{call.said.id}",
        "Run again:",
        tone="succeeded",
        sections=(Section(Bullets(*lines)),),
    )
