"""The rows of the setup page: what an installation needs, how it stands, what mends it. A need more
is an entry in ``NEEDS``."""

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import aiohttp
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.views.choice import LookBack, Pair
from bot.domain.errors import SoulcasterError
from bot.github.manifest import UNREACHABLE, web_host
from bot.github.undelivered import NOT_FOUND, why_undelivered
from bot.settings import Settings
from bot.storage.projects import MOVED
from handlers.doctor import CHECKS, Found
from handlers.github.examined import undelivered
from handlers.setup.guard import derived
from workers.clusters.looked import looked_back

# By the name of the repository.
Histories = Sequence[tuple[str, LookBack, Sequence[Pair]]]
State = Literal["off", "ok", "wrong"]
_SECONDS = 20.0
_MOMENT, _LOOKED, _LONG = 3.0, 15.0, 600.0
_MOST = 10
_LOOK_BACK = timedelta(hours=1)
# What we answer ourselves with, to know that an address leads here; of this process alone.
_OURS = secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Need:
    """``here`` is whether it is switched on; ``fields`` are the settings that do so; what was found
    well is good for ``costs`` seconds; ``made`` are settings that the page itself writes, and takes
    away; ``looked`` is what repositories' histories held."""

    name: str
    purpose: str
    here: Callable[[Settings], bool]
    check: Callable[[Context], Awaitable[Found]]
    fields: tuple[str, ...] = ()
    without: str = "not set"
    costs: float = _MOMENT
    made: tuple[str, ...] = ()
    looked: Callable[[Context], Awaitable[Histories]] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One need as it stands; ``mend`` says what to do, "" for nothing."""

    need: Need
    state: State
    found: str
    mend: str = ""
    looked: Histories = ()


def echo(nonce: str) -> str:
    """What this process alone answers to ``nonce``."""
    return derived(_OURS, nonce)


async def _address(ctx: Context) -> Found:
    """Ask ourselves by way of the outside."""
    nonce = secrets.token_hex(8)
    url = ctx.settings.soulcaster_public_url
    timeout = aiohttp.ClientTimeout(total=8)
    try:
        async with ctx.http.get(
            f"{url}/setup/echo/{nonce}", timeout=timeout, allow_redirects=False
        ) as answer:
            said, status = (await answer.text())[:200], answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        why = str(error) or type(error).__name__
        return f"{url} is not reached: {why}", "start the tunnel or proxy, or mend its name"
    if status != 200 or said != echo(nonce):
        return f"{url} leads to somebody else (status {status})", "lead it to this server's port"
    return f"{url} leads here", ""


async def _github(ctx: Context) -> Found:
    """The app, and whether what GitHub sends arrives."""
    found, mend = await CHECKS["GitHub"](ctx)
    if mend:
        return found, mend
    about = await ctx.github.about()
    host = web_host(ctx.settings.github_api_url)
    install = f"{host}/apps/{about['slug']}/installations/new"
    hook = await ctx.github.hook()
    if hook != UNREACHABLE and (failed := await undelivered(ctx, _LOOK_BACK)):
        what, mend = why_undelivered(failed["status"], failed["status_code"])
        if failed["status"] == NOT_FOUND and not await _is_known(hook):
            what = "DNS knows no such name"
        return f"{found}; {hook} does not hear `{failed['event']}`: {what}", mend
    if not await ctx.projects.all():
        return f"the app {about['slug']}; nobody has installed it yet", f"install it: {install}"
    return found, ""


async def _is_known(url: str) -> bool:
    """Whether DNS has the address's name, as far as this machine is told."""
    try:
        await asyncio.get_running_loop().getaddrinfo(urlsplit(url).hostname, None)
    except OSError:
        return False
    return True


async def _sources(ctx: Context) -> Found:
    doors = [
        f"{hook.word} of {project.full_name}"
        for project in await ctx.projects.all()
        for hook in await ctx.vault.hooks(project.id)
    ]
    how = 'say `source add sentry` on an issue, or `soulcaster say "source add sentry"` here'
    return "; ".join(doors) or f"issues of GitHub alone; for alerts {how}", ""


async def _repositories(ctx: Context) -> Found:
    """How far each is read, and whether it agreed to be written to."""
    told = []
    for project in (await ctx.projects.all())[:_MOST]:
        reading, asked = (
            await ctx.imports.get(project.id),
            await ctx.projects.onboarding(project.id),
        )
        _, problems = await ctx.overview.page(project.id, "open", most=0)
        asked = asked.removeprefix(MOVED).strip()
        page = ctx.github.page(project, f"pull/{asked}")
        waits = f"; merge this, which shows its digest, to be answered there: {page}"
        waits *= asked.isdigit()
        far = reading.progress if reading else "not read yet"
        told.append(f"{project.full_name}: {far}; open problems: {problems:,}{waits}")
    return "\n".join(told) or "none has the app yet", ""


