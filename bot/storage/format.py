"""How what is stored is written: a number that grows where older programs could not go on with it.
Programs of one number may work beside one another: what a record has that its reader does not know
is passed over, what it lacks has a default. What is counted anew after an upgrade, project by
project, has a number of its own: ``overview.VERSION``."""

from redis.asyncio import Redis

from bot.domain.errors import ConfigError
from bot.storage import keys

FORMAT = 1
# Set as long as a backup is put back.
_RESTORING = "restoring"


async def check(redis: Redis) -> None:
    """Write our number down. Raises ConfigError where what is there is newer, or half restored."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zadd(keys.format(), {"format": FORMAT}, gt=True)
        pipe.zmscore(keys.format(), ["format", _RESTORING])
        _, (stored, restoring) = await pipe.execute()
    if stored > FORMAT:
        raise ConfigError(
            f"What is in Redis is of a newer Soulcaster (format {stored:.0f}, this one knows "
            f"{FORMAT}): install that one, or restore a backup from before the upgrade."
        )
    if restoring:
        raise ConfigError(
            "A backup is being restored, or that ended early: wait, or say `soulcaster restore "
            "FILE --yes` again."
        )


async def begin_restoring(redis: Redis) -> None:
    """Nobody begins to work with what is there, until the backup's own number stands there."""
    await redis.zadd(keys.format(), {_RESTORING: 1})
