"""Corrections people make, built from the pure operations: dup, not-dup, partitions, previews. A
cluster that is still to be made has a negative number here; it gets its own when it is applied."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from bot.domain.clusters.engine.links import Pair, pair
from bot.domain.clusters.engine.operations import (
    Blocked,
    ClusterChange,
    Clustering,
    LogEntry,
    Operation,
    apply,
    in_effect,
    merge,
    move,
    split,
)
from bot.domain.models import ClusterState, Record

NEW = -1


class StateChange(Record):
    """A cluster's state, changed by a correction."""

    cluster: int
    before: ClusterState
    after: ClusterState


class Logged(Record):
    """One correction as the log keeps it: what was said, by which command, what it did."""

    operation: Operation
    said: str
    command: str
    states: tuple[StateChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a correction would do, and the clusters it touches as they are now."""

    operation: Operation
    members: Mapping[int, tuple[int, ...]]

    @property
    def checksum(self) -> str:
        """Names this very outcome: another membership, or other corrections, give another."""
        said = self.operation.model_copy(update={"number": 0, "by": ""})
        moves = [c.model_dump() for c in (*said.items, *said.redirects)]
        links = [sorted(getattr(said, name)) for name in _LINKS]
        told = repr((said.verb, moves, links, sorted(self.members.items())))
        return hashlib.blake2b(told.encode(), digest_size=5).hexdigest()

    @property
    def taken_back(self) -> tuple[tuple[Pair, bool], ...]:
        """Earlier corrections it contradicts: the pair, and whether that was "the same"."""
        same = [(link, True) for link in self.operation.must_taken]
        return tuple(sorted([*same, *((link, False) for link in self.operation.cannot_taken)]))


_LINKS = ("must_added", "must_taken", "cannot_added", "cannot_taken")


def propose(state: Clustering, operation: Operation) -> Proposal:
    """An operation made complete: an emptied cluster leads to where its reports went. A cluster
    with reports never redirects; one without leads on."""
    after = apply(state, operation)
    parents = dict(after.redirects.parents)
    heirs: dict[int, int] = {}
    for change in operation.items:
        if change.after is not None:
            parents.pop(change.after, None)
            if change.before is not None:
                heirs.setdefault(change.before, change.after)
    for emptied, heir in heirs.items():
        if not after.members(emptied):
            parents.setdefault(emptied, heir)
    before = state.redirects.parents
    redirects = tuple(
        ClusterChange(number=cluster, before=before.get(cluster), after=parents.get(cluster))
        for cluster in sorted({*before, *parents})
        if before.get(cluster) != parents.get(cluster)
    )
    complete = operation.model_copy(update={"redirects": redirects})
    return Proposal(complete, {c: tuple(state.members(c)) for c in complete.clusters})


def numbered(operation: Operation, numbers: Mapping[int, int]) -> Operation:
    """The operation with the real numbers of the clusters it makes."""

    def real(cluster: int | None) -> int | None:
        return None if cluster is None else numbers.get(cluster, cluster)

    items = tuple(c.model_copy(update={"after": real(c.after)}) for c in operation.items)
    redirects = tuple(c.model_copy(update={"after": real(c.after)}) for c in operation.redirects)
    return operation.model_copy(update={"items": items, "redirects": redirects})


def same(state: Clustering, item: int, other: int, entry: LogEntry) -> Operation:
    """``item`` is a duplicate of ``other``: their clusters become the other's."""
    mine, theirs = state.membership[item], state.membership[other]
    if item == other:
        raise Blocked(f"I-{item} is itself.")
    link = frozenset({pair(item, other)})
    if mine == theirs:
        if link <= state.links.must:
            raise Blocked(f"I-{item} and I-{other} are known to be the same.")
        return _linked(entry, must_added=link, cannot_taken=link & state.links.cannot)
    joined = merge(state, [mine], theirs, entry)
    # The pair that was named, not the oldest reports of both.
    return joined.model_copy(update={"must_added": link - state.links.must})


def different(state: Clustering, item: int, other: int, entry: LogEntry) -> Operation:
    """``item`` is not the same problem as ``other``: it leaves a cluster they share. Reports that
    are said to be the same as ``item`` leave with it."""
    if item == other:
        raise Blocked(f"I-{item} is itself.")
    link = frozenset({pair(item, other)})
    if state.membership[item] != state.membership[other]:
        if link <= state.links.cannot:
            raise Blocked(f"I-{item} and I-{other} are known not to be the same.")
        return _linked(entry, cannot_added=link, must_taken=link & state.links.must)
    mates = state.links.together(item) & set(state.members(state.membership[item]))
    leaving = {item} if other in mates else mates
    parted = split(state, leaving, NEW, entry)
    return parted.model_copy(update={"cannot_added": link - state.links.cannot})


def all_different(state: Clustering, items: Sequence[int], entry: LogEntry) -> Operation:
    """No two of ``items``, each of another cluster, are the same problem."""
    if len({state.membership[item] for item in items}) < len(items):
        raise Blocked("Some of them are in one cluster: name the two.")
    links = frozenset(pair(a, b) for a, b in combinations(items, 2)) - state.links.cannot
    if not links:
        raise Blocked("That was said already.")
    return _linked(entry, cannot_added=links, must_taken=links & state.links.must)


def presumed(state: Clustering, item: int, other: int, entry: LogEntry) -> Operation:
    """``item``, still alone in its cluster, goes to that of ``other``, though nobody said so. It
    links nothing, for only people's words bind what comes after. Raises Blocked where people have
    spoken about ``item``, or kept the two apart."""
    mine, theirs = state.membership[item], state.membership[other]
    if state.members(mine) != [item]:
        raise Blocked(f"I-{item} is not alone in C-{mine} any more.")
    if len(state.links.together(item)) > 1:
        raise Blocked(f"People have said what I-{item} is the same as.")
    if not state.links.apart(item).isdisjoint(state.members(theirs)):
        raise Blocked(f"People have said that I-{item} is not the same as what is in C-{theirs}.")
    return merge(state, [mine], theirs, entry).model_copy(update={"must_added": frozenset()})


def relocate(state: Clustering, item: int, to: int, entry: LogEntry) -> Operation:
    """``move``; the only report of a cluster has nowhere new to go."""
    origin = state.membership.get(item)
    if to < 0 and origin is not None and state.members(origin) == [item]:
        raise Blocked(f"I-{item} is alone in C-{origin} already.")
    return move(state, item, to, entry)


def partition(state: Clustering, groups: Sequence[Collection[int]], entry: LogEntry) -> Operation:
    """Parts of one cluster part from it and from each other; the oldest report's part stays."""
    ordered = sorted((sorted(group) for group in groups if group), key=lambda group: group[0])
    if len(ordered) < 2:
        raise Blocked("That is one part only: there is nothing to split.")
    steps = []
    for number, group in enumerate(ordered[1:], 1):
        steps.append(split(state, group, -number, entry))
        state = apply(state, steps[-1])
    firsts = [group[0] for group in ordered[1:]]
    apart = {pair(a, b) for i, a in enumerate(firsts) for b in firsts[i + 1 :]}
    return Operation(
        **asdict(entry),
        verb="split",
        items=tuple(change for step in steps for change in step.items),
        must_added=_union(step.must_added for step in steps),
        must_taken=_union(step.must_taken for step in steps),
        cannot_added=_union(step.cannot_added for step in steps)
        | (frozenset(apart) - state.links.cannot),
        cannot_taken=_union(step.cannot_taken for step in steps),
    )


def undone_by(log: Iterable[Logged]) -> dict[int, int]:
    """Number of an undone operation -> number of the undo, where that still counts."""
    operations = [entry.operation for entry in log]
    counts = in_effect(operations)
    return {o.undoes: o.number for o in operations if o.undoes is not None and o.number in counts}


def _union(sets: Iterable[frozenset[Pair]]) -> frozenset[Pair]:
    return frozenset().union(*sets)


def _linked(entry: LogEntry, **links: Any) -> Operation:
    """An operation that only links: nobody moves."""
    verb = "merge" if links.get("must_added") else "split"
    return Operation(**asdict(entry), verb=verb, **links)
