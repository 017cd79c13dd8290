"""OpenAI's wires: chat completions, and responses. https://platform.openai.com/docs/api-reference ·
Refused is what OpenAI's servers would fetch, search, run or keep (their own tools, files, images by
URL, stored answers and prompts), and what costs more than is counted here (``service_tier``)."""

from abc import abstractmethod
from typing import Any, Literal

from typing_extensions import override

from bot.adapters.gateway.fields import FREE, SCHEMA, fields, forwarded, many, parse, words
from bot.adapters.gateway.wire import (
    IMAGE_URL,
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
_LONGEST = whole(1, 1_000_000)
_FUNCTION = {"name": str, "description": str, "parameters": SCHEMA, "strict": bool}
_SHARED = {
    **words("model", "prompt_cache_key", "user"),
    **dict.fromkeys(("tool_choice", "stream_options"), FREE),
    **dict.fromkeys(("parallel_tool_calls", "stream"), bool),
    **dict.fromkeys(("temperature", "top_p"), NUMBER),
    "store": Literal[False],
}
_PART = fields(
    {
        "type": Literal["text", "image_url", "refusal"],
        **words("text", "refusal"),
        "image_url": fields({"url": IMAGE_URL, "detail": str}),
    }
)
_CALL = fields(
    {
        "id": str,
        "type": Literal["function"],
        "index": int,
        "function": fields({"name": str, "arguments": str}),
    }
)
_CHAT = fields(
    {
        **_SHARED,
        "messages": many(
            fields(
                {
                    "role": Literal["system", "developer", "user", "assistant", "tool"],
                    "content": str | many(_PART),
                    **words("name", "refusal", "tool_call_id"),
                    "tool_calls": many(_CALL),
                }
            )
        ),
        "tools": many(fields({"type": Literal["function"], "function": fields(_FUNCTION)})),
        "max_tokens": _LONGEST,
        "max_completion_tokens": _LONGEST,
        "n": whole(1, 1),
        "stop": str | list[str],
        "seed": int,
        **dict.fromkeys(("presence_penalty", "frequency_penalty"), NUMBER),
        **words("reasoning_effort", "verbosity"),
        "response_format": SCHEMA,
    }
)
_CONTENT = fields(
    {
        "type": Literal["input_text", "output_text", "input_image", "refusal", "summary_text"]
        | Literal["reasoning_text"],
        **words("text", "refusal", "detail"),
        "image_url": IMAGE_URL,
        **dict.fromkeys(("annotations", "logprobs"), FREE),
    }
)
_ONE_TOOL = {"type": Literal["function", "custom", "namespace"], **_FUNCTION, "format": FREE}
_TOOL = fields({**_ONE_TOOL, "tools": many(fields(_ONE_TOOL))})
_ITEM = fields(
    {
        "type": Literal["message", "reasoning", "function_call", "function_call_output"]
        | Literal["custom_tool_call", "custom_tool_call_output", "additional_tools"],
        **words("id", "status", "phase", "encrypted_content", "call_id"),
        **words("name", "namespace", "arguments", "input"),
        "role": Literal["system", "developer", "user", "assistant"],
        "summary": many(_CONTENT),
        **dict.fromkeys(("content", "output"), str | many(_CONTENT)),
        "tools": many(_TOOL),
    }
)
_RESPONSES = fields(
    {
        **_SHARED,
        "input": str | many(_ITEM),
        **words("instructions", "truncation"),
        "tools": many(_TOOL),
        "reasoning": FREE,
        "text": SCHEMA,
        "include": list[Literal["reasoning.encrypted_content"]],
        "max_output_tokens": _LONGEST,
    }
)


class _OpenAI(Wire):
    provider = "openai"
    address = "https://api.openai.com/v1"
    key_header, key_prefix = "Authorization", "Bearer "
    path: str
    fields: Any
    longest: str
    counted: tuple[str, str]

    @abstractmethod
    def added(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a request is told whatever it says itself."""

    @override
    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        asked = parse(raw)
        asked.pop("client_metadata", None)  # ids of the CLI's installation and session
        body = {**forwarded(self.fields, asked), "model": model}
        answer = min(body.pop("max_tokens", MOST_OUTPUT), body.get(self.longest, MOST_OUTPUT))
        return Question(self.path, {}, body, tokens_of(body), answer)

    @override
    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        return {**question.body, **self.added(question.body), self.longest: tokens}

    @override
    def usage(self, answered: bytes) -> Usage | None:
        """Of an answer, or of the last event of a stream."""
        prompt, output = self.counted
        for piece in reversed(pieces(answered)):
            usage = at(piece, "response", "usage") or at(piece, "usage")
            if at(usage, prompt) is not None:
                cached = count(usage, f"{prompt}_details", "cached_tokens")
                return Usage(count(usage, prompt), count(usage, output), cached)
        return None

    @override
    def refusal(self, code: int, message: str) -> dict[str, Any]:
        """https://platform.openai.com/docs/guides/error-codes"""
        return {"error": {"message": message, "type": "invalid_request_error", "code": str(code)}}


class Chat(_OpenAI):
    """Chat completions; a stream of one says what it took only where it is asked to."""

    routes, path = ("/v1/chat/completions",), "/chat/completions"
    fields, longest = _CHAT, "max_completion_tokens"
    counted = ("prompt_tokens", "completion_tokens")

    @override
    def added(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"stream_options": {"include_usage": True}} if body.get("stream") else {}


class Responses(_OpenAI):
    """Responses; unless told that it may not, OpenAI keeps them."""

    routes, path = ("/v1/responses",), "/responses"
    fields, longest = _RESPONSES, "max_output_tokens"
    counted = ("input_tokens", "output_tokens")

    @override
    def added(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"store": False}
