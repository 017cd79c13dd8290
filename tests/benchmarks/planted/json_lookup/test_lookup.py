from lookup import dig

DOCUMENT = {"user": {"name": "ana", "tags": ["x", "y"]}}


def test_there():
    assert dig(DOCUMENT, "user.name") == "ana"
    assert dig(DOCUMENT, "user.tags.1") == "y"


def test_no_key():
    assert dig(DOCUMENT, "user.age", 0) == 0


def test_beyond_the_list():
    assert dig(DOCUMENT, "user.tags.5") is None
