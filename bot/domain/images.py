"""A picture as a language model is shown it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """``kind`` is its media type."""

    name: str
    kind: str
    data: bytes
