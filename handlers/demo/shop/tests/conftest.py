import pytest

from shop.catalog import Catalog, Product


@pytest.fixture
def mug() -> Product:
    return Product("MUG", "Blue mug", 1200, weight=400, category="kitchen")


@pytest.fixture
def pen() -> Product:
    return Product("PEN", "Fountain pen", 2500, weight=50, category="desk")


@pytest.fixture
def book() -> Product:
    return Product("BOOK", "Cook book", 3000, weight=900, category="kitchen", reduced_vat=True)


@pytest.fixture
def catalog(mug: Product, pen: Product, book: Product) -> Catalog:
    return Catalog([mug, pen, book])
