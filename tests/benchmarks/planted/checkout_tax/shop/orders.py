"""Orders and refunds."""

from shop import pricing

RATES = {"books": 0.07, "other": 0.19}


class Order:
    def __init__(self, lines, country="DE"):
        self.lines = lines
        self.country = country

    def total(self):
        """Gross cents of all lines: (net, category, quantity)."""
        return sum(
            pricing.gross(net, RATES[category]) * quantity for net, category, quantity in self.lines
        )

    def refund(self, index):
        """Gross cents of one line, what the customer paid for it."""
        net, category, quantity = self.lines[index]
        return pricing.net(net, RATES[category]) * quantity
