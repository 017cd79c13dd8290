"""What every verb that corrects the clustering shares: preview, Confirm, and the answer."""

import hashlib
from typing import Literal

from bot.domain.cards.card import Card
from bot.domain.cards.views.correction import Seen, done_card, preview_card
from bot.domain.cards.views.why import contradiction_line
from bot.domain.clusters.corrections import Logged
from bot.domain.clusters.engine.operations import Operation
from bot.domain.commands.command import Command
from bot.domain.commands.grammar import sentence
from bot.domain.commands.references import ClusterRef, IssueRef, ItemRef
from bot.domain.errors import NotFound, NotUnderstood, Unavailable
from bot.domain.models import Item
from workers.clusters import corrections, explain
from workers.clusters.corrections import Plan, PlannedCorrection
from workers.commands.call import Answer, Call

ATTEMPTS = 20

Ask = Literal["always", "if it surprises", "never"]
Named = IssueRef | ItemRef | ClusterRef


class Confirmable(Command):
    """A command that shows what it would do, and does it once that was confirmed.

    ``preview`` names the preview that the person saw; without it ``--confirm`` is about the one
    that was shown last in the same place."""

    internal = ("preview",)

    confirm: bool = False
    preview: str = ""


async def carry_out(call: Call, command: Command, plan: Plan, *, ask: Ask = "always") -> Answer:
    """Preview it, or do it and say so. ``ask`` "if it surprises": only when it takes back what
    people said, or moves several reports."""
    ctx, project = call.ctx, call.project
    confirm, preview = False, ""
    if isinstance(command, Confirmable):
        confirm, preview = command.confirm, command.preview
        command = command.model_copy(update={"confirm": False, "preview": ""})
    said = sentence(command)
    key = f"correction:{_short(said)}"
    shown = _short(f"{call.place.name}|{said}")
    done = await corrections.done_before(ctx, project.id, call.said.id)
    for _ in range(ATTEMPTS):
        if done is not None:
            await corrections.after(ctx, project.id, done)
            return Answer(await _done(call, key, done), public=True)
        worked = await plan(call.person.name)
        surprises = bool(worked.proposal.taken_back) or len(worked.operation.items) > 1
        if ask == "always" or (ask == "if it surprises" and surprises):
            checksum = worked.proposal.checksum
            last = preview or await ctx.operations.shown(project.id, shown)
            if not confirm or last != checksum:
                await ctx.operations.show(project.id, shown, checksum)
                seen = await _seen(call, worked.operation, worked)
                changed = confirm and bool(last)
                return Answer(preview_card(key, said, worked.proposal, seen, changed=changed))
        done = await corrections.apply(ctx, project.id, worked, said=said, command=call.said.id)
    raise Unavailable("Reports are being clustered faster than this can be done.", retry_after=1)


async def item_of(call: Call, named: Named) -> Item:
    """The report that was named; of a cluster, its oldest. Raises NotFound."""
    ctx, project = call.ctx, call.project
    if isinstance(named, IssueRef):
        here = project.full_name.lower()
        if named.repository and named.repository.lower() != here:
            raise NotUnderstood(f"Only reports of {project.full_name} can be linked here.")
        number = await call.report_of(named.number)
        if number is None:
            raise NotFound(f"{named} is not known as a report here: is it an issue?")
    elif isinstance(named, ItemRef):
        number = named.number
    else:
        cluster = await ctx.clusters.get(project.id, named.number)
        members = await ctx.clusters.sample(project.id, cluster.number, oldest=1, newest=0)
        if not members:
            raise NotFound(f"{cluster.name} has no reports.")
        number = members[0]
    return await call.placed(number)


async def item_here(call: Call, example: str) -> Item:
    """The report this place is about: the issue's own, else the oldest of the thread's cluster."""
    if call.place.issue is not None:
        number = await call.report_of(call.place.issue)
        if number is not None:
            return await call.placed(number)
    cluster = await call.implied()
    if cluster is None:
        raise NotUnderstood(f"Which report? Name both. Example: {example}")
    return await item_of(call, ClusterRef(cluster))


async def _seen(call: Call, operation: Operation, worked: PlannedCorrection | None = None) -> Seen:
    """What a card about the operation names."""
    ctx, project = call.ctx, call.project.id
    numbers = {c for i in operation.items for c in (i.before, i.after) if c is not None and c > 0}
    return Seen(
        items={
            item.number: item
            for item in await ctx.items.many(project, [c.number for c in operation.items])
        },
        clusters=await ctx.clusters.records(project, sorted(numbers)),
        readers=call.readers,
        regressed=worked.regressed if worked else (),
    )


async def _done(call: Call, key: str, logged: Logged) -> Card:
    links = await call.ctx.operations.links(call.project.id)
    pairs = logged.operation.must_added | logged.operation.cannot_added
    ways = {
        way
        for item in {i for pair in pairs for i in pair}
        for way in explain.contradictions(links, item)
    }
    contradictions = [contradiction_line(way) for way in sorted(ways)]
    seen = await _seen(call, logged.operation)
    if call.place.issue is None:
        # Each is a message of its own, and what is said below it is about that cluster.
        ends = [change.after for change in logged.operation.items if change.after]
        key = f"correction:{logged.operation.number}" + (f":C-{ends[0]}" if ends else "")
    return done_card(key, logged, seen, contradictions=contradictions)


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
