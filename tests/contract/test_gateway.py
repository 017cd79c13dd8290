"""The gateway of one run: what passes, what is refused, what is counted."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import gemini_server as gemini
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from gemini_server import GeminiServer

from bot.adapters.gateway import LARGEST, WIRES, Cap, Gateway
from bot.domain.errors import Unavailable

KEY = "AIza-the-real-key-of-the-worker"
MODEL = "gemini-3.5-flash"
BODY = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
ONE = (1_000 * 1.5 + 100 * 9.0) / 1e6  # what the scripted answer costs


@dataclass
class Run:
    """A gateway in front of a scripted server, and somebody who asks."""

    gateway: Gateway
    server: GeminiServer
    http: aiohttp.ClientSession
    now: list[float]
    url: str

    async def ask(
        self,
        *,
        call: str = f"v1beta/models/{MODEL}:generateContent",
        token: str | None = None,
        body: Any = BODY,
        **headers: str,
    ) -> tuple[int, str]:
        key = self.gateway.token if token is None else token
        url = f"{self.url}/{call}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(
            url, data=io.BytesIO(raw), headers={"x-goog-api-key": key, **headers}
        ) as got:
            return got.status, await got.text()


Opened = Callable[..., Awaitable[Run]]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    running: list[Any] = []

    async def make(
        *script: gemini.Script,
        requests: int = 10,
        dollars: float = 1.0,
        seconds: float = 60,
        model: str = MODEL,
        upstream: str = "",
    ) -> Run:
        server = GeminiServer(script)
        served = TestServer(server.app(), host="127.0.0.1")
        await served.start_server()
        now = [0.0]
        gateway = Gateway(
            api_key=KEY,
            model=model,
            wire=WIRES["gemini"],
            cap=Cap(requests, dollars, seconds),
            upstream=upstream or str(served.make_url("")),
            clock=lambda: now[0],
        )
        await gateway.__aenter__()
        http = aiohttp.ClientSession()
        running.extend((http.close, lambda: gateway.__aexit__(None, None, None), served.close))
        return Run(gateway, server, http, now, await gateway.listen())

    yield make
    for close in running:
        await close()


async def test_the_key_is_added_on_our_side(opened: Opened) -> None:
    run = await opened(gemini.text("hi"))
    status, said = await run.ask(cookie="a=1", authorization="Bearer theirs")
    assert (status, '"text": "hi"' in said) == (200, True)
    (asked,) = run.server.asked
    assert asked.key == KEY
    assert asked.path == f"/v1beta/models/{MODEL}:generateContent"
    assert asked.body["contents"] == BODY["contents"]
    assert KEY not in said
    assert (run.gateway.requests, run.gateway.dollars) == (1, pytest.approx(ONE))


async def test_a_stream_passes_and_is_counted(opened: Opened) -> None:
    run = await opened(gemini.text("hi"))
    status, said = await run.ask(call=f"v1beta/models/{MODEL}:streamGenerateContent?alt=sse")
    assert status == 200
    assert said.startswith("data: ")
    assert run.gateway.dollars == pytest.approx(ONE)


@pytest.mark.parametrize("token", ["", "x", KEY, "é"])
async def test_a_foreign_token_is_refused(opened: Opened, token: str) -> None:
    run = await opened(gemini.text("hi"))
    status, _ = await run.ask(token=token.encode().decode("latin-1"))
    assert (status, run.server.asked) == (401, [])


@pytest.mark.parametrize(
    "call",
    [
        f"v1beta/models/{MODEL}:batchGenerateContent",
        f"v1beta/tunedModels/{MODEL}:generateContent",
        "v1beta/files",
        f"v1beta/models/../../v1beta/files/{MODEL}:generateContent",
        f"v2/models/{MODEL}:generateContent",
    ],
)
async def test_only_what_asks_a_model_is_forwarded(opened: Opened, call: str) -> None:
    run = await opened(gemini.text("hi"))
    status, _ = await run.ask(call=call)
    assert status in (403, 404)
    assert run.server.asked == []


async def test_only_one_model_can_be_asked(opened: Opened) -> None:
    """Whichever a CLI names, the run's answers."""
    run = await opened(gemini.text("hi"))
    status, _ = await run.ask(call="v1beta/models/gemini-3.1-pro-preview:generateContent")
    assert status == 200
    assert [asked.path for asked in run.server.asked] == [f"/v1beta/models/{MODEL}:generateContent"]


async def test_requests_are_capped(opened: Opened) -> None:
    run = await opened(*[gemini.text("hi")] * 9, requests=2)
    answers = await asyncio.gather(*(run.ask() for _ in range(6)))
    assert sorted(status for status, _ in answers) == [200, 200, 403, 403, 403, 403]
    assert len(run.server.asked) == 2
    assert run.gateway.used_up == "2 requests are used up"


