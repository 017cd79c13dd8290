from ticket import fare, group


def test_child():
    assert fare(3, 2) == 0
    assert fare(6, 2) == 300


def test_senior():
    assert fare(65, 2) == 150
    assert fare(80, 2) == 150


def test_adult():
    assert fare(30, 1) == 150


def test_group():
    assert group([30, 30, 2], 1) == 300
