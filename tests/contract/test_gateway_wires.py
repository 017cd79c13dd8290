"""Each wire of the gateway by itself: what its CLI sends passes, what reaches further is refused.

The requests are of the shape in which the pinned CLIs were heard; their words are ours.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from vendor_double import IN, OUT, VendorDouble, say

from bot.adapters.gateway import WIRES, Cap, Gateway
from bot.adapters.prices import dollars
from bot.domain.errors import BadPayload
from bot.domain.metering import Usage

KEY = "the-real-key-of-the-worker"
MODELS = {"anthropic": "claude-sonnet-5", "chat": "gpt-5.2", "responses": "gpt-6.1-sol"}
PATHS = {
    "anthropic": "/v1/messages?beta=true",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
}
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}}
FUNCTION = {"name": "bash", "description": "Run it.", "parameters": SCHEMA}
CACHED = {"type": "ephemeral"}
# As claude, aider, and codex (by namespaces, and a script that calls tools) have sent them.
SENT: dict[str, dict[str, Any]] = {
    "anthropic": {
        "model": "claude-haiku",
        "max_tokens": 32_000,
        "stream": True,
        "system": [{"type": "text", "text": "You repair.", "cache_control": CACHED}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Go."}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                    {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": None}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "red"}],
            },
        ],
        "tools": [{"name": "bash", "description": "Run it.", "input_schema": SCHEMA}],
        "metadata": {"user_id": "session"},
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
    },
    "chat": {
        "model": "gpt-5-nano",
        "max_tokens": 9_000,
        "stream": True,
        "messages": [
            {"role": "system", "content": "You repair."},
            {"role": "user", "content": [{"type": "text", "text": "Go."}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": ""}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "red"},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
        "reasoning_effort": "medium",
    },
    "responses": {
        "model": "gpt-6",
        "stream": True,
        "input": [
            {
                "type": "additional_tools",
                "id": "at1",
                "role": "developer",
                "tools": [
                    {
                        "type": "namespace",
                        "name": "functions",
                        "description": "",
                        "tools": [
                            {"type": "custom", "name": "exec", "format": {"type": "grammar"}},
                            {"type": "function", **FUNCTION, "strict": False},
                        ],
                    }
                ],
            },
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go."}]},
            {"type": "reasoning", "id": "r1", "summary": [], "encrypted_content": "c2ln"},
            {"type": "custom_tool_call", "call_id": "c1", "name": "exec", "input": "1"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "red"},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
        "client_metadata": {"installation": "of the sandbox"},
    },
}
URL = "https://example.org/x"


def block(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [fields]}]}


def item(**fields: Any) -> dict[str, Any]:
    return {"input": [fields]}


def source(**fields: Any) -> dict[str, Any]:
    return block(type="image", source=fields)


FURTHER: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
        {"mcp_servers": [{"type": "url", "url": URL}]},
        {"container": "c"},
        {"service_tier": "auto"},
        {"speed": "fast"},
        {"inference_geo": "us"},
        source(type="url", url=URL),
        source(type="file", file_id="f"),
        block(type="document", source={"type": "url", "url": URL}),
        block(type="tool_result", content=[{"type": "image", "source": {"type": "url"}}]),
        {"tools": [{"name": "f", "input_schema": {"$ref": URL}}]},
    ],
    "chat": [
        {"web_search_options": {}},
        {"store": True},
        {"service_tier": "priority"},
        {"n": 8},
        {"modalities": ["audio"]},
        {"tools": [{"type": "custom", "custom": {"name": "x"}}]},
        block(type="image_url", image_url={"url": URL}),
        block(type="file", file={"file_id": "f"}),
    ],
    "responses": [
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "mcp", "server_url": URL}]},
        {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "web_search"}]}]},
        {"store": True},
        {"previous_response_id": "resp"},
        {"conversation": "c"},
        {"prompt": {"id": "p"}},
        {"background": True},
        {"service_tier": "priority"},
        {"include": ["web_search_call.action.sources"]},
        item(type="item_reference", id="of-another"),
        item(type="additional_tools", tools=[{"type": "file_search"}]),
        item(type="message", role="user", content=[{"type": "input_image", "image_url": URL}]),
        item(type="message", role="user", content=[{"type": "input_file", "file_url": URL}]),
    ],
}


@pytest.fixture(params=SENT)
async def asked(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Ask through a gateway: ``(wire, gateway, double, ask)``."""
    wire, double = request.param, VendorDouble((say("hm"),))
    async with (
        TestServer(double.app(), host="127.0.0.1") as served,
        Gateway(
            api_key=KEY,
            model=MODELS[wire],
            wire=WIRES[wire],
            cap=Cap(9, 1.0, 60),
            upstream=str(served.make_url("")),
        ) as gateway,
        aiohttp.ClientSession() as http,
    ):
        url = await gateway.listen()

        async def ask(body: Any, path: str = "", **headers: str) -> tuple[int, str]:
            of = WIRES[wire]
            bearing = {of.key_header: of.key_prefix + gateway.token, **headers}
            async with http.post(url + (path or PATHS[wire]), json=body, headers=bearing) as got:
                return got.status, await got.text()

        yield wire, gateway, double, ask


