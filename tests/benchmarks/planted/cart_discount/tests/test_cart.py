from cart import Cart


def test_empty():
    assert Cart().total() == 0


def test_one_line():
    cart = Cart()
    cart.add("a", 250, 2)
    assert cart.total() == 500


def test_same_sku_is_one_line():
    cart = Cart()
    cart.add("a", 100)
    cart.add("a", 100, 2)
    assert len(cart.lines) == 1
    assert cart.count() == 3


def test_ten_items_are_cheaper():
    cart = Cart()
    cart.add("a", 100, 10)
    assert cart.total() == 900
