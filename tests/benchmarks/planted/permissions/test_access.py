from access import User, can, editors


def test_enough():
    assert can(User("ana", "admin"), "write")
    assert can(User("bo", "write"), "write")


def test_not_enough():
    assert not can(User("cy", "read"), "write")


def test_editors():
    assert editors([User("ana", "write"), User("bo", "admin", active=False)]) == ["ana"]
