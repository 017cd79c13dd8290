import pytest

from shop.cart import Cart, Line, NotInCart


def test_adding_the_same_product_again_adds_up(mug):
    cart = Cart("ana")
    cart.add(mug)
    cart.add(mug, 2)
    assert cart.lines == [Line(mug, 3)]
    assert cart.count == 3


def test_subtotal_and_weight(mug, pen):
    cart = Cart("ana", [Line(mug, 2), Line(pen)])
    assert cart.subtotal == 4900
    assert cart.weight == 850


def test_a_quantity_can_be_changed(mug, pen):
    cart = Cart("ana", [Line(mug), Line(pen)])
    cart.change("MUG", 10)
    assert cart.lines == [Line(mug, 10), Line(pen)]
    assert cart.lines[0].total == 11400
    cart.change("MUG", 0)
    assert cart.lines == [Line(pen)]


def test_what_is_not_there_cannot_be_removed():
    with pytest.raises(NotInCart):
        Cart("ana").remove("MUG")


def test_a_line_can_be_saved_for_later(mug):
    cart = Cart("ana", [Line(mug, 2)])
    cart.save_for_later("MUG")
    assert cart.lines == []
    assert cart.saved == [Line(mug, 2)]


def test_a_saved_line_comes_back(mug, pen):
    cart = Cart("ana", [Line(mug)], saved=[Line(pen)])
    cart.restore("PEN")
    assert cart.lines == [Line(mug), Line(pen)]
    assert cart.saved == []
