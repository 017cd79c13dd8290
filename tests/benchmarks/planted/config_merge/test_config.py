from config import address, merged


def test_defaults():
    assert address(merged()) == "localhost:8080"


def test_layers():
    assert address(merged({"port": 1}, {"port": 2, "host": None})) == "localhost:2"


def test_defaults_stay():
    merged({"port": 9})
    assert address(merged()) == "localhost:8080"
