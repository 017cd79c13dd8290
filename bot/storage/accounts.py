"""Which GitHub account a Slack person is, as they proved themselves; and the codes to prove it."""

import hashlib

from bot.domain.models import Person, Record
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

CODE_SECONDS = 600


class Account(Record):
    """A GitHub account. The id stays, the login may change. ``installation`` is the one that it was
    proved in, 0 where that was not written down."""

    login: str
    user_id: int
    installation: int = 0


def _of(person: Person) -> str:
    return f"{person.slack_team}/{person.slack_user}"


class Accounts(Store):
    """Slack people by team and user. A code is known by its digest alone."""

    async def find(self, person: Person) -> Account | None:
        """The account that the Slack person is; None for the unlinked."""
        return await self._one(keys.accounts(), _of(person), Account)

    async def link(self, person: Person, account: Account) -> None:
        """They are this account from now on."""
        await self._redis.hset(keys.accounts(), _of(person), account.model_dump_json())

    async def unlink(self, person: Person) -> bool:
        """The Slack person is nobody's any more; False when they were not."""
        return bool(await self._redis.hdel(keys.accounts(), _of(person)))

    async def unlink_all(self, user_id: int) -> int:
        """No Slack person is this account any more; how many were."""
        held = await self._redis.hgetall(keys.accounts())
        theirs = [
            who for who, account in held.items()
            if Account.read(text(account)).user_id == user_id
        ]  # fmt: skip
        return int(await self._redis.hdel(keys.accounts(), *theirs)) if theirs else 0

    async def keep_code(self, code: str, person: Person) -> None:
        """Whoever says this code on GitHub within ten minutes is the person, once."""
        await self._redis.set(keys.linking(_digest(code)), _of(person), ex=CODE_SECONDS)

    async def take_code(self, code: str) -> Person | None:
        """Whose code it is; from now on nobody's. None for one that was never good, or is no more.
        Found by its digest: how long that takes tells nothing of how much of a guess was right."""
        found = text(await self._redis.getdel(keys.linking(_digest(code))))
        team, _, user = found.partition("/")
        return Person(slack_team=team, slack_user=user) if user else None

    async def tried(self, who: str) -> int:
        """Count a try; how many there were within an hour of the first."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(keys.linking(who), 0, ex=3600, nx=True)
            pipe.incr(keys.linking(who))
            _, tries = await pipe.execute()
        return int(tries)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
