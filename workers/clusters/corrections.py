"""Work a correction out on what is stored, and apply it: wholly, or not at all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Concatenate, Literal, ParamSpec

from bot.context import Context
from bot.domain.clusters.corrections import (
    NEW,
    Logged,
    Proposal,
    StateChange,
    all_different,
    different,
    numbered,
    partition,
    presumed,
    propose,
    relocate,
    same,
)
from bot.domain.clusters.engine import operations as pure
from bot.domain.clusters.engine.operations import (
    Blocked,
    ClusterChange,
    Clustering,
    LogEntry,
    Operation,
)
from bot.domain.clusters.grouping import by_attribute, in_two
from bot.domain.errors import Unavailable
from bot.domain.models import Cluster, ClusterState
from bot.jobs import enqueue
from bot.storage.operations import Held
from workers import jobs
from workers.clusters import evidence, suggestions
from workers.clusters.views import refresh_soon

By = Literal["source", "release", "auto"]
MOST_FOR_AUTO = 500
ATTEMPTS = 20  # while others change the same
_READ = 500  # records at once
_UNTOUCHED = (ClusterState.NEW, ClusterState.TRIAGED)
_SETTLED = (ClusterState.RESOLVED, ClusterState.IGNORED)


@dataclass(frozen=True, slots=True)
class PlannedCorrection:
    """A correction worked out on the clustering as it was read."""

    held: Held
    proposal: Proposal
    undoes: Logged | None = None

    @property
    def operation(self) -> Operation:
        """What would be done."""
        return self.proposal.operation

    @property
    def regressed(self) -> tuple[StateChange, ...]:
        """Resolved problems that open reports are merged into: they have come back."""
        changes = [
            StateChange(cluster=into, before=ClusterState.RESOLVED, after=ClusterState.REGRESSED)
            for into in {c.after for c in self.operation.items if c.after and c.after > 0}
            if self.operation.verb in ("merge", "move")
            and self.held.record(into).state is ClusterState.RESOLVED
            and any(
                self.held.record(c.before).state not in _SETTLED
                for c in self.operation.items
                if c.before and c.after == into
            )
        ]
        return tuple(changes)


Plan = Callable[[str], Awaitable[PlannedCorrection]]
"""Works a correction out anew for the person who asks; raises Blocked or NotFound."""

P = ParamSpec("P")


def _planned(
    work: Callable[Concatenate[Context, int, str, P], Awaitable[PlannedCorrection]],
) -> Callable[Concatenate[Context, int, P], Plan]:
    """What is called with all but who asks, and gives the plan that is called with that."""

    def planning(ctx: Context, project: int, /, *args: P.args, **named: P.kwargs) -> Plan:
        return lambda by: work(ctx, project, by, *args, **named)

    return planning


@_planned
async def merging(
    ctx: Context, project: int, by: str, sources: Sequence[int], into: int
) -> PlannedCorrection:
    """``sources`` go into ``into``."""
    held = await ctx.operations.read(project, clusters=[*sources, into])
    operation = pure.merge(held.clustering, sources, into, _entry(ctx, held, by))
    await _refuse_running(ctx, project, held.clustering, operation)
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def splitting(ctx: Context, project: int, by: str, items: Sequence[int]) -> PlannedCorrection:
    """``items`` open a cluster of their own."""
    await ctx.items.get(project, items[0])  # raises NotFound
    held = await ctx.operations.read(project, items=items)
    operation = pure.split(held.clustering, items, NEW, _entry(ctx, held, by))
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def splitting_by(
    ctx: Context, project: int, by: str, cluster: int, by_what: By
) -> PlannedCorrection:
    """The parts of ``cluster`` by source, by release, or by what the reports mean."""
    held = await ctx.operations.read(project, clusters=[cluster])
    root = held.clustering.redirects.root(cluster)
    members = held.clustering.members(root)
    items = await ctx.items.many(project, members)
    if by_what == "auto":
        if len(items) > MOST_FOR_AUTO:
            raise Blocked(
                f"C-{root} has {len(items):,} reports, more than {MOST_FOR_AUTO} cannot be "
                "taken apart by themselves: name some, as in split I-1 I-2."
            )
        vectors = await evidence.vectors_of(ctx, project, items)
        groups = in_two(vectors, held.clustering.links)
    else:
        groups = by_attribute(items, by_what)
    if len(groups) < 2:
        raise Blocked(f"The reports of C-{root} are all of one {_KINDS[by_what]}.")
    operation = partition(held.clustering, groups, _entry(ctx, held, by))
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def moving(
    ctx: Context, project: int, by: str, item: int, to: int | None
) -> PlannedCorrection:
    """``item`` goes to a cluster, or (None) to a new one."""
    await ctx.items.get(project, item)  # raises NotFound
    clusters = [] if to is None else [to]
    held = await ctx.operations.read(project, clusters=clusters, items=[item])
    entry = _entry(ctx, held, by)
    operation = relocate(held.clustering, item, NEW if to is None else to, entry)
    if not set(held.clustering.members(operation.items[0].before or 0)) - {item}:
        await _refuse_running(ctx, project, held.clustering, operation)
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def linking(
    ctx: Context, project: int, by: str, item: int, other: int, *more: int, alike: bool
) -> PlannedCorrection:
    """``item`` and ``other`` are the same problem, or are not; of ``more``, no two are."""
    held = await ctx.operations.read(project, items=[item, other, *more])
    say, entry = same if alike else different, _entry(ctx, held, by)
    if more:
        operation = all_different(held.clustering, [item, other, *more], entry)
    else:
        operation = say(held.clustering, item, other, entry)
    if alike:
        await _refuse_running(ctx, project, held.clustering, operation)
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def presuming(
    ctx: Context, project: int, by: str, item: int, other: int
) -> PlannedCorrection:
    """``item``, which nobody has touched since it was placed, goes to the cluster of ``other``."""
    held = await ctx.operations.read(project, items=[item, other])
    operation = presumed(held.clustering, item, other, _entry(ctx, held, by))
    record = held.record(operation.redirects[0].number)
    if _in_hand(record):
        raise Blocked(f"People have taken C-{record.number} in hand.")
    await _refuse_running(ctx, project, held.clustering, operation)
    return PlannedCorrection(held, propose(held.clustering, operation))


@_planned
async def reclustering(
    ctx: Context, project: int, by: str, moves: Mapping[int, int]
) -> PlannedCorrection:
    """Each item goes where ``moves`` says, if it leaves and joins no cluster that is kept by now.
    It links nothing, for only people's words bind what comes after."""
    ends = {cluster for cluster in moves.values() if cluster > 0}
    held = await ctx.operations.read(project, clusters=ends, items=moves)
    there, still = held.clustering.membership, await kept(ctx, project)
    items = tuple(
        ClusterChange(number=item, before=there[item], after=to)
        for item, to in sorted(moves.items())
        if item in there and still.isdisjoint({there[item], to})
    )
    operation = Operation(**asdict(_entry(ctx, held, by)), verb="recluster", items=items)
    return PlannedCorrection(held, propose(held.clustering, operation))


