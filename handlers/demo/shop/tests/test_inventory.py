import pytest

from shop.inventory import OutOfStock, Stock, average_daily_sales, reorder_level


def test_reserved_pieces_cannot_be_sold_again():
    stock = Stock({"MUG": 5})
    stock.reserve("MUG", 3)
    assert stock.available("MUG") == 2
    with pytest.raises(OutOfStock, match="2 left"):
        stock.reserve("MUG", 3)


def test_released_pieces_can_be_sold_again():
    stock = Stock({"MUG": 5})
    stock.reserve("MUG", 3)
    stock.release("MUG", 2)
    assert stock.available("MUG") == 4


def test_pieces_leave_the_house_and_come_in():
    stock = Stock({"MUG": 5})
    stock.reserve("MUG", 3)
    stock.ship("MUG", 3)
    stock.receive("MUG", 10)
    assert stock.available("MUG") == 12


def test_the_reorder_level_is_rounded_up():
    assert average_daily_sales([2, 4, 3]) == 3
    assert reorder_level([1, 2], lead_days=5) == 11


def test_what_to_reorder():
    stock = Stock({"MUG": 30, "PEN": 3, "BOOK": 0})
    sales = {"PEN": [1, 1], "MUG": [4, 4], "BOOK": [1, 0]}
    assert stock.to_reorder(sales, lead_days=5) == ["BOOK", "PEN"]
