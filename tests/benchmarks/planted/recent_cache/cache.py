"""Keeps what was used last."""


class RecentCache:
    def __init__(self, size):
        self.size = size
        self.values = {}
        self.order = []

    def get(self, key, default=None):
        if key not in self.values:
            return default
        self.order.remove(key)
        self.order.append(key)
        return self.values[key]

    def put(self, key, value):
        if key in self.values:
            self.order.remove(key)
        elif len(self.order) >= self.size:
            oldest = self.order.pop()
            del self.values[oldest]
        self.values[key] = value
        self.order.append(key)
