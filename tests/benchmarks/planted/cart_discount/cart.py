"""A shopping cart with a volume discount."""

from dataclasses import dataclass, field


@dataclass
class Line:
    sku: str
    price: int
    quantity: int = 1

    @property
    def total(self):
        return self.price * self.quantity


@dataclass
class Cart:
    lines: list = field(default_factory=list)

    def add(self, sku, price, quantity=1):
        for line in self.lines:
            if line.sku == sku:
                line.quantity += quantity
                return line
        line = Line(sku, price, quantity)
        self.lines.append(line)
        return line

    def count(self):
        return sum(line.quantity for line in self.lines)

    def total(self):
        """Cents; ten items or more are ten per cent cheaper."""
        total = sum(line.total for line in self.lines)
        if self.count() > 10:
            total = total * 90 // 100
        return total
