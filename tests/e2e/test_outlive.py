"""Our processes outlive what they depend on, with nobody who restarts them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from outlive_kit import PROCFILE, Processes, RedisServer, is_up, until
from stored import hours_of

from bot.context import Context, open_context
from bot.domain.models import Project
from bot.settings import Settings
from bot.storage.vault import Hook
from handlers.demo.stage import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

AWAY, BACK = "Redis is away", "Redis is back"
PROJECT = Project(id=77, installation=1, full_name="o/r", private=True, default_branch="main")
FAULTS = ("down", "hangs", "readonly", "misconf", "out_of_memory", "disk_full")
# How long each lasts, in seconds, once somebody has noticed.
SHORT, LONG = 1, 60


@dataclass
class World:
    """The processes, their Redis, and a sender of alerts."""

    server: RedisServer
    processes: Processes
    http: aiohttp.ClientSession
    context: Context
    door: Hook
    url: str
    sent: int = 0

    async def alert(self) -> None:
        """Send one; it must be acknowledged."""
        self.sent += 1
        body = json.dumps(
            {
                "title": f"Monitor m{self.sent % 5}",
                "id": f"e{self.sent}",
                "alert_id": f"m{self.sent % 5}",
                "body": "slow",
                "date": str(1_764_325_000_000 + self.sent),
            }
        ).encode()
        headers = {"Authorization": f"Bearer {self.door.secret}"}
        url = f"{self.url}/hooks/datadog/{self.door.id}"
        async with self.http.post(url, data=body, headers=headers) as response:
            assert response.status == 202, await response.text()

    async def counted(self) -> int:
        """Alerts that have taken effect."""
        count = await self.context.items.last(PROJECT.id)
        return (await hours_of(self.context, PROJECT.id, range(1, count + 1))).total()

    async def all_counted(self) -> bool:
        return await self.counted() == self.sent

    def someone_noticed(self) -> bool:
        return any(self.processes.lines(name, AWAY) for name in PROCFILE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Started while Redis is down; ended by SIGTERM, in order."""
    folder = tmp_path_factory.mktemp("outlive")
    server = RedisServer(folder / "redis")
    port = free_port()
    settings = {
        "REDIS_URL": server.url,
        "PORT": str(port),
        "SOULCASTER_DATA_DIR": str(folder / "data"),
        "SOULCASTER_EMBEDDER": "hashing",
        "GITHUB_WEBHOOK_SECRET": "s" * 20,
    }
    processes = Processes(folder, settings)
    processes.start()
    try:

        async def all_wait() -> bool:
            return all(processes.lines(name, AWAY) for name in PROCFILE if name != "web")

        await until("a line that Redis is away", all_wait, told=processes.all_said())
        server.start()
        async with (
            open_context(Settings.load(settings)) as context,
            aiohttp.ClientSession() as http,
        ):
            await context.outage.over()
            await context.outage.wait()
            await context.projects.put(PROJECT)
            door = await context.vault.open_hook(PROJECT.id, "datadog")
            made = World(server, processes, http, context, door, f"http://127.0.0.1:{port}")

            async def all_back() -> bool:
                return all(processes.lines(name, BACK) for name in PROCFILE if name != "web")

            await until("a line that Redis is back", all_back, told=processes.all_said())

            await until("a web that listens", lambda: is_up(http, port), told=processes.all_said())
            await made.alert()
            await until("the first alert", made.all_counted, told=processes.all_said())
            yield made
        processes.forget()
        assert processes.terminate() == dict.fromkeys(PROCFILE, 0)
        for name in PROCFILE:
            assert "Traceback" not in processes.said(name)
            assert "never" not in processes.said(name), "a coroutine or a task was left over"
    finally:
        for process in processes.running.values():
            process.kill()
            process.wait()
        server.stop()


@pytest.mark.parametrize(
    "seconds",
    [SHORT, pytest.param(10, marks=pytest.mark.long), pytest.param(LONG, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_redis_ends_nobody_and_loses_nothing(
    world: World, fault: str, seconds: int
) -> None:
    world.processes.forget()
    for _ in range(5):
        await world.alert()
    with getattr(world.server, fault)():
        for _ in range(10):
            await world.alert()

        async def noticed() -> bool:
            return world.someone_noticed()

        await until("a line that Redis is away", noticed, told=world.processes.all_said())
        for _ in range(seconds * 10):
            await world.alert()
            await asyncio.sleep(0.1)
    for _ in range(5):
        await world.alert()
    await until("all that was accepted", world.all_counted, told=world.processes.all_said())

    async def all_back() -> bool:
        return all(
            world.processes.lines(n, BACK) == world.processes.lines(n, AWAY) for n in PROCFILE
        )

    await until("a line that it is over", all_back, told=world.processes.all_said())
    assert world.processes.ended() == {}
    for name in PROCFILE:
        said = world.processes.said(name)
        assert world.processes.lines(name, AWAY) <= 1, said
        assert "Traceback" not in said
    assert await world.counted() == world.sent
    assert not await world.context.jobs.parked("work")


async def test_a_clock_that_loses_its_lease_takes_it_again(world: World) -> None:
    left = [0]

    async def renewed() -> bool:
        left.append(await world.context.redis.pttl("sc:lease:clock"))
        return 0 < left[-2] < left[-1]

    await until("a clock that keeps its lease", renewed, told=world.processes.all_said())
    world.processes.forget()
    await world.context.redis.delete("sc:lease:clock")

    async def runs_again() -> bool:
        _, lost, after = world.processes.said("clock").partition("lost its lease")
        return bool(lost) and "the clock runs" in after

    await until("the clock", runs_again, told=world.processes.all_said())
    assert world.processes.lines("clock", "lost its lease") == 1
    assert world.processes.ended() == {}
