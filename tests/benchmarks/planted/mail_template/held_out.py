from mailer import render


def test_numbers():
    assert render("{a}/{b}", {"a": 1.5, "b": 0}) == "1.5/0"
    assert render("{missing}!", {}) == "!"
