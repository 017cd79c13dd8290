"""Merge, split, move and undo, as records that can be previewed, applied and reversed exactly. An
operation says what every item's cluster was and will be, which numbers redirect, and which
corrections it adds and takes back. Its inverse swaps before and after."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.clusters.engine.forest import Forest
from bot.domain.clusters.engine.links import Links, Pair, pair
from bot.domain.errors import UserError
from bot.domain.models import Record

Verb = Literal["merge", "split", "move", "recluster", "undo"]


class Blocked(UserError):
    """The operation cannot be done; the message says why and what to do."""


class ClusterChange(Record):
    """One thing that changes: an item's cluster, or where a cluster's number leads."""

    number: int
    before: int | None
    after: int | None


class Operation(Record):
    """One entry of the log."""

    number: int
    verb: Verb
    by: str
    at: AwareDatetime
    items: tuple[ClusterChange, ...] = ()
    redirects: tuple[ClusterChange, ...] = ()
    must_added: frozenset[Pair] = frozenset()
    must_taken: frozenset[Pair] = frozenset()
    cannot_added: frozenset[Pair] = frozenset()
    cannot_taken: frozenset[Pair] = frozenset()
    undoes: int | None = None

    @property
    def name(self) -> str:
        """``merge #7``."""
        return f"{self.verb} #{self.number}"

    @property
    def clusters(self) -> list[int]:
        """Every cluster that it changes, by number."""
        ends = {c for change in self.items for c in (change.before, change.after)}
        ends |= {c for r in self.redirects for c in (r.number, r.before, r.after)}
        return sorted(c for c in ends if c is not None)


