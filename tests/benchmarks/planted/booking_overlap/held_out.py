from booking.rooms import Booking


def test_inside_and_around():
    one = Booking("a", 9, 12)
    assert one.overlaps(Booking("a", 10, 11))
    assert Booking("a", 10, 11).overlaps(one)
    assert one.overlaps(one)


def test_apart():
    assert not Booking("a", 9, 10).overlaps(Booking("a", 10, 11))
    assert not Booking("a", 10, 11).overlaps(Booking("a", 9, 10))
    assert not Booking("a", 9, 12).overlaps(Booking("b", 9, 12))
    assert not Booking("a", 1, 2).overlaps(Booking("a", 5, 6))
