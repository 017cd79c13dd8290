"""Corrections people made: which items belong together and which do not. Every later decision obeys
them. What contradicts itself is shown, never resolved in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Pair = tuple[int, int]


def pair(a: int, b: int) -> Pair:
    """An unordered pair. Raises ValueError for an item and itself."""
    if a == b:
        raise ValueError(f"I-{a} cannot be linked with itself")
    return (a, b) if a < b else (b, a)


@dataclass(frozen=True, slots=True)
class Links:
    """Must-link and cannot-link pairs of item numbers; a new record for every change. Must-links
    carry over: a with b and b with c put a with c. Cannot-links hold between whole groups of
    must-linked items."""

    must: frozenset[Pair] = frozenset()
    cannot: frozenset[Pair] = frozenset()
    _group: Mapping[int, frozenset[int]] = field(init=False, repr=False, compare=False)
    _apart: Mapping[int, frozenset[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        groups: dict[int, set[int]] = {}
        for a, b in sorted(self.must):
            first, second = groups.get(a, {a}), groups.get(b, {b})
            joined = first | second
            for item in joined:
                groups[item] = joined
        frozen = {item: frozenset(members) for item, members in groups.items()}
        apart: dict[int, set[int]] = {}
        for a, b in self.cannot:
            ours, theirs = frozen.get(a, frozenset({a})), frozen.get(b, frozenset({b}))
            for item in ours:
                apart.setdefault(item, set()).update(theirs)
            for item in theirs:
                apart.setdefault(item, set()).update(ours)
        object.__setattr__(self, "_group", frozen)
        object.__setattr__(self, "_apart", {i: frozenset(s) for i, s in apart.items()})

    @classmethod
    def of(cls, must: Iterable[Pair] = (), cannot: Iterable[Pair] = ()) -> Links:
        """From pairs in any order."""
        return cls(frozenset(pair(a, b) for a, b in must), frozenset(pair(a, b) for a, b in cannot))

    def together(self, item: int) -> frozenset[int]:
        """The items that must be in ``item``'s cluster, itself among them."""
        return self._group.get(item, frozenset({item}))

    def apart(self, item: int) -> frozenset[int]:
        """The items that must not be in ``item``'s cluster."""
        return self._apart.get(item, frozenset())

    def contradictions(self) -> tuple[Pair, ...]:
        """Cannot-link pairs whose items are must-linked all the same, by way of others or not."""
        return tuple(sorted(p for p in self.cannot if p[1] in self.together(p[0])))

    def same(self, a: int, b: int) -> Links:
        """A person said: the same problem. Takes back an earlier "not the same" of this pair."""
        return Links(self.must | {pair(a, b)}, self.cannot - {pair(a, b)})

    def different(self, a: int, b: int) -> Links:
        """A person said: not the same problem. Takes back an earlier "the same" of this pair."""
        return Links(self.must - {pair(a, b)}, self.cannot | {pair(a, b)})

    def without(self, pairs: Iterable[Pair]) -> Links:
        """These pairs forgotten, whichever way they were linked."""
        gone = frozenset(pairs)
        return Links(self.must - gone, self.cannot - gone)

    def path(self, a: int, b: int) -> tuple[int, ...]:
        """A shortest chain of must-links from ``a`` to ``b``; empty when there is none. It is what
        a contradiction is explained with."""
        neighbours: dict[int, list[int]] = {}
        for x, y in sorted(self.must):
            neighbours.setdefault(x, []).append(y)
            neighbours.setdefault(y, []).append(x)
        came: dict[int, int] = {a: a}
        queue = [a]
        for item in queue:
            if item == b:
                return tuple(reversed(list(_trail(came, b))))
            for following in neighbours.get(item, ()):
                if following not in came:
                    came[following] = item
                    queue.append(following)
        return ()


def _trail(came: Mapping[int, int], end: int) -> Iterator[int]:
    yield end
    while came[end] != end:
        end = came[end]
        yield end
