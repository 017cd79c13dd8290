import pytest
from importer import ImportProblem, read_products


def test_trailing_blanks():
    assert read_products("sku ,name\t,price \nB,Cup,1\n")[0]["price"] == 100


def test_still_missing():
    with pytest.raises(ImportProblem):
        read_products(" sku,price\nA,1\n")
