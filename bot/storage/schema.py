"""The kinds of Redis keys: what each holds, whose it is, how long it stays, how it comes back.

**Invariant:** no key without a kind. ``keys`` makes them, ``docs/redis.md`` shows the table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

ROOT = "sc"
PROJECT = "as long as the project"
RECORD = "not at all: it is the record"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of key. ``owners`` are the files of this room that write it, the first its owner;
    ``kept`` is how long, ``rebuilt`` from what it could be made again."""

    pattern: str
    holds: str
    owners: tuple[str, ...]
    kept: str
    rebuilt: str


KINDS: dict[str, Kind] = {}


def kind(
    *owners: str, kept: str = PROJECT, rebuilt: str = RECORD
) -> Callable[[Callable[P, str]], Callable[P, str]]:
    """Enter the keys that a function makes into the schema."""

    def enter(make: Callable[P, str]) -> Callable[P, str]:
        slots = [f"{{{name}}}" for name in inspect.signature(make).parameters]
        pattern = make(*slots)  # type: ignore[arg-type, call-arg]
        holds = " ".join((make.__doc__ or "").split())
        KINDS[make.__name__] = Kind(pattern, holds, owners, kept, rebuilt)
        return make

    return enter
