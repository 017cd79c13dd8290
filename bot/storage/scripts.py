"""Our Lua scripts, one file each in ``lua/``, run by SHA and loaded when the server forgot them."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

# Those that keep the read model.
_COUNTING = frozenset({"record", "place", "leave", "remove", "operate", "restate", "recount"})


@cache
def source(name: str) -> str:
    """The text of ``lua/<name>.lua``, with what it is built on."""
    folder = files("bot.storage") / "lua"
    before = (folder / "overview.lua").read_text() if name in _COUNTING else ""
    return before + (folder / f"{name}.lua").read_text()


class Scripts:
    """Runs scripts on one connection pool, ``redis``."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._known: dict[str, Any] = {}

    async def run(self, name: str, keys: list[str], args: list[Any]) -> Any:
        """What the script returns; strings come as bytes."""
        try:
            return await self._script(name)(keys=keys, args=args)
        except NoScriptError:  # a server was started anew between being told it and asked for it
            return await self._script(name)(keys=keys, args=args)

    async def run_all(self, name: str, calls: Sequence[tuple[list[str], list[Any]]]) -> list[Any]:
        """Run it with each ``(keys, args)`` in this order, on one way there and back."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for keys, args in calls:
                await self._script(name)(keys=keys, args=args, client=pipe)
            return list(await pipe.execute())

    def _script(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self.redis.register_script(source(name))
        return self._known[name]
