"""Money in and out."""


class NotEnough(Exception):
    pass


class Account:
    def __init__(self, balance=0, credit=0):
        self.balance = balance
        self.credit = credit
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("nothing to deposit")
        self.balance += amount
        self.history.append(("in", amount))

    def withdraw(self, amount):
        """Take money out; the balance may fall to minus ``credit``."""
        if amount > self.balance - self.credit:
            raise NotEnough(amount)
        self.balance -= amount
        self.history.append(("out", amount))

    def turnover(self):
        return sum(amount for _, amount in self.history)
