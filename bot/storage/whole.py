"""All that is stored at once: into a file, back from it, and sealed anew with another key. The file
has a line of what it is, a word sealed with the keys in use, each key as DUMP gives it, so that
what is sealed stays so, with when it ends (ms since 1970; 0: never), and at last no key and how
many there were. All goes key by key: memory does not grow."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from gzip import GzipFile
from struct import Struct
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.domain.errors import ConfigError
from bot.storage import keys
from bot.storage.format import begin_restoring
from bot.storage.schema import ROOT
from bot.storage.scripts import Scripts
from bot.storage.seal import Keys
from bot.storage.text import text

STEP = 100
_ALL, _PASSING = f"{ROOT}:*", (keys.lease("").encode(), keys.processes().encode())
_WHAT, _HEAD = b"soulcaster backup 1\n", Struct(">IQI")


async def write(redis: Redis, fernet: Keys, out: GzipFile) -> int:
    """How many keys were written; of one that changes meanwhile as it was or is."""
    out.write(_WHAT + fernet.encrypt(b"known to all") + b"\n")
    count = 0
    async for key in redis.scan_iter(match=_ALL, count=STEP):
        async with redis.pipeline(transaction=True) as pipe:
            pipe.dump(key)
            pipe.pttl(key)
            dump, left = await pipe.execute()
        if dump is not None and not key.startswith(_PASSING):
            until = int(time.time() * 1000) + left if left > 0 else 0
            out.write(_HEAD.pack(len(key), until, len(dump)) + key + dump)
            count += 1
    out.write(_HEAD.pack(0, count, 0))
    return count


async def read(redis: Redis, fernet: Keys, source: GzipFile) -> int:
    """How many keys were put where they were. Raises ConfigError, of other keys and other files
    before anything is written."""
    if source.readline(len(_WHAT)) != _WHAT:
        raise ConfigError("That is no backup of this version: nothing was restored.")
    fernet.open(source.readline().strip())
    await begin_restoring(redis)
    count, written = 0, b""
    while len(head := source.read(_HEAD.size)) == _HEAD.size:
        of_key, until, of_dump = _HEAD.unpack(head)
        if not of_key and until == count:
            await _put(redis, keys.format(), written, 0)
            return count
        key, dump = source.read(of_key), source.read(of_dump)
        if len(dump) < of_dump:
            break
        if key == keys.format().encode():
            written = dump  # nobody begins before all is there
        else:
            await _put(redis, key, dump, until)
        count += 1
    raise ConfigError(f"The file is not whole: it ends after {count:,} keys.")


async def _put(redis: Redis, key: bytes | str, dump: bytes, until: int) -> None:
    """``dump`` in the place of a key, until it ends; b"" is no key."""
    if not dump:
        await redis.delete(key)
        return
    try:
        await redis.restore(key, until, dump, replace=True, absttl=until > 0)
    except ResponseError as error:
        raise ConfigError(f"This Redis does not take it; is it older? {error}") from None


async def renew(redis: Redis, scripts: Scripts, fernet: Keys) -> Counter[str]:
    """One pass over what is sealed, while all may go on, ended anywhere: what was ``renewed`` with
    the newest key, and what stays ``shut`` to all of ours."""
    done = Counter[str]()
    async for key, field, kept in _values(redis):
        if newer := fernet.renewed(kept):
            done["renewed"] += await scripts.run("reseal", [key], [field, kept, newer])
        elif newer is None:
            done["shut"] += 1
    return done


async def leave_old_keys(redis: Redis, fernet: Keys) -> None:
    """From now on nobody needs any but the newest."""
    known = {text(name) for name in await redis.hkeys(keys.vault_keys())}
    if old := known - {fernet.name}:
        await redis.hdel(keys.vault_keys(), *old)


async def _values(redis: Redis) -> AsyncIterator[tuple[str, bytes | int, Any]]:
    """Whatever may be sealed: key, field or index, and what is kept there."""
    async for key in (text(found) async for found in redis.scan_iter(match=_ALL, count=STEP)):
        kind = text(await redis.type(key))
        if kind == "hash" and key != keys.vault_keys():
            async for field, kept in redis.hscan_iter(key, count=STEP):
                yield key, field, kept
        elif kind == "string":
            yield key, 0, await redis.get(key) or b""
        elif kind == "list":
            for at in range(0, await redis.llen(key), STEP):
                for index, kept in enumerate(await redis.lrange(key, at, at + STEP - 1), at):
                    yield key, index, kept
