from versions import is_major_step, newest


def test_newest():
    assert newest(["1.2.0", "1.1.9"]) == "1.2.0"
    assert newest(["v1.9", "v1.10"]) == "v1.10"


def test_major():
    assert is_major_step("1.9", "2.0")
    assert not is_major_step("1.9", "1.10")
