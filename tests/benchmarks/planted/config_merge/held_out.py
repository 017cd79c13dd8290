import config


def test_layers_stay_too():
    layer = {"port": 1}
    config.merged(layer, {"port": 2})
    assert layer == {"port": 1}
    assert config.DEFAULTS == {"host": "localhost", "port": 8080, "debug": False}


def test_debug():
    assert config.merged({"debug": True})["debug"] is True
    assert config.merged()["debug"] is False
