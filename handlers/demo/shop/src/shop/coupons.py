"""Coupon codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shop.pricing import percent_off


class UnknownCoupon(LookupError):
    """No coupon has this code."""


class CouponRefused(ValueError):
    """The coupon exists and does not apply here."""


@dataclass(frozen=True)
class Coupon:
    """``percent`` off, or free shipping, from an order of ``minimum`` cents on.

    ``last_day`` is the last day on which the coupon can be used.
    """

    code: str
    percent: int = 0
    free_shipping: bool = False
    minimum: int = 0
    last_day: date | None = None

    def discount(self, subtotal: int) -> int:
        """Cents taken off an order."""
        return subtotal - percent_off(subtotal, self.percent)


COUPONS = {
    coupon.code: coupon
    for coupon in (
        Coupon("WELCOME5", percent=5),
        Coupon("SPRING10", percent=10, minimum=2000),
        Coupon("FRIENDS20", percent=20, minimum=10000),
        Coupon("FREESHIP", free_shipping=True),
        Coupon("BIRTHDAY", percent=15, last_day=date(2026, 6, 30)),
    )
}


def find_coupon(code: str) -> Coupon:
    """The coupon with this code, however the customer typed it. Raises UnknownCoupon."""
    try:
        return COUPONS[code.upper()]
    except KeyError:
        raise UnknownCoupon(code) from None


def check_coupon(coupon: Coupon, subtotal: int, today: date) -> None:
    """Raise CouponRefused where the coupon does not apply."""
    if coupon.last_day is not None and today > coupon.last_day:
        raise CouponRefused(f"{coupon.code} ended on {coupon.last_day:%d.%m.%Y}")
    if subtotal < coupon.minimum:
        raise CouponRefused(f"{coupon.code} is for larger orders")
