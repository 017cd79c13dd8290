"""Of what is nearly a genuine request nothing is accepted, nothing breaks, and nothing is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from e2e_kit import unlike
from forks import open_stage
from mutated_requests import MUTATIONS, Genuine, genuine

from bot.simulators.github import Limits
from handlers.demo.stage import Stage

AT_ONCE = 16
# Requests that are signed anew, so that none is refused for its age alone.
ROUND = 1_000
# What the web process may grow by in the second half, in kB: noise of its allocator.
FLAT = 8_192


async def test_no_mutated_request_is_accepted(tmp_path: Path) -> None:
    await hold(tmp_path, 3_000)


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_no_mutated_request_of_a_hundred_thousand_is_accepted(tmp_path: Path) -> None:
    await hold(tmp_path, 100_000)


async def hold(folder: Path, count: int) -> None:
    """Send so many, each from an address of its own: none waits for what another has guessed."""
    async with open_stage(
        folder, limits=Limits.none(), SOULCASTER_EMBEDDER="hashing", SOULCASTER_PROXIES="1"
    ) as stage:
        await _hold(stage, count, Random(20261121))


async def _hold(stage: Stage, count: int, chance: Random) -> None:
    before = await _stored(stage)
    told: Counter[tuple[str, str, int]] = Counter()
    sizes = [_resident(stage)]
    for part in range(0, count, ROUND):
        told += await _round(stage, chance, min(ROUND, count - part))
        sizes.append(_resident(stage))
    assert told.total() == count
    assert {name for name, _, _ in told} == {each.__name__ for each in MUTATIONS}
    assert {door for _, door, _ in told} >= {one.door for one in genuine(stage, "")}
    late = sum(count for (_, door, status), count in told.items() if _kept(door, status))
    assert [e for e in told if not (400 <= e[2] < 500 or _kept(e[1], e[2]))] == []

    async def judged() -> bool:
        return (await stage.context.inbox.unread()).get("not proven", 0) == late

    await stage.wait("the end of what was kept to be judged later", judged)
    assert await _stored(stage) == before
    assert sizes[-1] - sizes[len(sizes) // 2] < FLAT, sizes
    assert stage.stack.processes["web"].restarts == 0
    await _all_are_open(stage, before)


def _kept(door: str, status: int) -> bool:
    """On a machine so busy that Redis seems away, alerts are kept on disk until it is back."""
    return door.startswith("/hooks/") and status == 202


async def _round(stage: Stage, chance: Random, count: int) -> Counter[tuple[str, str, int]]:
    """What became of so many: mutation, door and status."""
    told: Counter[tuple[str, str, int]] = Counter()
    whole = genuine(stage, unlike())
    left = count

    async def send() -> None:
        nonlocal left
        async with Line(int(stage.web_url.rsplit(":", 1)[1])) as line:
            while left > 0:
                mutation = chance.choice(MUTATIONS)
                made = mutation(chance.choice(whole), chance)
                if made is None:
                    continue
                left -= 1
                told[mutation.__name__, made.door, await line.ask(made, _address(chance))] += 1

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return told


async def _all_are_open(stage: Stage, before: set[bytes]) -> None:
    """What was mutated is accepted as it is, by the same way."""
    whole = genuine(stage, unlike())
    async with Line(int(stage.web_url.rsplit(":", 1)[1])) as line:
        assert {await line.ask(one, "192.0.2.7") for one in whole} == {200, 202}
    assert len(await _stored(stage) - before) >= len(stage.hooks) + 1


async def _stored(stage: Stage) -> set[bytes]:
    """Every delivery that was ever acknowledged, heard or not."""
    scan = stage.context.redis.scan_iter
    return {
        key.rpartition(b":")[2]
        for pattern in ("sc:inbox:*", "sc:done:*")
        async for key in scan(pattern, count=1_000)
    }


def _resident(stage: Stage) -> int:
    """What the web process holds, in kB."""
    status = Path(f"/proc/{stage.stack.pid('web')}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _address(chance: Random) -> str:
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4))


class Line:
    """One connection, kept for as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._writer:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def ask(self, one: Genuine, sender: str) -> int:
        """The status it is answered with."""
        for _ in range(2):
            if self._reader is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                return await self._answer(one.raw(sender))
            except (asyncio.IncompleteReadError, ConnectionError):
                # It was closed after the last answer, as after what is no HTTP.
                self._close()
        raise AssertionError(f"no answer to {one}")

    async def _answer(self, sent: bytes) -> int:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(sent)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split()[0])
        await self._reader.readexactly(length)
        if "connection: close" in head:
            self._close()
        return int(head.split()[1])
