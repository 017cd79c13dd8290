"""What sending a parcel costs, in cents."""

PER_KILO = {"domestic": 50, "europe": 120}


def postage(kilos, zone, base=300, packing=2):
    """Base fee, and the weight with its packing by the rate of the zone."""
    rate = PER_KILO[zone]
    return base + kilos + packing * rate


def is_free(total, zone):
    return zone == "domestic" and total >= 5000
