"""A bad time: vendors that fail, processes and Redis killed, hung, full, a clock that jumps, power
cuts, all at once. What was acknowledged takes effect, once, and nothing is said twice.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections import Counter
from functools import partial
from pathlib import Path
from signal import SIGTERM

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
    settled,
    unlike,
)
from fix_kit import LAST_PAGE, ask, opened_once, run_of
from outlive_kit import RedisServer
from soak_kit import ALWAYS, GITHUB_FAULTS, SLACK_FAULTS, Platform, Trouble, preloaded

from bot.simulators.github import Limits
from bot.simulators.slack.faults import Fault
from handlers.demo.stage import Stage, open_stage

MONITORS = 6
FIXABLE = (
    LAST_PAGE,
    (
        "10 % off 19.90 takes off only 1.90",
        "`shop.pricing.percent_off(1990, 10)` returns 1800, expected 1791.",
    ),
    (
        "Exactly 50 EUR is charged for shipping",
        '`shop.shipping.shipping_cost(5000, "DE")` returns 490, expected 0.',
    ),
)


@pytest.mark.timeout(600)
async def test_ten_seconds_of_everything_at_once(tmp_path: Path) -> None:
    print(await soak(tmp_path, seed=1, seconds=10, fixes=0))


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [2])
async def test_twenty_minutes_of_everything_at_once(tmp_path: Path, seed: int) -> None:
    print(await soak(tmp_path, seed=seed, seconds=1_200, fixes=len(FIXABLE)))


async def soak(folder: Path, *, seed: int, seconds: float, fixes: int) -> str:
    """Live through it, and read back what came of it; the figures."""
    machine = folder / "stage" / "data"
    machine.mkdir(parents=True)
    environment = preloaded(machine)
    server = RedisServer(machine / "elsewhere", environment)
    server.start()
    try:
        async with open_stage(
            folder / "stage",
            processes=False,
            limits=Limits.none(),
            REDIS_URL=server.url,
            SOULCASTER_EMBEDDER="hashing",
        ) as stage:
            platform = Platform(folder, {**stage.environment, **environment})
            platform.start()
            keeper = asyncio.create_task(platform.keep())
            try:
                await stage.begin()
                chance = random.Random(seed)
                trouble = Trouble(platform, server, machine, chance, time.monotonic() + seconds)
                return await _Soak(stage, trouble, fixes, slower=max(1, seconds / 200)).through()
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
                ends = platform.terminate()
                # One that was only just started may not listen yet.
                assert set(ends.values()) <= {0, -SIGTERM}, ends
    finally:
        server.stop()


class _Soak:
    """What was acknowledged, and what came of it."""

    def __init__(self, stage: Stage, trouble: Trouble, fixes: int, *, slower: float) -> None:
        self.stage = stage
        self.trouble = trouble
        self.fixes = fixes
        self.slower = slower
        self.issues: list[int] = []
        self.words: list[str] = []
        self.helped: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.monitors = [unlike() for _ in range(MONITORS)]
        self.waited: list[float] = []
        self.sent = 0

    async def through(self) -> str:
        """Live through it; the figures."""
        stage = self.stage
        self.base = await open_issue(stage, f"Where commands are said {unlike()}", "words")
        runs = []
        for title, body in FIXABLE[: self.fixes]:
            number = await open_issue(stage, title, body)
            item = await item_of_issue(stage, number)
            assert item is not None
            assert item.cluster is not None
            runs.append((await ask(stage, number, "fix --timeout=30m", item.cluster)).number)
        for spec in GITHUB_FAULTS:
            stage.github.faults.add({**spec, **ALWAYS})
        for spec in SLACK_FAULTS:
            stage.slack.faults.add(Fault.model_validate({**spec, **ALWAYS}))
        # Deliveries are ours to send again, as a sender does who got no answer.
        stage.github.webhooks.lose = 10**9
        await asyncio.gather(
            self.trouble.go_on(), self._reports(), self._alerts(), self._commands()
        )
        stage.github.faults.waiting.clear()
        stage.slack.faults.waiting.clear()
        stage.github.webhooks.lose = 0
        self.trouble.set_clock("+0s")
        patience = 600 if self.fixes else 120
        await settled(stage, timeout=patience)
        await stage.wait("the end of every command", self._all_ended, timeout=patience)
        for number in runs:
            await self._ended_well(number, patience)
        await settled(stage, timeout=patience)
        return await self._read_back()

    async def _all_ended(self) -> bool:
        """What waits for a service that was away may wait for half a minute more."""
        project, commands = await self.stage.project(), self.stage.context.commands
        waiting = await commands.overdue(project.id, time.time() + 3600)
        return not waiting and not await inbox(self.stage)

    @property
    def _over(self) -> bool:
        return time.monotonic() > self.trouble.ends_at

    async def _deliver(self, event: str) -> None:
        """Send what GitHub could not deliver, some of it twice."""
        await self.stage.github.webhooks.settle()
        found = [d for d in self.stage.github.webhooks.sent() if d.event == event]
        newest = found[0]
        for times in range(self._times()):
            began = time.monotonic()
            await insist(partial(deliver, self.stage, newest.event, newest.body, guid=newest.guid))
            self.sent += 1
            if not times:
                self.waited.append(time.monotonic() - began)

    def _times(self) -> int:
        """One delivery in twelve comes twice."""
        return 1 + (self.trouble.chance.random() < 0.08)

    async def _reports(self) -> None:
        while not self._over:
            made = await self.stage.person(
                "/issues", login="pavel-novak", title=unlike(), body=f"{unlike()} {unlike()}"
            )
            await self._deliver("issues")
            self.issues.append(made["number"])
            await asyncio.sleep(self.trouble.chance.uniform(0.2, 1.2))

    async def _commands(self) -> None:
        while not self._over:
            verb = self.trouble.chance.choice(("help", "feedback", "whoami"))
            line = f"feedback {unlike()} {unlike()}" if verb == "feedback" else f"{verb} "
            await comment(self.stage, self.base, f"/soulcaster {line.strip()}")
            await self._deliver("issue_comment")
            if verb == "feedback":
                self.words.append(line.removeprefix("feedback "))
            # As many as GitHub lets an installation answer: 500 content writes an hour.
            await asyncio.sleep(self.trouble.chance.uniform(0.5, 2.5) * self.slower)

    async def _alerts(self) -> None:
        while not self._over:
            monitor = self.trouble.chance.choice(self.monitors)
            body = alert(monitor, str(self.alerts[monitor]))
            for _ in range(self._times()):
                await insist(partial(knock, self.stage, "datadog", body))
                self.sent += 1
            self.alerts[monitor] += 1
            await asyncio.sleep(self.trouble.chance.uniform(0, 0.4))

    async def _ended_well(self, number: int, patience: float) -> None:
        async def over() -> bool:
            return bool((await run_of(self.stage, number)).ended)

        await self.stage.wait(f"the end of F-{number}", over, timeout=patience)
        await opened_once(self.stage, await run_of(self.stage, number))

    async def _read_back(self) -> str:
        stage = self.stage
        assert self.trouble.platform.by_themselves == []
        assert await parked(stage) == {}
        items = await all_items(stage)
        keys = Counter((item.source, item.key) for item in items)
        assert [key for key, count in keys.items() if count > 1] == []
        for number in self.issues:
            item = await item_of_issue(stage, number)
            assert item is not None, f"#{number} is missing"
            assert item.cluster
            assert await occurrences(stage, item) == 1
        said = Counter(item.body for item in items if item.source == "feedback")
        assert said == Counter(self.words)
        counted: Counter[str] = Counter()
        for item in items:
            if item.source == "datadog":
                monitor = next(m for m in self.monitors if m in item.title)
                counted[monitor] += await occurrences(stage, item)
        assert counted == self.alerts
        cards = await _cards(stage)
        assert [card for card, count in cards.items() if count > 1] == []
        project = await stage.project()
        assert await stage.context.commands.overdue(project.id, time.time() + 3600) == []
        kills = ", ".join(f"{count} {kind}" for kind, count in self.trouble.counts.items())
        waits = statistics.quantiles(self.waited, n=20)
        return (
            f"acknowledged {self.sent}: {len(self.issues)} issues, {len(self.words)} reports by "
            f"command, {sum(self.alerts.values())} alerts; missing 0, doubled 0; {kills}; "
            f"a delivery was taken after {waits[9]:.2f} s (p50), {waits[18]:.2f} s (p95)"
        )


async def _cards(stage: Stage) -> Counter[tuple[str, str]]:
    """How often each card stands, by its place and key."""
    found: Counter[tuple[str, str]] = Counter()
    state = await stage.github_state()
    for repository in state["repositories"]:
        for issue in repository["issues"]:
            for one in issue["comments"]:
                if mark := re.match(r"<!-- soulcaster:(\S+) -->", one["body"]):
                    found[str(issue["number"]), mark[1]] += 1
    for channel in (await stage.slack_state())["channels"]:
        for message in channel["messages"]:
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload:
                found[channel["id"], str(sorted(payload.items()))] += 1
    return found
