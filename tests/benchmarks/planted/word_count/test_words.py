from words import longest, word_counts


def test_counts():
    assert word_counts("To be, or not to be!") == {"to": 2, "be": 2, "or": 1, "not": 1}


def test_longest():
    assert longest("a bcd ef") == "bcd"
