"""Gemini as a language model. https://ai.google.dev/gemini-api/docs/structured-output · The schema
that is sent makes a valid answer likely. It holds only what Gemini documents: what it does not know
it refuses, and the answer with it."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from pydantic import BaseModel
from typing_extensions import override

from bot.adapters.hosted import GeminiWire
from bot.adapters.language.structured import Said, Turn, documented
from bot.domain.errors import Rejected
from bot.domain.memory.web import borne_out
from bot.domain.metering import Usage
from bot.domain.ports import Guard

_CUT_OFF = "MAX_TOKENS"
# Of JSON Schema, https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
_KEYWORDS = frozenset(
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
        *("properties", "additionalProperties", "required"),
    }
)


class GeminiSpeaker:
    """A model on Gemini's wire. ``timeout`` is in seconds, for one request, and ``guard`` what
    every call is made within."""

    provider, address = "google", ""

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str | None = None,
        timeout: float = 120,
        guard: Guard = nullcontext,
    ) -> None:
        self.name = model.removeprefix("models/")
        self._wire = GeminiWire(
            api_key=api_key, base_url=base_url, timeout=timeout, guard=guard, patience=2 * timeout
        )

    async def say(
        self, shape: type[BaseModel], *, instructions: str, turns: Sequence[Turn], tokens: int
    ) -> Said:
        said, _ = await self._generated(
            turns,
            system_instruction=instructions,
            response_mime_type="application/json",
            response_json_schema=schema_of(shape),
            max_output_tokens=tokens,
        )
        return said

    async def _generated(self, turns: Sequence[Turn], **config: Any) -> tuple[Said, Any]:
        """What it says, and the candidate that says it. Raises as a speaker does."""
        from google.genai import types

        got = await self._wire.ask(
            lambda: self._wire.models.generate_content(
                model=self.name,
                contents=[
                    types.Content(
                        role=turn.role,
                        parts=[
                            *(types.Part(text=t) for t in turn.texts),
                            *(
                                types.Part.from_bytes(data=i.data, mime_type=i.kind)
                                for i in turn.images
                            ),
                        ],
                    )
                    for turn in turns
                ],
                config=types.GenerateContentConfig(**config),
            )
        )
        if got.prompt_feedback and got.prompt_feedback.block_reason:
            reason = got.prompt_feedback.block_reason.name
            raise Rejected(f"{self.name} refused to read the material ({reason}).")
        candidate = got.candidates[0] if got.candidates else None
        finish = candidate.finish_reason.name if candidate and candidate.finish_reason else "none"
        parts = candidate.content.parts if candidate and candidate.content else None
        said = "".join(part.text or "" for part in parts or [] if not part.thought)
        if not said.strip() or finish not in ("STOP", _CUT_OFF):
            raise Rejected(f"{self.name} gave no answer (finish reason {finish}).")
        return Said(said, finish == _CUT_OFF, _used(got.usage_metadata)), candidate

    async def close(self) -> None:
        await self._wire.close()


class GeminiSearcher(GeminiSpeaker):
    """One that searches the web and says a ``WebAnswer``, whatever the shape: Gemini takes no
    schema beside this tool. https://ai.google.dev/gemini-api/docs/google-search"""

    @override
    async def say(
        self, shape: type[BaseModel], *, instructions: str, turns: Sequence[Turn], tokens: int
    ) -> Said:
        from google.genai import types

        said, candidate = await self._generated(
            turns,
            system_instruction=instructions,
            tools=[types.Tool(google_search=types.GoogleSearch())],
            max_output_tokens=tokens,
        )
        found = candidate.grounding_metadata or types.GroundingMetadata()
        pages = [chunk.web or types.GroundingChunkWeb() for chunk in found.grounding_chunks or ()]
        answer = borne_out(
            said.text,
            [(page.title or "", page.uri or "") for page in pages],
            [
                (support.segment.text or "", support.grounding_chunk_indices or ())
                for support in found.grounding_supports or ()
                if support.segment
            ],
            found.web_search_queries or (),
        )
        return Said(answer.model_dump_json(), said.cut_off, said.used)


def schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a record in the keywords that Gemini takes."""
    found: dict[str, Any] = documented(shape.model_json_schema(), _KEYWORDS)
    return found


def _used(usage: Any) -> Usage | None:
    if not usage:
        return None
    answer, thoughts = usage.candidates_token_count or 0, usage.thoughts_token_count or 0
    cached = usage.cached_content_token_count or 0
    return Usage(usage.prompt_token_count or 0, answer + thoughts, cached)
