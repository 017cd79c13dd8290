import pytest
from importer import ImportProblem, read_products


def test_plain():
    assert read_products("sku,name,price\nA1,Lamp,19.99\n") == [
        {"sku": "A1", "name": "Lamp", "price": 1999}
    ]


def test_header_with_blanks():
    products = read_products("SKU, Name, Price\nA1, Lamp, 5\n")
    assert products == [{"sku": "A1", "name": "Lamp", "price": 500}]


def test_missing():
    with pytest.raises(ImportProblem):
        read_products("sku,name\nA1,Lamp\n")


def test_empty_rows():
    assert read_products("sku,name,price\n,,\n") == []
