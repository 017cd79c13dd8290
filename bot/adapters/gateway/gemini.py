"""Gemini's API. https://ai.google.dev/api/generate-content, as of google-genai 3.4 · Text, tools
that the asker runs itself, and inline images pass. Refused with all the rest: what Google's servers
would fetch, search, run, store or keep (URL context, search, code execution, files, cached
content), more than one candidate, and answers in sound or pictures."""

from collections.abc import Iterator
from typing import Any, Literal

from typing_extensions import override

from bot.adapters.gateway.fields import FREE, SCHEMA, fields, forwarded, many, parse
from bot.adapters.gateway.wire import (
    BYTES_A_TOKEN,
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
from bot.domain.errors import NotAllowed
from bot.domain.metering import Usage

MOST_OUTPUT = 65_536  # tokens of an answer
IMAGE_TOKENS = (
    2_240  # at the highest resolution, https://ai.google.dev/gemini-api/docs/media-resolution
)
_CALLS = ("generateContent", "streamGenerateContent", "countTokens")

_INLINE = fields({"mimeType": IMAGE_TYPE, "data": IMAGE})
_PART = fields(
    {
        "text": str,
        "thought": bool,
        "thoughtSignature": str,
        "inlineData": _INLINE,
        "mediaResolution": fields({"level": str}),
        "functionCall": fields({"id": str, "name": str, "args": FREE}),
        "functionResponse": fields(
            {
                "id": str,
                "name": str,
                "response": FREE,
                "parts": many(fields({"inlineData": _INLINE})),
            }
        ),
    }
)
_CONTENT = fields({"role": str, "parts": many(_PART)})
_FUNCTION = fields(
    {
        "name": str,
        "description": str,
        "parameters": SCHEMA,
        "parametersJsonSchema": SCHEMA,
        "response": SCHEMA,
        "responseJsonSchema": SCHEMA,
    }
)
_CONFIG = fields(
    {
        "candidateCount": whole(1, 1),
        "maxOutputTokens": whole(1, 1_000_000),
        "stopSequences": list[str],
        "temperature": NUMBER,
        "topP": NUMBER,
        "topK": NUMBER,
        "seed": whole(-(2**31), 2**31 - 1),
        "presencePenalty": NUMBER,
        "frequencyPenalty": NUMBER,
        "responseMimeType": str,
        "responseSchema": SCHEMA,
        "responseJsonSchema": SCHEMA,
        "responseModalities": list[Literal["TEXT", "Text", "text"]],
        "mediaResolution": str,
        "thinkingConfig": fields(
            {
                "includeThoughts": bool,
                "thinkingBudget": whole(-1, MOST_OUTPUT),
                "thinkingLevel": str,
            }
        ),
    }
)
_REQUEST: dict[str, Any] = {
    "contents": many(_CONTENT),
    "systemInstruction": _CONTENT,
    "tools": many(fields({"functionDeclarations": many(_FUNCTION)})),
    "toolConfig": fields(
        {"functionCallingConfig": fields({"mode": str, "allowedFunctionNames": list[str]})}
    ),
    "safetySettings": many(fields({"category": str, "threshold": str})),
    "generationConfig": _CONFIG,
}
_GENERATE = fields(_REQUEST)
_COUNT = fields(
    {"contents": _REQUEST["contents"], "generateContentRequest": fields({"model": str, **_REQUEST})}
)


class Gemini(Wire):
    """The calls that ask a model, which stands in the path, and the one that counts tokens."""

    provider = "google"
    address = "https://generativelanguage.googleapis.com"
    key_header = "x-goog-api-key"
    routes = ("/{version:v1|v1beta}/models/{model}:{call}",)

    @override
    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        call = parts["call"]
        if call not in _CALLS:
            raise NotAllowed(f"{call} is not forwarded.")
        body = forwarded(_COUNT if call == "countTokens" else _GENERATE, parse(raw))
        if "generateContentRequest" in body:
            body["generateContentRequest"]["model"] = f"models/{model}"
        return Question(
            path=f"/{parts['version']}/models/{model}:{call}",
            query={"alt": "sse"} if query.get("alt") == "sse" else {},
            body=body,
            tokens=_tokens(body),
            answer=min(
                body.get("generationConfig", {}).get("maxOutputTokens", MOST_OUTPUT), MOST_OUTPUT
            ),
            is_free=call == "countTokens",
        )

    @override
    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        if question.is_free:
            return question.body
        config = question.body.get("generationConfig", {})
        return {**question.body, "generationConfig": {**config, "maxOutputTokens": tokens}}

    @override
    def usage(self, answered: bytes) -> Usage | None:
        """The last usage of an answer, of a list of them, or of a stream of events."""
        for piece in reversed(pieces(answered)):
            usage = at(piece, "usageMetadata")
            if at(usage, "promptTokenCount") is not None:
                return _usage(usage)
        return None

    @override
    def refusal(self, code: int, message: str) -> dict[str, Any]:
        """A google.rpc.Status."""
        return {"error": {"code": code, "message": message, "status": _STATUSES[code]}}


_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}


def _tokens(body: dict[str, Any]) -> int:
    """Images count by the piece, not by their size."""
    images = list(_image_data(body))
    sizes = sum(map(len, images)) // BYTES_A_TOKEN
    return tokens_of(body) - sizes + IMAGE_TOKENS * len(images)


def _image_data(body: dict[str, Any]) -> Iterator[str]:
    for content in (*body.get("contents", ()), body.get("systemInstruction", {})):
        for part in content.get("parts", ()):
            for holder in (part, *part.get("functionResponse", {}).get("parts", ())):
                if "inlineData" in holder:
                    yield holder["inlineData"].get("data", "")


def _usage(found: dict[str, Any]) -> Usage:
    prompt = count(found, "promptTokenCount") + count(found, "toolUsePromptTokenCount")
    said = count(found, "candidatesTokenCount") + count(found, "thoughtsTokenCount")
    return Usage(
        prompt=prompt,
        output=max(said, count(found, "totalTokenCount") - prompt),
        cached=count(found, "cachedContentTokenCount"),
    )
