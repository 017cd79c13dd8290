import pytest

from shop.catalog import Product, UnknownProduct


def test_a_product_is_found_by_its_sku(catalog, pen):
    assert catalog.get("PEN") == pen
    assert "PEN" in catalog
    with pytest.raises(UnknownProduct):
        catalog.get("HAT")


def test_a_category_is_listed_cheapest_first(catalog, mug, book):
    assert catalog.in_category("kitchen") == [mug, book]
    assert catalog.categories() == ["desk", "kitchen"]


def test_adding_a_sku_again_replaces_the_product(catalog):
    catalog.add(Product("MUG", "Green mug", 1300))
    assert catalog.get("MUG").price == 1300
    assert len(catalog) == 3


def test_a_price_below_zero_is_refused():
    with pytest.raises(ValueError, match="below zero"):
        Product("X", "Something", -1)
