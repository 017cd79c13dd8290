"""``why``: the evidence behind a decision."""

from __future__ import annotations

from typing import Annotated

from bot.domain.card import Bullets, Card, Code, Inline, Line, Paragraph, Section, Strong
from bot.domain.errors import NotFound
from bot.domain.evidence import Because, Near
from bot.domain.models import Item
from bot.domain.views.cluster import item_link
from handlers.commands.call import Answer, Call
from handlers.commands.command import WORD, Command
from handlers.commands.references import ClusterRef, ItemRef


class Why(Command):
    """Why an item is in its cluster: scores, the nearest one it is not in, corrections obeyed."""

    verb = "why"
    examples = ("why", "why I-345", "why C-12")

    about: Annotated[ItemRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: Why) -> Answer:
    """The evidence of one item, or of each item of a cluster."""
    ctx, project = call.ctx, call.project
    if isinstance(command.about, ItemRef):
        items = [await ctx.items.get(project.id, command.about.number)]
        name = items[0].name
    else:
        cluster = await call.cluster(command.about)
        members = await ctx.clusters.members(project.id, cluster.number)
        items = await ctx.items.many(project.id, members)
        name = cluster.name
    sections = []
    for item in items[:8]:
        stored = await ctx.clusters.evidence(project.id, item.number)
        if not stored:
            if len(items) == 1:
                raise NotFound(f"{item.name} has no cluster yet; try again in a minute.")
            continue
        sections.append(await _section(call, item, Because.model_validate_json(stored)))
    card = Card(
        key=f"why:{name}",
        title=("Why ", Code(name), " is what it is"),
        sections=tuple(sections),
        footer=(f"{len(items) - 8} more reports are not shown.",) if len(items) > 8 else (),
    )
    return Answer(card)


async def _section(call: Call, item: Item, because: Because) -> Section:
    hidden = call.public and item.private
    heading: tuple[Inline, ...] = (Code(item.name), " (private)") if hidden else item_link(item)
    lines: list[Line] = []
    best = because.candidates[0] if because.candidates else None
    if because.action == "join" and best is not None:
        near = next((c for c in because.candidates if c.item == because.joined), best)
        lines.append(
            (Strong("Joined"), " because of ", Code(f"I-{near.item}"), ": ", *_score(near))
        )
    elif because.action == "suggest":
        lines.append((Strong("Opened its own cluster"), ": likely, but not sure enough to join."))
    else:
        lines.append((Strong("Opened its own cluster"), ": nothing was near enough."))
    for near in because.candidates[:3]:
        if near.item != because.joined:
            where = f" in C-{near.cluster}" if near.cluster else ""
            lines.append(("Compared with ", Code(f"I-{near.item}"), f"{where}: ", *_score(near)))
    if because.rejected is not None and because.rejected.cluster:
        near = because.rejected
        lines.append(
            ("Nearest cluster it is not in: ", Code(f"C-{near.cluster}"), ", ", *_score(near))
        )
    lines += [(Strong("Obeyed"), f": {words}.") for words in because.obeyed]
    return Section(
        blocks=(Paragraph(line=tuple(heading)), Bullets(lines=tuple(lines))),
    )


def _score(near: Near) -> Line:
    if near.repeat:
        return ("the same text or stack once numbers, ids and paths are masked.",)
    parts = ", ".join(
        f"{name.replace('_', ' ')} {weight:+.1f}" for name, weight in near.parts[:4] if weight
    )
    return (f"{near.score:.0%} likely the same (similarity {near.similarity:.2f}; {parts}).",)
