"""At most so many calls in a window of seconds."""

from collections import deque


class RateLimiter:
    def __init__(self, limit, window):
        self.limit = limit
        self.window = window
        self.calls = deque()
        self.refused = 0

    def _forget(self, now):
        while self.calls and self.calls[0] <= now - self.window:
            self.calls.popleft()

    def allow(self, now):
        """Whether a call at ``now`` (seconds) may pass."""
        self._forget(now)
        if len(self.calls) >= self.limit:
            self.refused += 1
            return False
        return True

    def wait(self, now):
        """Seconds until the next call may pass."""
        self._forget(now)
        if len(self.calls) < self.limit:
            return 0
        return self.calls[0] + self.window - now
