"""Slack channels: whose they are, and which project and cluster each message is about."""

import json
from typing import NamedTuple, cast

from bot.domain.rooms import Standing
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text


class Spoken(NamedTuple):
    """What a message or thread is about: cluster 0 is several, None is none yet."""

    project: int
    cluster: int | None


class Channels(Store):
    """Channels by id, messages by channel and ts."""

    async def bound(self, channel: str) -> dict[int, str]:
        """The projects spoken of in a channel, and by whose word each is."""
        return _bound(text(await self._redis.hget(keys.channels(), channel)))

    async def of(self, project: int) -> list[str]:
        """The channels that a project is spoken of in."""
        found = await self._redis.hgetall(keys.channels())
        return [text(name) for name, bound in found.items() if project in _bound(text(bound))]

    async def set_bound(self, channel: str, projects: dict[int, str]) -> None:
        """Replace them; only under the channel's lease."""
        if projects:
            await self._redis.hset(keys.channels(), channel, json.dumps(projects))
        else:
            await self._redis.hdel(keys.channels(), channel)

    async def standings(self, project: int) -> dict[str, Standing]:
        """How each channel that the project ever wanted stands with it."""
        found = await self._redis.hgetall(keys.wanted_channels(project))
        return {text(channel): cast(Standing, text(how)) for channel, how in found.items()}

    async def set_standing(self, project: int, channel: str, how: Standing) -> None:
        """Remember it."""
        await self._redis.hset(keys.wanted_channels(project), channel, how)

    async def about(self, channel: str, ts: str) -> Spoken | None:
        """What a message, and so its thread, is about."""
        found = text(await self._redis.hget(keys.threads(), f"{channel}:{ts}"))
        if not found:
            return None
        project, several, cluster = found.partition(":")
        if not several:  # of when a channel was one project's
            bound = await self.bound(channel)
            return Spoken(min(bound), int(found)) if len(bound) == 1 else None
        return Spoken(int(project), int(cluster) if cluster else None)

    async def set_about(
        self, channel: str, ts: str, project: int, cluster: int | None = None
    ) -> None:
        """This message is about that, unless it is about another project already; a second
        cluster makes it about several."""
        field = f"{channel}:{ts}"
        wanted = Spoken(project, cluster)
        if not await self._redis.hsetnx(keys.threads(), field, _written(wanted)):
            held = await self.about(channel, ts) or wanted
            merged = _merged(held, wanted)
            if merged != held:
                await self._redis.hset(keys.threads(), field, _written(merged))


def _bound(found: str) -> dict[int, str]:
    kept = json.loads(found or "{}")
    if isinstance(kept, int):  # of when a channel was one project's
        return {kept: "an earlier version"}
    return {int(project): by for project, by in kept.items()}


def _merged(held: Spoken, new: Spoken) -> Spoken:
    if held.project != new.project or new.cluster is None or held.cluster in (0, new.cluster):
        return held
    return Spoken(held.project, new.cluster if held.cluster is None else 0)


def _written(spoken: Spoken) -> str:
    return f"{spoken.project}:{'' if spoken.cluster is None else spoken.cluster}"
