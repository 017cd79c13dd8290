"""A scripted model on OpenAI's chat wire. It knows what OpenAI's own description says, of which its
SDK is generated, and refuses what OpenAI refuses. https://platform.openai.com/docs/api-reference

``knows`` is what a server takes: OpenAI's newer models all but ``max_tokens``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from aiohttp import web
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming

Body = dict[str, Any]
USAGE = {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}
OPENAI = frozenset({"json_schema", "json_object", "max_completion_tokens"})
MOST = OPENAI | {"max_tokens"}
_FIELDS = set(get_type_hints(CompletionCreateParamsNonStreaming, include_extras=True))
# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
_OF_SCHEMAS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"),
    *("$defs", "$ref", "description", "title", "pattern", "format", "multipleOf", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
}


@dataclass(frozen=True)
class Reply:
    """One answer: a status, a body, its headers, and after how many seconds it comes."""

    body: Body | str
    status: int = 200
    headers: Body = field(default_factory=dict)
    after: float = 0


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    key: str
    body: Body

    @property
    def system(self) -> str:
        """What we say."""
        return str(self.body["messages"][0]["content"])

    @property
    def texts(self) -> list[str]:
        """Every turn but that."""
        return [str(turn["content"]) for turn in self.body["messages"][1:]]

    @property
    def roles(self) -> list[str]:
        """Who said them."""
        return [str(turn["role"]) for turn in self.body["messages"][1:]]


def text(
    words: str | None, *, finish: str = "stop", refusal: str | None = None, **more: Any
) -> Reply:
    """The model says ``words``."""
    message = {"role": "assistant", "content": words, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
        "usage": more.pop("usage", USAGE),
    }
    return Reply(body, **more)


def says(answer: Any, **more: Any) -> Reply:
    """The model gives a structured answer."""
    return text(json.dumps(answer), **more)


def error(status: int, code: str = "", *, message: str = "no", **headers: str) -> Reply:
    """https://platform.openai.com/docs/guides/error-codes"""
    told = {"message": message, "type": "error", "param": None, "code": code or None}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"error": told}, status, named)


@dataclass
class OpenAIServer:
    """Plays a script; a request after its end is a 404, so a test sees it. What is refused takes no
    line of the script."""

    script: Iterable[Reply] = ()
    knows: Collection[str] = MOST
    asked: list[Asked] = field(default_factory=list)
    _left: Iterator[Reply] | None = None

    def app(self) -> web.Application:
        """To be served on loopback."""
        app = web.Application(client_max_size=50_000_000)
        app.router.add_post("/{tail:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append(Asked(request.path, key, body))
        if not request.path.endswith("/chat/completions"):
            reply = error(404, message="not found")
        elif wrong := wrong_request(body, self.knows):
            reply = error(400, "invalid_request_error", message=wrong)
        else:
            if self._left is None:
                self._left = iter(self.script)
            reply = next(self._left, error(404, message="the script is over"))
        await asyncio.sleep(reply.after)
        if isinstance(reply.body, str):
            return web.Response(text=reply.body, status=reply.status, content_type="text/html")
        if reply.status == 200 and reply.body.get("choices"):
            ChatCompletion.model_validate(reply.body, strict=True)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)


def wrong_request(body: Body, knows: Collection[str]) -> str:
    """What OpenAI would say against it; empty where it takes it."""
    if unknown := sorted(set(body) - _FIELDS):
        return f"Unknown parameter: '{unknown[0]}'."
    for name in ("max_tokens", "max_completion_tokens"):
        if name in body and name not in knows:
            return f"Unsupported parameter: '{name}' is not supported with this model."
    for message in body["messages"]:
        if message["role"] not in ("system", "user", "assistant") or not message["content"]:
            return "Invalid value: messages."
    asked = body.get("response_format") or {"type": "text"}
    kind = asked["type"]
    if kind != "text" and kind not in knows:
        return f"Invalid parameter: 'response_format' of type '{kind}' is not supported here."
    if kind == "json_object" and "json" not in str(body["messages"]).lower():
        return "'messages' must contain the word 'json' to use 'response_format' of 'json_object'."
    if kind == "json_schema":
        given = asked["json_schema"]
        if set(given) - {"name", "schema", "strict", "description"} or len(given["name"]) > 64:
            return "Invalid 'response_format.json_schema'."
        if given.get("strict") and (wrong := _not_strict(given["schema"])):
            return f"Invalid schema for response_format '{given['name']}': {wrong}"
    return ""


def _not_strict(schema: Any) -> str:
    if unknown := sorted(set(schema) - _OF_SCHEMAS):
        return f"'{unknown[0]}' is not permitted."
    if "$ref" in schema and len(schema) > 1:
        return "$ref cannot have keywords beside it."
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false."
        if sorted(schema.get("required", ())) != sorted(schema.get("properties", {})):
            return "'required' must include every key in properties."
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    return next((wrong for each in inner if (wrong := _not_strict(each))), "")