async def test_dollars_are_capped(opened: Opened) -> None:
    run = await opened(*[gemini.text("hi")] * 99, dollars=4.5 * ONE, requests=99)
    statuses = [(await run.ask())[0] for _ in range(9)]
    assert statuses.count(200) <= 4
    assert statuses[-1] == 403
    assert run.gateway.dollars <= 4.5 * ONE
    assert "$" in run.gateway.used_up


async def test_a_crowd_does_not_slip_through(opened: Opened) -> None:
    run = await opened(*[gemini.text("hi", after=0.05)] * 99, dollars=2.5 * ONE, requests=99)
    await asyncio.gather(*(run.ask() for _ in range(20)))
    assert run.gateway.dollars <= 2.5 * ONE


async def test_an_answer_is_no_longer_than_the_money_goes(opened: Opened) -> None:
    run = await opened(gemini.text("hi"), gemini.text("hi"), dollars=0.009)
    await run.ask(body={**BODY, "generationConfig": {"maxOutputTokens": 60_000}})
    allowed = run.server.asked[0].body["generationConfig"]["maxOutputTokens"]
    assert 900 < allowed < 1_000
    await run.ask(body={**BODY, "generationConfig": {"maxOutputTokens": 5}})
    assert run.server.asked[1].body["generationConfig"]["maxOutputTokens"] == 5


async def test_a_dear_question_is_refused_before_it_is_asked(opened: Opened) -> None:
    run = await opened(gemini.text("hi"), dollars=0.5)
    long = {"contents": [{"parts": [{"text": "x" * 2_000_000}]}]}
    assert (await run.ask(body=long))[0] == 403
    assert run.server.asked == []


async def test_time_is_capped(opened: Opened) -> None:
    run = await opened(*[gemini.text("hi")] * 2, seconds=60)
    run.now[0] = 59.0
    assert (await run.ask())[0] == 200
    run.now[0] = 60.0
    assert (await run.ask())[0] == 403
    assert "time" in run.gateway.used_up


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
async def test_what_is_no_object_is_refused(opened: Opened, body: bytes) -> None:
    run = await opened(gemini.text("hi"))
    assert (await run.ask(body=body))[0] == 400
    assert run.server.asked == []


async def test_too_large_is_refused(opened: Opened) -> None:
    run = await opened(gemini.text("hi"))
    assert (await run.ask(body=b"x" * (LARGEST + 1)))[0] == 413
    assert run.server.asked == []


async def test_a_fault_of_the_service_passes_and_costs_nothing(opened: Opened) -> None:
    run = await opened(gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="3s"))
    status, said = await run.ask()
    assert (status, "retryDelay" in said) == (429, True)
    assert run.gateway.dollars == 0


async def test_our_key_being_refused_is_not_the_sandbox_s_affair(opened: Opened) -> None:
    run = await opened(gemini.Reply({"error": {"message": f"bad key {KEY}"}}, status=403))
    status, said = await run.ask()
    assert (status, KEY in said) == (502, False)


@pytest.mark.parametrize("body", [{"candidates": []}, {"usageMetadata": {"thoughtsTokenCount": 1}}])
async def test_an_answer_without_usage_is_as_dear_as_it_could_be(opened: Opened, body: Any) -> None:
    run = await opened(*[gemini.Reply(body)] * 3)
    await run.ask(body={**BODY, "generationConfig": {"maxOutputTokens": 10_000}})
    assert run.gateway.dollars == pytest.approx(10_000 * 9 / 1e6, rel=0.01)
    await run.ask(body={**BODY, "generationConfig": {"maxOutputTokens": 65_536}})
    assert (await run.ask())[0] == 200
    assert (await run.ask())[0] == 403
    assert run.gateway.dollars <= 1.0


