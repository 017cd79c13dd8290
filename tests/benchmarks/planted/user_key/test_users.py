import pytest
from users import contact_line, register, visit


def test_register():
    store = {}
    assert register(store, "Ana", " Ana@Example.org")["email"] == "ana@example.org"
    with pytest.raises(ValueError):
        register(store, "Ann", "ana@example.org")


def test_contact_line():
    user = register({}, "Ana", "ana@example.org")
    assert contact_line(user) == "Ana <ana@example.org>"


def test_visits():
    store = {}
    register(store, "Ana", "a@b.c")
    visit(store, "a@b.c")
    assert visit(store, "A@B.C") == 2
