"""``dup not-dup merge split move recluster undo history``: reports are put where they belong."""

from typing import Annotated, Literal

from pydantic import Field

from bot.domain.cards.views.cluster import count
from bot.domain.cards.views.correction import history_card
from bot.domain.clusters.alike import MOST
from bot.domain.commands.command import WORD, After, Command, Level
from bot.domain.commands.references import ClusterRef, IssueRef, ItemRef
from bot.domain.commands.rights import level_of
from bot.domain.errors import NotAllowed, NotUnderstood
from bot.domain.models import Item
from bot.jobs import enqueue
from bot.sources import github_issue
from bot.storage.cluster_jobs import ClusterJob
from workers import jobs
from workers.clusters import corrections, explain, suggestions
from workers.clusters.alike import ASKED, alike, sections
from workers.clusters.corrections import Plan, PlannedCorrection
from workers.clusters.recluster import recluster_card
from workers.commands.call import Answer, Call, next_page, require_page
from workers.commands.correcting import Confirmable, Named, carry_out, item_here, item_of


class Dup(Confirmable, verb="dup", level=Level.L2, examples=("dup #123", "dup I-345 C-12")):
    """Say that two reports are the same problem: they are grouped, and nothing is closed.

    With two names the first is a duplicate of the second. A duplicate of a resolved problem makes
    that a regression. It asks first when more than one report would move."""

    of: Annotated[tuple[Named, ...], Field(min_length=1, max_length=2)]


class NotDup(Confirmable, verb="not-dup", level=Level.L1):
    """Say that two reports are different problems: they are kept apart from now on.

    Whoever reported one of them may say so, too. Of more than two, no two are the same."""

    examples = ("not-dup #123", "not-dup I-345 C-12", "not-dup C-12 C-31 C-40")

    of: Annotated[tuple[Named, ...], Field(min_length=1, max_length=MOST)]


async def run_dup(call: Call, command: Dup) -> Answer:
    """A must-link; the two clusters become one."""
    item, other = await _two(call, command)
    plan = corrections.linking(call.ctx, call.project.id, item.number, other.number, alike=True)
    return await _answered(call, command, item, other, plan)


async def run_not_dup(call: Call, command: NotDup) -> Answer:
    """A cannot-link; a report leaves the cluster that both are in."""
    if len(command.of) > 2:
        items = [(await item_of(call, each)).number for each in command.of]
        plan = corrections.linking(call.ctx, call.project.id, *items, alike=False)
        return await carry_out(call, command, plan, ask="if it surprises")
    item, other = await _two(call, command)
    plan = corrections.linking(call.ctx, call.project.id, item.number, other.number, alike=False)
    if level_of(call.role) < Level.L2:
        plan = _modest(plan)
    return await _answered(call, command, item, other, plan)


async def reported(call: Call, command: NotDup) -> bool:
    """Whether the person reported one of the two on GitHub; more than two are not theirs to say."""
    if len(command.of) > 2:
        return False
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
    told = await explain.explain(call.ctx, call.project.id, [item])
    root = (await call.ctx.clusters.get(call.project.id, cluster)).number
    compared = [c for each in told for c in (each.joined, *each.others, each.rejected)]
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


class Merge(Confirmable, verb="merge", level=Level.L2):
    """Merge problems into one, after a preview; their old numbers still find it.

    Without into: the cluster spoken of here, else the first one named. --suggest lists groups of
    clusters that look like one problem, most likely first."""

    examples = ("merge C-31 into C-12", "merge C-31 C-40 into C-12", "merge --suggest")

    clusters: Annotated[tuple[ClusterRef, ...], WORD] = ()
    into: Annotated[ClusterRef | None, After("into")] = None
    suggest: bool = False
    page: int = 1


async def run_merge(call: Call, command: Merge) -> Answer:
    """A preview, or the merge; or what could be merged."""
    if command.suggest and not command.clusters:
        return await _alike(call, command)
    if not command.clusters:
        raise NotUnderstood("merge wants a cluster. Example: merge C-31 into C-12")
    into = command.into
    if into is None:
        here = await call.implied()
        if here is None and len(command.clusters) < 2:
            raise NotUnderstood(
                f"Into which? Example: merge {command.clusters[0]} into C-12 (see clusters)"
            )
        into = ClusterRef(here) if here is not None else command.clusters[0]
    sources = tuple(c for c in command.clusters if c != into) or (into,)
    plain = command.model_copy(update={"into": into, "clusters": sources, "suggest": False})
    numbers = [source.number for source in sources]
    plan = corrections.merging(call.ctx, call.project.id, numbers, into.number)
    about, shown = {into.number, *numbers}, False
    if command.suggest and command.confirm:
        # The question was the preview, if it would still be asked so.
        asked, _ = await alike(call.ctx, call.project, call.readers, about)
        shown = any({*each.clusters} == about for each in asked)
    return await carry_out(call, plain, plan, ask="never" if shown else "always")


