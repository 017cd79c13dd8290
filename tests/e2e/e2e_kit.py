"""What the end-to-end tests do and see: a person's acts over HTTP, and what came of them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from stored import hours_of

from bot.domain.models import Item
from bot.jobs import QUEUES
from bot.simulators.slack.app_client import signature
from bot.sources import SOURCES
from bot.storage import keys
from handlers.demo import reports
from handlers.demo.reports import DemoReport
from handlers.demo.stage import Stage
from workers import jobs

# Sources of the demo that send to a door of their own.
SENDERS = [
    name
    for name, source in SOURCES.items()
    if source.KIND != "tracker" and (reports.DATA / f"{name}.yml").exists()
]
# Put off by a second or two, so that many changes are shown at once: as well now as then.
GATHERING = {job.name: job for job in (jobs.follow_problem, jobs.refresh_tracking_issue)}
ENDED = {"rocket", "-1", "confused"}
BOT = "soulcaster[bot]"


def sign(stage: Stage, body: bytes) -> str:
    """GitHub's signature of a body."""
    secret = stage.environment["GITHUB_WEBHOOK_SECRET"].encode()
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


async def deliver(
    stage: Stage,
    event: str,
    payload: object,
    *,
    guid: str = "",
    headers: Mapping[str, str | None] | None = None,
) -> int:
    """Send a webhook as GitHub does; the status it was answered with. A header None is left out."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sent: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid or str(uuid.uuid4()),
        "X-Hub-Signature-256": sign(stage, body),
        **(headers or {}),
    }
    kept = {name: value for name, value in sent.items() if value is not None}
    url = f"{stage.web_url}/github/webhook"
    async with stage.http.post(url, data=io.BytesIO(body), headers=kept) as response:
        await response.read()
        return response.status


async def knock(
    stage: Stage,
    source: str,
    body: bytes,
    *,
    hook: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> int:
    """Send to an alert door with its secret, unless ``headers`` say otherwise; the status."""
    door = stage.hooks.get(source)
    if headers is None:
        headers = {"Authorization": f"Bearer {door.secret}"} if door else {}
    address = hook if hook is not None else door.id if door else "nothing"
    url = f"{stage.web_url}/hooks/{source}/{address}"
    async with stage.http.post(url, data=body, headers=dict(headers)) as response:
        await response.read()
        return response.status


async def insist(send: Callable[[], Awaitable[int]]) -> int:
    """Send until it is acknowledged, as senders do; how often it was sent."""
    for attempt in range(1, 2_000):
        try:
            if await send() == 202:
                return attempt
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.15)
    raise AssertionError("never acknowledged")


def alert(monitor: str, event: str) -> bytes:
    """One event of a Datadog monitor."""
    told = {
        "title": f"Monitor {monitor}",
        "id": f"{monitor}-{event}",
        "alert_id": monitor,
        "body": "It is slow",
        "date": str(int(time.time() * 1000)),
    }
    return json.dumps(told).encode()


async def github(stage: Stage, method: str, path: str, **body: Any) -> Any:
    """Do on GitHub what a person would."""
    async with stage.http.request(method, f"{stage.github_url}/_sim{path}", json=body) as response:
        response.raise_for_status()
        return await response.json() if response.status != 204 else None


async def person(stage: Stage, method: str, path: str, **body: Any) -> Any:
    """The same, below the repository."""
    return await github(stage, method, f"/repos/{stage.repository}{path}", **body)


def logs_of(stage: Stage) -> str:
    """What all of our processes have logged."""
    return "".join(path.read_text() for path in stage.stack.logs.glob("*.log"))


async def settled(stage: Stage, *, timeout: float = 60) -> None:
    """Wait until every webhook was sent, every delivery has taken effect and no job is due."""
    await stage.github.webhooks.settle()
    quiet, asked = 0, set()

    async def idle() -> bool:
        nonlocal quiet
        left = {member for member, _ in await due(stage, within=3)}
        quiet = 0 if left else quiet + 1
        for member in left - asked:
            name, *ids = json.loads(member)
            if name in GATHERING:
                asked.add(member)
                await stage.context.jobs.ask(GATHERING[name], *ids)
        return quiet >= 2

    try:
        await stage.wait("quiet", idle, timeout=timeout, every=0.05)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{await evidence(stage)}") from error


async def due(stage: Stage, *, within: float = 10**9) -> list[Any]:
    """Jobs of the worker that are due in so many seconds, whatever their project."""
    redis, found = stage.context.redis, []
    for lane in QUEUES["work"]:
        for tenant in await redis.zrange(keys.turns(lane), 0, -1):
            todo = keys.todo(lane, tenant.decode())
            found += await redis.zrangebyscore(
                todo, "-inf", time.time() + within, 0, 20, withscores=True
            )
    return found


async def evidence(stage: Stage) -> str:
    """What is left to do, who holds it, and what the worker said last."""
    redis = stage.context.redis
    leases = [(key, await redis.pttl(key)) async for key in redis.scan_iter("sc:lease:*")]
    wakes = await redis.llen("rq:queue:work")
    restarts = {p.name: p.restarts for p in stage.stack.processes.values()}
    log = (stage.stack.logs / "worker.log").read_text()[-6000:]
    return (
        f"now {time.time():.1f}, due {await due(stage)}\nleases {leases}\n"
        f"wakes {wakes}, restarts {restarts}, inbox {len(await inbox(stage))}\n"
        f"parked {await parked(stage)}\n{log}"
    )


async def parked(stage: Stage) -> dict[str, str]:
    """Jobs that were given up, with the reason."""
    found = await stage.context.redis.hgetall("sc:parked:work")
    return {job.decode(): reason.decode() for job, reason in found.items()}


async def inbox(stage: Stage) -> list[bytes]:
    """Deliveries that were acknowledged and have not taken effect."""
    return [key async for key in stage.context.redis.scan_iter("sc:inbox:*", count=1000)]


async def item_of_issue(stage: Stage, number: int) -> Item | None:
    """The report that an issue became."""
    project = await stage.project()
    found = await stage.context.items.by_key(project.id, "github", f"issue:{number}")
    return await stage.context.items.get(project.id, found) if found else None


async def all_items(stage: Stage) -> list[Item]:
    """Every report, by number."""
    project = await stage.project()
    count = await stage.context.items.last(project.id)
    return await stage.context.items.many(project.id, range(1, count + 1))


async def occurrences(stage: Stage, item: Item) -> int:
    """How often it was counted."""
    project = await stage.project()
    return (await hours_of(stage.context, project.id, [item.number])).total()


async def open_issue(stage: Stage, title: str, body: str = "", login: str = "pavel-novak") -> int:
    """A person opens an issue; its number, once it has its cluster."""
    made = await stage.person("/issues", login=login, title=title, body=body)
    number = int(made["number"])

    async def placed() -> bool:
        item = await item_of_issue(stage, number)
        return item is not None and item.cluster is not None

    await stage.wait(f"a cluster for #{number}", placed, timeout=20, every=0.05)
    return number


async def cluster_of(stage: Stage, number: int) -> str:
    """The name of the cluster that an issue is in."""
    item = await item_of_issue(stage, number)
    assert item is not None
    return f"C-{item.cluster}"


async def issue(stage: Stage, number: int) -> Any:
    """An issue or pull request as GitHub holds it."""
    url = f"{stage.github_url}/_sim/repos/{stage.repository}/issues/{number}"
    async with stage.http.get(url) as response:
        response.raise_for_status()
        return await response.json()


async def replies(stage: Stage, number: int) -> list[Any]:
    """Our comments on an issue."""
    return [c for c in (await issue(stage, number))["comments"] if c["author"] == BOT]


async def comment(stage: Stage, number: int, body: str, login: str = "ines-ferreira") -> int:
    """A person writes a comment; its id."""
    made = await stage.person(f"/issues/{number}/comments", login=login, body=body)
    return int(made["id"])


async def reactions(stage: Stage, number: int, comment_id: int) -> set[str]:
    """The bot's reactions to a comment."""
    found = next(c for c in (await issue(stage, number))["comments"] if c["id"] == comment_id)
    return {name for name, people in found["reactions"].items() if BOT in people}


