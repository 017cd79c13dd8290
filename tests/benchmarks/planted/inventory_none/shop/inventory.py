"""What is left of it."""


class Inventory:
    def __init__(self, catalog):
        self.catalog = catalog
        self.reserved = {}

    def available(self, sku):
        """Pieces that can be sold; 0 of what we do not know."""
        product = self.catalog.find(sku)
        return product.stock - self.reserved.get(sku, 0)

    def reserve(self, sku, quantity):
        """Set pieces aside; False when there are not enough."""
        if quantity > self.available(sku):
            return False
        self.reserved[sku] = self.reserved.get(sku, 0) + quantity
        return True
