from shipping import is_free, postage


def test_postage():
    assert postage(3, "domestic") == 550
    assert postage(1, "europe") == 660


def test_free():
    assert is_free(5000, "domestic")
    assert not is_free(9000, "europe")
