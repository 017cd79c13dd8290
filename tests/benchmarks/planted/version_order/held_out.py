from versions import newest, parts


def test_numbers():
    assert newest(["2.0.100", "2.0.99", "2.0.9"]) == "2.0.100"
    assert newest(["10.0", "9.9"]) == "10.0"
    assert list(parts("v3.4")) == [3, 4]
