from shop.catalog import Catalog, Product
from shop.inventory import Inventory


def inventory():
    return Inventory(Catalog([Product("a", "Lamp", 5), Product("b", "Cup")]))


def test_available():
    assert inventory().available("a") == 5


def test_reserve():
    stock = inventory()
    assert stock.reserve("a", 3)
    assert stock.available("a") == 2
    assert not stock.reserve("a", 3)


def test_unknown():
    assert inventory().available("x") == 0
