"""A project's own distribution of best scores, learnt as its items come."""

from bisect import bisect_left, insort
from collections import deque

REMEMBERED = 2_000
ENOUGH = 100


class Distribution:
    """The best scores of the project's newest items."""

    def __init__(self) -> None:
        self._newest: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._newest)

    def learn(self, score: float) -> None:
        """One more item's best score."""
        if len(self._newest) == REMEMBERED:
            del self._sorted[bisect_left(self._sorted, self._newest.popleft())]
        self._newest.append(score)
        insort(self._sorted, score)

    def threshold(self, share: float) -> float | None:
        """The score that ``share`` of the items reach; None while too few are known."""
        if len(self._sorted) < ENOUGH:
            return None
        return self._sorted[min(int((1 - share) * len(self._sorted)), len(self._sorted) - 1)]
