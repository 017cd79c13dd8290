"""Large projects, written straight into Redis, and what is asked of them."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.clusters.evidence import Because, Near
from bot.domain.models import Cluster, ClusterState, Draft, Item, Person, Place, Project
from bot.jobs import CLAIM, Claim
from bot.storage import keys
from bot.storage.commands import Utterance
from workers.clusters import refresh
from workers.commands.answering import answer_to
from workers.digests import posting

SOURCES = (
    ("github", Audience.PUBLIC),
    ("sentry", Audience.TEAM),
    ("reddit", Audience.PUBLIC),
    ("datadog", Audience.TEAM),
)
_AT_ONCE = 500
_ALIKE = 6  # clusters that look like one problem
_WORDS = [
    "cart",
    "total",
    "export",
    "login",
    "button",
    "page",
    "report",
    "slow",
    "empty",
    "wrong",
    "crash",
    "token",
    "invoice",
]


async def make_project(
    ctx: Context, project: int, *, clusters: int, items: int, largest: int = 0
) -> None:
    """``items`` reports in ``clusters``; ``largest`` of them in the first one.

    Six clusters each, of one source, look like one problem. Nothing of the read model is written.
    """
    chance = random.Random(clusters)
    now = ctx.now()
    states, severities = list(ClusterState), ("S1", "S2", "S3", "S4")
    firsts: dict[int, Item] = {}
    async with _pipeline(ctx) as write:
        for number in range(1, items + 1):
            cluster = 1 if number <= largest else 1 + number % clusters
            place = chance.randrange(len(SOURCES)) if cluster == 1 else (cluster - 1) // _ALIKE
            source, audience = SOURCES[place % len(SOURCES)]
            seen = [now - timedelta(hours=chance.randrange(24 * 30)) for _ in range(3)]
            item = Item(
                number=number, source=source, key=f"issue:{number}", event="e", audience=audience,
                title=f"{' '.join(chance.choices(_WORDS, k=6))} {number}",
                body=" ".join(chance.choices(_WORDS, k=60)), author=f"person{number % 997}",
                url=f"https://{source}.example/{number}",
                occurred_at=min(seen), created_at=min(seen), updated_at=max(seen),
            )  # fmt: skip
            firsts.setdefault(cluster, item)
            one = str(number)
            kept = ctx.seal.shut(item.model_dump_json(exclude={"cluster"}))
            await write("HSET", keys.items(project), one, kept)
            await write("HSET", keys.item_keys(project), f"{source}:{item.key}", one)
            await write("HSET", keys.membership(project), one, str(cluster))
            near = range(max(largest + 1, number - number % clusters % _ALIKE), number)
            because = Because(
                action="suggest",
                candidates=tuple(Near(item=n, cluster=0, score=0.9, similarity=0.9) for n in near),
            ).model_dump_json()
            await write("HSET", keys.evidence(project), one, ctx.seal.shut(because))
            await write("ZADD", keys.members(project, cluster), number, one)
            for at in seen:
                hour = int(at.timestamp() // 3600)
                await write("HINCRBY", keys.occurrences(project, number), hour, 1)
        for number, item in firsts.items():
            record = Cluster(
                number=number, audience=item.audience, title=item.title, shown_by=(item.number,),
                state=states[chance.randrange(len(states))] if number > 1 else ClusterState.NEW,
                severity=severities[chance.randrange(4)] if number > 1 else "S1",
                created_at=now, updated_at=now,
            )  # fmt: skip
            kept = ctx.seal.shut(record.model_dump_json())
            await write("HSET", keys.clusters(project), str(number), kept)
        await write("SET", keys.counter(project, "item"), items)
        await write("SET", keys.counter(project, "cluster"), clusters)


@asynccontextmanager
async def _pipeline(ctx: Context) -> AsyncIterator:
    async with ctx.redis.pipeline(transaction=False) as pipe:

        async def write(*command: object) -> None:
            pipe.execute_command(*command)
            if len(pipe) >= _AT_ONCE:
                await pipe.execute()

        yield write
        await pipe.execute()


@dataclass
class Commands:
    """What Redis was sent, by name, and how many commands its scripts ran."""

    sent: Counter[str] = field(default_factory=Counter)
    inner: int = 0


async def count(ctx: Context, act: Callable[[], Awaitable[object]]) -> Commands:
    """What ``act`` has Redis do, as Redis itself tells it."""
    found, end = Commands(), secrets.token_hex(8)
    async with ctx.redis.monitor() as monitor:
        await act()
        await ctx.redis.echo(end)
        async for told in monitor.listen():
            command = told["command"]
            if end in command:
                return found
            if told["client_type"] == "lua":
                found.inner += 1
            elif not command.startswith("PING"):  # a connection that was idle asks whether it lives
                found.sent[command.partition(" ")[0]] += 1
    raise AssertionError("the monitor ended")


LINES = [
    "status",
    "status C-1",
    "why C-1",
    "resolve",
    "clusters",
    "clusters --sort=recent",
    "clusters --sort=count --state=new",
    "clusters --state=all --page=9999",
    "clusters --source=sentry",
]


async def say(ctx: Context, project: Project, line: str) -> None:
    said = Utterance(
        id=secrets.token_hex(8), project=project.id, line=line, audience=Audience.TEAM,
        person=Person(operator=True), place=Place(), heard_at=ctx.now(),
    )  # fmt: skip
    answer, *_ = await answer_to(ctx, project, said)
    assert answer.card.title


async def place(ctx: Context, project: Project, into: int) -> None:
    """A report into a cluster, and what its placement has done, but for the embedding."""
    draft = Draft(
        source="sentry", key=secrets.token_hex(4), event="e", audience=Audience.TEAM,
        title="It breaks", occurred_at=ctx.now(),
    )  # fmt: skip
    made = await ctx.items.record(project.id, draft, ctx.now())
    claim = Claim(f'["cluster_items", {project.id}]', "1", "mine", "work", str(project.id))
    await ctx.redis.set(claim.lease, claim.token)
    CLAIM.set(claim)
    found = await ctx.clusters.place(
        project.id, made.item, into, now=ctx.now(), title=draft.title, audience=draft.audience,
        evidence=Because(action="new").model_dump_json(), corrections=0, lease=claim.lease,
        token=claim.token,
    )  # fmt: skip
    assert found == into
    await refresh.refresh_cluster(ctx, project.id, into)
    await posting.refresh_tracking_issue(ctx, project.id)


def acts(ctx: Context, project: Project) -> dict[str, Callable[[], Awaitable[object]]]:
    """What is asked of a project, and a report that comes in, by name."""
    found: dict[str, Callable[[], Awaitable[object]]] = {
        line: lambda line=line: say(ctx, project, line) for line in LINES
    }
    found["digest"] = lambda: posting.build_digest(
        ctx, project, compact=True, readers=Audience.PROJECT
    )
    found["tracking issue"] = lambda: posting.refresh_tracking_issue(ctx, project.id)
    found["placed report"] = lambda: place(ctx, project, 1)
    return found
