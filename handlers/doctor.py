"""``soulcaster doctor``: every dependency checked, each red row with what mends it."""

import secrets
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import RedisError, ResponseError

from bot.adapters import choose_agent
from bot.adapters.sandboxes.trials import LIMITS, TRIALS
from bot.context import Context, open_context
from bot.domain.errors import ConfigError, NotFound, SoulcasterError
from bot.domain.ports import Limits, Sandbox
from bot.jobs import LANES, NOBODY, QUEUES
from bot.settings import Settings, misspelt
from bot.storage.commands import TOLD_AFTER
from bot.storage.outage import is_away
from bot.storage.text import text
from handlers import doctor_models
from handlers.github.examined import look_at_address, look_at_github, look_at_webhook
from handlers.slack.examined import look_at_slack
from handlers.stack import PROCESSES
from workers.intake.quota import in_words, period_of
from workers.jobs import HEARERS

_ISOLATE = "apt install bubblewrap (0.8 or newer), or set E2B_API_KEY"
_TEMPLATE = "; `soulcaster e2b build` makes a template with what fixes need"
_GROUPS = "let us write to our cgroup (systemd: Delegate=yes), or set E2B_API_KEY"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. ``mend`` is empty where all is well; ``ms`` is how long looking took, 0 for what
    only settings say."""

    what: str
    found: str
    mend: str = ""
    ms: int = 0

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.mend


# What is found, and what mends it: "" where all is well.
Found = tuple[str, str]
Check = Callable[[Context], Awaitable[Found]]


async def examine(settings: Settings) -> list[CheckResult]:
    """Every check, in the order in which things depend on each other."""
    async with open_context(settings) as ctx:
        rows = [CheckResult(f"for {n}", f"{each} ({why})") for n, each, why in ctx.adapters()]
        rows += [CheckResult(*row) for row in choose_agent.readiness(ctx.settings_for_adapters)]
        return rows + await look(ctx, CHECKS)


async def look(ctx: Context, checks: Mapping[str, Check]) -> list[CheckResult]:
    """What each finds; those that a Redis that is away keeps from looking are one row."""
    rows, without, why = list[CheckResult](), list[str](), ""
    for what, check in checks.items():
        began = time.monotonic()
        try:
            found, mend = await check(ctx)
        except (SoulcasterError, RedisError, OSError) as error:  # a full disk, too
            found, mend = str(error), "mend what the message says"
            if is_away(error):
                without, why = [*without, what], found
                continue
        took = round((time.monotonic() - began) * 1000)
        rows.append(CheckResult(what, found, mend, took))
    if without:
        mend = f"start it, or mend REDIS_URL; not looked at: {', '.join(without)}"
        rows.append(CheckResult("Redis", f"it is away: {why}", mend))
    return rows


async def _redis(ctx: Context) -> Found:
    began = time.monotonic()
    async with ctx.leases.hold("doctor"):
        pass
    took = (time.monotonic() - began) * 1000
    try:
        config = await ctx.redis.config_get("appendfsync", "appendonly")
    except ResponseError as error:  # hosts allow it to nobody
        return f"a write takes {took:.1f} ms; whether it is synced is not told ({error})", ""
    told = [text(config.get(name)) for name in ("appendonly", "appendfsync")]
    durable = told == ["yes", "always"]
    found = f"a write takes {took:.1f} ms, " + (
        "synced to disk" if durable else "not synced at every write"
    )
    return found, "" if durable else "CONFIG SET appendfsync always"


async def _memory(ctx: Context) -> Found:
    told = await ctx.redis.info("memory")
    used, most = (int(told[name]) // 1_000_000 for name in ("used_memory", "maxmemory"))
    if not most:
        return f"{used:,} MB, no ceiling", ""
    full = used > 0.8 * most
    name = "its maxmemory" if ctx.settings.redis_url else "SOULCASTER_REDIS_MB, and start again"
    return f"{used:,} of {most:,} MB", f"raise {name}" if full else ""


async def _names(ctx: Context) -> Found:
    if ctx.setup.wrong:
        return ctx.setup.wrong, "mend it on the setup page"
    found = misspelt()
    return "; ".join(found) or "all known", "rename them, if meant for Soulcaster" * bool(found)


async def _agent(ctx: Context) -> Found:
    name = ctx.settings.soulcaster_agent
    try:
        choose_agent.agents(name, ctx.settings_for_adapters)
    except (NotFound, ConfigError) as error:
        return str(error), "set SOULCASTER_AGENT"
    return f"~{name}", ""


async def _vault(ctx: Context) -> Found:
    await ctx.seal.check(ctx.redis)
    of = [NOBODY, *(project.id for project in await ctx.projects.all())]
    shut = [hook for project in of for hook in await ctx.vault.hooks(project) if not hook.secret]
    found = "those in use there" + f"; {len(shut)} doors were sealed with others" * bool(shut)
    mend = "add their keys to SOULCASTER_VAULT_KEYS, or source rotate" if shut else ""
    return found, mend


async def _at_rest(ctx: Context) -> Found:
    if ctx.seal.on:
        return "sealed with the newest of SOULCASTER_VAULT_KEYS", ""
    if not ctx.settings.redis_url:
        return "as they are, in the data folder", ""
    mend = "set SOULCASTER_VAULT_KEYS, the same on every machine"
    return "as they are, in a Redis not ours", mend


async def _files(ctx: Context) -> Found:
    """A small file there and back."""
    name, began = "check-doctor", time.monotonic()
    await ctx.blobs.drop(NOBODY, name)  # of one that was refused
    await ctx.blobs.append(NOBODY, name, 0, b"doctor")
    read = await ctx.blobs.read(NOBODY, name, 0, 64)
    await ctx.blobs.drop(NOBODY, name)
    found = f"there and back in {(time.monotonic() - began) * 1000:.0f} ms"
    return found, "" if read == b"doctor" else "another process changed it: say doctor again"


async def _disk(ctx: Context) -> Found:
    free = shutil.disk_usage(ctx.settings.soulcaster_data_dir).free // 1_000_000
    return f"{free:,} MB free", "" if free > 500 else "make room"


async def _running(ctx: Context) -> Found:
    alive = await ctx.processes.alive()
    missing = [kind for kind in PROCESSES if not any(each.startswith(f"{kind} ") for each in alive)]
    mend = f"start {', '.join(missing)}; `soulcaster up` starts all" if missing else ""
    if not mend and (waited := (await ctx.jobs.late())["fixes"][1]) > 60:
        alive.append(f"a fix has waited for {waited:.0f} s")
        mend = "start another fixer, or raise SOULCASTER_FIXES_AT_ONCE"
    return ", ".join(alive) or "none", mend


async def _services(ctx: Context) -> Found:
    found = [*(await ctx.breakers.open()).values()]
    for one in sorted({project.installation for project in await ctx.projects.all()}):
        if (left := await ctx.github.budget(one).left()) < 0.4:
            found.append(f"GitHub: {left:.0%} left of what installation {one} may write")
    return "; ".join(found) or "all answer", "wait a little" if found else ""


async def _quotas(ctx: Context) -> Found:
    told, full, period = [], set(), period_of(ctx)
    for one in sorted({project.installation for project in await ctx.projects.all()}):
        reports, fixes = await ctx.quotas.reports(one, period), await ctx.quotas.fixes(one, period)
        caps = ctx.settings.soulcaster_report_quota, ctx.settings.soulcaster_fix_quota
        for what, used, cap in zip(("REPORT", "FIX"), (reports, fixes), caps, strict=True):
            if cap:
                told.append(f"{what} {used:,} of {cap:,} {in_words(ctx)} (installation {one})")
            if cap and used >= cap:
                full.add(f"SOULCASTER_{what}_QUOTA")
    mend = f"used up: raise {', '.join(sorted(full))}" if full else ""
    return "; ".join(told) or "none", mend


async def _opened(ctx: Context, template: str, limits: Limits) -> Sandbox:
    key = f"doctor-{secrets.token_hex(8)}"  # two that look must not end each other's
    of = {"repository": "doctor"}
    return await ctx.sandboxes.open(template=template, limits=limits, key=key, labels=of)


async def _sandbox(ctx: Context) -> Found:
    try:
        sandbox = await _opened(ctx, ctx.settings.soulcaster_e2b_template, Limits(seconds=60))
    except ConfigError as error:
        return str(error), _ISOLATE
    try:
        ran = await sandbox.run("python3 --version", timeout=20)
    finally:
        await sandbox.kill()
    found = f"isolated by {ctx.sandboxes.isolation}, {ran.stdout.strip() or ran.stderr.strip()}"
    return found + _TEMPLATE * (ctx.sandboxes.id == "e2b"), "see above" if ran.exit_code else ""


def _limit(name: str) -> Check:
    """Whether a limit of the sandboxes holds; where this machine is to hold it, by trying."""

    async def sandbox_limit(ctx: Context) -> Found:
        who = ctx.sandboxes.limits[name]
        if ctx.sandboxes.isolation == "machine":
            return f"held by {who}", ""
        if ctx.sandboxes.isolation == "none":
            return f"held by {who}: nothing is tried without isolation", _ISOLATE
        broken = [tried for tried in TRIALS[name] if not await _holds(ctx, TRIALS[name][tried])]
        if broken:
            return f"not held by {who}: {', '.join(broken)}", _GROUPS
        return f"held by {who}; tried: {', '.join(TRIALS[name])}", ""

    return sandbox_limit


async def _holds(ctx: Context, command: str) -> bool:
    """What could not even start (126, 127) has tried nothing."""
    sandbox = await _opened(ctx, "", LIMITS)
    try:
        return (await sandbox.run(command, timeout=30)).exit_code not in (0, 126, 127)
    finally:
        await sandbox.kill()


async def _trusted(ctx: Context) -> Found:
    """What trusting a repository's code means where nothing stands round it."""
    trusted = ", ".join(sorted(ctx.settings.soulcaster_trusted_repositories))
    if not trusted or ctx.sandboxes.isolation != "none":
        return trusted or "none", ""
    found = (
        f"{trusted}: tests run with the rights of this user; they get no variable of ours, and "
        "yet can read its files, .env too. Only people with write may start runs there"
    )
    return found, _ISOLATE


