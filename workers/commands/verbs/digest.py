"""``digest``: now, a preview, or its schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import override

from bot.domain.cards.card import Bullets, Code, Line, Link, Section
from bot.domain.cards.schedule import DEFAULT, read_schedule
from bot.domain.commands.command import REST, WORD, Command, Level
from bot.jobs import enqueue
from workers import jobs
from workers.commands.call import Answer, Call
from workers.digests import posting as digests


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


async def run(call: Call, command: Digest) -> Answer:
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
