"""Value added tax and refunds. Rates are whole percent."""

from __future__ import annotations

from collections.abc import Iterable

STANDARD_RATES = {"AT": 20, "BE": 21, "DE": 19, "NL": 21}
REDUCED_RATES = {"AT": 10, "BE": 6, "DE": 7, "NL": 9}


class NoTaxRate(LookupError):
    """We do not sell to this country."""


def vat_rate(country: str, *, reduced: bool = False) -> int:
    """The rate of a country, in percent. Raises NoTaxRate."""
    rates = REDUCED_RATES if reduced else STANDARD_RATES
    try:
        return rates[country]
    except KeyError:
        raise NoTaxRate(country) from None


def vat(net: int, rate: int) -> int:
    """The tax on a net amount, rounded to the nearest cent."""
    return round(net * rate / 100)


def with_vat(net: int, rate: int) -> int:
    """The gross amount of a net amount."""
    return net + vat(net, rate)


def without_vat(gross: int, rate: int) -> int:
    """The net amount within a gross amount, rounded to the nearest cent."""
    return round(gross * 100 / (100 + rate))


def vat_by_rate(amounts: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Tax for each rate, lowest rate first, from pairs of net amount and rate.

    The tax is taken on the sum of each rate, as it stands on the invoice.
    """
    sums: dict[int, int] = {}
    for net, rate in amounts:
        sums[rate] = sums.get(rate, 0) + net
    return {rate: vat(sums[rate], rate) for rate in sorted(sums)}


def refund(net: int, rate: int, restocking_percent: int = 0) -> int:
    """What a customer gets back: what they paid, tax and all, less a restocking fee."""
    gross = with_vat(net, rate)
    fee = round(gross * restocking_percent / 100)
    return net - fee
