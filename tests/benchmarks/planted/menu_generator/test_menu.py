from menu import Entry, render, visible


def test_flat():
    assert list(visible([Entry("a"), Entry("b", hidden=True)])) == [(0, "a")]


def test_nested():
    assert list(visible([Entry("a", [Entry("b", [Entry("c")])])])) == [(0, "a"), (1, "b"), (2, "c")]


def test_render():
    assert render([Entry("a", [Entry("b")])]) == "a\n  b"
