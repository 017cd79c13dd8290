from lookup import dig


def test_beyond():
    assert dig({"a": []}, "a.0", "none") == "none"
    assert dig({}, "a.b.c", 1) == 1
    assert dig({"a": {"b": [1, {"c": 2}]}}, "a.b.1.c") == 2