async def _histories(ctx: Context) -> Histories:
    """The page is the operator's alone, who may read all that is here."""
    return [
        (project.full_name, *found)
        for project in (await ctx.projects.all())[:_MOST]
        if (found := await looked_back(ctx, project.id, Audience.PERSON))
    ]


def _any(*names: str) -> Callable[[Settings], bool]:
    return lambda settings: any(bool(getattr(settings, name.lower())) for name in names)


def _always(_settings: Settings) -> bool:
    return True


_PUBLIC, _GITHUB = "SOULCASTER_PUBLIC_URL", "GITHUB_APP_ID"
_SLACK = (
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SOULCASTER_SLACK_CHANNEL"),
    *("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"),
)
_MODELS = ("GEMINI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY")
_UPSTASH = ("UPSTASH_VECTOR_REST_URL", "UPSTASH_VECTOR_REST_TOKEN")

NEEDS: tuple[Need, ...] = (
    Need("Redis", "State and queue; REDIS_URL names another.", _always, CHECKS["Redis durability"]),
    Need("Processes", "What works behind this page.", _always, CHECKS["processes"]),
    Need(
        "Address",
        "Where GitHub, Slack and alert senders reach this server.",
        _any(_PUBLIC),
        _address,
        (_PUBLIC,),
        "none needed: GitHub's events are fetched, Slack uses Socket Mode. Only alerts need one",
    ),
    Need(
        "GitHub App",
        "Reads issues, answers, opens pull requests.",
        _any(_GITHUB),
        _github,
        without="",
        costs=_LOOKED,
        made=(
            *(_GITHUB, "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"),
            *("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"),
        ),
    ),
    Need("Slack", "Digests, cards and commands.", _any(_SLACK[0]), CHECKS["Slack"], _SLACK, ""),
    Need(
        "Model",
        "Gemini or GPT compares and sums up reports; Claude and GPT repair, too.",
        _any(*_MODELS),
        CHECKS["embedder"],
        _MODELS,
        "none needed: reports are compared on this machine, and summaries quote them",
        _LONG,
    ),
    Need(
        "Vectors",
        "Upstash Vector, where several machines share them.",
        _any(*_UPSTASH),
        CHECKS["stored vectors"],
        _UPSTASH,
        "none needed: they are kept with the rest of the state",
    ),
    Need(
        "Sandbox",
        "Where the tests of others run, here or at E2B.",
        _always,
        CHECKS["sandbox"],
        ("E2B_API_KEY",),
        costs=_LONG,
    ),
    Need(
        "Repositories",
        "What was read. Nothing is written before a pull request that asks is merged.",
        _any(_GITHUB),
        _repositories,
        without="after GitHub",
        looked=_histories,
    ),
    Need("Sources", "Alerts beside issues.", _any(_GITHUB), _sources, without="after GitHub"),
)


class Looks:
    """What was found, for a moment each: an open page asks every few seconds."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._kept: dict[str, tuple[float, Row]] = {}

    async def rows(self) -> list[Row]:
        """Every row, looked at side by side; what takes too long is said to."""
        return list(await asyncio.gather(*(self._row(need) for need in NEEDS)))

    async def _row(self, need: Need) -> Row:
        at, row = self._kept.get(need.name, (-math.inf, None))
        # GitHub answers an app so many questions an hour, also while it is red.
        good_for = need.costs if row and row.state == "ok" else min(need.costs, _LOOKED)
        if row is None or time.monotonic() - at > good_for:
            row = await self._look(need)
            self._kept[need.name] = time.monotonic(), row
        return row

    async def _look(self, need: Need) -> Row:
        if not need.here(self._ctx.settings):
            return Row(need, "off", need.without)
        looked: Histories = ()
        try:
            async with asyncio.timeout(_SECONDS):
                found, mend = await need.check(self._ctx)
                looked = await need.looked(self._ctx) if need.looked else ()
        except (SoulcasterError, RedisError) as error:
            found, mend = str(error), "mend what the message says"
        except TimeoutError:
            found, mend = f"no answer within {_SECONDS:.0f} s", "try again"
        return Row(need, "wrong" if mend else "ok", found, mend, looked)
