"""Answers in people's own words, put into those of the form by a scripted model."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from gemini_server import GeminiServer, error, says
from interviews import BOUNDS, begun

from bot.adapters.language.gemini import GeminiSpeaker
from bot.adapters.language.structured import Models
from bot.domain.errors import NotUnderstood
from bot.domain.fixes.interview import Interview, Stage
from bot.domain.fixes.own_agent import OwnAgent
from workers.fixes.own_agents import understood


def held(stage: Stage) -> Interview:
    return begun().model_copy(update={"stage": stage, "agent": OwnAgent(name="docs", prompt="")})


@pytest.fixture
async def scripted() -> AsyncIterator[tuple[GeminiServer, Models]]:
    server = GeminiServer()
    async with TestServer(server.app()) as served:
        model = Models(
            [
                GeminiSpeaker(
                    api_key="k", model="gemini-3.5-flash", base_url=str(served.make_url("/"))
                )
            ]
        )
        yield server, model
        await model.close()


async def test_what_fits_asks_no_model(scripted: tuple[GeminiServer, Models]) -> None:
    server, model = scripted
    after, read_as = await understood(model, held(Stage.LIMITS), "docs/** 20 minutes", BOUNDS)
    assert (after.agent.paths, read_as, server.asked) == (("docs/**",), "", [])


async def test_own_words_are_put_into_the_forms(scripted: tuple[GeminiServer, Models]) -> None:
    server, model = scripted
    server.script = [says({"words": "the guide"}), says({"words": "docs/** 20 minutes"})]
    words = "just our documentation please, and twenty minutes tops"
    after, read_as = await understood(model, held(Stage.LIMITS), words, BOUNDS)
    assert (after.stage, after.agent.paths, after.agent.limits.minutes) == (
        Stage.TESTS, ("docs/**",), 20
    )  # fmt: skip
    assert read_as == "gemini-3.5-flash reads that as: docs/** 20 minutes"
    # It was told what was wrong with what it said first, and the answer is data to it.
    first, second = ("\n".join(asked.texts) for asked in server.asked)
    assert json.dumps(words) in first
    assert "neither a path nor an amount" not in first
    assert "neither a path nor an amount" in second


async def test_a_model_proposes_nothing(scripted: tuple[GeminiServer, Models]) -> None:
    server, model = scripted
    server.script = [says({"words": "yes"}) for _ in range(9)]
    with pytest.raises(NotUnderstood, match="`yes` proposes it"):
        await understood(model, held(Stage.REVIEW), "I suppose one could", BOUNDS)
    assert len(server.asked) == 5


async def test_a_credential_is_shown_to_no_model(scripted: tuple[GeminiServer, Models]) -> None:
    server, model = scripted
    with pytest.raises(NotUnderstood, match="looks like"):
        await understood(model, held(Stage.LIMITS), "use ghp_" + "a1B2" * 9, BOUNDS)
    assert server.asked == []


async def test_a_model_that_cannot_is_said(scripted: tuple[GeminiServer, Models]) -> None:
    server, model = scripted
    server.script = [error(400, "INVALID_ARGUMENT")]
    with pytest.raises(NotUnderstood, match=r"neither a path.*No model could say it otherwise"):
        await understood(model, held(Stage.LIMITS), "documentation", BOUNDS)
