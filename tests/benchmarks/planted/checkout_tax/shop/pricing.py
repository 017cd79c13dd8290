"""Prices with and without tax, in cents."""


def gross(net, rate):
    return round(net * (1 + rate))


def net(gross_amount, rate):
    return round(gross_amount / (1 + rate))
