"""Gemini's API. https://ai.google.dev/api/generate-content, as of google-genai 3.4

Text, tools that the asker runs itself, and inline images pass. Refused with all the rest: what
Google's servers would fetch, search, run, store or keep (URL context, search, code execution,
files, cached content), more than one candidate, and answers in sound or pictures.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from bot.adapters.gateway.fields import FREE, SCHEMA, fields, forwarded, many, parse
from bot.domain.errors import NotAllowed

MOST_OUTPUT = 65_536  # tokens of an answer
LARGEST_IMAGE = 2_000_000  # bytes
IMAGE_TOKENS = (
    2_240  # at the highest resolution, https://ai.google.dev/gemini-api/docs/media-resolution
)
BYTES_A_TOKEN = 2  # ordinary text has four, code three, so that an estimate is rather too high
_CALLS = ("generateContent", "streamGenerateContent", "countTokens")


def _image(value: str) -> str:
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is not base64") from error
    if len(data) > LARGEST_IMAGE:
        raise ValueError(f"it is larger than {LARGEST_IMAGE:,} bytes")
    return value


def _whole(least: int, most: int) -> Any:
    return Annotated[int, Field(ge=least, le=most)]


_NUMBER = int | float
_IMAGE = Annotated[str, AfterValidator(_image)]
_IMAGE_TYPE = Annotated[str, Field(pattern="^image/(png|jpeg|webp|heic|heif|gif)$")]
_INLINE = fields({"mimeType": _IMAGE_TYPE, "data": _IMAGE})
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
        "candidateCount": _whole(1, 1),
        "maxOutputTokens": _whole(1, 1_000_000),
        "stopSequences": list[str],
        "temperature": _NUMBER,
        "topP": _NUMBER,
        "topK": _NUMBER,
        "seed": _whole(-(2**31), 2**31 - 1),
        "presencePenalty": _NUMBER,
        "frequencyPenalty": _NUMBER,
        "responseMimeType": str,
        "responseSchema": SCHEMA,
        "responseJsonSchema": SCHEMA,
        "responseModalities": list[Literal["TEXT", "Text", "text"]],
        "mediaResolution": str,
        "thinkingConfig": fields(
            {
                "includeThoughts": bool,
                "thinkingBudget": _whole(-1, MOST_OUTPUT),
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
    {
        "contents": _REQUEST["contents"],
        "generateContentRequest": fields({"model": str, **_REQUEST}),
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """One request, made of known fields only.

    ``path`` is below ``Gemini.address``. ``tokens`` is how many the question may be, estimated
    high; ``answer`` how many the asker wants back at most. ``is_free`` is true of what is not
    billed and bears no limit for the answer.
    """

    path: str
    query: dict[str, str]
    body: dict[str, Any]
    tokens: int
    answer: int
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as Google counted them; ``prompt`` holds the ``cached`` ones, too."""

    prompt: int
    output: int
    cached: int = 0


class Gemini:
    """The calls that ask a model, and the one that counts tokens."""

    address = "https://generativelanguage.googleapis.com"
    key_header = "x-goog-api-key"
    route = "/{version:v1|v1beta}/models/{model}:{call}"
    """A path of aiohttp's router; ``read`` gets the parts that vary."""

    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        """The question in a request. Raises BadPayload and NotAllowed."""
        call = parts["call"]
        if parts["model"] != model or call not in _CALLS:
            raise NotAllowed(f"Only {model} can be asked.")
        body = forwarded(_COUNT if call == "countTokens" else _GENERATE, parse(raw))
        counted = body.get("generateContentRequest", {}).get("model", f"models/{model}")
        if counted != f"models/{model}":
            raise NotAllowed(f"Only {model} can be asked.")
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

    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        """The body, with an answer of ``tokens`` at most; thinking is part of it."""
        if question.is_free:
            return question.body
        config = question.body.get("generationConfig", {})
        return {**question.body, "generationConfig": {**config, "maxOutputTokens": tokens}}

    def usage(self, answered: bytes) -> Usage | None:
        """The last usage of an answer, of a list of them, or of a stream of events."""
        events = [line[5:] for line in answered.splitlines() if line.startswith(b"data:")]
        for line in reversed(events or [answered]):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            for piece in reversed(found if isinstance(found, list) else [found]):
                usage = piece.get("usageMetadata") if isinstance(piece, dict) else None
                if isinstance(usage, dict) and "promptTokenCount" in usage:
                    return _usage(usage)
        return None

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
    """The tokens of a question, estimated high. Images count by the piece, not by their size."""
    images = list(_image_data(body))
    size = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return (size - sum(map(len, images))) // BYTES_A_TOKEN + IMAGE_TOKENS * len(images)


def _image_data(body: dict[str, Any]) -> Iterator[str]:
    for content in (*body.get("contents", ()), body.get("systemInstruction", {})):
        for part in content.get("parts", ()):
            for holder in (part, *part.get("functionResponse", {}).get("parts", ())):
                if "inlineData" in holder:
                    yield holder["inlineData"].get("data", "")


def _usage(found: dict[str, Any]) -> Usage:
    def count(name: str) -> int:
        number = found.get(name)
        return number if isinstance(number, int) and number > 0 else 0

    prompt = count("promptTokenCount") + count("toolUsePromptTokenCount")
    said = count("candidatesTokenCount") + count("thoughtsTokenCount")
    return Usage(
        prompt=prompt,
        output=max(said, count("totalTokenCount") - prompt),
        cached=count("cachedContentTokenCount"),
    )
