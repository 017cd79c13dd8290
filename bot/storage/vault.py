"""Secrets at rest: webhook secrets under MultiFernet, the newest key first, so keys can rotate.

https://cryptography.io/en/latest/fernet/
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.audience import Audience
from bot.domain.errors import ConfigError, NotFound
from bot.domain.models import Record, Worded
from bot.domain.secrets import keep_secret
from bot.storage import keys
from bot.storage.seal import Keys
from bot.storage.text import text

HANDED_OVER_SECONDS = 10 * 60
NOTED_SECONDS = 30 * 24 * 3600
_NOTED_BYTES = 4_000


class Hook(Record):
    """A door for one source of one project; ``command`` opened it. ``secret`` is "" where no key of
    ours opens it. ``awaits``: its vendor makes the secret, and nobody has given it yet.
    ``fields``: how a generic payload is read, as JSON, once a person confirmed it.
    """

    id: str
    project: int
    source: str
    secret: str
    command: str = ""
    awaits: bool = False
    fields: str = ""


class Noted(Worded):
    """The beginning of a door's last payload, when it came, and how it was read."""

    at: str
    how: str
    payload: str


def open_vault(configured: str, folder: Path) -> Keys:
    """The vault's keys: those configured (comma-separated), or one kept in the data folder."""
    if not configured:
        path = folder / "vault.key"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            # In one step: processes that start together read the same whole key.
            with NamedTemporaryFile(dir=folder) as made:
                made.write(Fernet.generate_key())
                made.flush()
                os.fsync(made.fileno())
                with suppress(FileExistsError):
                    os.link(made.name, path)
        configured = path.read_text().strip()
    try:
        return Keys([key.strip() for key in configured.split(",")])
    except ValueError as error:
        raise ConfigError(
            "SOULCASTER_VAULT_KEYS holds no Fernet key: make one with `openssl rand -base64 32 | "
            "tr '+/' '-_'`."
        ) from error


class Vault:
    """Doors for alert sources and their secrets."""

    def __init__(self, redis: Redis, fernet: Keys) -> None:
        self._redis = redis
        self._fernet = fernet
        self._seen: dict[str, Hook] = {}
        self._weak: set[str] = set()

    async def open_hook(
        self,
        project: int,
        source: str,
        *,
        secret: str = "",
        command: str = "",
        awaits: bool = False,
    ) -> Hook:
        """A new door with a new id; its ``secret`` is made, and told nobody while it ``awaits``."""
        hook = Hook(
            id=secrets.token_urlsafe(16),
            project=project,
            source=source,
            secret=secret or secrets.token_urlsafe(32),
            command=command,
            awaits=awaits,
        )
        keep_secret(hook.secret)
        await self.put(hook)
        return hook

    async def put(self, hook: Hook) -> None:
        """Store a door as it is now."""
        sealed = self._fernet.encrypt(hook.model_dump_json().encode()).decode()
        await self._redis.hset(keys.hooks(), hook.id, f"{hook.project} {hook.source} {sealed}")

    async def hand_over(self, secret: str) -> str:
        """Keep a secret that a person typed into a form; the word that stands for it in a line."""
        word = secrets.token_hex(12)
        keep_secret(secret)
        sealed = self._fernet.encrypt(secret.encode())
        await self._redis.set(keys.handed_over(word), sealed, ex=HANDED_OVER_SECONDS)
        return word

    async def handed_over(self, word: str) -> str:
        """The secret that a word stands for; "" where there is none, or none any more."""
        kept = await self._redis.get(keys.handed_over(word)) if word else None
        return self._fernet.open(kept).decode() if kept else ""

    async def hook(self, hook: str) -> Hook:
        """One door. Raises NotFound, ConfigError when no key opens it."""
        kept = await self._redis.hget(keys.hooks(), hook)
        if not kept:
            self._seen.pop(hook, None)
            raise NotFound("There is no such hook.")
        self._seen[hook] = opened = self._open(kept)
        return opened

    def _open(self, kept: bytes | str) -> Hook:
        # The project and the source stand before what is sealed.
        opened = Hook.model_validate_json(self._fernet.open(kept.split()[-1]))
        keep_secret(opened.secret)
        return opened

    def seen(self, hook: str) -> Hook | None:
        """A door as this process opened it last, for as long as Redis is away."""
        return self._seen.get(hook)

    async def hooks(self, project: int) -> list[Hook]:
        """Every door of a project, by source, those too whose secret no key of ours opens."""
        found = []
        for name, kept in (await self._redis.hgetall(keys.hooks())).items():
            of, source, _ = ["0", "", *text(kept).split()][-3:]
            if of not in ("0", str(project)):
                continue
            try:
                found.append(self._open(kept))
            except ConfigError:
                found.append(Hook(id=text(name), project=int(of), source=source, secret=""))
        return sorted((h for h in found if h.project == project), key=lambda h: (h.source, h.id))

    async def close_hook(self, hook: str) -> None:
        """Whatever comes to this door from now on is refused."""
        await self._redis.hdel(keys.hooks(), hook)
        await self._redis.srem(keys.weak_hooks(), hook)
        await self._redis.delete(keys.last_payload(hook), keys.held_back(hook))

    async def note(self, hook: str, how: str, body: bytes, at: datetime) -> None:
        """Remember the last payload of a door, and how it was read, in one line."""
        payload = body[:_NOTED_BYTES].decode(errors="replace")
        when, team = f"{at:%d %b %H:%M} UTC", Audience.TEAM
        noted = Noted(audience=team, at=when, how=how[:500], payload=payload)
        sealed = self._fernet.encrypt(noted.model_dump_json().encode())
        await self._redis.set(keys.last_payload(hook), sealed, ex=NOTED_SECONDS)

    async def noted(self, hook: str) -> Noted | None:
        """What ``note`` remembered last."""
        kept = await self._redis.get(keys.last_payload(hook))
        return Noted.model_validate_json(self._fernet.open(kept)) if kept else None

    async def mark_weak(self, hook: Hook) -> None:
        """Its secret came in a URL, which proxies and logs on the way have read, too.

        Told once by each process; while Redis is away it is told the next time.
        """
        if hook.id not in self._weak:
            with suppress(RedisError):
                await self._redis.sadd(keys.weak_hooks(), hook.id)
                self._weak.add(hook.id)

    async def weak_hooks(self) -> set[str]:
        """Doors whose secret came in a URL."""
        return {text(hook) for hook in await self._redis.smembers(keys.weak_hooks())}
