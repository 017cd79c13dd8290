from shop.catalog import Catalog, Product
from shop.inventory import Inventory


def test_unknown_cannot_be_reserved():
    assert not Inventory(Catalog([])).reserve("x", 1)


def test_empty_stock_is_known():
    stock = Inventory(Catalog([Product("b", "Cup", 0)]))
    stock.reserved["b"] = 0
    assert stock.available("b") == 0


def test_all():
    stock = Inventory(Catalog([Product("b", "Cup", 2)]))
    assert stock.reserve("b", 2)
    assert stock.available("b") == 0
