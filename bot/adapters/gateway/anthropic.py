"""Anthropic's Messages. https://docs.claude.com/en/api/messages · What Claude Code needs of a
gateway: https://code.claude.com/docs/en/llm-gateway-protocol. Refused is what Anthropic's servers
would fetch, run or keep (its own tools, MCP servers, containers, files, images by URL), and what
costs more than is counted here (``speed``, ``service_tier``)."""

from typing import Any, Literal

from typing_extensions import override

from bot.adapters.gateway.fields import FREE, SCHEMA, fields, forwarded, many, parse, words
from bot.adapters.gateway.wire import (
    IMAGE,
    IMAGE_TYPE,
    NUMBER,
    Question,
    Wire,
    at,
    count,
    pieces,
    tokens_of,
    whole,
)
from bot.domain.metering import Usage

MOST_OUTPUT = 128_000  # tokens of an answer
_WORDS = {"text": str, "cache_control": FREE, "citations": FREE}
_SOURCE = fields({"type": Literal["base64"], "media_type": IMAGE_TYPE, "data": IMAGE})
_RESULT = fields({"type": Literal["text", "image"], **_WORDS, "source": _SOURCE})
_BLOCK = fields(
    {
        "type": Literal[
            "text", "image", "thinking", "redacted_thinking", "tool_use", "tool_result"
        ],
        **_WORDS,
        **words("thinking", "signature", "data", "id", "name", "tool_use_id"),
        "source": _SOURCE,
        "input": FREE,
        "content": str | many(_RESULT),
        "is_error": bool,
    }
)
_TOOL = fields(
    {
        "type": Literal["custom"],
        **words("name", "description"),
        "input_schema": SCHEMA,
        "cache_control": FREE,
        "strict": bool,
        "eager_input_streaming": bool,
    }
)
_SYSTEM = fields({"type": Literal["text"], **_WORDS})
_REQUEST = fields(
    {
        "model": str,
        "messages": many(
            fields({"role": Literal["user", "assistant"], "content": str | many(_BLOCK)})
        ),
        "system": str | many(_SYSTEM),
        "tools": many(_TOOL),
        **dict.fromkeys(("tool_choice", "thinking", "context_management"), FREE),
        "metadata": fields({"user_id": str}),
        "max_tokens": whole(1, 1_000_000),
        "output_config": SCHEMA,
        **dict.fromkeys(("temperature", "top_p", "top_k"), NUMBER),
        "stop_sequences": list[str],
        "stream": bool,
    }
)
_KINDS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}


class Anthropic(Wire):
    """Asking, and counting the tokens of a question."""

    provider = "anthropic"
    address = "https://api.anthropic.com"
    key_header = "x-api-key"
    headers = ("anthropic-version", "anthropic-beta")
    routes = ("/v1/messages", "/v1/messages/{count:count_tokens}")

    @override
    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        body = {**forwarded(_REQUEST, parse(raw)), "model": model}
        return Question(
            path="/v1/messages" + ("/count_tokens" if "count" in parts else ""),
            query={"beta": "true"} if query.get("beta") == "true" else {},
            body=body,
            tokens=tokens_of(body),
            answer=min(body.get("max_tokens", MOST_OUTPUT), MOST_OUTPUT),
            is_free="count" in parts,
        )

    @override
    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        return question.body if question.is_free else {**question.body, "max_tokens": tokens}

    @override
    def usage(self, answered: bytes) -> Usage | None:
        """A stream says what went in at its start, and what came out at its end. What is written
        into the cache is counted twice, which is the most that it costs.
        https://docs.claude.com/en/build-with-claude/prompt-caching"""
        found: dict[str, Any] = {}
        for piece in pieces(answered):
            for said in (at(piece, "usage"), at(piece, "message", "usage")):
                if isinstance(said, dict):
                    found |= {name: value for name, value in said.items() if value is not None}
        if "output_tokens" not in found or "input_tokens" not in found:
            return None
        cached = count(found, "cache_read_input_tokens")
        written = count(found, "cache_creation_input_tokens")
        prompt = count(found, "input_tokens") + cached + 2 * written
        return Usage(prompt, count(found, "output_tokens"), cached)

    @override
    def refusal(self, code: int, message: str) -> dict[str, Any]:
        """https://docs.claude.com/en/api/errors"""
        kind = _KINDS.get(code, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}
