from booking.rooms import Plan


def test_free():
    plan = Plan()
    assert plan.book("a", 9, 11)
    assert plan.book("b", 9, 11)
    assert plan.busy_hours("a") == 2


def test_taken():
    plan = Plan()
    plan.book("a", 9, 11)
    assert not plan.book("a", 10, 12)


def test_one_after_the_other():
    plan = Plan()
    plan.book("a", 9, 11)
    assert plan.book("a", 11, 12)
