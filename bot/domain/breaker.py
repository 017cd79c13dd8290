"""A circuit breaker: stop asking a service that is down, and try it once now and then.

Closed, calls pass. After ``failures`` in a row it opens, and calls are refused for ``pause``
seconds. Then it is half open: one call passes, and decides. Times are seconds of any clock that
never runs backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Breaker:
    """Its state; a new record for every change. ``open_since`` None means closed."""

    failures: int = 5
    pause: float = 30.0
    failed: int = 0
    open_since: float | None = None
    trying: bool = False

    def opens_in(self, now: float) -> float:
        """Seconds until a call may pass; 0 when one may now."""
        if self.open_since is None:
            return 0.0
        left = max(0.0, self.open_since + self.pause - now)
        # While the one trial call is under way, nobody else goes.
        return left if left or not self.trying else self.pause

    def try_now(self) -> Breaker:
        """A call passes now."""
        return self if self.open_since is None else replace(self, trying=True)

    def succeeded(self) -> Breaker:
        """The call was answered: closed again."""
        return replace(self, failed=0, open_since=None, trying=False)

    def broke(self, now: float) -> Breaker:
        """The call failed: open after enough of them in a row, at once when half open."""
        failed = self.failed + 1
        opens = self.open_since is not None or failed >= self.failures
        return replace(self, failed=failed, open_since=now if opens else None, trying=False)

    def abandoned(self) -> Breaker:
        """The call was given up before it could tell anything."""
        return replace(self, trying=False)
