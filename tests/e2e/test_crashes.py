"""kill -9, again and again: what was acknowledged takes effect, once."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from e2e_kit import (
    alert,
    all_items,
    comment,
    deliver,
    inbox,
    insist,
    item_of_issue,
    knock,
    occurrences,
    open_issue,
    parked,
    replies,
    settled,
    unlike,
)

from bot.simulators.github.webhooks import Delivery
from handlers.demo.stage import Stage
from handlers.storing import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUES, ALERTS, KINDS = 40, 90, 6
VERBS = (
    "help",
    "status",
    "clusters",
    "why",
    "similar",
    "feedback",
    "digest",
    "plan",
    "fix",
    "logs",
)
# The order of what is sent and killed; a full count takes some minutes.
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]


def redis_pid(stage: Stage) -> int:
    return int((Path(stage.environment["SOULCASTER_DATA_DIR"]) / "redis" / "pid").read_text())


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


async def lost(stage: Stage, event: str, *, after: int = 0) -> list[Delivery]:
    """Deliveries of an event that GitHub could not make, oldest first."""
    await stage.github.webhooks.settle()
    sent = [d for d in stage.github.webhooks.sent() if d.id > after]
    found = [d for d in sent if d.event == event and d.status != "OK"]
    return list(reversed(found))


@pytest.mark.parametrize("seed", SEEDS)
async def test_kill_9_at_random_loses_nothing_and_does_nothing_twice(
    stage: Stage, seed: int
) -> None:
    chance = random.Random(seed)
    number = await open_issue(stage, f"Where commands are said {unlike()}", "words")
    await stage.github.webhooks.settle()
    last = max(d.id for d in stage.github.webhooks.sent())
    stage.github.webhooks.lose = ISSUES + len(VERBS)
    for _ in range(ISSUES):
        await stage.person("/issues", login="pavel-novak", title=unlike(), body=unlike())
    for verb in VERBS:
        await comment(stage, number, f"/soulcaster help {verb}")
    deliveries = [d for e in ("issues", "issue_comment") for d in await lost(stage, e, after=last)]
    assert len(deliveries) == ISSUES + len(VERBS)
    assert stage.github.webhooks.lose == 0

    words = [unlike() for _ in range(KINDS)]
    sends: list[Callable[[], Awaitable[int]]] = [
        lambda d=d: deliver(stage, d.event, d.body, guid=d.guid) for d in deliveries
    ]
    wanted: Counter[str] = Counter()
    for n in range(ALERTS):
        text = words[n % KINDS]
        wanted[text] += 1
        body = alert(text, str(n))
        sends.append(lambda body=body: knock(stage, "datadog", body))
    chance.shuffle(sends)
    before = {i.number: await occurrences(stage, i) for i in await all_items(stage)}

    queue = list(sends)

    async def sender() -> None:
        while queue:
            await insist(queue.pop())
            await asyncio.sleep(chance.uniform(0, 0.3))

    async def killer() -> None:
        victims = ["worker", "web", "redis"] * 3
        chance.shuffle(victims)
        for victim in victims:
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            if victim == "web":
                # What is not up yet cannot be killed in the middle of something.
                await stage.wait("web", stage.web_answers, timeout=30)
                await asyncio.sleep(chance.uniform(0.1, 0.6))
            kill(redis_pid(stage) if victim == "redis" else stage.stack.pid(victim))

    await asyncio.wait_for(asyncio.gather(killer(), *(sender() for _ in range(3))), 120)

    async def nothing_left() -> bool:
        return not await inbox(stage) and not spooled(stage)

    await settled(stage, timeout=60)
    await stage.wait("an empty inbox", nothing_left, timeout=30)
    await settled(stage)

    assert await parked(stage) == {}
    for delivery in deliveries:
        if delivery.event == "issues":
            item = await item_of_issue(stage, delivery.payload["issue"]["number"])
            assert item is not None
            assert item.cluster
            assert await occurrences(stage, item) == 1
    counted: Counter[str] = Counter()
    for item in await all_items(stage):
        if item.source == "datadog":
            told = next((word for word in words if word in item.title), "of an earlier seed")
            counted[told] += await occurrences(stage, item) - before.get(item.number, 0)
    assert +counted == wanted
    keys = Counter(
        re.match(r"<!-- soulcaster:(\S+) -->", r["body"])[1]  # type: ignore[index]
        for r in await replies(stage, number)
    )
    answers = {key: times for key, times in keys.items() if key.startswith("help:")}
    assert answers == {f"help:{verb}": 1 for verb in VERBS}
    project = await stage.project()
    assert await stage.context.commands.overdue(project.id, time.time() + 60) == []


def spooled(stage: Stage) -> int:
    """Deliveries that wait on disk."""
    path = Path(stage.environment["SOULCASTER_DATA_DIR"]) / "spool.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM deliveries").fetchone()[0])


async def test_while_redis_hangs_deliveries_are_taken_and_counted_later(stage: Stage) -> None:
    stage.github.webhooks.lose = 1
    made = await stage.person("/issues", login="pavel-novak", title=unlike(), body=unlike())
    [*_, delivery] = await lost(stage, "issues")
    text = unlike()
    assert await knock(stage, "datadog", alert(text, "first")) == 202
    await settled(stage)
    pid = redis_pid(stage)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert await deliver(stage, "issues", delivery.body, guid=delivery.guid) == 202
        assert await knock(stage, "datadog", alert(text, "second")) == 202
        assert spooled(stage) == 2
        assert PATIENCE < 1, "Sentry, the strictest sender, waits for a second"
    finally:
        os.kill(pid, signal.SIGCONT)

    async def counted() -> bool:
        times = [await occurrences(stage, i) for i in await all_items(stage) if text in i.title]
        return times == [2] and await item_of_issue(stage, made["number"]) is not None

    await stage.wait("what was spooled", counted, timeout=30)
    await settled(stage)
    assert not spooled(stage)
    assert await parked(stage) == {}


async def test_a_command_said_while_no_worker_lives_is_obeyed_by_the_next(stage: Stage) -> None:
    number = await open_issue(stage, f"Alone {unlike()}", "words")
    process = stage.stack.processes["worker"]
    assert process.handle is not None
    os.kill(process.handle.pid, signal.SIGSTOP)
    said = await comment(stage, number, "/soulcaster help logs")
    await stage.github.webhooks.settle()
    await asyncio.sleep(1)
    assert await replies(stage, number) == []
    kill(process.handle.pid)

    async def answered() -> bool:
        return len(await replies(stage, number)) == 1

    await stage.wait("the answer", answered, timeout=30)
    assert said
    await settled(stage)
    assert len(await replies(stage, number)) == 1
