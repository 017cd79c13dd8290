"""Scripted models on their vendors' wires, as a CLI asks them: it runs commands, and then speaks.

``/v1/messages`` of Anthropic, ``/chat/completions`` and ``/responses`` of OpenAI, and
``:generateContent`` of Google. The shapes are those that the vendors document.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Body = dict[str, Any]
IN, OUT = 1_000, 100  # tokens of each answer
SHELLS = ("Bash", "bash", "exec_command", "shell", "run_shell_command")


@dataclass(frozen=True)
class Move:
    """What the model does next: run a command, say something, answer what is no answer, or wait.

    It waits until whoever asks has hung up.
    """

    kind: Literal["run", "say", "garbage", "wait"]
    words: str = ""


def run(command: str) -> Move:
    return Move("run", command)


def say(words: str) -> Move:
    return Move("say", words)


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: Body


@dataclass
class VendorDouble:
    """``script`` is played one by one, its last move again and again."""

    script: Sequence[Move] = (say("hello"),)
    heard: list[Heard] = field(default_factory=list)
    played: int = 0

    def play(self, script: Sequence[Move]) -> None:
        """This one, from its beginning."""
        self.script, self.played = script, 0

    def app(self) -> web.Application:
        """To be served on loopback."""
        app = web.Application(client_max_size=50_000_000)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_post("/v1/messages/count_tokens", self._counted)
        app.router.add_post("/chat/completions", self._chat)
        app.router.add_post("/responses", self._responses)
        app.router.add_post("/{version}/models/{call}", self._gemini)
        return app

    async def _next(
        self, request: web.Request, body: Body, tools: Mapping[str, Any]
    ) -> tuple[Move, Any]:
        """The move, and the tool call that it is made by; without a shell it speaks."""
        self.heard.append(Heard(request.path_qs, dict(request.headers), body))
        shell = next((name for name in SHELLS if name in tools), "")
        if tools and not shell:
            raise AssertionError(f"no shell among {sorted(tools)}")
        move = self.script[min(self.played, len(self.script) - 1)]
        if move.kind == "run" and not shell:
            return say("A title"), None
        self.played += 1
        while move.kind == "wait" and request.transport is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        named = "cmd" if shell == "exec_command" else "command"
        given = {named: move.words}
        if "description" in (tools.get(shell) or {}).get("properties", {}):
            given["description"] = "work"
        return move, (shell, given)

    async def _counted(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(request.path_qs, dict(request.headers), await request.json()))
        return web.json_response({"input_tokens": IN})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools", ())}
        move, call = await self._next(request, body, tools)
        if move.kind == "garbage":
            return web.Response(text=move.words, content_type="text/event-stream")
        block: Body = {"type": "text", "text": move.words}
        opening, delta = {**block, "text": ""}, {"type": "text_delta", "text": move.words}
        if move.kind == "run":
            block = {"type": "tool_use", "id": f"toolu_{self.played}"}
            block |= {"name": call[0], "input": call[1]}
            opening = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
        stop = "tool_use" if move.kind == "run" else "end_turn"
        usage = {"input_tokens": IN, "output_tokens": 1}
        message = {"id": f"msg_{self.played}", "type": "message", "role": "assistant"}
        message |= {"model": body["model"], "stop_sequence": None}
        if not body.get("stream"):
            whole = {"content": [block], "stop_reason": stop}
            return web.json_response({**message, **whole, "usage": {**usage, "output_tokens": OUT}})
        began = {**message, "content": [], "stop_reason": None, "usage": usage}
        ended = {"stop_reason": stop, "stop_sequence": None}
        return await _events(
            request,
            {"type": "message_start", "message": began},
            {"type": "content_block_start", "index": 0, "content_block": opening},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": OUT}},
            {"type": "message_stop"},
        )

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        tools = dict(_tools(body))
        move, call = await self._next(request, body, tools)
        if move.kind == "garbage":
            return web.Response(text=move.words, content_type="text/event-stream")
        n = self.played
        part = {"type": "output_text", "text": move.words, "annotations": []}
        item: Body = {"type": "message", "id": f"msg_{n}", "role": "assistant", "content": [part]}
        if move.kind == "run":
            item = {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}"}
            item |= {"name": call[0], "arguments": json.dumps(call[1])}
            if "exec" in tools:
                item |= {"type": "custom_tool_call", "namespace": "functions", "name": "exec"}
                code = f"text(await tools.exec_command({json.dumps(call[1])}))"
                item = {**item, "input": code}
                del item["arguments"]
        usage = {"input_tokens": IN, "input_tokens_details": {"cached_tokens": 0}}
        usage |= {"output_tokens": OUT, "output_tokens_details": {"reasoning_tokens": 0}}
        usage |= {"total_tokens": IN + OUT}
        response = {"id": f"resp_{n}", "object": "response", "created_at": 0, "status": "completed"}
        response |= {"model": body["model"], "output": [{**item, "status": "completed"}]}
        response |= {"usage": usage}
        if not body.get("stream"):
            return web.json_response(response)
        open_item = {**item, "status": "in_progress"}
        given = next(name for name in ("arguments", "input", "content") if name in item)
        open_item |= {given: [] if given == "content" else ""}
        about = {"item_id": item["id"], "output_index": 0}
        if move.kind == "run":
            kind = "function_call_arguments" if given == "arguments" else "custom_tool_call_input"
            said = [
                {"type": f"response.{kind}.delta", **about, "delta": item[given]},
                {"type": f"response.{kind}.done", **about, given: item[given]},
            ]
        else:
            at = {**about, "content_index": 0}
            said = [
                {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
                {"type": "response.output_text.delta", **at, "delta": move.words},
                {"type": "response.output_text.done", **at, "text": move.words},
            ]
        began = {**response, "status": "in_progress", "output": [], "usage": None}
        done = {**item, "status": "completed"}
        return await _events(
            request,
            {"type": "response.created", "response": began},
            {"type": "response.output_item.added", "output_index": 0, "item": open_item},
            *said,
            {"type": "response.output_item.done", "output_index": 0, "item": done},
            {"type": "response.completed", "response": response},
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        tools = {t["function"]["name"]: t["function"]["parameters"] for t in body.get("tools", ())}
        move, call = await self._next(request, body, tools)
        if move.kind == "garbage":
            return web.Response(text=move.words, content_type="text/event-stream")
        message: Body = {"role": "assistant", "content": move.words}
        if move.kind == "run":
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            made = {"index": 0, "id": f"call_{self.played}", "type": "function"}
            message |= {"content": None, "tool_calls": [{**made, "function": function}]}
        finish = "tool_calls" if move.kind == "run" else "stop"
        about = {"id": f"c_{self.played}", "created": 0, "model": body["model"]}
        usage = {"prompt_tokens": IN, "completion_tokens": OUT, "total_tokens": IN + OUT}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": finish}
            whole = {**about, "object": "chat.completion", "choices": [choice], "usage": usage}
            return web.json_response(whole)
        piece = {**about, "object": "chat.completion.chunk"}
        told = body.get("stream_options", {}).get("include_usage")
        last = [{**piece, "choices": [], "usage": usage}] if told else []
        return await _events(
            request,
            {**piece, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
            {**piece, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]},
            *last,
        )

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        tools = {
            function["name"]: function.get("parametersJsonSchema") or function.get("parameters")
            for tool in body.get("tools", ())
            for function in tool["functionDeclarations"]
        }
        move, call = await self._next(request, body, tools)
        if move.kind == "garbage":
            return web.Response(text=move.words, content_type="text/event-stream")
        part: Body = {"text": move.words}
        if move.kind == "run":
            part = {"functionCall": {"name": call[0], "args": call[1]}}
        content = {"role": "model", "parts": [part]}
        usage = {"promptTokenCount": IN, "candidatesTokenCount": OUT, "totalTokenCount": IN + OUT}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        whole = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}
        if not request.path.endswith(":streamGenerateContent"):
            return web.json_response(whole)
        return await _events(request, whole)


def _tools(body: Body) -> Iterator[tuple[str, Any]]:
    """By name; newer models get them as an item, and run commands by a script."""
    items = [item for item in body["input"] if isinstance(item, dict)]
    more = [tool for item in items for tool in item.get("tools", ())]
    for tool in (*body.get("tools", ()), *more):
        for each in (tool, *tool.get("tools", ())):
            yield each.get("name", ""), each.get("parameters")
            if each.get("name") == "exec":
                yield "exec_command", None


async def _events(request: web.Request, *events: Body) -> web.StreamResponse:
    """Server-sent events; those that have a type are named by it."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    for number, event in enumerate(events):
        head = f"event: {event['type']}\n" if "type" in event else ""
        numbered = {**event, "sequence_number": number} if "response." in head else event
        await stream.write(f"{head}data: {json.dumps(numbered)}\n\n".encode())
    return stream