async def test_what_its_cli_sends_passes_and_is_counted(asked: Any) -> None:
    wire, gateway, double, ask = asked
    status, said = await ask(SENT[wire], **{"anthropic-beta": "b", "x-app": "cli", "cookie": "c"})
    assert (status, '"hm"' in said) == (200, True)
    [heard] = double.heard
    own = {"model", "max_tokens", "max_completion_tokens", "max_output_tokens", "stream_options"}
    same = {name for name in SENT[wire] if name not in own} - {"client_metadata"}
    assert {name: heard.body[name] for name in same} == without_null(
        {n: SENT[wire][n] for n in same}
    )
    assert set(heard.body) - same <= own
    assert heard.body["model"] == MODELS[wire]
    assert KEY in heard.headers[WIRES[wire].key_header]
    assert {"x-app", "Cookie"}.isdisjoint(heard.headers)
    assert ("anthropic-beta" in heard.headers) == (wire == "anthropic")
    assert (gateway.used.prompt, gateway.used.output) == (IN, OUT)
    assert gateway.dollars == pytest.approx(
        dollars(WIRES[wire].provider, MODELS[wire], Usage(IN, OUT))
    )
    whole = {**SENT[wire], "stream": False}
    assert (await ask(whole))[0] == 200
    assert (gateway.used.prompt, gateway.used.output) == (2 * IN, 2 * OUT)


def without_null(sent: dict[str, Any]) -> dict[str, Any]:
    """What is null is left out, but not within what a tool is given."""
    messages = [{k: v for k, v in one.items() if v is not None} for one in sent.get("messages", ())]
    return {**sent, **({"messages": messages} if messages else {})}


@pytest.mark.parametrize(
    ("wire", "more"), [(wire, more) for wire, cases in FURTHER.items() for more in cases]
)
def test_what_reaches_beyond_the_sandbox_is_refused(wire: str, more: dict[str, Any]) -> None:
    raw = json.dumps({**SENT[wire], **more}).encode()
    with pytest.raises(BadPayload) as refused:
        WIRES[wire].read(MODELS[wire], {}, {}, raw)
    assert len(str(refused.value)) < 300


async def test_a_refusal_is_in_the_vendors_shape_and_recorded(asked: Any) -> None:
    wire, gateway, double, ask = asked
    status, said = await ask({**SENT[wire], "cookies": 1})
    assert (status, double.heard) == (400, [])
    assert json.loads(said)["error"]["message"] == "Refused: cookies is not forwarded."
    assert list(gateway.refused) == ["cookies is not forwarded."]


async def test_an_answer_is_no_longer_than_the_money_goes(asked: Any) -> None:
    wire, gateway, double, ask = asked
    gateway.dollars = 0.98
    await ask(SENT[wire])
    names = {"anthropic": "max_tokens", "chat": "max_completion_tokens"}
    allowed = double.heard[0].body[names.get(wire, "max_output_tokens")]
    assert 1_000 < allowed < 2_100
    gateway.dollars = 0.999
    assert (await ask(SENT[wire]))[0] == 403
    assert "$" in gateway.used_up


@pytest.mark.parametrize("asked", ["anthropic"], indirect=True)
async def test_counting_tokens_is_free(asked: Any) -> None:
    wire, gateway, double, ask = asked
    body = {name: SENT[wire][name] for name in ("model", "messages", "tools")}
    assert (await ask(body, "/v1/messages/count_tokens"))[0] == 200
    assert "max_tokens" not in double.heard[0].body
    assert gateway.dollars == 0


def test_what_is_written_to_the_cache_is_dear() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 1_000}
    usage |= {"cache_creation_input_tokens": 110}
    found = WIRES["anthropic"].usage(json.dumps({"usage": usage}).encode())
    assert found is not None
    assert (found.prompt, found.cached, found.output) == (1 + 1_000 + 220, 1_000, 2)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("answer", [b"", b"data: {", b"[1, null]", b'{"usage": 3}', b'data: "x"'])
def test_an_answer_that_is_none_has_no_usage(wire: str, answer: bytes) -> None:
    assert WIRES[wire].usage(answer) is None
