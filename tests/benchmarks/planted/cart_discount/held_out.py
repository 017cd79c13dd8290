from cart import Cart


def test_nine_are_not():
    cart = Cart()
    cart.add("a", 100, 4)
    cart.add("b", 10, 5)
    assert cart.total() == 450


def test_eleven_are():
    cart = Cart()
    cart.add("a", 100, 11)
    assert cart.total() == 990


def test_ten_of_several():
    cart = Cart()
    cart.add("a", 100, 4)
    cart.add("b", 50, 6)
    assert cart.total() == 630