async def _waiting(ctx: Context) -> Found:
    late = (ctx.now() - TOLD_AFTER).timestamp()
    told = [
        f"{said.heard_at:%d %b %H:%M} {project.full_name}: {said.line[:60]} by {said.person.name}: "
        + (said.wait.why if said.wait else "behind others, or no worker runs")
        for project in await ctx.projects.all()
        for said in await ctx.commands.waiting(project.id, late)
    ]
    if not told:
        return "none", ""
    found = "\n".join([f"{len(told)}, the oldest:", *sorted(told)[:5]])
    return found, "they go on by themselves as soon as what they wait for lets them"


async def _unanswered(ctx: Context) -> Found:
    told = [
        f"{said.heard_at:%d %b %H:%M} {project.full_name} {said.place.name.replace('gh:', '#')}: "
        f"{said.line[:60]} by {said.person.name}: {said.answer[:120]}"
        for project in await ctx.projects.all()
        for said in await ctx.commands.failed(project.id, ctx.now() - timedelta(days=1))
    ]
    if not told:
        return "none since yesterday", ""
    found = "\n".join([f"{len(told)}, the newest:", *sorted(told)[-5:]])
    return found, "unlock the issue, or say it where an answer can stand"


async def _parked(ctx: Context) -> Found:
    parked = [one for lane in LANES for one in await ctx.jobs.parked(lane)]
    if not parked:
        return "none", ""
    newest = sorted(parked, key=lambda one: one.at, reverse=True)[:5]
    told = "\n".join(f"{one.at:%d %b %H:%M} {one.name}: {one.reason[:120]}" for one in newest)
    found = f"{len(parked)}, the newest:\n{told}"
    return found, "mend what they say, then: soulcaster replay [e-…]"


