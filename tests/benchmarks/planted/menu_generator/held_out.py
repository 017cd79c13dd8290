from menu import Entry, visible


def test_nothing():
    assert list(visible([])) == []


def test_hidden_with_children():
    assert list(visible([Entry("a", [Entry("b")], hidden=True), Entry("c")])) == [(0, "c")]
