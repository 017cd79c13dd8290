"""``merge split move undo history``: reports are put where they belong, and back."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.cards.views.correction import history_card
from bot.domain.clusters.corrections import Logged
from bot.domain.commands.command import WORD, After, Command, Level
from bot.domain.commands.references import ClusterRef, IssueRef, ItemRef
from bot.domain.errors import NotUnderstood
from workers.clusters import corrections
from workers.commands.call import Answer, Call
from workers.commands.correcting import Confirmable, carry_out


class Merge(Confirmable):
    """Make clusters one, after a preview; their numbers lead to it.

    Without into: the cluster spoken of here, else the first one named.
    """

    verb = "merge"
    level = Level.L2
    examples = ("merge C-31 into C-12", "merge C-31 C-40 into C-12", "merge C-31")

    clusters: tuple[ClusterRef, ...]
    into: Annotated[ClusterRef | None, After("into")] = None


async def run_merge(call: Call, command: Merge) -> Answer:
    """A preview, or the merge."""
    into = command.into
    if into is None:
        here = await call.implied()
        if here is None and len(command.clusters) < 2:
            raise NotUnderstood(
                f"Into which? Example: merge {command.clusters[0]} into C-12 (see clusters)"
            )
        into = ClusterRef(here) if here is not None else command.clusters[0]
    sources = tuple(c for c in command.clusters if c != into) or (into,)
    plain = command.model_copy(update={"into": into, "clusters": sources})
    plan = corrections.merging(
        call.ctx, call.project.id, [source.number for source in sources], into.number
    )
    return await carry_out(call, plain, plan)


class Split(Confirmable):
    """Part reports from their cluster, after a preview; they stay apart on later clustering.

    Name the reports, or say what to go by: auto parts the cluster where it is least alike.
    """

    verb = "split"
    level = Level.L2
    examples = ("split I-1 I-2", "split --by=source", "split C-12 --by=auto")

    items: Annotated[tuple[ItemRef, ...], WORD] = ()
    cluster: Annotated[ClusterRef | None, WORD] = None
    by: Literal["source", "release", "auto"] | None = None


async def run_split(call: Call, command: Split) -> Answer:
    """A preview, or the split."""
    ctx, project = call.ctx, call.project.id
    if command.items and command.by is None:
        plan = corrections.splitting(ctx, project, [item.number for item in command.items])
        return await carry_out(call, command.model_copy(update={"cluster": None}), plan)
    if command.items or command.by is None:
        raise NotUnderstood(
            "split wants either reports or what to go by. Example: split I-1 I-2, "
            "or split C-12 --by=source"
        )
    cluster = await call.cluster(command.cluster)
    plain = command.model_copy(update={"cluster": ClusterRef(cluster.number)})
    plan = corrections.splitting_by(ctx, project, cluster.number, command.by)
    return await carry_out(call, plain, plan)


class Move(Confirmable):
    """Put a report into another cluster or a new one, after a preview; it stays there."""

    verb = "move"
    level = Level.L2
    examples = ("move I-345 to C-12", "move I-345 to new")

    item: ItemRef
    to: Annotated[ClusterRef | Literal["new"], After("to")]


async def run_move(call: Call, command: Move) -> Answer:
    """A preview, or the move."""
    to = command.to.number if isinstance(command.to, ClusterRef) else None
    plan = corrections.moving(call.ctx, call.project.id, command.item.number, to)
    return await carry_out(call, command, plan)


class Undo(Command):
    """Take the last correction back, or the one named: every report returns to where it was.

    The last one is that of the cluster spoken of here, where there is one.
    """

    verb = "undo"
    level = Level.L2
    examples = ("undo", "undo 7")

    operation: Annotated[IssueRef | int | None, WORD] = None


async def run_undo(call: Call, command: Undo) -> Answer:
    """The inverse, or what blocks it."""
    named = command.operation
    number = named.number if isinstance(named, IssueRef) else named
    here = await call.implied() if number is None else None
    plan = corrections.undoing(call.ctx, call.project.id, number, here)
    return await carry_out(call, command, plan, ask="never")


PAGE = 15


class ShowHistory(Command):
    """List corrections, newest first, with who made them and what was undone."""

    verb = "history"
    level = Level.L2
    examples = ("history", "history C-12", "history --page=2")

    about: Annotated[ClusterRef | None, WORD] = None
    page: int = 1


async def run_history(call: Call, command: ShowHistory) -> Answer:
    """One page of the log; of one cluster where it is named."""
    log = await call.ctx.operations.log(call.project.id)
    name = str(command.about) if command.about else ""
    chosen = [entry for entry in reversed(log) if _concerns(entry, command.about)]
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, command.page), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    card = history_card(name, log, shown=shown, page=page, pages=pages, readers=call.readers)
    return Answer(card)


def _concerns(entry: Logged, about: ClusterRef | None) -> bool:
    operation = entry.operation
    ends = {c for change in operation.items for c in (change.before, change.after)}
    ends |= {c for r in operation.redirects for c in (r.number, r.before, r.after)}
    return about is None or about.number in ends
