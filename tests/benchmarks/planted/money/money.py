"""Amounts as cents."""


def to_cents(amount):
    """Euros as text or number to cents."""
    if isinstance(amount, str):
        amount = float(amount.replace(",", "."))
    return int(amount * 100)


def shown(cents):
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros}.{rest:02d}"


def shares(cents, people):
    """Equal shares; the first ones carry the rest."""
    share, rest = divmod(cents, people)
    return [share + 1] * rest + [share] * (people - rest)