async def _alike(call: Call, command: Merge) -> Answer:
    page, here = max(1, command.page), (call.ctx, call.project)
    asked, many = await alike(*here, readers=call.readers, page=page)
    return call.answer(
        "alike",
        f"{count(many, 'group')} of problems that look like one problem each",
        sections=await sections(*here, asked, readers=call.readers),
        actions=next_page(command, page, many, ASKED),
        footer=("One answer settles each, and undo takes it back. Nothing is closed.",),
    )


class Split(Confirmable, verb="split", level=Level.L2):
    """Split reports off into a problem of their own, after a preview; they stay apart.

    Name the reports, or say what to go by: auto parts the cluster where it is least alike."""

    examples = ("split I-1 I-2", "split --by=source", "split C-12 --by=auto")

    items: Annotated[tuple[ItemRef, ...], WORD] = ()
    cluster: Annotated[ClusterRef | None, WORD] = None
    by: Literal["source", "release", "auto"] | None = None


async def run_split(call: Call, command: Split) -> Answer:
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


class Move(Confirmable, verb="move", level=Level.L2):
    """Move a report to another problem or a new one, after a preview; it stays there."""

    examples = ("move I-345 to C-12", "move I-345 to new")

    item: ItemRef
    to: Annotated[ClusterRef | Literal["new"], After("to")]


async def run_move(call: Call, command: Move) -> Answer:
    to = command.to.number if isinstance(command.to, ClusterRef) else None
    plan = corrections.moving(call.ctx, call.project.id, command.item.number, to)
    return await carry_out(call, command, plan)


class Recluster(Command, verb="recluster", level=Level.L4):
    """Cluster all reports again with a fresh engine, as one operation that undo takes back.

    What people or the language model have touched stays as it is. --dry-run only says what would
    change; status says how the last one went."""

    costly_when = ("all",)
    examples = ("recluster --dry-run", "recluster", "recluster status")

    what: Annotated[Literal["all", "status"], WORD] = "all"
    dry_run: bool = False


async def run_recluster(call: Call, command: Recluster) -> Answer:
    """How far it is; asked for where one is under way, that goes on."""
    ctx, project = call.ctx, call.project.id
    known = await ctx.cluster_jobs.all(project)
    if command.what == "status" and known:
        return Answer(recluster_card(known[0], call.readers))
    how = {"dry_run": command.dry_run or command.what == "status", "command": call.said.id}
    who = {"requested_by": call.person.name, "place": call.place, "created_at": ctx.now()}
    job = await ctx.cluster_jobs.open(project, ClusterJob.model_validate(how | who))
    await enqueue(ctx, jobs.recluster, project, job.number)
    return Answer(recluster_card(job, call.readers), public=True)


class Undo(Command, verb="undo", level=Level.L2, calls="free", examples=("undo", "undo 7")):
    """Undo the last correction, or the one you name: reports return to where they were.

    The last one is that of the cluster spoken of here, where there is one."""

    operation: Annotated[IssueRef | int | None, WORD] = None


async def run_undo(call: Call, command: Undo) -> Answer:
    named = command.operation
    number = named.number if isinstance(named, IssueRef) else named
    here = await call.implied() if number is None else None
    plan = corrections.undoing(call.ctx, call.project.id, number, here)
    return await carry_out(call, command, plan, ask="never")


PAGE = 15


class ShowHistory(Command, verb="history", level=Level.L2):
    """List corrections, newest first, with who made them and what was undone."""

    examples = ("history", "history C-12", "history --page=2")

    about: Annotated[ClusterRef | None, WORD] = None
    page: int = 1


async def run_history(call: Call, command: ShowHistory) -> Answer:
    log = await call.ctx.operations.log(call.project.id)
    name = str(command.about) if command.about else ""
    about = command.about.number if command.about else None
    chosen = [e for e in reversed(log) if about in (None, *e.operation.clusters)]
    require_page(page := command.page, len(chosen), PAGE)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    more = next_page(command, page, len(chosen), PAGE)
    return Answer(history_card(name, log, shown=shown, actions=more, readers=call.readers))