class Halting:
    """A service that streams one piece, waits, and sends the last one or breaks off."""

    def __init__(self, *, breaks: bool) -> None:
        self.breaks, self.goes_on = breaks, asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{rest:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for output in (1, 100):
            usage = {"promptTokenCount": 1_000, "candidatesTokenCount": output}
            await stream.write(f"data: {json.dumps({'usageMetadata': usage})}\r\n\r\n".encode())
            await self.goes_on.wait()
            if self.breaks and request.transport:
                request.transport.abort()
        return stream


@pytest.mark.parametrize("breaks", [False, True], ids=["it ends", "it breaks off"])
async def test_hanging_up_saves_nothing(opened: Opened, breaks: bool) -> None:
    """What is counted is the last piece, or the dearest answer where none came."""
    service = Halting(breaks=breaks)
    served = TestServer(service.app(), host="127.0.0.1")
    await served.start_server()
    run = await opened(upstream=str(served.make_url("")))
    url = f"{run.url}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    asked = {**BODY, "generationConfig": {"maxOutputTokens": 1_000}}
    key = {"x-goog-api-key": run.gateway.token}
    async with run.http.post(url, json=asked, headers=key) as answer:
        assert (await answer.content.readany()).startswith(b"data: ")
        answer.close()
    service.goes_on.set()
    assert (await run.ask(body=b"{"))[0] == 400  # asked after the other has ended
    assert run.gateway.dollars == pytest.approx(1_000 * 9 / 1e6 if breaks else ONE, rel=0.02)
    await served.close()


async def test_a_list_of_pieces_is_counted_by_its_last(opened: Opened) -> None:
    pieces = [{"usageMetadata": {**gemini.USAGE, "candidatesTokenCount": n}} for n in (1, 100)]
    run = await opened(gemini.Reply(json.dumps(pieces)))
    assert (await run.ask())[0] == 200
    assert run.gateway.dollars == pytest.approx(ONE)


async def test_only_what_is_known_is_forwarded(opened: Opened) -> None:
    run = await opened(gemini.text("hi"), gemini.text("hi"))
    tools = {**BODY, "tools": [{"urlContext": {}}]}
    status, said = await run.ask(body=tools)
    assert (status, run.server.asked, run.gateway.requests) == (400, [], 0)
    message = "Refused: tools[0].urlContext is not forwarded."
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    assert json.loads(said) == {"error": error}
    await run.ask(body={"contents": BODY["contents"], "generation_config": {"top_k": 1}})
    config = {"topK": 1, "maxOutputTokens": 65_536}
    assert run.server.asked[0].body == {**BODY, "generationConfig": config}


async def test_thoughts_and_what_only_the_total_tells_are_counted(opened: Opened) -> None:
    usage = {"promptTokenCount": 1_000, "candidatesTokenCount": 60, "thoughtsTokenCount": 40}
    run = await opened(
        gemini.text("hi", usage=usage),
        gemini.text("hi", usage={"promptTokenCount": 1_000, "totalTokenCount": 1_100}),
    )
    await run.ask()
    assert run.gateway.dollars == pytest.approx(ONE)
    await run.ask()
    assert run.gateway.dollars == pytest.approx(2 * ONE)


async def test_counting_tokens_is_free_and_unchanged(opened: Opened) -> None:
    run = await opened(gemini.Reply({"totalTokens": 3}), gemini.Reply({"totalTokens": 3}))
    call = f"v1beta/models/{MODEL}:countTokens"
    assert (await run.ask(call=call))[0] == 200
    whole = {"generateContentRequest": {"model": f"models/{MODEL}", **BODY}}
    assert (await run.ask(call=call, body=whole))[0] == 200
    assert [each.body for each in run.server.asked] == [BODY, whole]
    assert (run.gateway.requests, run.gateway.dollars) == (2, 0)


async def test_a_service_that_is_away(opened: Opened) -> None:
    run = await opened(upstream="http://127.0.0.1:9")
    assert (await run.ask())[0] == 503
    assert run.gateway.dollars == 0


async def test_a_model_without_a_price_is_capped_by_requests(opened: Opened) -> None:
    run = await opened(*[gemini.text("hi")] * 5, model="gemini-next", requests=2, dollars=0)
    call = "v1beta/models/gemini-next:generateContent"
    assert [(await run.ask(call=call))[0] for _ in range(3)] == [200, 200, 403]
    assert not run.gateway.priced


async def test_it_is_gone_after_the_run_and_its_token_too(opened: Opened) -> None:
    first, second = await opened(gemini.text("hi")), await opened(gemini.text("hi"))
    assert first.gateway.token != second.gateway.token
    assert (await second.ask(token=first.gateway.token))[0] == 401
    gone = Gateway(api_key=KEY, model=MODEL, wire=WIRES["gemini"], cap=Cap(1, 1, 1))
    async with gone:
        url = await gone.listen()
        async with first.http.get(f"{url}/open") as there:
            assert there.status == 200
    with pytest.raises(aiohttp.ClientConnectionError):
        await first.http.get(f"{url}/open")


async def test_a_port_in_use_is_said(opened: Opened) -> None:
    run = await opened()
    port = int(run.url.rpartition(":")[2])
    wire = WIRES["gemini"]
    async with Gateway(api_key=KEY, model=MODEL, wire=wire, cap=Cap(1, 1, 1), port=port) as other:
        with pytest.raises(Unavailable, match="another run"):
            await other.listen()
