"""What Google's own descriptors of its Gemini API say of a request or an answer.

A double of Gemini refuses with it what Google refuses. The descriptors are those that Google
publishes, of the version in the path: https://pypi.org/project/google-ai-generativelanguage/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from google.protobuf import json_format

_REQUESTS = {
    "generateContent": "GenerateContentRequest",
    "streamGenerateContent": "GenerateContentRequest",
    "countTokens": "CountTokensRequest",
    "embedContent": "EmbedContentRequest",
    "batchEmbedContents": "BatchEmbedContentsRequest",
}
_ANSWERS = {
    "generateContent": "GenerateContentResponse",
    "streamGenerateContent": "GenerateContentResponse",
    "countTokens": "CountTokensResponse",
    "embedContent": "EmbedContentResponse",
    "batchEmbedContents": "BatchEmbedContentsResponse",
}
# Of ``GenerationConfig.response_json_schema``, as its description lists them.
_KEYWORDS = frozenset(
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
        *("properties", "additionalProperties", "required", "propertyOrdering"),
    }
)
_NO_FIELD = re.compile(r'has no field named "([^"]+)" at "\w+\.?([^"]*)"')


def wrong_request(path: str, body: Any) -> str:
    """Why Google refuses ``body`` at ``/v1beta/models/M:generateContent``, in its words; or "".

    Of the two ways to give a schema only ``responseJsonSchema`` is a subset that it lists.
    """
    version, _, target = path.strip("/").partition("/")
    call = target.rpartition(":")[2]
    if call not in _REQUESTS or version not in ("v1", "v1beta"):
        return f"{path} is not found."
    if not isinstance(body, dict):
        return "Invalid JSON payload received. The body is no object."
    try:
        read = _read(version, _REQUESTS[call], body)
    except ValueError as error:
        return str(error)
    return next(_wrong_config(read.get("generationConfig", {})), "")


def wrong_answer(path: str, body: Any) -> str:
    """Why Google would not answer ``body`` there, or nothing."""
    version, _, target = path.strip("/").partition("/")
    try:
        _read(version, _ANSWERS[target.rpartition(":")[2]], body)
    except ValueError as error:
        return str(error)
    return ""


def _read(version: str, message: str, body: Any) -> dict[str, Any]:
    """A message in camelCase. Raises ValueError for a field that it has not, in Google's words."""
    types = import_module(f"google.ai.generativelanguage_{version}.types")
    try:
        read = json_format.Parse(json.dumps(body), getattr(types, message).pb()())
    except json_format.ParseError as error:
        if found := _NO_FIELD.search(str(error)):
            at = re.sub(r"([A-Z])", lambda each: f"_{each[1].lower()}", found[2])
            where = f" at '{at}'" if at else ""
            said = f'Unknown name "{found[1]}"{where}: Cannot find field.'
        else:
            said = str(error)
        raise ValueError(f"Invalid JSON payload received. {said}") from error
    found_fields: dict[str, Any] = json_format.MessageToDict(read)
    return found_fields


def _wrong_config(config: dict[str, Any]) -> Iterator[str]:
    schema = config.get("responseJsonSchema")
    if schema is None and "responseSchema" not in config:
        return
    if schema is not None and "responseSchema" in config:
        yield "Only one of response_schema and response_json_schema may be set."
    if config.get("responseMimeType") != "application/json":
        yield "A response schema needs response_mime_type application/json."
    if schema is not None:
        yield from _wrong_schema(schema, "generation_config.response_json_schema")


def _wrong_schema(schema: Any, at: str) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    for name in sorted(schema.keys() - _KEYWORDS):
        yield f"The schema keyword \"{name}\" at '{at}' is not supported."
    if "$ref" in schema and any(not name.startswith("$") for name in schema):
        yield f"'{at}' sets other properties beside $ref."
    for name in ("properties", "$defs"):
        for key, inner in (schema.get(name) or {}).items():
            yield from _wrong_schema(inner, f"{at}.{name}.{key}")
    for name in ("prefixItems", "anyOf", "oneOf"):
        for number, inner in enumerate(schema.get(name) or ()):
            yield from _wrong_schema(inner, f"{at}.{name}[{number}]")
    for name in ("items", "additionalProperties"):
        yield from _wrong_schema(schema.get(name, True), f"{at}.{name}")
