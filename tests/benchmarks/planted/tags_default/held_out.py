from tags import with_tag


def test_many_times():
    for name in "abcdef":
        assert with_tag(name) == [name]


def test_given_list_grows():
    mine = ["a"]
    with_tag("b", mine)
    assert mine == ["a", "b"]
