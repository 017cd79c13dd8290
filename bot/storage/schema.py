"""The kinds of Redis keys: what each holds, whose it is, how long it stays, how it comes back.

**Invariant:** no key without a kind. ``keys`` makes them, ``docs/redis.md`` shows the table."""

import re
from typing import Any, Generic, ParamSpec

ROOT = "sc"
PROJECT = "as long as the project"
RECORD = "not at all: it is the record"

P = ParamSpec("P")


class Kind(Generic[P]):
    """A kind of key, and by a call the key of the parts that its ``pattern`` names, in that order.
    ``owners`` are the files of this room that write it, the first its owner; ``kept`` is how long,
    ``rebuilt`` from what it could be made again."""

    def __init__(
        self, pattern: str, owners: str, holds: str, *, kept: str = PROJECT, rebuilt: str = RECORD
    ) -> None:
        self.pattern, self.holds, self.kept, self.rebuilt = (
            f"{ROOT}:{pattern}",
            holds,
            kept,
            rebuilt,
        )
        self.owners = tuple(owners.split())
        self._key = re.sub(r"\{\w+\}", "{}", self.pattern)

    def __call__(self, *parts: P.args, **_: P.kwargs) -> str:
        """The key."""
        return self._key.format(*parts)


KINDS: dict[str, Kind[Any]] = {}
