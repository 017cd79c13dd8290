"""One suite for every vector index; Upstash through its SDK against a server of its wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from upstash_wire import UpstashWire, wrong_body

from bot.adapters import choose
from bot.adapters.vectors.local import LocalIndex
from bot.adapters.vectors.upstash import UpstashIndex
from bot.context import Context
from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import VectorIndex
from bot.storage.vectors import StoredVectors

WIDTH = 8
SPACE = "42:all-minilm-l6-v2/128/384"


@pytest.fixture
async def wire() -> AsyncIterator[tuple[UpstashWire, str]]:
    wire = UpstashWire(WIDTH)
    app = web.Application()
    app.router.add_post("/{tail:.*}", wire.answer)
    async with TestServer(app) as server:
        yield wire, str(server.make_url("/"))


@pytest.fixture(params=choose.VECTOR_INDEXES)
async def index(
    request: pytest.FixtureRequest, tmp_path: Path, wire: tuple[UpstashWire, str], ctx: Context
) -> AsyncIterator[VectorIndex]:
    choices = choose.AdapterChoices(
        tmp_path,
        tmp_path,
        upstash_url=wire[1],
        upstash_token="t",
        shared_vectors=lambda: StoredVectors(ctx.redis, ctx.seal),
    )
    made = choose.VECTOR_INDEXES[request.param](choices)
    assert made.id == request.param
    yield made
    await made.close()


@pytest.fixture
def width() -> int:
    """How many numbers a vector of the index has."""
    return WIDTH


def vectors(count: int, width: int = WIDTH, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
    made = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def names(count: int) -> list[str]:
    return [str(n) for n in range(count)]


class TestEveryIndex:
    async def test_what_is_stored_is_given_back(self, index: VectorIndex, width: int) -> None:
        stored = vectors(30, width)
        await index.upsert(SPACE, names(30), stored)
        found = await index.fetch(SPACE, ["7", "no such", "3"])
        assert set(found) == {"7", "3"}
        assert np.allclose(found["7"], stored[7], atol=1e-6)

    async def test_an_unknown_namespace_is_empty(self, index: VectorIndex) -> None:
        assert await index.fetch("nowhere", ["a"]) == {}
        await index.drop("nowhere")

    async def test_namespaces_are_apart(self, index: VectorIndex, width: int) -> None:
        stored = vectors(2, width)
        for space, vector in zip(("1:a", "1:a/b", "../1:a", "1:a%2Fb"), stored, strict=False):
            await index.upsert(space, ["x"], vector[None])
        assert np.allclose((await index.fetch("1:a", ["x"]))["x"], stored[0], atol=1e-6)
        assert np.allclose((await index.fetch("1:a/b", ["x"]))["x"], stored[1], atol=1e-6)
        assert await index.fetch("../1:a", ["x"]) == {}

    async def test_a_second_upsert_replaces(self, index: VectorIndex, width: int) -> None:
        old, new = vectors(2, width)
        await index.upsert(SPACE, ["a"], old[None])
        await index.upsert(SPACE, ["a"], new[None])
        assert np.allclose((await index.fetch(SPACE, ["a"]))["a"], new, atol=1e-6)

    async def test_dropped_is_gone_and_can_begin_again(
        self, index: VectorIndex, width: int
    ) -> None:
        stored = vectors(3, width)
        await index.upsert(SPACE, names(3), stored)
        await index.drop(SPACE)
        assert await index.fetch(SPACE, names(3)) == {}
        await index.upsert(SPACE, ["9"], stored[:1])
        assert set(await index.fetch(SPACE, [*names(3), "9"])) == {"9"}

    async def test_removed_are_gone_and_others_stay(self, index: VectorIndex, width: int) -> None:
        await index.remove(SPACE, ["0"])
        await index.upsert(SPACE, names(3), vectors(3, width))
        await index.remove(SPACE, ["0", "2", "9"])
        assert set(await index.fetch(SPACE, names(3))) == {"1"}
        await index.remove(SPACE, [])

    async def test_many_at_once(self, index: VectorIndex, width: int) -> None:
        stored = vectors(1_203, width)
        await index.upsert(SPACE, names(1_203), stored)
        found = await index.fetch(SPACE, names(1_203))
        assert len(found) == 1_203
        assert np.allclose(found["1100"], stored[1_100], atol=1e-6)

    async def test_as_many_ids_as_vectors(self, index: VectorIndex, width: int) -> None:
        with pytest.raises(Rejected):
            await index.upsert(SPACE, ["a"], vectors(2, width))


class TestLocalFile:
    async def test_processes_share_what_is_written(self, tmp_path: Path) -> None:
        writer, reader = LocalIndex(tmp_path), LocalIndex(tmp_path)
        stored = vectors(3)
        await writer.upsert(SPACE, ["a"], stored[:1])
        assert set(await reader.fetch(SPACE, ["a", "b"])) == {"a"}
        await writer.upsert(SPACE, ["b", "c"], stored[1:])
        assert set(await reader.fetch(SPACE, ["a", "b", "c"])) == {"a", "b", "c"}
        await reader.drop(SPACE)
        assert await writer.fetch(SPACE, ["a", "b", "c"]) == {}

    async def test_two_writers_lose_nothing(self, tmp_path: Path) -> None:
        one, two = LocalIndex(tmp_path), LocalIndex(tmp_path)
        stored = vectors(200)
        await asyncio.gather(
            *(
                (one if n % 2 else two).upsert(SPACE, [str(n)], stored[n : n + 1])
                for n in range(200)
            )
        )
        found = await LocalIndex(tmp_path).fetch(SPACE, names(200))
        assert all(np.allclose(found[str(n)], stored[n], atol=1e-6) for n in range(200))

    async def test_a_disk_that_refuses_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "vectors.db").mkdir()
        with pytest.raises(Unavailable):
            await LocalIndex(tmp_path).fetch(SPACE, ["a"])

    async def test_another_width_is_refused(self, tmp_path: Path) -> None:
        index = LocalIndex(tmp_path)
        await index.upsert(SPACE, ["a"], vectors(1))
        with pytest.raises(Rejected):
            await index.upsert(SPACE, ["b"], np.ones((1, 3), dtype=np.float32))


def _drop(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


class TestUpstashWire:
    @pytest.fixture
    async def index(self, wire: Any) -> AsyncIterator[UpstashIndex]:
        made = UpstashIndex(url=wire[1], token="t", timeout=30)
        yield made
        await made.close()

    @pytest.mark.parametrize(
        "fault",
        [
            lambda _: web.json_response({"error": "slow down", "status": 429}, status=429),
            lambda _: web.Response(text="<html>bad gateway</html>", status=502),
            lambda _: web.Response(text="<html>500</html>", status=500, content_type="text/html"),
            lambda _: web.Response(text="<html>hello</html>", content_type="text/html"),
            _drop,
        ],
        ids=["429", "502 html", "500 html", "200 html", "dropped"],
    )
    async def test_tried_again_and_written_once(
        self, wire: Any, index: UpstashIndex, fault: Any
    ) -> None:
        wire[0].faults = [fault, fault]
        stored = vectors(1)
        await index.upsert(SPACE, ["a"], stored)
        assert len(wire[0].requests) == 3
        assert set(await index.fetch(SPACE, ["a"])) == {"a"}

    async def test_a_named_wait_is_kept(
        self, wire: Any, index: UpstashIndex, waits: list[float]
    ) -> None:
        wire[0].faults = [
            lambda _: web.json_response({}, status=429, headers={"retry-after": "0.04"})
        ]
        await index.upsert(SPACE, ["a"], vectors(1))
        assert waits == [0.04]

    async def test_a_long_wait_is_handed_on(self, wire: Any, index: UpstashIndex) -> None:
        wire[0].faults = [
            lambda _: web.json_response({}, status=429, headers={"retry-after": "900"})
        ]
        with pytest.raises(Unavailable) as raised:
            await index.upsert(SPACE, ["a"], vectors(1))
        assert raised.value.retry_after == 900

    async def test_a_refusal_is_not_tried_again(self, wire: Any, index: UpstashIndex) -> None:
        wire[0].faults = [lambda _: web.json_response({"error": "no"}, status=401)]
        with pytest.raises(Rejected) as raised:
            await index.fetch(SPACE, ["a"])
        assert raised.value.status == 401
        assert len(wire[0].requests) == 1

    async def test_down_for_good(self, wire: Any, index: UpstashIndex) -> None:
        wire[0].faults = [lambda _: web.Response(status=503)] * 9
        with pytest.raises(Unavailable):
            await index.fetch(SPACE, ["a"])

    async def test_a_late_write_is_missed_not_made_up(self, wire: Any, index: UpstashIndex) -> None:
        wire[0].delay = 3
        stored = vectors(2)
        await index.upsert(SPACE, ["a", "b"], stored)
        assert await index.fetch(SPACE, ["a"]) == {}
        assert await index.fetch(SPACE, ["b"]) == {}
        assert set(await index.fetch(SPACE, ["a", "b"])) == {"a", "b"}

    async def test_the_namespace_is_escaped_in_the_url(
        self, wire: Any, index: UpstashIndex
    ) -> None:
        await index.upsert("1:a/b?c#d", ["x"], vectors(1))
        assert wire[0].requests[0][0] == "/upsert/1%3Aa%2Fb%3Fc%23d"

    async def test_batches(self, wire: Any, index: UpstashIndex) -> None:
        await index.upsert(SPACE, names(1_203), vectors(1_203))
        assert [len(body) for _, body in wire[0].requests] == [500, 500, 203]

    async def test_another_width_is_refused(self, index: UpstashIndex) -> None:
        with pytest.raises(Rejected, match=r"expected: 8.*Make another index"):
            await index.upsert(SPACE, ["a"], np.ones((1, 3), dtype=np.float32))

    @pytest.mark.parametrize(
        ("verb", "body", "said"),
        [
            ("upsert", [{"id": 1, "vector": [0.1]}], "string"),
            ("upsert", [{"id": "a", "values": [0.1]}], "vector"),
            ("fetch", {"ids": ["a"], "include_vectors": True}, "include_vectors"),
            ("search", {}, "no such command"),
        ],
    )
    def test_the_double_refuses_what_is_not_documented(
        self, verb: str, body: Any, said: str
    ) -> None:
        assert said in wrong_body(verb, body)
