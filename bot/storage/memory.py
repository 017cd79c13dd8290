"""What is known of every project: facts, conversations, profiles."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from bot.domain.memory.conversation import Conversation
from bot.domain.memory.facts import MOST, Fact
from bot.domain.memory.profile import Profile
from bot.domain.writings import PROFILE
from bot.storage import keys
from bot.storage.store import Store

CONVERSATIONS = 200
Theirs = Callable[[str, int | None], bool]  # by a name, and by GitHub's id where that is known

N = TypeVar("N", Fact, Conversation)


class Memory(Store):
    """The memory of every project; who may read what of it is for the caller to hold."""

    async def facts(self, project: int) -> list[Fact]:
        """All of them, oldest first."""
        return await self._all(keys.facts(project), Fact, lambda fact: fact.number)

    async def keep(self, project: int, fact: Fact) -> Fact:
        """A new fact gets its number; over ``MOST`` the oldest claim goes, or the oldest fact."""
        made, over = await self._number(project, keys.facts(project), "fact", fact, MOST)
        if over > 0:
            held = sorted(await self.facts(project), key=lambda f: (not f.is_claim, f.number))
            await self.forget(project, [old.number for old in held[:over]])
        return made

    async def confirm(self, project: int, number: int, who: str) -> Fact:
        """Somebody stands for it. Raises NotFound."""
        return await self._replace(
            keys.facts(project),
            str(number),
            Fact,
            lambda fact: fact.model_copy(update={"confirmed_by": who}),
            name=f"M-{number}",
            missing=f"There is no M-{number} in this project: /soulcaster memory",
        )

    async def forget(self, project: int, numbers: Sequence[int]) -> int:
        """Drop facts; how many there were."""
        names = [str(number) for number in numbers]
        return int(await self._redis.hdel(keys.facts(project), "", *names))

    async def conversations(self, project: int) -> list[Conversation]:
        """All of them, the one last edited first."""
        found = await self._all(keys.conversations(project), Conversation)
        return sorted(found, key=lambda each: each.edited_at, reverse=True)

    async def talk(self, project: int, conversation: Conversation) -> Conversation:
        """Write one down; a new one gets its number, and the oldest goes."""
        key = keys.conversations(project)
        if conversation.number:
            await self._redis.hset(key, str(conversation.number), self._shut(conversation))
            return conversation
        made, over = await self._number(project, key, "conversation", conversation, CONVERSATIONS)
        if over > 0:
            for old in (await self.conversations(project))[CONVERSATIONS:]:
                await self.drop(project, old.number)
        return made

    async def drop(self, project: int, number: int) -> None:
        """Forget a conversation."""
        await self._redis.hdel(keys.conversations(project), str(number))

    async def erase(
        self, project: int, theirs: Theirs, items: Collection[int], of: Collection[int]
    ) -> int:
        """What people told and asked who are ``theirs`` by name and id, what was read in these
        reports or learnt from a fix ``of`` these clusters, and the profile, which may quote
        anybody; how many facts and conversations."""
        facts = [
            fact.number
            for fact in await self.facts(project)
            # As Person.name says it; a run is no person, whatever they are called.
            if (fact.cluster is None and theirs(fact.by.partition(" (")[0], fact.by_id))
            or {*fact.items} & {*items}
            or (fact.cluster in of and not fact.items)
        ]
        asked = [c for c in await self.conversations(project) if theirs(c.by, c.by_id)]
        for conversation in asked:
            await self.drop(project, conversation.number)
        # `profile refresh` makes it anew.
        await self._redis.delete(keys.profile(project), keys.writings(project, PROFILE))
        return await self.forget(project, facts) + len(asked)

    async def profile(self, project: int) -> Profile | None:
        """What was found out of the project last."""
        held = await self._redis.get(keys.profile(project))
        return Profile.read(self._seal.open(held)) if held else None

    async def put_profile(self, project: int, profile: Profile) -> None:
        """Replace it."""
        await self._redis.set(keys.profile(project), self._shut(profile))

    async def tell(self, project: int, **fields: object) -> Profile | None:
        """Write these fields of the profile; None where there is none, or it was just erased."""
        if (held := await self.profile(project)) is None:
            return None
        told = held.model_copy(update=fields)
        kept = await self._redis.set(keys.profile(project), self._shut(told), xx=True)
        return told if kept else None

    async def _number(
        self, project: int, key: str, name: str, record: N, most: int
    ) -> tuple[N, int]:
        """The record with its number, and how many there are over ``most``."""
        number = int(await self._redis.incr(keys.counter(project, name)))
        made = record.model_copy(update={"number": number})
        await self._redis.hset(key, str(number), self._shut(made))
        return made, int(await self._redis.hlen(key)) - most
