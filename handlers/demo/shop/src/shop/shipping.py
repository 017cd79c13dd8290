"""Shipping costs and parcels."""

from __future__ import annotations

from collections.abc import Iterable

FREE_FROM = 5000
EXPRESS_SURCHARGE = 800
PARCEL_LIMIT = 31_500

ZONES = {"DE": "domestic", "AT": "neighbour", "BE": "neighbour", "NL": "neighbour"}

# Up to so many grams, so many cents.
RATES = {
    "domestic": ((2_000, 490), (10_000, 790), (PARCEL_LIMIT, 1590)),
    "neighbour": ((2_000, 990), (10_000, 1490), (PARCEL_LIMIT, 2990)),
}


class CannotShip(ValueError):
    """No parcel of ours goes there, or none is large enough."""


def parcel_rate(country: str, weight: int) -> int:
    """Cents for one parcel of so many grams. Raises CannotShip."""
    if country not in ZONES:
        raise CannotShip(f"we do not ship to {country}")
    for limit, cents in RATES[ZONES[country]]:
        if weight <= limit:
            return cents
    raise CannotShip(f"{weight} g is too heavy for one parcel")


def shipping_cost(subtotal: int, country: str, weight: int = 0, *, express: bool = False) -> int:
    """Cents for an order. From 50 EUR on, standard shipping is free."""
    rate = parcel_rate(country, weight)
    if express:
        return rate + EXPRESS_SURCHARGE
    return 0 if subtotal > FREE_FROM else rate


def missing_for_free_shipping(subtotal: int) -> int:
    """Cents a customer would have to add, 0 when shipping is free."""
    return max(0, FREE_FROM - subtotal)


def parcels(weights: Iterable[int]) -> list[list[int]]:
    """Things of so many grams, put into parcels: heaviest first, each where it fits."""
    packed: list[list[int]] = []
    for weight in sorted(weights, reverse=True):
        if weight > PARCEL_LIMIT:
            raise CannotShip(f"{weight} g is too heavy for one parcel")
        for parcel in packed:
            if sum(parcel) + weight <= PARCEL_LIMIT:
                parcel.append(weight)
                break
        else:
            packed.append([weight])
    return packed
