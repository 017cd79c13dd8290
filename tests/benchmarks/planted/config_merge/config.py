"""Settings of a service: defaults, then a file, then the command line."""

DEFAULTS = {"host": "localhost", "port": 8080, "debug": False}


def merged(*layers):
    """Later layers win; None means not given."""
    result = DEFAULTS
    for layer in layers:
        for key, value in layer.items():
            if value is not None:
                result[key] = value
    return result


def address(settings):
    return "{host}:{port}".format(**settings)
