"""What is decided about the agents of a team's own, and the interviews that describe them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.audience import Audience
from bot.domain.cards.schedule import read_schedule
from bot.domain.fixes.interview import Interview
from bot.domain.fixes.trials import AgentState
from bot.domain.models import Person
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number

INTERVIEWS = 200


class OwnAgents(Store):
    """Those of every project."""

    async def get(self, project: int, name: str) -> AgentState | None:
        """What is decided about one; None for nothing."""
        return await self._one(keys.own_agents(project), name, AgentState)

    async def any(self, project: int) -> bool:
        """Whether anything is decided about any."""
        return bool(await self._redis.exists(keys.own_agents(project)))

    async def all(self, project: int) -> list[AgentState]:
        """What is decided about any."""
        return await self._all(keys.own_agents(project), AgentState)

    async def decide(
        self, project: int, name: str, change: Callable[[AgentState], AgentState]
    ) -> AgentState:
        """Change what is decided, whatever others do, and when its schedule is due next."""
        key = keys.own_agents(project)
        fresh = AgentState(audience=Audience.TEAM, name=name)
        await self._redis.hsetnx(key, name, self._shut(fresh))
        state = await self._replace(key, name, AgentState, change, name=f"~{name}")
        if due := due_at(state):
            await self._redis.zadd(keys.agents_due(), {f"{project}:{name}": due.timestamp()})
        else:
            await self.rest(project, name)
        return state

    async def rest(self, project: int, name: str) -> None:
        """No schedule starts it."""
        await self._redis.zrem(keys.agents_due(), f"{project}:{name}")

    async def due(self, now: datetime) -> list[tuple[int, str]]:
        """Project and name of each whose schedule starts it by now."""
        return await self._due(keys.agents_due(), now)

    async def begin(self, project: int, interview: Interview) -> Interview:
        """Number a new interview, find it by where it is held and whose it is, and let the oldest
        go. The same command again finds what it began."""
        key, by = keys.interviews(project), keys.interviews_by(project)
        for known in await self.interviews(project):
            if known.command == interview.command:
                return known
        made = interview.model_copy(
            update={"number": int(await self._redis.incr(keys.counter(project, "interview")))}
        )
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, str(made.number), self._shut(made))
            pipe.hset(by, whose(made.by, made.place), str(made.number))
            await pipe.execute()
        await self._drop(project, (await self.interviews(project))[INTERVIEWS:])
        return made

    async def _drop(self, project: int, old: Sequence[Interview]) -> None:
        for one in old:
            await self._redis.hdel(keys.interviews(project), str(one.number))
            await self._redis.hdel(keys.interviews_by(project), whose(one.by, one.place))

    async def forget(self, project: int, theirs: Callable[[Person], bool]) -> int:
        """Drop the interviews of whom this holds for; how many."""
        mine = [one for one in await self.interviews(project) if theirs(one.by)]
        await self._drop(project, mine)
        return len(mine)

    async def interviews(self, project: int) -> list[Interview]:
        """All that are kept, the newest first."""
        return await self._all(keys.interviews(project), Interview, lambda each: -each.number)

    async def held(self, project: int, person: Person, *places: str) -> Interview | None:
        """The newest of a person at the first of these places that has one."""
        for place in places:
            field = whose(person, place)
            if found := number(await self._redis.hget(keys.interviews_by(project), field)):
                return await self._one(keys.interviews(project), found, Interview)
        return None

    async def go_on(
        self, project: int, interview: int, change: Callable[[Interview], Interview]
    ) -> Interview:
        """Write the next state of one. Raises NotFound."""
        missing = f"There is no interview {interview} in this project: /soulcaster agent new"
        key, field = keys.interviews(project), str(interview)
        name = f"interview {interview}"
        return await self._replace(key, field, Interview, change, name=name, missing=missing)


def due_at(state: AgentState) -> datetime | None:
    """When its schedule starts it next; None where it has none or is off."""
    if not (state.enabled and state.triggers.schedule and state.started_at):
        return None
    return read_schedule(state.triggers.schedule).after(state.started_at)[0]


def whose(person: Person, place: str) -> str:
    """Names a person at a place: GitHub's id where it is known, which nobody else gets."""
    who = person.user_id or person.login or f"{person.slack_team}/{person.slack_user}"
    return f"{place} {'operator' if person.operator and not person.login else who}"
