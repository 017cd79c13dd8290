"""What was chosen on the setup page, sealed, and whose page it is. A setting in here lies below the
environment: what the operator wrote there wins."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, Self, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import ConfigError
from bot.domain.secrets import keep_secret
from bot.log import log
from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.seal import Keys
from bot.storage.text import number, text

CODE_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(hours=12)
# Between two looks at the version: a message may get lost with its connection.
_LOOK_SECONDS = 300.0
_PAUSE_SECONDS = 5.0
# How long a process that begins waits for a Redis that is away.
_PATIENCE_SECONDS = 2.0


class Layered(Protocol):
    """Settings, as far as this file knows them."""

    def above(self, chosen: Mapping[str, str]) -> Self:
        """These, and ``chosen`` below them."""

    def secrets(self) -> list[str]:
        """Every secret by its value."""


S = TypeVar("S", bound=Layered)


def _hashed(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


class Setup:
    """One installation's; ``version`` is that of the settings this process works with."""

    def __init__(self, redis: Redis, scripts: Scripts, fernet: Callable[[], Keys]) -> None:
        self._redis, self._scripts, self._fernet = redis, scripts, fernet
        self.version = 0
        self.wrong = ""

    async def settings(self) -> dict[str, str]:
        """Environment name -> value. Raises ConfigError where no key of ours opens one."""
        kept = await self._redis.hgetall(keys.setup_settings())
        return {text(name): self._fernet().open(value).decode() for name, value in kept.items()}

    async def above(self, settings: S) -> S:
        """The settings of the environment, and what was chosen below them; as they are while Redis
        is away: ``changed`` tells of it then. What cannot be read, or does not fit the environment
        of this machine, is left out and said in ``wrong``: the page has to be there to mend it."""
        version = 0
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                version = number(await self._redis.get(keys.setup_version()))
                chosen = await self.settings()
            whole = settings.above(chosen) if chosen else settings
        except (RedisError, OSError, TimeoutError):
            return settings
        except ConfigError as error:
            self.wrong = f"what was chosen on the setup page is left out: {error}"
            log.error(self.wrong)
            whole = settings
        # Of what this process works with: a page that shows what was chosen meanwhile is not that.
        self.version = version
        keep_secret(*whole.secrets())
        return whole

    async def choose(self, values: Mapping[str, str]) -> None:
        """Keep these; an empty one is taken back. All processes begin anew with them."""
        keep_secret(*values.values())
        async with self._redis.pipeline(transaction=True) as pipe:
            for name, value in values.items():
                if value:
                    sealed = self._fernet().encrypt(value.encode())
                    pipe.hset(keys.setup_settings(), name, sealed)
                else:
                    pipe.hdel(keys.setup_settings(), name)
            pipe.incr(keys.setup_version())
            pipe.publish(keys.setup_version(), "changed")
            await pipe.execute()

    async def changed(self) -> None:
        """Until somebody chose something after ``settings`` was read."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
                    await heard.subscribe(keys.setup_version())
                    while True:
                        if number(await self._redis.get(keys.setup_version())) != self.version:
                            return
                        await heard.get_message(timeout=_LOOK_SECONDS)
            except RedisError:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def code(self, now: datetime) -> str:
        """A code that makes one browser the owner's, once, within ``CODE_LIFE``."""
        code = secrets.token_urlsafe(18)
        until = (now + CODE_LIFE).timestamp()
        await self._redis.hset(keys.setup_codes(), _hashed(code), str(until))
        return code

    async def claim(self, code: str, now: datetime) -> str:
        """A session, which replaces any other, and the end of every code; "" for a wrong one."""
        session = secrets.token_urlsafe(32)
        until = (now + SESSION_LIFE).timestamp()
        took = await self._scripts.run(
            "claim_setup",
            [keys.setup_codes(), keys.setup_owner()],
            [_hashed(code), now.timestamp(), _hashed(session), until],
        )
        return session if took else ""

    async def owns(self, session: str, now: datetime) -> bool:
        """Whether it is the owner's, and not too old."""
        until = await self._redis.hget(keys.setup_owner(), _hashed(session))
        return until is not None and now.timestamp() < float(until)

    async def claimed(self) -> bool:
        """Whether anybody ever was."""
        return bool(await self._redis.exists(keys.setup_owner()))