async def _unread(ctx: Context) -> Found:
    parked = [one.name.split()[0] for each in QUEUES["work"] for one in await ctx.jobs.parked(each)]
    waiting = sum(name in HEARERS for name in parked)
    gone = await ctx.inbox.unread()
    found = f"{waiting} wait" if waiting else "none"
    if gone:
        found += "; let go so far: " + ", ".join(f"{n} of {kind}" for kind, n in gone.items())
    return found, "see the jobs given up" if waiting else ""


async def _kept(ctx: Context) -> Found:
    told = [str(keep := ctx.settings.soulcaster_keep)]
    for gone in await ctx.projects.removed():
        at = gone.removed_at and f"on {gone.removed_at + keep.removed:%d %b %H:%M} UTC"
        at = at or "when GitHub says that it is gone, or by soulcaster erase"
        told.append(f"{gone.full_name} was removed and is erased {at}")
    return "\n".join(told), ""


CHECKS: Mapping[str, Check] = {
    "names of settings": _names,
    "Redis durability": _redis,
    "Redis memory": _memory,
    "models of projects": doctor_models.of_projects,
    "vault keys": _vault,
    "words at rest": _at_rest,
    "files and uploads": _files,
    "disk": _disk,
    "processes": _running,
    "GitHub": look_at_github,
    "hosted services": _services,
    "quotas": _quotas,
    "public address": look_at_address,
    "webhook secret": look_at_webhook,
    "Slack": look_at_slack,
    "agent": _agent,
    "sandbox": _sandbox,
    **{f"sandbox {name}": _limit(name) for name in TRIALS},
    "trusted repositories": _trusted,
    "embedder": doctor_models.embedder,
    "stored vectors": doctor_models.vectors,
    "questions to the model": doctor_models.questions,
    "commands that wait": _waiting,
    "commands not answered": _unanswered,
    "jobs given up": _parked,
    "unread deliveries": _unread,
    "kept": _kept,
}
