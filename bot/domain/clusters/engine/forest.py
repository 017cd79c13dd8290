"""A graph in which everything has at most one parent and nothing is its own ancestor. Duplicates
form one ("#9 is a duplicate of #7"), and so do the redirects of merged clusters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


class Loop(ValueError):
    """Something would be its own ancestor."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Parents by number. Raises Loop where something is its own ancestor."""

    parents: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in self.parents:
            seen = {number}
            for ancestor in self._above(number):
                if ancestor in seen:
                    raise Loop(f"{number} leads to itself")
                seen.add(ancestor)

    def root(self, number: int) -> int:
        """Where following the parents ends; the number itself when it has none."""
        return self.path(number)[-1]

    def path(self, number: int) -> tuple[int, ...]:
        """From ``number`` to its root, both included."""
        return (number, *self._above(number))

    def _above(self, number: int) -> Iterator[int]:
        while (parent := self.parents.get(number)) is not None:
            yield parent
            number = parent
