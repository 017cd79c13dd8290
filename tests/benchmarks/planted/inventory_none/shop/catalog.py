"""What we sell."""


class Product:
    def __init__(self, sku, name, stock=0):
        self.sku = sku
        self.name = name
        self.stock = stock


class Catalog:
    def __init__(self, products):
        self._by_sku = {product.sku: product for product in products}

    def find(self, sku):
        """The product, or None."""
        return self._by_sku.get(sku)
