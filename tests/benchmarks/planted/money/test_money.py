from money import shares, shown, to_cents


def test_whole():
    assert to_cents(3) == 300
    assert to_cents("2,50") == 250


def test_odd():
    assert to_cents(19.99) == 1999
    assert to_cents("4.35") == 435


def test_shown():
    assert shown(-205) == "-2.05"


def test_shares():
    assert shares(100, 3) == [34, 33, 33]
