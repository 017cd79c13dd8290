"""Our connection to Redis, where redis-py's own loses a cancellation on Python 3.11."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.storage.connection import connect


async def test_a_cancelled_task_ends_wherever_it_was(redis_url: str) -> None:
    redis = connect(redis_url)
    await redis.ping()

    async def work() -> None:
        while True:
            await redis.set("anything", "x")

    for steps in range(60):
        task = asyncio.create_task(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=30)
        assert done, f"cancelled after {steps} turns of the loop, and it went on"
    await redis.aclose()


async def test_a_server_that_does_not_read_is_a_timeout() -> None:
    over = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    redis = connect(f"redis://127.0.0.1:{port}/0?socket_timeout=0.1&protocol=2")
    with pytest.raises(RedisTimeoutError):
        await redis.execute_command("SET", "anything", b"x" * 30_000_000)
    await redis.aclose()
    over.set()
    server.close()
    await server.wait_closed()
