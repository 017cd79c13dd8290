from board import ranks, top


def test_top():
    assert top({"ana": 5, "bo": 9, "cy": 7, "di": 1}) == ["bo", "cy", "ana"]


def test_equal():
    assert top({"zed": 5, "ann": 5}) == ["ann", "zed"]


def test_ranks():
    assert ranks({"a": 5, "b": 9, "c": 5}) == {"a": 2, "b": 1, "c": 2}
