"""Quotes and orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shop.cart import Cart
from shop.coupons import check_coupon, find_coupon
from shop.inventory import Stock
from shop.payments import Gateway, Payment
from shop.pricing import percent_off
from shop.shipping import shipping_cost
from shop.tax import vat_by_rate, vat_rate


class EmptyCart(ValueError):
    """There is nothing to buy."""


@dataclass(frozen=True)
class Quote:
    """What an order costs, in cents. ``shipping`` is net, like ``subtotal``."""

    subtotal: int
    discount: int
    shipping: int
    tax: int

    @property
    def gross(self) -> int:
        """What the customer pays."""
        return self.subtotal - self.discount + self.shipping + self.tax


@dataclass(frozen=True)
class Order:
    """An order that was paid."""

    number: str
    customer: str
    quote: Quote
    payment: Payment


def quote(
    cart: Cart,
    country: str,
    *,
    coupon_code: str = "",
    today: date | None = None,
    express: bool = False,
) -> Quote:
    """What a cart costs, sent to a country.

    Raises EmptyCart, UnknownCoupon, CouponRefused, CannotShip, NoTaxRate.
    """
    if not cart.lines:
        raise EmptyCart(cart.customer)
    percent, free_shipping = 0, False
    if coupon_code:
        coupon = find_coupon(coupon_code)
        check_coupon(coupon, cart.subtotal, today or date.today())
        percent, free_shipping = coupon.percent, coupon.free_shipping

    shipping = shipping_cost(cart.subtotal, country, cart.weight, express=express)
    if free_shipping and not express:
        shipping = 0
    taxed = [(shipping, vat_rate(country))]
    net = 0
    for line in cart.lines:
        discounted = percent_off(line.total, percent)
        net += discounted
        taxed.append((discounted, vat_rate(country, reduced=line.product.reduced_vat)))
    return Quote(
        subtotal=cart.subtotal,
        discount=cart.subtotal - net,
        shipping=shipping,
        tax=sum(vat_by_rate(taxed).values()),
    )


def place_order(
    cart: Cart, country: str, number: str, *, stock: Stock, gateway: Gateway, coupon_code: str = ""
) -> Order:
    """Reserve, charge, and empty the cart. Nothing stays reserved when it fails.

    Raises what ``quote`` raises, OutOfStock, PaymentTimeout and PaymentDeclined.
    """
    costs = quote(cart, country, coupon_code=coupon_code)
    reserved: list[tuple[str, int]] = []
    try:
        for line in cart.lines:
            stock.reserve(line.product.sku, line.quantity)
            reserved.append((line.product.sku, line.quantity))
        payment = gateway.charge(number, costs.gross)
    except Exception:
        for sku, pieces in reserved:
            stock.release(sku, pieces)
        raise
    cart.lines.clear()
    return Order(number, cart.customer, costs, payment)
