"""Our Lua scripts, one file each in ``lua/``, run by SHA and loaded when the server forgot them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis


@cache
def source(name: str) -> str:
    """The text of ``lua/<name>.lua``."""
    return (files("bot.storage") / "lua" / f"{name}.lua").read_text()


class Scripts:
    """Runs scripts on one connection pool."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._known: dict[str, Any] = {}

    async def run(self, name: str, keys: list[str], args: list[Any]) -> Any:
        """What the script returns; strings come as bytes."""
        script = self._known.get(name)
        if script is None:
            script = self._known[name] = self._redis.register_script(source(name))
        return await script(keys=keys, args=args)
