from counter import EventCounter


def test_late_events_do_not_turn_back():
    counter = EventCounter()
    counter.hit(100)
    counter.hit(50)
    assert counter.last == 100
    counter.hit(120)
    assert counter.last == 120
