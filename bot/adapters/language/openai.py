"""A language model on OpenAI's chat wire, at whichever server speaks it.
https://platform.openai.com/docs/guides/structured-outputs. A server that takes no schema is asked
for JSON, and one that knows neither is asked in words: what it refuses is said in a 400, which is
remembered for as long as this process asks it. The schema stands in the instructions, too, since
some servers take it and pay no heed."""

import base64
import json
import re
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from pydantic import BaseModel

from bot.adapters.hosted import ADDRESS, OpenAIWire
from bot.adapters.language.structured import THINKING_TOKENS, Said, Turn, documented
from bot.domain.errors import Rejected
from bot.domain.metering import Usage
from bot.domain.ports import Guard
from bot.log import log

# Of JSON Schema, https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
_KEYWORDS = frozenset(
    {
        *("$defs", "$ref", "type", "description", "enum", "items", "minItems", "maxItems"),
        *("minimum", "maximum", "anyOf", "properties", "additionalProperties", "required"),
    }
)
_LIMITS = re.compile(r"max_(completion_)?tokens")
_FORMATS = re.compile(r"response_?format|json|schema|structured", re.IGNORECASE)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)


class OpenAISpeaker:
    """A model on OpenAI's wire. ``timeout`` is in seconds, for one request, and ``guard`` what
    every call is made within; ``service`` is whose server ``base_url`` is, for people."""

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = "",
        service: str = "OpenAI",
        provider: str = "openai",
        timeout: float = 120,
        guard: Guard = nullcontext,
    ) -> None:
        self.name, self.provider, self.address = model, provider, base_url
        self._wire = OpenAIWire(
            service=service,
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            guard=guard,
            patience=2 * timeout,
        )
        self._formats = ["json_schema", "json_object", ""]
        # Newer models of OpenAI refuse the old name, other servers may not know the new one, and
        # some refuse what is more than they can hold.
        old = [("max_tokens", 0), ("max_tokens", THINKING_TOKENS)]
        new = [("max_completion_tokens", 0)]
        self._limits = [*new, *old] if base_url in ("", ADDRESS) else [old[0], *new, old[1]]

    async def say(
        self, shape: type[BaseModel], *, instructions: str, turns: Sequence[Turn], tokens: int
    ) -> Said:
        schema = json.dumps(shape.model_json_schema(), ensure_ascii=False)
        system = f"{instructions}\n\nAnswer with one JSON object and nothing else, as this JSON "
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": f"{system}Schema says:\n{schema}"}
        ]
        roles = {"user": "user", "model": "assistant"}
        messages += [{"role": roles[turn.role], "content": _content(turn)} for turn in turns]
        while True:
            limit, less = self._limits[0]
            given = {limit: tokens - less, **_format(self._formats[0], shape)}
            try:
                got = await self._wire.ask(partial(self._create, messages=messages, **given))
            except Rejected as error:
                if not self._adapts(error):
                    raise
            else:
                return self._read(got)

    async def close(self) -> None:
        await self._wire.close()

    async def _create(self, **given: Any) -> Any:
        from openai.types.chat import ChatCompletion

        create: Any = self._wire.client.chat.completions.create
        got = await create(model=self.name, **given)
        if not isinstance(got, ChatCompletion):  # of what is no JSON the SDK gives the text
            raise self._wire.unreadable()
        return got

    def _adapts(self, error: Rejected) -> bool:
        """Whether the server may be asked in another way, which it is from now on."""
        said = str(error)
        if error.status not in (400, 422):
            return False
        for ways, word in ((self._limits, _LIMITS), (self._formats, _FORMATS)):
            if word.search(said) and len(ways) > 1:
                log.warning("asked in another way", model=self.name, without=ways.pop(0), why=said)
                return True
        return False

    def _read(self, got: Any) -> Said:
        choice = got.choices[0] if got.choices else None
        message, finish = (choice.message, choice.finish_reason) if choice else (None, "none")
        if message and message.refusal:
            raise Rejected(f"{self.name} refused: {message.refusal}"[:300])
        text = _THOUGHT.sub("", (message and message.content) or "")
        if not text.strip() or finish not in ("stop", "length"):
            raise Rejected(f"{self.name} gave no answer (finish reason {finish}).")
        begin, end = text.find("{"), text.rfind("}")
        if finish == "stop" and 0 <= begin < end:  # others stand round it where nothing holds it
            text = text[begin : end + 1]
        return Said(text, finish == "length", _used(got.usage))


def _content(turn: Turn) -> Any:
    """Words alone are a string, which every server takes.

    https://platform.openai.com/docs/guides/images-vision"""
    words = "\n\n".join(turn.texts)
    if not turn.images:
        return words
    urls = [f"data:{i.kind};base64,{base64.b64encode(i.data).decode()}" for i in turn.images]
    shown = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"type": "text", "text": words}, *shown]


def _format(kind: str, shape: type[BaseModel]) -> dict[str, Any]:
    if not kind:
        return {}
    asked: dict[str, Any] = {"type": kind}
    if kind == "json_schema":
        named = {"name": shape.__name__, "schema": strict_schema(shape), "strict": True}
        asked["json_schema"] = named
    return {"response_format": asked}


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a record as strict answers take it: all fields required, no others."""
    found: dict[str, Any] = _closed(documented(shape.model_json_schema(), _KEYWORDS))
    return found


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(inner) for name, inner in schema.items()}
    if isinstance(fields := schema.get("properties"), dict) and schema.get("type") == "object":
        closed |= {"required": [*fields], "additionalProperties": False}
    return closed


def _used(usage: Any) -> Usage | None:
    if not usage:
        return None
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens if details else 0) or 0
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)
