from crawler import orphans, reachable


def test_line():
    assert reachable({"a": ["b"], "b": ["c"]}, "a") == ["a", "b", "c"]


def test_diamond():
    links = {"a": ["b", "c"], "b": ["d"], "c": ["d"]}
    assert reachable(links, "a") == ["a", "b", "c", "d"]


def test_orphans():
    assert orphans({"a": ["b"], "x": []}, "a") == ["x"]
