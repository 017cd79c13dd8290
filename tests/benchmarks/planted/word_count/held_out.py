from words import word_counts


def test_nothing():
    assert word_counts(" ... ") == {}


def test_one():
    assert word_counts("One") == {"one": 1}
