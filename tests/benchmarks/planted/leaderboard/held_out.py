from board import top


def test_many():
    assert top({"a": 1, "b": 3, "c": 3, "d": 2}, 4) == ["b", "c", "d", "a"]


def test_count():
    assert top({"a": 1, "b": 2}, 1) == ["b"]
