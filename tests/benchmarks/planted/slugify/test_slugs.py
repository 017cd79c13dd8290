from slugs import slugify, unique


def test_words():
    assert slugify("new york") == "new-york"


def test_capitals():
    assert slugify("Hello, World!") == "hello-world"


def test_limit():
    assert slugify("a bc def", limit=5) == "a-bc"


def test_unique():
    assert unique("a", {"a", "a-2"}) == "a-3"
