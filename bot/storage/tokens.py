"""Tokens of the API: 256 random bits behind the project's id, of which only the hash is stored."""

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.models import Person, Record
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

Scope = Literal["read", "write"]
_SHAPE = re.compile(r"sct_([0-9]{1,19})_[A-Za-z0-9_-]{43}")


class Token(Record):
    """What a token may, in the name of whom, in one project. ``command`` made it."""

    id: str
    project: int
    scope: Scope
    by: Person
    command: str
    made_at: AwareDatetime
    used_at: AwareDatetime | None = None


class Tokens(Store):
    """The tokens of every project."""

    async def new(self, project: int, scope: Scope, by: Person, command: str, now: datetime) -> str:
        """A new token, which nobody can be shown again: the same command again makes another, and
        the first is revoked."""
        for old in await self.all(project):
            if old.command == command:
                await self.revoke(project, old.id)
        token = f"sct_{project}_{secrets.token_urlsafe(32)}"
        name = hashlib.sha256(token.encode()).hexdigest()
        made = Token(id=name[:8], project=project, scope=scope, by=by, command=command, made_at=now)
        await self._redis.hset(keys.tokens(project), name, made.model_dump_json())
        return token

    async def all(self, project: int) -> list[Token]:
        """Oldest first, with their last use."""
        found = await self._redis.hgetall(keys.tokens(project))
        kept = {text(name): value for name, value in found.items()}
        made = [_read(kept[name], kept.get(_use(name), b"")) for name in kept if " " not in name]
        return sorted(made, key=lambda token: token.made_at)

    async def find(self, token: str, now: datetime) -> Token | None:
        """What a token is, None once it is revoked. Its use is noted, to the minute."""
        if not (shape := _SHAPE.fullmatch(token)):
            return None
        key, name = keys.tokens(int(shape[1])), hashlib.sha256(token.encode()).hexdigest()
        kept, used = await self._redis.hmget(key, [name, _use(name)])
        if kept and now.timestamp() - float(used or 0) > 60:
            await self._redis.hset(key, _use(name), now.timestamp())
        return _read(kept, used) if kept else None

    async def revoke(self, project: int, token: str) -> bool:
        """From now on it opens nothing; False where there is none of this id."""
        names = [text(name) for name in await self._redis.hkeys(keys.tokens(project))]
        gone = [name for name in names if name[:8] == token or name == _use(token)]
        return bool(gone and await self._redis.hdel(keys.tokens(project), *gone))


def _use(name: str) -> str:
    return f"used {name[:8]}"


def _read(kept: bytes | str, used: bytes | str | None) -> Token:
    at = datetime.fromtimestamp(float(used), UTC) if used else None
    return Token.read(kept).model_copy(update={"used_at": at})
