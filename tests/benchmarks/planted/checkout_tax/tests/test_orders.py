from shop import pricing
from shop.orders import Order


def test_total():
    assert Order([(100, "other", 1), (1000, "books", 2)]).total() == 119 + 2140


def test_net():
    assert pricing.net(119, 0.19) == 100


def test_refund():
    assert Order([(100, "other", 1)]).refund(0) == 119