async def ended(stage: Stage, number: int, comment_id: int, *, timeout: float = 60) -> str:
    """Wait until a command in a comment has ended; the reaction that says how."""

    async def reaction() -> str | None:
        return next(iter(await reactions(stage, number, comment_id) & ENDED), None)

    return str(await stage.wait("the end of the command", reaction, timeout=timeout, every=0.05))


async def obey(stage: Stage, number: int, body: str, login: str = "ines-ferreira") -> str:
    """Say a command on an issue and wait for its end: ``done``, ``refused`` or ``failed``."""
    said = await comment(stage, number, body, login)
    how = await ended(stage, number, said)
    return {"rocket": "done", "-1": "refused", "confused": "failed"}[how]


async def reply(stage: Stage, number: int, key: str) -> str:
    """The body of our one card with this key on an issue."""
    marks = f"<!-- soulcaster:{key} -->"
    found = [c["body"] for c in await replies(stage, number) if c["body"].startswith(marks)]
    assert len(found) == 1, f"{len(found)} cards {key}: {[body[:80] for body in found]}"
    return str(found[0])


def report_of(source: str, *, distinct: str = "") -> DemoReport:
    """One report of a source, as it sends them; ``distinct`` finds it by a word of its body."""
    for report in reports.load(datetime.now(UTC)):
        if report.source == source and distinct in json.dumps(report.body):
            return report
    raise LookupError(source)


