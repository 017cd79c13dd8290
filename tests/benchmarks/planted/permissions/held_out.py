from access import User, can


def test_table():
    assert can(User("a", "read"), "read")
    assert not can(User("a", "write"), "admin")
    assert not can(User("a", "read", active=False), "read")
    assert not can(User("a", "read", active=False), "admin")
