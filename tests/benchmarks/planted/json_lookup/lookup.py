"""Values inside nested documents."""


def dig(document, path, default=None):
    """The value at ``a.b.0``, or the default when there is none."""
    value = document
    for step in path.split("."):
        try:
            if isinstance(value, list):
                value = value[int(step)]
            else:
                value = value[step]
        except KeyError:
            return default
    return value
