"""Fares of a bus line."""

CHILD, SENIOR = 6, 65


def fare(age, zones):
    """Cents: children under six free, seniors from 65 half, else 150 a zone."""
    full = 150 * zones
    if age <= CHILD:
        return 0
    if age > SENIOR:
        return full // 2
    return full


def group(ages, zones):
    return sum(fare(age, zones) for age in ages)
