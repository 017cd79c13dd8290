import pytest

from shop.cart import Cart, Line
from shop.checkout import EmptyCart, place_order, quote
from shop.inventory import OutOfStock, Stock
from shop.payments import Gateway, PaymentTimeout


def paid(fields, timeout):
    return {"status": "paid", "reference": f"p-{fields['order']}"}


def silent(fields, timeout):
    raise TimeoutError


def test_a_quote_adds_shipping_and_tax(mug, book):
    costs = quote(Cart("ana", [Line(mug, 2)]), "DE")
    assert (costs.subtotal, costs.shipping, costs.tax) == (2400, 490, 549)
    assert costs.gross == 3439
    assert quote(Cart("ana", [Line(book, 2)]), "DE").tax == 420


def test_a_coupon_lowers_price_and_tax(book):
    costs = quote(Cart("ana", [Line(book, 2)]), "DE", coupon_code="SPRING10")
    assert costs.discount == 600
    assert costs.tax == 378


def test_a_coupon_can_make_shipping_free(mug):
    assert quote(Cart("ana", [Line(mug)]), "DE", coupon_code="FREESHIP").shipping == 0


def test_an_empty_cart_has_no_quote():
    with pytest.raises(EmptyCart):
        quote(Cart("ana"), "DE")


def test_an_order_is_paid_and_empties_the_cart(mug):
    cart, stock = Cart("ana", [Line(mug, 2)]), Stock({"MUG": 5})
    order = place_order(cart, "DE", "10042", stock=stock, gateway=Gateway(paid))
    assert order.payment.amount == 3439
    assert order.payment.reference == "p-10042"
    assert cart.lines == []
    assert stock.available("MUG") == 3


def test_an_order_that_fails_reserves_nothing(mug, pen):
    cart, stock = Cart("ana", [Line(mug), Line(pen)]), Stock({"MUG": 5})
    with pytest.raises(OutOfStock):
        place_order(cart, "DE", "10042", stock=stock, gateway=Gateway(paid))
    assert stock.available("MUG") == 5


def test_a_silent_provider_is_a_timeout(mug):
    cart, stock = Cart("ana", [Line(mug)]), Stock({"MUG": 5})
    with pytest.raises(PaymentTimeout, match="3 attempts"):
        place_order(cart, "DE", "10042", stock=stock, gateway=Gateway(silent))
    assert stock.available("MUG") == 5
    assert cart.lines == [Line(mug)]
