from mailer import greeting, render, slots


def test_slots():
    assert slots("{a} and {b}") == ["a", "b"]


def test_render():
    assert render("Hello {name}{x}", {"name": "Ana"}) == "Hello Ana"


def test_number():
    assert render("{count} left", {"count": 3}) == "3 left"


def test_greeting():
    assert greeting({"name": "Ana Maria"}) == "Dear Ana"
