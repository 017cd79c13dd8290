from tags import counted, with_tag


def test_given():
    assert with_tag("b", ["a"]) == ["a", "b"]


def test_fresh():
    assert with_tag("x") == ["x"]
    assert with_tag("y") == ["y"]


def test_counted():
    assert counted([{"tags": ["a"]}, {"tags": ["a", "b"]}]) == {"a": 2, "b": 1}
