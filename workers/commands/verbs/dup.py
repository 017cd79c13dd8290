"""``dup`` and ``not-dup``: two reports are the same problem, or are not. Nothing is closed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.domain.commands.command import Level
from bot.domain.commands.references import ClusterRef, IssueRef, ItemRef
from bot.domain.commands.rights import level_of
from bot.domain.errors import NotAllowed
from bot.domain.models import Item
from bot.sources import github_issue
from workers.clusters import corrections, explain, suggestions
from workers.clusters.corrections import Plan, PlannedCorrection
from workers.commands.call import Answer, Call
from workers.commands.correcting import Confirmable, carry_out, item_here, item_of

Two = Annotated[tuple[IssueRef | ItemRef | ClusterRef, ...], Field(min_length=1, max_length=2)]


class Dup(Confirmable):
    """Say that a report is the same problem as another; it links, and closes nothing.

    With two names the first is a duplicate of the second. A duplicate of a resolved problem makes
    that a regression. It asks first when more than one report would move.
    """

    verb = "dup"
    level = Level.L2
    examples = ("dup #123", "dup I-345 C-12")

    of: Two


class NotDup(Confirmable):
    """Say that two reports are not the same problem; they are kept apart from now on.

    Whoever reported one of them may say so, too.
    """

    verb = "not-dup"
    level = Level.L1
    examples = ("not-dup #123", "not-dup I-345 C-12")

    of: Two


async def run_dup(call: Call, command: Dup) -> Answer:
    """A must-link; the two clusters become one."""
    item, other = await _two(call, command)
    plan = corrections.linking(call.ctx, call.project.id, item.number, other.number, alike=True)
    return await _answered(call, command, item, other, plan)


async def run_not_dup(call: Call, command: NotDup) -> Answer:
    """A cannot-link; a report leaves the cluster that both are in."""
    item, other = await _two(call, command)
    plan = corrections.linking(call.ctx, call.project.id, item.number, other.number, alike=False)
    if level_of(call.role) < Level.L2:
        plan = _modest(plan)
    return await _answered(call, command, item, other, plan)


async def reported(call: Call, command: NotDup) -> bool:
    """Whether the person reported one of the two on GitHub."""
    two = await _two(call, command)
    on_github = [item for item in two if item.source == github_issue.NAME]
    return any(call.person.is_same(item.author, item.author_id) for item in on_github)


async def _two(call: Call, command: Dup | NotDup) -> tuple[Item, Item]:
    """The reports meant: of a cluster the one most like the other report, else its oldest."""
    example = f"{command.verb} I-345 C-12"
    first = command.of[0] if len(command.of) == 2 else None
    item = await (item_of(call, first) if first is not None else item_here(call, example))
    last = command.of[-1]
    if isinstance(last, ClusterRef):
        near = await _nearest(call, item, last.number)
        if near is not None:
            return item, near
    return item, await item_of(call, last)


async def _nearest(call: Call, item: Item, cluster: int) -> Item | None:
    """The candidate it was compared with that is in the cluster now."""
    told = await explain.explain(call.ctx, call.project.id, item)
    root = (await call.ctx.clusters.get(call.project.id, cluster)).number
    if told is None:
        return None
    compared = [told.joined, *told.others, told.rejected]
    return next((c.item for c in compared if c is not None and c.item.cluster == root), None)


def _modest(plan: Plan) -> Plan:
    """A reporter speaks for the own report: not for others, and not against what was settled."""

    async def own(by: str) -> PlannedCorrection:
        worked = await plan(by)
        if len(worked.operation.items) > 1 or worked.proposal.taken_back:
            raise NotAllowed(
                "That would move reports of others, or take back what a maintainer said: "
                "somebody with triage can do it."
            )
        return worked

    return own


async def _answered(
    call: Call, command: Dup | NotDup, item: Item, other: Item, plan: Plan
) -> Answer:
    """Do it; where the question stands on the item's issue, the answer is written there."""
    plain = command.model_copy(update={"of": (ItemRef(item.number), ItemRef(other.number))})
    answer = await carry_out(call, plain, plan, ask="if it surprises")
    here = suggestions.place_of(item)
    if (
        answer.card.tone == "succeeded"
        and here is not None
        and here.issue == call.place.issue
        and await suggestions.stands(call.ctx, call.project.id, item)
    ):
        now = await call.ctx.items.get(call.project.id, item.number)
        card = await suggestions.card(call.ctx, call.project, now, readers=call.readers)
        return Answer(card or answer.card, public=True)
    return answer
