"""Secrets at rest: webhook secrets under MultiFernet, the newest key first, so keys can rotate.
https://cryptography.io/en/latest/fernet/"""

import os
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cryptography.fernet import Fernet
from pydantic import AwareDatetime
from redis.asyncio import Redis

from bot.domain.errors import ConfigError, NotFound
from bot.domain.models import Record
from bot.domain.secrets import keep_secret
from bot.storage import keys
from bot.storage.health import Health
from bot.storage.scripts import Scripts
from bot.storage.seal import Keys
from bot.storage.text import text

HANDED_OVER_SECONDS = 10 * 60
# How long a secret is good after it was replaced.
ROTATING = timedelta(days=1)


class Hook(Record):
    """A door for one source of one project; ``command`` opened it. ``secret`` is "" where no key of
    ours opens it. ``awaits``: its vendor makes the secret, and nobody has given it yet.
    ``fields``: how a generic payload is read, as JSON, once a person confirmed it. ``name`` tells
    it from others of its source; ``before`` is the secret before this one, good ``until``; what
    comes while it is ``paused`` is let pass; ``topic`` is the one of SNS that it hears; ``weak``:
    its secret came in a URL, which proxies and logs on the way have read, too."""

    id: str
    project: int
    source: str
    secret: str
    command: str = ""
    awaits: bool = False
    fields: str = ""
    name: str = ""
    before: str = ""
    until: AwareDatetime | None = None
    paused: bool = False
    topic: str = ""
    weak: bool = False

    @property
    def word(self) -> str:
        """``sentry`` or ``sentry:checkout``."""
        return f"{self.source}:{self.name}" if self.name else self.source

    def secrets(self, at: datetime) -> list[str]:
        """Those that prove a sender then."""
        return [self.secret, self.before] if self.until and at < self.until else [self.secret]


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


def rotate(folder: Path, *, end: bool) -> None:
    """Put a new key before the one of the data folder, unless that was begun; or ``end`` it."""
    path = folder / "vault.key"
    kept = (
        path.read_text().strip().split(",") if path.exists() else [Fernet.generate_key().decode()]
    )
    kept = kept[:1] if end else [Fernet.generate_key().decode(), *kept][-2:]
    with NamedTemporaryFile("w", dir=folder, delete=False) as made:
        made.write(",".join(kept))
        made.flush()
        os.fsync(made.fileno())
    os.replace(made.name, path)


class Vault:
    """Doors for alert sources and their secrets."""

    def __init__(self, redis: Redis, scripts: Scripts, fernet: Keys) -> None:
        self._redis, self._scripts, self._fernet = redis, scripts, fernet
        self.health = Health(redis, fernet)
        self._seen: dict[str, Hook] = {}

    async def open_hook(
        self,
        project: int,
        source: str,
        *,
        secret: str = "",
        command: str = "",
        awaits: bool = False,
        name: str = "",
    ) -> Hook:
        """A new door with a new id; its ``secret`` is made, and told nobody while it ``awaits``."""
        hook = Hook(
            id=secrets.token_urlsafe(16),
            project=project,
            source=source,
            secret=secret or secrets.token_urlsafe(32),
            command=command,
            awaits=awaits,
            name=name,
        )
        await self._redis.hset(keys.hooks(), hook.id, self._sealed(hook))
        return hook

    async def change(self, hook: Hook, **fields: Any) -> Hook:
        """Set fields of a door, whatever others change meanwhile. Raises NotFound when closed."""
        while held := await self._redis.hget(keys.hooks(), hook.id):
            newest = self._open(held) if hook.secret else hook
            if not hook.secret:  # what was noted there is sealed with that key, too
                await self._redis.delete(keys.door(hook.project, hook.id, "noted"))
            changed = newest.model_copy(update=fields)
            arguments = [hook.id, held, self._sealed(changed)]
            if await self._scripts.run("swap", [keys.hooks()], arguments):
                return changed
        raise NotFound(f"{hook.word} was closed meanwhile.")

    async def rotate(self, hook: Hook, now: datetime, secret: str = "", command: str = "") -> Hook:
        """Another ``secret``, else one that is made; one that was in use is good for a day more."""
        used = "" if hook.awaits else hook.secret
        before = {"before": used, "until": now + ROTATING if used else None}
        new = {"secret": secret or secrets.token_urlsafe(32), "awaits": False, "weak": False}
        return await self.change(hook, **new, **before, command=command)

    def _sealed(self, hook: Hook) -> str:
        keep_secret(hook.secret)  # which is new, perhaps
        sealed = self._fernet.encrypt(hook.model_dump_json().encode()).decode()
        return f"{hook.project} {hook.word} {sealed}"

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
        opened = Hook.read(self._fernet.open(kept.split()[-1]))
        keep_secret(opened.secret, opened.before)
        return opened

    def seen(self, hook: str) -> Hook | None:
        """A door as this process opened it last, for as long as Redis is away."""
        return self._seen.get(hook)

    async def hooks(self, project: int) -> list[Hook]:
        """Every door of a project, by source, those too whose secret no key of ours opens. One that
        is called as another is bears its id as its name."""
        found: dict[str, Hook] = {}
        for field, kept in sorted((await self._redis.hgetall(keys.hooks())).items()):
            of, word, _ = ["0", "", *text(kept).split()][-3:]
            if of not in ("0", str(project)):
                continue
            source, _, name = word.partition(":")
            hook = Hook(id=text(field), project=int(of), source=source, name=name, secret="")
            with suppress(ConfigError):
                hook = self._open(kept)
            if hook.project == project:
                named = hook.model_copy(update={"name": hook.id}) if hook.word in found else hook
                found[named.word] = named
        return sorted(found.values(), key=lambda hook: (hook.source, hook.name))

    async def close_hook(self, hook: Hook) -> None:
        """Whatever comes to this door from now on is refused."""
        await self._redis.hdel(keys.hooks(), hook.id)
        noted = keys.door(hook.project, hook.id, "noted")
        await self._redis.delete(keys.held_back(hook.id), noted)
        await self.health.look_again(hook.project, hook.id, None)
