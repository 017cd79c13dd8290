"""What the operator hears of: each thing once as it begins, and once when it is over. The clock
looks, so that it is said where no worker runs, too. What GitHub has to be asked is a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.context import Context
from bot.domain.errors import KeptOut, Rejected, Unavailable
from bot.jobs import LANES
from bot.log import log
from bot.slack.client import tell_webhook

# How long a service fails, or a due job is held by nobody, until it is no matter of a moment.
LONG = timedelta(minutes=10)
HEARTBEAT = "heartbeat"


async def look_around(ctx: Context) -> None:
    """The clock's: services that fail, jobs that nobody takes or that were given up; and once a
    day, and as the first thing ever said, that all goes on."""
    projects, known, found = await ctx.projects.all(), await ctx.marks.told(), dict[str, str]()
    for service, (open_for, since) in (await ctx.breakers.failing()).items():
        began, name = datetime.fromtimestamp(since, UTC), f"breaker:{service}"
        # Where nobody calls, nobody knows better.
        if name in known or (open_for and ctx.now() - began > LONG):
            found[name] = f"{service} has been failing since {began:%d %b %H:%M} UTC."
    for lane, (_, seconds) in (await ctx.jobs.late()).items():
        late = timedelta(seconds=seconds)
        if late > LONG:
            words = f"Jobs of the lane `{lane}` are due since {ctx.now() - late:%d %b %H:%M} UTC"
            found[f"late:{lane}"] = f"{words}, and nobody takes them: does a worker run?"
        for day in {f"{one.at:%d %b}" for one in await ctx.jobs.parked(lane)}:
            words = f"Jobs of the lane `{lane}` were given up on {day}: `soulcaster doctor` lists"
            found[f"parked:{lane}:{day}"] = f"{words} them, `soulcaster replay` runs them again."
    await _tell(ctx, known, found, ("breaker", "late", "parked"))
    last = await ctx.marks.get(HEARTBEAT)
    if last is None or ctx.now() - last >= timedelta(days=1):
        waiting = sum([await ctx.jobs.pending(lane) for lane in LANES])
        ended = [f"{count} {how}" for how, count in sorted((await ctx.runs.verdicts()).items())]
        words = f"Soulcaster runs: {len(projects)} repositories, {waiting} jobs to do, "
        words += f"{len(known | found)} alarms on; fixes so far: {', '.join(ended) or 'none'}."
        if await _say(ctx, f":heartbeat: {words}"):
            await ctx.marks.put(HEARTBEAT, ctx.now())


async def look_at_app(ctx: Context) -> None:
    """Whether GitHub still knows the app, and where it was suspended or removed."""
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
            words = f"The app was removed from {count} repositories of installation {installation}"
            found[f"removed:{installation}"] = f"{words}: they are erased when `doctor` says."
    await _tell(ctx, await ctx.marks.told(), found, ("app", "suspended", "removed"))


async def _tell(
    ctx: Context, known: Mapping[str, str], found: Mapping[str, str], kinds: tuple[str, ...]
) -> None:
    """Say what is new, and of these ``kinds`` what is over; what is not heard is said later."""
    for name in found.keys() - known.keys():
        if await _say(ctx, f":rotating_light: {found[name]}"):
            await ctx.marks.tell(name, found[name])
    for name in known.keys() - found.keys():
        if name.partition(":")[0] in kinds and await _say(ctx, f":ok: Over: {known[name]}"):
            await ctx.marks.tell(name, "")


async def _say(ctx: Context, words: str) -> bool:
    url = ctx.settings.soulcaster_alert_webhook.get_secret_value()
    try:
        if url:
            await tell_webhook(ctx.http, url, words)
    except Unavailable as error:
        log.warning("SOULCASTER_ALERT_WEBHOOK does not hear us", why=str(error))
        return False
    return bool(url)
