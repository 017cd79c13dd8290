from logs import errors


def test_no_line():
    assert errors([]) == []


def test_late():
    assert errors(["1 INFO a", "2 INFO b", "3 ERROR c"]) == ["c"]
