"""A scripted Gemini: speaks ``:generateContent`` and ``:streamGenerateContent`` and says what a
test gives it, in order. https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from gemini_wire_rules import wrong_answer, wrong_request

Body = dict[str, Any]
USAGE = {"promptTokenCount": 1_000, "candidatesTokenCount": 100, "totalTokenCount": 1_100}


@dataclass(frozen=True)
class Reply:
    """One answer: a status, a body, and when it comes: after so many seconds, or an event."""

    body: Body | str
    status: int = 200
    after: float | asyncio.Event = 0


Script = Reply | Callable[[Body], Reply]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    key: str
    body: Body

    @property
    def system(self) -> str:
        """The system instruction."""
        found = self.body.get("systemInstruction") or {}
        return "".join(part.get("text", "") for part in found.get("parts", []))

    @property
    def texts(self) -> list[str]:
        """Every part of every turn."""
        return [p.get("text", "") for turn in self.body["contents"] for p in turn["parts"]]


def _content(parts: list[Body], finish: str, usage: Body | None) -> Body:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage or USAGE, "modelVersion": "scripted"}


def text(words: str, *, finish: str = "STOP", usage: Body | None = None, **when: Any) -> Reply:
    """The model says ``words``."""
    return Reply(_content([{"text": words}], finish, usage), **when)


def says(answer: Any, **options: Any) -> Reply:
    """The model gives a structured answer."""
    return text(json.dumps(answer), **options)


def runs(command: str, thought: str = "next", **options: Any) -> Reply:
    """Our own agent's model asks for a command."""
    return says({"thought": thought, "command": command}, **options)


def done(summary: str = "repaired", **options: Any) -> Reply:
    """Our own agent's model is done."""
    return says({"thought": "green", "done": True, "summary": summary}, **options)


def calls(tool: str, **arguments: Any) -> Reply:
    """The model calls a tool of a CLI."""
    return Reply(_content([{"functionCall": {"name": tool, "args": arguments}}], "STOP", None))


def grounded(words: str, found: Sequence[tuple[str, str]], *borne: tuple[str, list[int]]) -> Reply:
    """The model says ``words`` of what it ``found`` (titles, addresses); ``borne`` are passages of
    them, each with the places in ``found`` of what bears it out."""
    said = _content([{"text": words}], "STOP", None)
    said["candidates"][0]["groundingMetadata"] = {
        "webSearchQueries": ["retry after header"],
        "groundingChunks": [{"web": {"title": title, "uri": uri}} for title, uri in found],
        "groundingSupports": [
            {
                "segment": {"endIndex": len(text.encode()), "text": text},
                "groundingChunkIndices": places,
            }
            for text, places in borne
        ],
    }
    return Reply(said)


def blocked(reason: str = "SAFETY") -> Reply:
    """The prompt is refused."""
    return Reply({"promptFeedback": {"blockReason": reason}, "usageMetadata": USAGE})


def stopped(finish: str = "SAFETY") -> Reply:
    """The answer is withheld."""
    return Reply({"candidates": [{"finishReason": finish, "index": 0}], "usageMetadata": USAGE})


def error(code: int, status: str, *, retry_in: str | None = None, message: str = "no") -> Reply:
    """A google.rpc.Status, with RetryInfo where a delay is given."""
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry_in}
    details = [info] if retry_in else []
    body = {"error": {"code": code, "message": message, "status": status, "details": details}}
    return Reply(body, status=code)


@dataclass
class GeminiServer:
    """``script`` is answered one by one; what comes after its end is a 400, so a test sees it.

    A request that Google refuses is refused in its words, and takes no line of the script.
    """

    script: Iterable[Script] = ()
    asked: list[Asked] = field(default_factory=list)
    _left: Iterator[Script] | None = None

    def app(self) -> web.Application:
        """To be served on loopback."""
        app = web.Application(client_max_size=50_000_000)
        app.router.add_post("/{version}/models/{call}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(Asked(request.path, request.headers.get("x-goog-api-key", ""), body))
        if wrong := wrong_request(request.path, body):
            return web.json_response(error(400, "INVALID_ARGUMENT", message=wrong).body, status=400)
        if self._left is None:
            self._left = iter(self.script)
        line = next(self._left, error(400, "SCRIPT_IS_OVER"))
        reply = line if isinstance(line, Reply) else line(body)
        if reply.status == 200 and isinstance(reply.body, dict):
            assert not wrong_answer(request.path, reply.body), "Gemini would not say that"
        after = reply.after
        await (after.wait() if isinstance(after, asyncio.Event) else asyncio.sleep(after))
        if isinstance(reply.body, str):
            return web.Response(text=reply.body, status=reply.status, content_type="text/html")
        if reply.status != 200 or not request.path.endswith(":streamGenerateContent"):
            return web.json_response(reply.body, status=reply.status)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(f"data: {json.dumps(reply.body)}\r\n\r\n".encode())
        return stream
