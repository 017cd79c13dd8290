from money import to_cents


def test_every_price():
    for cents in range(0, 5000):
        assert to_cents(cents / 100) == cents


def test_negative():
    assert to_cents(-19.99) == -1999
