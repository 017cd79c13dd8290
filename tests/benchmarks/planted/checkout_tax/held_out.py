from shop.orders import Order


def test_refund_is_what_was_paid():
    for line in [(100, "books", 3), (999, "other", 1), (1, "books", 10)]:
        order = Order([line])
        assert order.refund(0) == order.total()