def unlike() -> str:
    """A word nobody has said before. No hex: what looks like a commit is defused."""
    return "".join(secrets.choice("ghjkmnpqrstvwxyz") for _ in range(12))


# Slack


async def messages(stage: Stage) -> list[Any]:
    """Everything in the triage channel, oldest first."""
    state = await stage.slack_state()
    return list(next(c["messages"] for c in state["channels"] if c["id"] == stage.channel))


async def whispers(stage: Stage, user: str) -> list[Any]:
    """What only this person was shown, oldest first."""
    state = await stage.slack_state()
    return [one for one in state["ephemerals"] if one["user"] == user]


async def ask(stage: Stage, user: str, text: str) -> str:
    """A slash command; all of its answer, which only this person sees."""
    before = len(await whispers(stage, user))
    outcome = await stage.slacker("command", user=user, channel=stage.channel, text=text)
    assert outcome["ok"], outcome

    async def answered() -> Any:
        return (await whispers(stage, user))[before:]

    [answer] = await stage.wait(f"the answer to {text}", answered, timeout=10, every=0.05)
    return json.dumps(answer, ensure_ascii=False)


async def to_slacks_door(stage: Stage, door: str, body: bytes, kind: str = "") -> int:
    """Send a body to one of Slack's doors, signed as Slack does; the status."""
    at = str(int(time.time()))
    headers = {
        "Content-Type": kind or "application/json",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(stage.environment["SLACK_SIGNING_SECRET"], at, body),
    }
    url = f"{stage.web_url}/slack/{door}"
    async with stage.http.post(url, data=body, headers=headers) as response:
        return response.status


async def slack_request(stage: Stage, door: str, form: Mapping[str, str]) -> None:
    """Send a form to one of Slack's doors."""
    body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    assert await to_slacks_door(stage, door, body, kind) == 200


@asynccontextmanager
async def listening(heard: list[str]) -> AsyncIterator[str]:
    """An address of nobody's, and what was sent to it."""

    async def take(request: web.Request) -> web.Response:
        heard.append(await request.text())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
