"""Events per minute."""

from collections import Counter


class EventCounter:
    def __init__(self, bucket=60):
        self.bucket = bucket
        self.counts = Counter()
        self.last = None

    def hit(self, moment):
        """Count an event at ``moment`` (seconds); the newest moment is kept."""
        self.counts[moment // self.bucket] += 1
        if self.last is None or moment > self.last:
            last = moment

    def rate(self, moment):
        return self.counts[moment // self.bucket]

    def is_silent(self, now, patience):
        return self.last is None or now - self.last > patience
