import pytest

from shop.catalog import Product
from shop.csv_import import NotAProductList, read_products


def test_a_list_is_read():
    imported = read_products("SKU,Name,Price,Weight\nmug,Blue mug,12.00,400\n")
    assert imported.products == [Product("MUG", "Blue mug", 1200, weight=400)]
    assert imported.problems == []
    imported = read_products("\ufeffsku;name;price\nPEN;Fountain pen;25,00\n")
    assert imported.products == [Product("PEN", "Fountain pen", 2500)]


def test_bad_rows_are_named_and_the_others_are_kept():
    text = "sku,name,price\nA,Ax,1\nB,,2\nC,Cap,cheap\nA,Axe,3\n"
    imported = read_products(text)
    assert [product.sku for product in imported.products] == ["A"]
    assert imported.problems == [
        "line 3: no SKU or no name",
        "line 4: not an amount: 'cheap'",
        "line 5: A is there twice",
    ]


def test_a_missing_column_is_an_error():
    with pytest.raises(NotAProductList, match="price"):
        read_products("sku,name\nA,Ax\n")
