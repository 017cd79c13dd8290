"""Version numbers."""


def parts(version):
    """``v1.10.2`` as its numbers."""
    return [part for part in version.lstrip("v").split(".")]


def newest(versions):
    return max(versions, key=parts)


def is_major_step(old, new):
    return parts(old)[0] != parts(new)[0]
