from counter import EventCounter


def test_rate():
    counter = EventCounter()
    for moment in (0, 59, 60):
        counter.hit(moment)
    assert counter.rate(30) == 2
    assert counter.rate(61) == 1


def test_silent():
    counter = EventCounter()
    assert counter.is_silent(0, 10)
    counter.hit(100)
    assert not counter.is_silent(105, 10)
    assert counter.is_silent(111, 10)
