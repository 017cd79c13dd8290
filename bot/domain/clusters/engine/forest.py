"""A graph in which everything has at most one parent and nothing is its own ancestor.

Duplicates form one ("#9 is a duplicate of #7"), and so do the redirects of merged clusters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


class Loop(ValueError):
    """The new edge would close a circle; ``path`` is the way that is there already."""

    def __init__(self, path: tuple[int, ...]) -> None:
        super().__init__(" -> ".join(map(str, path)))
        self.path = path


@dataclass(frozen=True, slots=True)
class Forest:
    """Parents by number; a new record for every change."""

    parents: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in self.parents:
            seen = {number}
            for ancestor in self._above(number):
                if ancestor in seen:
                    raise Loop((*seen, ancestor))
                seen.add(ancestor)

    def root(self, number: int) -> int:
        """Where following the parents ends; the number itself when it has none."""
        return (number, *self._above(number))[-1]

    def path(self, number: int) -> tuple[int, ...]:
        """From ``number`` to its root, both included."""
        return (number, *self._above(number))

    def with_parent(self, number: int, parent: int) -> Forest:
        """``number`` hangs under ``parent`` from now on. Raises Loop."""
        way = self.path(parent)
        if number in way:
            raise Loop(way[: way.index(number) + 1])
        return Forest({**self.parents, number: parent})

    def without(self, number: int) -> Forest:
        """``number`` is a root again."""
        return Forest({n: p for n, p in self.parents.items() if n != number})

    def _above(self, number: int) -> Iterator[int]:
        while (parent := self.parents.get(number)) is not None:
            yield parent
            number = parent
