"""What the operator hears of: each thing once as it begins, and once when it is over.

The clock looks, so that it is said where no worker runs, too. What GitHub has to be asked is a job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.context import Context
from bot.domain.errors import KeptOut, Rejected, Unavailable
from bot.jobs import QUEUES
from bot.log import log
from bot.slack import incoming

# How long a service fails, or a due job is held by nobody, until it is no matter of a moment.
LONG = timedelta(minutes=10)
DAY = timedelta(days=1)
HEARTBEAT = "heartbeat"
LANES = [lane for lanes in QUEUES.values() for lane in lanes]
# Names of alarms by who looks for them.
_CLOCKS, _GITHUBS = ("breaker", "late", "parked"), ("app", "suspended", "removed")


async def look_around(ctx: Context) -> None:
    """The clock's: services that fail, jobs that nobody takes, those given up; and once a day that
    all goes on."""
    left = 1.0
    if ctx.settings.github_app_id:
        projects = await ctx.projects.all()
        for each in {project.installation for project in projects}:
            left = min(left, await ctx.github.budget(each).left())
    await ctx.alarms.look(ctx.now(), left)
    if not ctx.settings.soulcaster_alert_webhook.get_secret_value():
        return
    known, found = await ctx.alarms.told(), dict[str, str]()
    for service, (open_for, since) in (await ctx.breakers.failing()).items():
        began, name = datetime.fromtimestamp(since, UTC), f"breaker:{service}"
        # Where nobody calls, nobody knows better.
        if name in known or (open_for and ctx.now() - began > LONG):
            found[name] = f"{service} has been failing since {began:%d %b %H:%M} UTC."
    for lane in LANES:
        _, seconds = await ctx.jobs.late(lane)
        if seconds > LONG.total_seconds():
            found[f"late:{lane}"] = (
                f"Jobs of the lane `{lane}` are due and nobody takes them, the first for "
                f"{seconds / 60:.0f} minutes: does a worker run? `soulcaster doctor` looks."
            )
        if await ctx.jobs.given_up(lane):
            parked = await ctx.jobs.parked(lane)
            for day, count in Counter(f"{one.at:%d %b}" for one in parked).items():
                found[f"parked:{lane}:{day}"] = (
                    f"Jobs of the lane `{lane}` were given up on {day}, {count} so far: "
                    "`soulcaster doctor` lists them, `soulcaster replay` runs them again."
                )
    if await _tell(ctx, known, found, _CLOCKS):
        await _live(ctx, known | found)


async def look_at_app(ctx: Context) -> None:
    """Whether GitHub still knows the app, and where it was suspended or removed."""
    if not ctx.settings.soulcaster_alert_webhook.get_secret_value():
        return
    found = {}
    try:
        await ctx.github.about()
    except (KeptOut, Rejected) as error:
        found["app"] = f"{error} Was the app deleted, or its key?"
    else:
        async for one in ctx.github.installations():
            if one["suspended_at"]:
                who = one["account"]["login"]
                found[f"suspended:{one['id']}"] = f"{who} has suspended the app: it is deaf there."
        gone = Counter(project.installation for project in await ctx.projects.removed())
        for installation, count in gone.items():
            found[f"removed:{installation}"] = (
                f"The app was removed from {count} repositories of installation {installation}: "
                "what is kept of them is erased in time, see `soulcaster doctor`."
            )
    await _tell(ctx, await ctx.alarms.told(), found, _GITHUBS)


async def _tell(
    ctx: Context, known: Mapping[str, str], found: Mapping[str, str], names: tuple[str, ...]
) -> bool:
    """Say what is new, and what is over of these ``names``; False when it could not be said."""
    for name in found.keys() - known.keys():
        if not await _say(ctx, f":rotating_light: {found[name]}"):
            return False
        await ctx.alarms.begin(name, found[name])
    for name in known.keys() - found.keys():
        if name.partition(":")[0] in names:
            if not await _say(ctx, f":white_check_mark: Over: {known[name]}"):
                return False
            await ctx.alarms.end(name)
    return True


async def _live(ctx: Context, on: Mapping[str, str]) -> None:
    """Once a day, and as the first thing ever said: that we are there, and how it goes."""
    last = await ctx.marks.get(HEARTBEAT)
    if last is not None and ctx.now() - last < DAY:
        return
    waiting = sum([await ctx.jobs.pending(lane) for lane in LANES])
    verdicts = await ctx.runs.verdicts()
    ended = ", ".join(f"{count} {how}" for how, count in sorted(verdicts.items())) or "none yet"
    told = f"Soulcaster runs: {len(await ctx.projects.all())} repositories, {waiting} jobs to do; "
    told += f"fixes so far: {ended}; {len(on) or 'no'} alarms are on."
    if await _say(ctx, f":heartbeat: {told}"):
        await ctx.marks.put(HEARTBEAT, ctx.now())


async def _say(ctx: Context, words: str) -> bool:
    url = ctx.settings.soulcaster_alert_webhook.get_secret_value()
    try:
        await incoming.post(ctx.http, url, words)
    except Unavailable as error:
        log.warning("SOULCASTER_ALERT_WEBHOOK does not hear us", why=str(error))
        return False
    return True
