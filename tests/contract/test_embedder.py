"""One suite for every embedder; hosted ones through their SDK against a server of their wire."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from gemini_wire_rules import wrong_answer, wrong_request
from openai.types import CreateEmbeddingResponse, EmbeddingCreateParams
from small_model import small_model

from bot.adapters import choose
from bot.adapters.embedders.hosted import GeminiEmbedder, OpenAIEmbedder
from bot.adapters.embedders.minilm import MiniLM
from bot.adapters.embedders.weights import MINILM, WHEELS
from bot.domain.errors import ConfigError, Rejected, Unavailable
from bot.domain.ports import Embedder
from bot.settings import Settings

WIDTH = 16
# Where the settings put them; a test reads no settings of the machine it runs on but this one.
WEIGHTS = Path(
    os.environ.get(
        "SOULCASTER_WEIGHTS_DIR", Settings.model_fields["soulcaster_weights_dir"].default
    )
).expanduser()
MODELS = Path(
    os.environ.get("SOULCASTER_MODELS_DIR", Settings.model_fields["soulcaster_models_dir"].default)
).expanduser()
FOLDERS = {"minilm": WEIGHTS, "multilingual": MODELS / "multilingual"}


def _direction(text: str) -> list[float]:
    """Any vector that only depends on the text, longer than one."""
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 32 + 0.1 for byte in digest[:WIDTH]]


class GeminiWire:
    """``:batchEmbedContents``. ``faults`` are answered first, one a request."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[Callable[[], web.Response] | float] = []

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(
            {"path": request.path, "key": request.headers["x-goog-api-key"]} | body
        )
        if wrong := wrong_request(request.path, body):
            return _error(400, wrong)()
        if self.faults:
            fault = self.faults.pop(0)
            if not isinstance(fault, float):
                return fault()
            await asyncio.sleep(fault)
        texts = ["".join(p["text"] for p in r["content"]["parts"]) for r in body["requests"]]
        answer = {"embeddings": [{"values": _direction(t)} for t in texts]}
        assert not wrong_answer(request.path, answer)
        return web.json_response(answer)


def _error(code: int, status: str, *details: dict[str, Any]) -> Callable[[], web.Response]:
    error = {"code": code, "message": "no", "status": status, "details": list(details)}
    return lambda: web.json_response({"error": error}, status=code)