async def kept(ctx: Context, project: int) -> set[int]:
    """The clusters that people, or the language model, have corrected or taken in hand."""
    log = [logged.operation for logged in await ctx.operations.log(project)]
    links, counts = await ctx.operations.links(project), pure.in_effect(log)
    said = [o for o in log if o.number in counts and o.verb not in ("recluster", "undo")]
    linked = {item for link in links.must | links.cannot for item in link}
    where = await ctx.items.membership(project)
    found = {c for o in said for c in o.clusters} | {where[i] for i in linked & where.keys()}
    found |= {
        run.cluster for run in await ctx.runs.many(project, await ctx.runs.under_way(project))
    }
    numbers = sorted({*where.values()} - found)
    for first in range(0, len(numbers), _READ):
        records = await ctx.clusters.records(project, numbers[first : first + _READ])
        found |= {number for number, record in records.items() if _in_hand(record)}
    return found


def _in_hand(record: Cluster) -> bool:
    return record.state not in _UNTOUCHED or bool(record.owner)


@_planned
async def undoing(
    ctx: Context, project: int, by: str, number: int | None, cluster: int | None
) -> PlannedCorrection:
    """The exact inverse of operation ``number``, else of the last one (on ``cluster``)."""
    log = await ctx.operations.log(project)
    entries = [logged.operation for logged in log]
    chosen = number or pure.last_undoable(entries, cluster)
    if chosen is None:
        raise Blocked(
            "Nothing was corrected here that could be undone."
            if cluster
            else "Nothing was corrected yet: there is nothing to undo."
        )
    if not 0 < chosen <= len(log):
        raise Blocked(f"There is no operation {chosen}. What there is: /soulcaster history")
    target = log[chosen - 1]
    items = [change.number for change in target.operation.items]
    held = await ctx.operations.read(project, clusters=target.operation.clusters, items=items)
    operation = pure.undo(held.clustering, entries, chosen, _entry(ctx, held, by))
    return PlannedCorrection(held, propose(held.clustering, operation), undoes=target)