@dataclass(frozen=True)
class Clustering:
    """Who is where, where old numbers lead, and the corrections in force."""

    membership: Mapping[int, int] = field(default_factory=dict)
    redirects: Forest = field(default_factory=Forest)
    links: Links = field(default_factory=Links)

    def members(self, cluster: int) -> list[int]:
        """The items of a cluster, by number."""
        return sorted(self._members.get(cluster, ()))

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        found = defaultdict[int, list[int]](list)
        for item, cluster in self.membership.items():
            found[cluster].append(item)
        return found


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What an operation needs to be told: its number in the log, who asks, and when."""

    number: int
    by: str
    at: AwareDatetime


def merge(state: Clustering, sources: Sequence[int], into: int, entry: LogEntry) -> Operation:
    """Everything of ``sources`` goes into ``into``; their numbers redirect there. Numbers that
    redirect already are followed first. Raises Blocked when nothing is left to merge."""
    target = state.redirects.root(into)
    merged = sorted({state.redirects.root(c) for c in sources} - {target})
    moving = [item for cluster in merged for item in state.members(cluster)]
    if not merged:
        raise Blocked(f"That is C-{target} already.")
    staying = state.members(target)
    leaders = [state.members(cluster)[:1] for cluster in (target, *merged)]
    first = [group[0] for group in leaders if group]
    everyone = {*moving, *staying}
    return _operation(
        state,
        "merge",
        entry,
        items=_changes(state, moving, target),
        redirects=[ClusterChange(number=c, before=None, after=target) for c in merged],
        must={pair(first[0], other) for other in first[1:]},
        cannot_taken={p for p in state.links.cannot if everyone.issuperset(p)},
    )


def split(state: Clustering, items: Collection[int], fresh: int, entry: LogEntry) -> Operation:
    """``items``, all of one cluster, open the cluster ``fresh`` and are kept apart from the rest.
    Raises Blocked when they are of several clusters or the whole of one."""
    moving = sorted(set(items))
    clusters = {state.membership.get(item) for item in moving}
    if len(clusters) != 1 or None in clusters:
        raise Blocked("Name items of one cluster to split off.")
    (cluster,) = clusters
    staying = sorted(set(state.members(cluster or 0)) - set(moving))
    if not staying:
        raise Blocked(f"That is all of C-{cluster}: nothing would be left behind.")
    return _parted(state, "split", entry, moving, staying, fresh)


def move(state: Clustering, item: int, to: int, entry: LogEntry) -> Operation:
    """``item`` goes to the cluster ``to`` (an existing one or a fresh number), and stays there."""
    target = state.redirects.root(to)
    origin = state.membership.get(item)
    if origin is None:
        raise Blocked(f"I-{item} is in no cluster yet.")
    if origin == target:
        raise Blocked(f"I-{item} is in C-{target} already.")
    staying = [other for other in state.members(origin) if other != item]
    return _parted(state, "move", entry, [item], staying, target)


def undo(state: Clustering, log: Iterable[Operation], number: int, entry: LogEntry) -> Operation:
    """The exact inverse of operation ``number``. Raises Blocked when it was undone already, or when
    a later operation touched the same items, numbers or corrections: that one has to be undone
    first."""
    entries = list(log)
    counts = in_effect(entries)
    target = next((o for o in entries if o.number == number), None)
    if target is None:
        raise Blocked(f"There is no operation #{number}.")
    if number not in counts:
        raise Blocked(f"{target.name} was undone already.")
    for later in reversed(entries[entries.index(target) + 1 :]):
        if later.number in counts and later.undoes is None and _meet(target, later):
            raise Blocked(f"{later.name} came after it and touches the same: undo that first.")
    for change in target.items:
        if state.membership.get(change.number) != change.after:
            raise Blocked(f"I-{change.number} is not where {target.name} put it any more.")
    return Operation(
        **asdict(entry),
        verb="undo",
        items=tuple(_turned(change) for change in target.items),
        redirects=tuple(_turned(change) for change in target.redirects),
        must_added=target.must_taken,
        must_taken=target.must_added,
        cannot_added=target.cannot_taken,
        cannot_taken=target.cannot_added,
        undoes=number,
    )


def apply(state: Clustering, operation: Operation) -> Clustering:
    """The clustering after an operation."""
    membership = dict(state.membership)
    for change in operation.items:
        if change.after is None:
            membership.pop(change.number, None)
        else:
            membership[change.number] = change.after
    parents = dict(state.redirects.parents)
    for change in operation.redirects:
        parents.pop(change.number, None)
        if change.after is not None:
            parents[change.number] = change.after
    links = Links(
        (state.links.must - operation.must_taken) | operation.must_added,
        (state.links.cannot - operation.cannot_taken) | operation.cannot_added,
    )
    return Clustering(membership, Forest(parents), links)


def last_undoable(entries: Sequence[Operation], cluster: int | None = None) -> int | None:
    """The newest operation, or the newest on ``cluster``, that is no undo and still counts."""
    counts = in_effect(entries)
    for each in reversed(entries):
        if each.undoes is None and each.number in counts and cluster in (None, *each.clusters):
            return each.number
    return None


def in_effect(entries: Sequence[Operation]) -> set[int]:
    """Operations that still count: an undo that was itself undone takes nothing back."""
    counts: set[int] = set()
    undone: set[int] = set()
    for operation in reversed(entries):
        if operation.number not in undone:
            counts.add(operation.number)
            if operation.undoes is not None:
                undone.add(operation.undoes)
    return counts


def _parted(
    state: Clustering, verb: Verb, entry: LogEntry, moving: list[int], staying: list[int], to: int
) -> Operation:
    """``moving`` leave ``staying`` for the cluster ``to``."""
    there = state.members(to)
    left, right = {*moving, *there}, set(staying)
    together = [*there[:1], *moving]
    return _operation(
        state,
        verb,
        entry,
        items=_changes(state, moving, to),
        must={pair(together[0], other) for other in together[1:]},
        must_taken={p for p in state.links.must if _across(p, left, right)},
        cannot={pair(moving[0], staying[0])} if staying else set(),
        cannot_taken={p for p in state.links.cannot if left.issuperset(p)},
    )


def _operation(
    state: Clustering,
    verb: Verb,
    entry: LogEntry,
    *,
    items: Iterable[ClusterChange],
    redirects: Iterable[ClusterChange] = (),
    must: Collection[Pair] = (),
    must_taken: Collection[Pair] = (),
    cannot: Collection[Pair] = (),
    cannot_taken: Collection[Pair] = (),
) -> Operation:
    # Only what really changes is written down, so that the inverse is exact.
    return Operation(
        **asdict(entry),
        verb=verb,
        items=tuple(items),
        redirects=tuple(redirects),
        must_added=frozenset(must) - state.links.must,
        must_taken=frozenset(must_taken) - frozenset(must),
        cannot_added=frozenset(cannot) - state.links.cannot,
        cannot_taken=frozenset(cannot_taken) - frozenset(cannot),
    )


def _changes(state: Clustering, items: Iterable[int], to: int) -> list[ClusterChange]:
    return [ClusterChange(number=i, before=state.membership.get(i), after=to) for i in items]


def _turned(change: ClusterChange) -> ClusterChange:
    return ClusterChange(number=change.number, before=change.after, after=change.before)


def _across(link: Pair, left: Collection[int], right: Collection[int]) -> bool:
    a, b = link
    return (a in left and b in right) or (a in right and b in left)


def _meet(a: Operation, b: Operation) -> bool:
    """Whether two operations touch the same items, redirects or corrections."""
    items = {c.number for c in a.items} & {c.number for c in b.items}
    clusters = {c for change in a.items for c in (change.before, change.after)}
    numbers = {c.number for c in a.redirects}
    redirected = {c.number for c in b.redirects} & (clusters | numbers)
    led = {c.after for c in b.redirects} & numbers
    pairs = _pairs(a) & _pairs(b)
    return bool(items or redirected or led or pairs)


def _pairs(operation: Operation) -> frozenset[Pair]:
    return (
        operation.must_added
        | operation.must_taken
        | operation.cannot_added
        | operation.cannot_taken
    )