def _retry_in(seconds: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": seconds}


@pytest.fixture
async def wire() -> AsyncIterator[tuple[GeminiWire, str]]:
    wire = GeminiWire()
    app = web.Application()
    app.router.add_post("/{tail:.*}", wire.embed)
    async with TestServer(app) as server:
        yield wire, str(server.make_url("/"))


@pytest.fixture
async def gemini(wire: tuple[GeminiWire, str]) -> AsyncIterator[GeminiEmbedder]:
    made = GeminiEmbedder(api_key="k", dimensions=WIDTH, base_url=wire[1], timeout=30)
    yield made
    await made.close()


class OpenAIWire:
    """``/embeddings``, as OpenAI describes it. ``faults`` are answered first, one a request;
    ``chooses``: whether the model's dimensions can be chosen."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[Callable[[], web.Response]] = []
        self.chooses = True

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append({"path": request.path, "key": request.headers["Authorization"]} | body)
        assert set(body) <= set(EmbeddingCreateParams.__annotations__)
        sizes = [len(text.encode()) for text in body["input"]]
        if min(sizes) == 0 or max(sizes) > 8_192 or sum(sizes) > 300_000 or len(sizes) > 2_048:
            return _said(400, "invalid input")()
        if "dimensions" in body and not self.chooses:
            return _said(400, "this model does not support matryoshka dimensions")()
        if self.faults:
            return self.faults.pop(0)()
        made = [
            {"object": "embedding", "index": n, "embedding": _direction(text)}
            for n, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        answer = {"object": "list", "data": made[::-1], "model": body["model"], "usage": usage}
        CreateEmbeddingResponse.model_validate(answer, strict=True)
        return web.json_response(answer)


def _said(status: int, message: str, **headers: str) -> Callable[[], web.Response]:
    error = {"message": message, "type": "x", "param": None, "code": None}
    return lambda: web.json_response({"error": error}, status=status, headers=headers)


@pytest.fixture
async def vectors_of() -> AsyncIterator[tuple[OpenAIWire, OpenAIEmbedder]]:
    wire = OpenAIWire()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/v1/embeddings", wire.embed)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1"))
        made = OpenAIEmbedder(api_key="k", model=f"org/text-3/{WIDTH}", base_url=url, timeout=30)
        yield wire, made
        await made.close()


class TestOpenAIWire:
    async def test_its_name_has_its_dimensions(self, vectors_of: Any) -> None:
        wire, made = vectors_of
        await made.embed(["one", "two"])
        [sent] = wire.requests
        assert (sent["key"], sent["model"], made.id) == ("Bearer k", "org/text-3", "org/text-3/16")
        assert (sent["dimensions"], sent["input"]) == (WIDTH, ["one", "two"])

    async def test_batches_are_within_what_a_request_takes(self, vectors_of: Any) -> None:
        wire, made = vectors_of
        texts = [f"{n} " + "\N{SNOWMAN}" * made.longest for n in range(40)]
        vectors = await made.embed([*texts, *(f"text {n}" for n in range(150))])
        assert [len(sent["input"]) for sent in wire.requests] == [31, 100, 59]
        expected = np.asarray(_direction("text 149"))
        np.testing.assert_allclose(vectors[-1], expected / np.linalg.norm(expected), atol=1e-6)

    async def test_a_server_that_cannot_choose_gives_what_it_has(self, vectors_of: Any) -> None:
        wire, made = vectors_of
        wire.chooses = False
        for _ in range(2):
            assert (await made.embed(["one"])).any()
        assert ["dimensions" in sent for sent in wire.requests] == [True, False, False]

    async def test_another_width_is_refused(self, vectors_of: Any) -> None:
        _, made = vectors_of
        made.dimensions = 8
        with pytest.raises(Rejected, match="are not 8 wide"):
            await made.embed(["one"])

    @pytest.mark.parametrize(
        "fault",
        [
            _said(429, "slow down", **{"Retry-After": "0"}),
            _said(500, "no"),
            lambda: web.Response(text="<html>", content_type="text/html"),
        ],
    )
    async def test_a_fault_is_asked_again(self, vectors_of: Any, fault: Any) -> None:
        wire, made = vectors_of
        wire.faults = [fault]
        assert (await made.embed(["one"])).any()

    async def test_a_refusal_is_not_asked_again(self, vectors_of: Any) -> None:
        wire, made = vectors_of
        wire.faults = [_said(401, "Incorrect API key")]
        with pytest.raises(Rejected) as raised:
            await made.embed(["one"])
        assert (raised.value.status, len(wire.requests)) == (401, 1)

    async def test_429_for_long_is_handed_on(self, vectors_of: Any) -> None:
        wire, made = vectors_of
        wire.faults = [_said(429, "slow down", **{"Retry-After": "3600"})]
        with pytest.raises(Unavailable) as raised:
            await made.embed(["one"])
        assert raised.value.retry_after == 3600


@pytest.fixture(params=choose.EMBEDDERS)
async def embedder(
    request: pytest.FixtureRequest, gemini: GeminiEmbedder, vectors_of: Any, tmp_path: Path
) -> AsyncIterator[Embedder]:
    if request.param in ("gemini", "openai"):
        yield gemini if request.param == "gemini" else vectors_of[1]
        return
    made = here(request.param, tmp_path)
    yield made
    await made.close()


def here(name: str, scratch: Path) -> Embedder:
    """An embedder that asks nobody."""
    if name in WHEELS and WHEELS[name].missing(folders := FOLDERS[name]):
        pytest.skip(f"no {name} in {folders}: {WHEELS[name].how}")
    local = small_model(scratch / "letters") if name == "local" else ""
    choices = choose.AdapterChoices(scratch, WEIGHTS, MODELS, embedder=str(local))
    return choose.EMBEDDERS[name](choices)


class TestEveryEmbedder:
    async def test_one_unit_row_a_text(self, embedder: Embedder) -> None:
        vectors = await embedder.embed(["the build fails", "login is slow", "12345"])
        assert vectors.shape == (3, embedder.dimensions)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    async def test_an_empty_text_gives_zeros_in_its_place(self, embedder: Embedder) -> None:
        vectors = await embedder.embed(["", "crash on start", "  \n"])
        assert not vectors[0].any()
        assert not vectors[2].any()
        assert vectors[1].any()

    async def test_no_text_gives_no_row(self, embedder: Embedder) -> None:
        assert (await embedder.embed([])).shape == (0, embedder.dimensions)

    async def test_a_vector_does_not_depend_on_its_neighbours(self, embedder: Embedder) -> None:
        texts = ["a", "payment page crashes when the card is declined", "slow " * 90]
        together = await embedder.embed(texts)
        alone = [(await embedder.embed([text]))[0] for text in texts]
        np.testing.assert_allclose(together, np.stack(alone), atol=1e-5)

    async def test_the_id_names_the_width(self, embedder: Embedder) -> None:
        assert embedder.id.endswith(f"/{embedder.dimensions}")


def test_each_can_be_asked_for() -> None:
    for name in choose.EMBEDDERS.keys() - {"local"}:
        choices = choose.AdapterChoices(WEIGHTS, WEIGHTS, embedder=name)
        assert choose.embedder_name(choices) == name


@pytest.mark.parametrize("name", ["minilm", "multilingual", "hashing"])
async def test_alike_is_nearer_than_unlike(name: str, tmp_path: Path) -> None:
    made = here(name, tmp_path)
    first, alike, unlike = await made.embed(
        [
            "Crash when saving a file with a long name",
            "the app crashes if I save files whose names are long",
            "Please add a dark theme to the settings page",
        ]
    )
    await made.close()
    assert float(first @ alike) > float(first @ unlike) + 0.1


def test_missing_weights_say_how_to_get_them(tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match="make weights"):
        MiniLM(tmp_path)


def test_wrong_weights_are_refused(tmp_path: Any) -> None:
    for name in MINILM.files:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(ConfigError, match="not the file we know"):
        MiniLM(tmp_path)


class TestGeminiWire:
    async def test_one_content_a_text(self, wire: Any, gemini: GeminiEmbedder) -> None:
        await gemini.embed(["one", "two"])
        (sent,) = wire[0].requests
        assert sent["path"] == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
        assert sent["key"] == "k"
        assert [r["content"]["parts"][0]["text"] for r in sent["requests"]] == ["one", "two"]
        assert {r["taskType"] for r in sent["requests"]} == {"CLUSTERING"}
        assert {r["outputDimensionality"] for r in sent["requests"]} == {WIDTH}

    async def test_the_newer_model_is_not_given_merged_texts(self, wire: Any) -> None:
        made = GeminiEmbedder(
            api_key="k", model="gemini-embedding-2", dimensions=WIDTH, base_url=wire[1]
        )
        vectors = await made.embed(["one", "two"])
        await made.close()
        assert not np.allclose(vectors[0], vectors[1])
        assert [len(r["requests"]) for r in wire[0].requests] == [2]

    async def test_batches_of_a_hundred(self, wire: Any, gemini: GeminiEmbedder) -> None:
        vectors = await gemini.embed([f"text {n}" for n in range(250)])
        assert [len(r["requests"]) for r in wire[0].requests] == [100, 100, 50]
        expected = np.asarray(_direction("text 249"))
        np.testing.assert_allclose(vectors[249], expected / np.linalg.norm(expected), atol=1e-6)

    async def test_429_waits_as_long_as_told(
        self, wire: Any, gemini: GeminiEmbedder, waits: list[float]
    ) -> None:
        wire[0].faults = [_error(429, "RESOURCE_EXHAUSTED", _retry_in("0.04s"))]
        assert (await gemini.embed(["one"])).any()
        assert waits == [0.04]
        assert len(wire[0].requests) == 2

    async def test_429_for_long_is_handed_on(self, wire: Any, gemini: GeminiEmbedder) -> None:
        wire[0].faults = [_error(429, "RESOURCE_EXHAUSTED", _retry_in("3600s"))]
        with pytest.raises(Unavailable) as raised:
            await gemini.embed(["one"])
        assert raised.value.retry_after == 3600
        assert len(wire[0].requests) == 1

    async def test_500_then_well(self, wire: Any, gemini: GeminiEmbedder) -> None:
        wire[0].faults = [_error(500, "INTERNAL")]
        assert (await gemini.embed(["one"])).any()

    async def test_400_is_not_tried_again(self, wire: Any, gemini: GeminiEmbedder) -> None:
        wire[0].faults = [_error(400, "INVALID_ARGUMENT")]
        with pytest.raises(Rejected) as raised:
            await gemini.embed(["one"])
        assert raised.value.status == 400
        assert len(wire[0].requests) == 1

    async def test_malformed_then_well(self, wire: Any, gemini: GeminiEmbedder) -> None:
        wire[0].faults = [lambda: web.Response(text="<html>", content_type="text/html")]
        assert (await gemini.embed(["one"])).any()

    async def test_a_wrong_count_is_refused(self, wire: Any, gemini: GeminiEmbedder) -> None:
        short = {"embeddings": [{"values": _direction("one")}]}
        wire[0].faults = [lambda: web.json_response(short)]
        with pytest.raises(Rejected, match="1 vectors for 2 texts"):
            await gemini.embed(["one", "two"])

    async def test_a_timeout_is_tried_again(self, wire: Any) -> None:
        wire[0].faults = [1.0]
        made = GeminiEmbedder(api_key="k", dimensions=WIDTH, base_url=wire[1], timeout=0.2)
        assert (await made.embed(["one"])).any()
        await made.close()
        assert len(wire[0].requests) == 2
