"""What the operator and projects hear of by themselves: each thing once as it begins, and once when
it is over. A door that used to speak falls silent by its own rhythm. The clock looks, so that it is
said where no worker runs, too. What GitHub has to be asked is a job. Each look at a door says when
the next one is due: one about as often as it may pause."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.context import Context
from bot.domain.cards.card import Code, Tone, note
from bot.domain.errors import ConfigError, KeptOut, NotFound, Rejected, Unavailable
from bot.domain.rhythm import DAY, patience_left
from bot.jobs import LANES, enqueue
from bot.log import log
from bot.slack.client import tell_webhook
from workers import jobs
from workers.digests.notices import tell

# How long a service fails, or a due job is held by nobody, until it is no matter of a moment.
LONG = timedelta(minutes=10)
HEARTBEAT = "heartbeat"


async def look_around(ctx: Context) -> None:
    """The clock's: services that fail, jobs that nobody takes or that were given up; and once a
    day, and as the first thing ever said, that all goes on."""
    known, found = await ctx.marks.told(), dict[str, str]()
    for service, (open_for, since) in (await ctx.breakers.failing()).items():
        began, name = datetime.fromtimestamp(since, UTC), f"breaker:{service}"
        # Where nobody calls, nobody knows better.
        if name in known or (open_for and ctx.now() - began > LONG):
            found[name] = f"{service} has been failing since {began:%d %b %H:%M} UTC."
    for lane, (count, seconds) in (await ctx.jobs.late()).items():
        late, frees = timedelta(seconds=seconds), "does a worker run?"
        if count and lane == "fixes":
            frees = "start another fixer, or raise SOULCASTER_FIXES_AT_ONCE."
            for project in await ctx.jobs.waiting(lane):
                await enqueue(ctx, jobs.show_waiting, project)
        if late > LONG:
            words = f"Jobs of the lane `{lane}` are due since {ctx.now() - late:%d %b %H:%M} UTC"
            found[f"late:{lane}"] = f"{words}, and nobody takes them: {frees}"
        for day in {f"{one.at:%d %b}" for one in await ctx.jobs.parked(lane)}:
            words = f"Jobs of the lane `{lane}` were given up on {day}: `soulcaster doctor` lists"
            found[f"parked:{lane}:{day}"] = f"{words} them, `soulcaster replay` runs them again."
    await _tell(ctx, known, found, ("breaker", "late", "parked"))
    last = await ctx.marks.get(HEARTBEAT)
    if last is None or ctx.now() - last >= timedelta(days=1):
        waiting = sum([await ctx.jobs.pending(lane) for lane in LANES])
        ended = [f"{count} {how}" for how, count in sorted((await ctx.runs.verdicts()).items())]
        words = f"Soulcaster runs: {len(await ctx.projects.all())} repositories, {waiting} jobs to "
        words += f"do, {len(known | found)} alarms on; fixes so far: {', '.join(ended) or 'none'}."
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


# What is not looked at for so long could not have been heard, either.
AWAY = timedelta(minutes=10)
LOOKED, LISTENING = "doors", "listening"


async def ask_for_silent(ctx: Context) -> None:
    """The clock's: doors whose silence may be too long by now, or that speak again."""
    now, looked = ctx.now(), await ctx.marks.get(LOOKED)
    if looked is None or now - looked > AWAY:
        await ctx.marks.put(LISTENING, now)
    await ctx.marks.put(LOOKED, now)
    for project, hook in await ctx.vault.health.due(now):
        await enqueue(ctx, jobs.listen_to_door, project, hook)


async def listen_to_door(ctx: Context, project_id: int, hook_id: str) -> None:
    """Say it where a door has become silent, or speaks again; and when to look next."""
    health, now, door = ctx.vault.health, ctx.now(), (project_id, hook_id)
    try:
        project, hook = await ctx.projects.get(project_id), await ctx.vault.hook(hook_id)
    except (NotFound, ConfigError):  # where it is unreadable it hears nothing
        await health.look_again(*door, None)
        return

    async def say(key: str, tone: Tone, words: str, where: str = "") -> None:
        line = "The source ", Code(hook.word), words
        await tell(ctx, project, lambda to: note(key, *line, audience=to, tone=tone), where=where)

    came = (await health.state(*door, now)).came
    spoke = came["taken"] + came["refused"] + came["let pass"]
    hour, hours = now.timestamp() / 3600, sorted(spoke)
    # Something has come since: the longest pause that ended lately may have been said.
    pauses = [(until - since, since) for since, until in pairwise(hours) if until > hour - DAY]
    length, since = max(pauses, default=(0, 0))
    if length > 1:
        words = f" speaks again. It was silent from {_at(since)} to {_at(since + length)}."
        await say(f"speaks:{hook_id}:{since}", "succeeded", words, f"silent:{hook_id}:{since}")
    listening = (await ctx.marks.get(LISTENING) or now).timestamp() / 3600
    left = DAY if hook.paused else patience_left(spoke, hour, listening_since=listening)
    if left <= 0:
        words = f" is silent since {_at(hours[-1])}, far longer than usual. Does its sender run? "
        words += f"If it is meant to be, say source pause {hook.word}."
        await say(f"silent:{hook_id}:{hours[-1]}", "failed", words)
    await health.look_again(*door, now + timedelta(hours=left) if left > 0 else None)


def _at(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%d %b %H:00} UTC"
