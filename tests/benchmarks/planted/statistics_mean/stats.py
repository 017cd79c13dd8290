"""Figures of a series of measurements."""


def mean(values):
    """The average; 0.0 of nothing."""
    if not values:
        return 0.0
    return sum(values) // len(values)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def spread(values):
    return max(values) - min(values) if values else 0
