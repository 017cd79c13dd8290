from slugs import slugify


def test_all_capitals():
    assert slugify("NASA and ESA") == "nasa-and-esa"


def test_empty():
    assert slugify("") == ""


def test_cut_capitals():
    assert slugify("ABCDEF GHI", limit=7) == "abcdef"
