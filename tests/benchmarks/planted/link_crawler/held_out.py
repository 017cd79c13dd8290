from crawler import reachable


def test_ring():
    assert reachable({"a": ["b"], "b": ["a"]}, "a") == ["a", "b"]


def test_self():
    assert reachable({"a": ["a", "b"]}, "a") == ["a", "b"]
