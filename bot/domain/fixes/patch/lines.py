"""Which lines of two texts are the same: difflib's answer, within bounded work."""

from collections.abc import Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

from typing_extensions import override

# Pairs of equal lines looked at, under a second; what is left then is replaced as a whole.
MAX_WORK = 5_000_000


def split_lines(data: bytes) -> list[bytes]:
    """Lines with their ends; only LF ends a line, as in git, so CR stays with its line."""
    lines = data.split(b"\n")
    last = lines.pop()
    whole = [line + b"\n" for line in lines]
    return [*whole, last] if last else whole


def compared(old: Sequence[bytes], new: Sequence[bytes]) -> SequenceMatcher[bytes]:
    """What turns ``old`` into ``new``: ask it for its (grouped) opcodes."""
    matcher = _Bounded(old, new, autojunk=True)
    # It begins at no line that makes up more than 1% of the text; of some texts that is most.
    common = sum(line in matcher.bpopular for line in new)
    return matcher if 2 * common <= len(new) else _Bounded(old, new, autojunk=False)


class _Bounded(SequenceMatcher[bytes]):
    """difflib's matcher, until its work is used up."""

    # Documented by difflib, yet not by its type stubs.
    b2j: dict[bytes, list[int]]
    bpopular: set[bytes]

    def __init__(self, old: Sequence[bytes], new: Sequence[bytes], *, autojunk: bool) -> None:
        super().__init__(None, old, new, autojunk)
        self._old, self._new = old, new
        self._work = [0, *accumulate(1 + len(self.b2j.get(line, ())) for line in old)]
        self._left = MAX_WORK

    @override
    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Where both begin or end alike, that; else the longest there is, if it can be afforded."""
        ahi = len(self._old) if ahi is None else ahi
        bhi = len(self._new) if bhi is None else bhi
        most, same = min(ahi - alo, bhi - blo), 0
        while same < most and self._old[alo + same] == self._new[blo + same]:
            same += 1
        if same:
            return Match(alo, blo, same)
        while same < most and self._old[ahi - same - 1] == self._new[bhi - same - 1]:
            same += 1
        if same or (work := self._work[ahi] - self._work[alo]) > self._left:
            return Match(ahi - same, bhi - same, same)
        self._left -= work
        return super().find_longest_match(alo, ahi, blo, bhi)
