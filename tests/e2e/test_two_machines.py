"""Two of each process on one Redis, from two data folders, as two machines have them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import forks
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from e2e_kit import alert, all_items, open_issue, unlike
from fix_kit import ended, opened_once, publish, ready_to_publish
from outlive_kit import PROCFILE, ForkedProcesses, Processes, RedisServer, is_up, until

from bot.adapters.embedders.hashing import Hashing
from bot.simulators.github import Limits
from bot.storage import keys
from handlers.demo.stage import Stage, free_port, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Machines:
    """``a`` hears GitHub, too. Nobody restarts what is killed."""

    stage: Stage
    a: Processes
    b: Processes

    def told(self) -> str:
        return f"{self.a.all_said()}\n{self.b.all_said()}"

    async def alert(self, machine: Processes) -> None:
        """Send one to a machine's web; it is acknowledged, and has a cluster in the end."""
        words = unlike()
        await self.send(machine, words)

        async def placed() -> bool:
            return any(i.cluster and words in i.title for i in await all_items(self.stage))

        await until(f"a cluster of the alert {words}", placed, seconds=30, told=self.told())

    async def send(self, machine: Processes, words: str) -> None:
        door = self.stage.hooks["datadog"]
        url = f"http://127.0.0.1:{machine.env['PORT']}/hooks/datadog/{door.id}"
        headers = {"Authorization": f"Bearer {door.secret}"}
        async with self.stage.http.post(url, data=alert(words, "1"), headers=headers) as answer:
            assert answer.status == 202, await answer.text()

    async def answers(self, machine: Processes) -> None:
        port = machine.env["PORT"]
        await until("a web that listens", lambda: is_up(self.stage.http, port), told=self.told())


async def shell(machine: Processes, *arguments: str) -> tuple[int, str, str]:
    """A command there; how it ended, and what it said on both streams."""
    told = partial(forks.run, *arguments, cwd=machine.folder, env=machine.env, timeout=60)
    done = await asyncio.to_thread(told)
    return done.returncode, done.stdout, done.stderr


def machine(stage: Stage, name: str, **more: str) -> Processes:
    folder = stage.folder / name
    folder.mkdir()
    settings = {**stage.environment, "SOULCASTER_DATA_DIR": str(folder / "data"), **more}
    return ForkedProcesses(folder, settings)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machines(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    server = RedisServer(folder / "redis")
    server.start()
    a = b = None
    try:
        async with open_stage(
            folder / "stage",
            processes=False,
            limits=Limits.none(),
            REDIS_URL=server.url,
            SOULCASTER_VAULT_KEYS=Fernet.generate_key().decode(),
            SOULCASTER_EMBEDDER="hashing",
        ) as stage:
            a, b = machine(stage, "a"), machine(stage, "b", PORT=str(free_port()))
            a.start()
            b.start()
            made = Machines(stage, a, b)
            for each in (a, b):
                await made.answers(each)
            await stage.begin()
            yield made
    finally:
        for each in (a, b):
            if each:
                each.kill()
        server.stop()


async def test_two_of_each_work_as_one_and_each_without_the_other(machines: Machines) -> None:
    stage, a, b = machines.stage, machines.a, machines.b
    for each in (a, b):
        await machines.alert(each)
    listed = await asyncio.gather(*(shell(each, "say", "source list") for each in (a, b)))
    assert [code for code, _, _ in listed] == [0, 0], listed
    assert all(stage.hooks["datadog"].id in said for _, said, _ in listed), listed

    runs = []
    for _ in range(2):
        issue = await open_issue(stage, f"The {unlike()} is lost", unlike())
        found = next(i for i in await all_items(stage) if i.key == f"issue:{issue}")
        runs.append(await ready_to_publish(stage, issue, found.cluster or 0))

    for run, dead, alive in ((runs[0], a, b), (runs[1], b, a)):
        alive.start()
        dead.kill()
        await machines.answers(alive)
        await machines.alert(alive)
        await publish(stage, run)

        await opened_once(stage, await ended(stage, run.number, timeout=40))

    shared = keys.vectors((await stage.project()).id, Hashing.id)
    assert await stage.context.redis.hlen(shared) == len(await all_items(stage))
    for each in (a, b):
        assert not (Path(each.env["SOULCASTER_DATA_DIR"]) / "vectors").exists()
        assert "Traceback" not in each.all_said()


async def test_a_machine_with_other_keys_says_so_and_does_no_harm(machines: Machines) -> None:
    stage, other = machines.stage, Fernet.generate_key().decode()
    with_others = machine(stage, "c", PORT=str(free_port()), SOULCASTER_VAULT_KEYS=other)
    with_none = machine(stage, "d", SOULCASTER_VAULT_KEYS="")
    tried = [(with_others, line.split()) for line in PROCFILE.values()]
    tried += [(with_others, ["say", "source list"]), (with_none, ["worker"])]
    for code, said, told in await asyncio.gather(*(shell(where, *what) for where, what in tried)):
        [line] = told.splitlines()
        assert (code, said) == (2, "")
        assert line.startswith("soulcaster: What is in Redis was sealed with a key that this")
        assert "set SOULCASTER_VAULT_KEYS" in line
    assert await stage.context.redis.hlen(keys.vault_keys()) == 1
    machines.a.start()
    await machines.answers(machines.a)
    await machines.alert(machines.a)


async def test_a_worker_with_another_embedder_leaves_clustering_to_others(
    machines: Machines,
) -> None:
    stage, a = machines.stage, machines.a
    nowhere = f"http://127.0.0.1:{free_port()}"
    other = machine(
        stage,
        "e",
        SOULCASTER_EMBEDDER="gemini",
        GEMINI_API_KEY="none",
        GEMINI_BASE_URL=nowhere,
    )
    a.start()
    await machines.answers(a)
    for each in (a, machines.b):
        each.kill("worker")
    other.start("worker")
    try:
        words = unlike()
        await machines.send(a, words)

        async def declined() -> bool:
            return other.lines("worker", "left to other workers") > 0

        await until("a worker that leaves it to others", declined, told=other.all_said())
        assert stage.repository in other.said("worker")
        a.start("worker")
        await machines.alert(a)
        assert other.lines("worker", "left to other workers") == 1
        agreed = await stage.context.embeddings.agreed((await stage.project()).id)
        assert agreed == Hashing.id
        assert not await stage.context.jobs.parked("work")
    finally:
        other.kill()