async def apply(
    ctx: Context, project: int, worked: PlannedCorrection, *, said: str, command: str
) -> Logged | None:
    """Do it and write it down; None when something changed since it was worked out."""
    held, proposal, now = worked.held, worked.proposal, ctx.now()
    fresh = sorted({c.after for c in worked.operation.items if c.after and c.after < 0})
    numbers = {placeholder: await ctx.operations.fresh(project) for placeholder in reversed(fresh)}
    operation = numbered(worked.operation, numbers)
    records: dict[int, Cluster] = {}
    for placeholder, number in numbers.items():
        first = next(c.number for c in worked.operation.items if c.after == placeholder)
        item = await ctx.items.get(project, first)
        records[number] = Cluster(
            number=number, audience=item.audience, title=item.title, created_at=now, updated_at=now
        )
    for change in operation.redirects:
        records[change.number] = held.record(change.number).model_copy(
            update={"redirect": change.after, "updated_at": now}
        )
    states = worked.regressed or _restored(worked)
    for state in states:
        record = records.get(state.cluster) or held.record(state.cluster)
        update = {"state": state.after, "updated_at": now}
        records[state.cluster] = record.model_copy(update=update)
    for cluster in held.records.keys() & {c.after for c in operation.items}:
        record = records.get(cluster) or held.record(cluster)
        if record.state is ClusterState.RESOLVED:
            # What comes with the reports was seen before: it is no sign of a regression.
            records[cluster] = record.model_copy(update={"seen_when_resolved": None})
    logged = Logged(operation=operation, said=said, command=command, states=states)
    members = {c: found for c, found in proposal.members.items() if c > 0}
    done = await ctx.operations.apply(project, held, logged, members=members, records=records)
    return logged if done else None


async def do(ctx: Context, project: int, plan: Plan, by: str, said: str, command: str) -> Logged:
    """Apply it, worked out anew while others change the same, once for a ``command``; see that it
    shows. Raises Blocked or Unavailable."""
    done = await done_before(ctx, project, command)
    for _ in range(ATTEMPTS):
        if done is not None:
            await after(ctx, project, done)
            return done
        done = await apply(ctx, project, await plan(by), said=said, command=command)
    raise Unavailable("Reports are being clustered faster than this can be done.", retry_after=1)


async def after(ctx: Context, project: int, logged: Logged) -> None:
    """Bring what is said about everything it touched up to date. Harmless when repeated."""
    operation = logged.operation
    clusters = {c for i in operation.items for c in (i.before, i.after) if c is not None}
    for cluster in sorted(clusters | {state.cluster for state in logged.states}):
        await enqueue(ctx, jobs.refresh_cluster, project, cluster)
    links = operation.must_added | operation.cannot_added
    links |= operation.must_taken | operation.cannot_taken
    for item in sorted({i for link in links for i in link} | {c.number for c in operation.items}):
        await suggestions.refresh_soon(ctx, project, item)
    await refresh_soon(ctx, project)


async def done_before(ctx: Context, project: int, command: str) -> Logged | None:
    """What this very command did, should it be obeyed again after a crash."""
    log = await ctx.operations.log(project)
    return next((entry for entry in reversed(log) if entry.command == command), None)


_KINDS: dict[By, str] = {"source": "source", "release": "release", "auto": "kind"}


def _entry(ctx: Context, held: Held, by: str) -> LogEntry:
    return LogEntry(held.count + 1, by, ctx.now())


def _restored(worked: PlannedCorrection) -> tuple[StateChange, ...]:
    """States that the undone operation set, where nobody has set another since."""
    if worked.undoes is None:
        return ()
    return tuple(
        StateChange(cluster=state.cluster, before=state.after, after=state.before)
        for state in worked.undoes.states
        if worked.held.record(state.cluster).state is state.after
    )


async def _refuse_running(
    ctx: Context, project: int, state: Clustering, operation: Operation
) -> None:
    """A cluster that is being fixed is not merged away under its run."""
    for cluster in {change.before for change in operation.items if change.before}:
        run = await ctx.runs.active(project, cluster)
        if run is not None:
            raise Blocked(
                f"{run.name} is fixing C-{cluster}: merge the other into it, or say "
                f"/soulcaster stop {run.name} first."
            )
