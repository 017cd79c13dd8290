"""Redis answers as the types we store."""


def text(value: object) -> str:
    """A stored string; "" for what is not there."""
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """A stored integer; 0 for what is not there."""
    return int(text(value) or 0) if not isinstance(value, int) else value


def pair_of(stored: object) -> tuple[int, int]:
    """Two numbers, ``"3,7"``."""
    first, _, second = text(stored).partition(",")
    return int(first), int(second)
