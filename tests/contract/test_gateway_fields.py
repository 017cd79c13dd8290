"""What of a Gemini request passes the gateway: text, client-side tools, inline images; no more."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from gemini_wire_rules import wrong_request

from bot.adapters.gateway.fields import DEEPEST
from bot.adapters.gateway.gemini import IMAGE_TOKENS, Gemini
from bot.adapters.gateway.wire import LARGEST_IMAGE, Question
from bot.domain.errors import BadPayload

MODEL = "gemini-3.5-flash"
WORDS = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
PNG = {"mimeType": "image/png", "data": base64.b64encode(b"\x89PNG").decode()}
# One of everything that passes.
WHOLE: dict[str, Any] = {
    "contents": [
        {"role": "user", "parts": [{"text": "hello"}, {"inlineData": PNG}]},
        {
            "role": "model",
            "parts": [
                {"text": "hm", "thought": True, "thoughtSignature": "c2ln"},
                {"functionCall": {"id": "1", "name": "read", "args": {"some_path": "a", "n": [1]}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "1",
                        "name": "read",
                        "response": {"fileData": {"file_uri": "only said"}},
                        "parts": [{"inlineData": PNG}],
                    }
                },
                {"inlineData": PNG, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
            ],
        },
    ],
    "systemInstruction": {"parts": [{"text": "be brief"}]},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "read",
                    "description": "Read a file.",
                    "parametersJsonSchema": {
                        "$ref": "#/$defs/a",
                        "$defs": {"a": {"type": "object"}},
                    },
                },
                {"name": "now", "parameters": {"type": "OBJECT", "properties": {}}},
            ]
        }
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["read"]}},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "generationConfig": {
        "candidateCount": 1,
        "maxOutputTokens": 1_000,
        "stopSequences": ["END"],
        "temperature": 0.5,
        "topP": 1,
        "topK": 40,
        "seed": 7,
        "presencePenalty": 0.0,
        "frequencyPenalty": 0.0,
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
        "responseModalities": ["TEXT"],
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": -1, "thinkingLevel": "low"},
    },
}


def read(body: Any) -> Question:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    parts = {"version": "v1beta", "model": MODEL, "call": "generateContent"}
    return Gemini().read(MODEL, parts, {"key": "AIza", "alt": "json"}, raw)


def snaked(text: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in text)


def test_all_that_is_named_passes_unchanged() -> None:
    question = read(WHOLE)
    assert question.body == WHOLE
    assert (question.path, question.query) == (f"/v1beta/models/{MODEL}:generateContent", {})


def test_what_passes_is_what_google_publishes() -> None:
    """All but two fields of its newest models, which its published descriptors lack."""
    body = copy.deepcopy(WHOLE)
    del body["contents"][2]["parts"][1]["mediaResolution"]
    del body["generationConfig"]["thinkingConfig"]["thinkingLevel"]
    assert not wrong_request(f"/v1beta/models/{MODEL}:generateContent", body)


def test_snake_case_is_the_same() -> None:
    """Only of fields: what a tool is given and says stays as it is."""
    names = set(_names(WHOLE)) - {"fileData"}
    raw = json.dumps(WHOLE)
    for name in names:
        raw = raw.replace(f'"{name}":', f'"{snaked(name)}":')
    assert raw != json.dumps(WHOLE)
    assert read(raw.encode()).body == WHOLE


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _names(inner)


def part(**fields: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [fields]}]}


def config(**fields: Any) -> dict[str, Any]:
    return {**WORDS, "generationConfig": fields}


def function(**fields: Any) -> dict[str, Any]:
    return {**WORDS, "tools": [{"functionDeclarations": [{"name": "f", **fields}]}]}


LARGE = base64.b64encode(bytes(LARGEST_IMAGE + 1)).decode()
FILE = {"mimeType": "text/plain", "fileUri": "https://example.org/x"}
TOOLS = ["urlContext", "googleSearch", "googleSearchRetrieval", "codeExecution", "fileSearch",
         "googleMaps", "computerUse", "retrieval", "mcpServers", "enterpriseWebSearch",
         "parallelAiSearch", "exaAiSearch"]  # fmt: skip
REFUSED: dict[str, Any] = {
    **{tool: {**WORDS, "tools": [{tool: {}}]} for tool in TOOLS},
    **{snaked(tool): {**WORDS, "tools": [{snaked(tool): {}}]} for tool in TOOLS},
    "a tool beside functions": {**WORDS, "tools": [{"functionDeclarations": [], "urlContext": {}}]},
    "empty tool": {**WORDS, "tools": [{"googleSearch": None}]},
    "cached content": {**WORDS, "cachedContent": "cachedContents/of-another"},
    "cached content, snake": {**WORDS, "cached_content": "cachedContents/of-another"},
    "labels": {**WORDS, "labels": {"a": "b"}},
    "service tier": {**WORDS, "serviceTier": "priority"},
    "store": {**WORDS, "store": True},
    "model": {**WORDS, "model": "models/gemini-2.5-pro"},
    "other case": {"Contents": WORDS["contents"]},
    "unknown": {**WORDS, "x": 1},
    "file": part(fileData=FILE),
    "file, snake": part(file_data=FILE),
    "file of a tool": part(functionResponse={"name": "f", "parts": [{"fileData": FILE}]}),
    "file of the system": {**WORDS, "systemInstruction": {"parts": [{"fileData": FILE}]}},
    "video": part(inlineData={"mimeType": "video/mp4", "data": ""}),
    "sound": part(inlineData={"mimeType": "audio/wav", "data": ""}),
    "document": part(inlineData={"mimeType": "application/pdf", "data": ""}),
    "drawing": part(inlineData={"mimeType": "image/svg+xml", "data": ""}),
    "no base64": part(inlineData={"mimeType": "image/png", "data": "https://example.org"}),
    "large image": part(inlineData={"mimeType": "image/png", "data": LARGE}),
    "video metadata": part(text="x", videoMetadata={"fps": 1}),
    "code to run": part(executableCode={"language": "PYTHON", "code": "1"}),
    "result of code": part(codeExecutionResult={"outcome": "OUTCOME_OK"}),
    "server's tool": part(toolCall={"toolType": "URL_CONTEXT"}),
    "server's answer": part(toolResponse={"toolType": "URL_CONTEXT"}),
    "streamed arguments": part(functionCall={"name": "f", "partialArgs": []}),
    "eight candidates": config(candidateCount=8),
    "eight candidates, snake": {**WORDS, "generation_config": {"candidate_count": 8}},
    "true candidates": config(candidateCount=True),
    "endless answer": config(maxOutputTokens=-1),
    "answer of a text": config(maxOutputTokens="9"),
    "picture": config(responseModalities=["TEXT", "IMAGE"]),
    "speech": config(speechConfig={}),
    "image config": config(imageConfig={}),
    "routing": config(routingConfig={}),
    "logprobs": config(responseLogprobs=True),
    "server side tools": {**WORDS, "toolConfig": {"includeServerSideToolInvocations": True}},
    "place": {**WORDS, "toolConfig": {"retrievalConfig": {"latLng": {}}}},
    "remote schema": function(parameters={"$ref": "https://example.org/schema"}),
    "remote schema, deep": function(parametersJsonSchema={"anyOf": [{"ref": "file:///etc"}]}),
    "remote schema of the answer": config(responseJsonSchema={"$ref": "//example.org"}),
    "behaviour": function(behavior="NON_BLOCKING"),
    "both spellings": {**WORDS, "generationConfig": {}, "generation_config": {"topK": 1}},
    "both spellings, deep": config(maxOutputTokens=5, max_output_tokens=60_000),
    "mixed spellings": config(maxOutputTokens=5, maxOutput_tokens=60_000),
    "the same twice": b'{"contents": [], "tools": [], "tools": [{"urlContext": {}}]}',
    "the same twice, deep": b'{"contents": [{"parts": [{"text": "a", "text": "b"}]}]}',
    "no number": b'{"contents": [], "generationConfig": {"temperature": NaN}}',
    "contents of one": {"contents": {"parts": []}},
    "contents of text": {"contents": ["hello"]},
    "text of a number": part(text=1),
    "deep": part(functionCall={"name": "f", "args": json.loads("[" * 70 + "]" * 70)}),
    "very deep": b'{"contents": ' + b"[" * 100_000,
    "list": [],
    "nothing": b"",
    "no text": b"\xff",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_with_a_line(name: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(REFUSED[name])
    said = str(refused.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 300


def test_it_says_where() -> None:
    with pytest.raises(BadPayload, match=r"^tools\[0\]\.url_context is not forwarded\.$"):
        read({**WORDS, "tools": [{"url_context": {}}]})


def test_what_is_null_is_not_there() -> None:
    assert read({**WORDS, "tools": None}).body == WORDS


def test_an_image_counts_by_the_piece_and_only_where_it_is_one() -> None:
    large = base64.b64encode(bytes(900_000)).decode()
    image = part(inlineData={"mimeType": "image/png", "data": large})
    assert IMAGE_TOKENS < read(image).tokens < IMAGE_TOKENS + 100
    said = part(functionCall={"name": "f", "args": {"inlineData": {"data": large}}})
    assert read(said).tokens > 500_000


def test_depth_has_a_limit_that_honest_arguments_do_not_reach() -> None:
    inside = DEEPEST - 2
    read(part(functionCall={"name": "f", "args": json.loads("[" * inside + "]" * inside)}))
