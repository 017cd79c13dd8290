"""A project's language models: which are asked, with whose key, and for how much."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai_server as openai
import pytest
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from gemini_server import error, says
from judge_kit import Shop, open_shop
from openai_server import OpenAIServer

from bot.adapters.choose_agent import sends_to
from bot.context import Context
from bot.domain.errors import CapReached, ConfigError
from bot.domain.metering import Usage
from bot.domain.models import Record
from bot.storage.seal import Keys
from bot.storage.spending import Caps, ProjectMeter

MONTH = "2026-11"
CANARY = "sk-proj-canary0123456789abcdefghijklmnop"
ASK: dict[str, Any] = {"instructions": "Name it.", "material": "It is red."}
NAMED = {"models": {"ask": ["openai/gpt-5-mini"]}}


class Colour(Record):
    name: str


RED = {"name": "red"}


@pytest.fixture
async def double() -> AsyncIterator[tuple[OpenAIServer, str]]:
    scripted = OpenAIServer([openai.says(RED)] * 9)
    async with TestServer(scripted.app()) as served:
        yield scripted, str(served.make_url("/v1"))


@pytest.fixture
async def shop(
    redis_url: str, tmp_path: Path, double: tuple[OpenAIServer, str], request: Any
) -> AsyncIterator[Shop]:
    settings = {"openai_base_url": double[1], "openai_api_key": "k-ours"}
    async with open_shop(redis_url, tmp_path, **settings | getattr(request, "param", {})) as made:
        yield made


async def config(shop: Shop, said: dict[str, Any]) -> None:
    await shop.ctx.projects.keep_config(shop.id, json.dumps(said))


async def give(shop: Shop, key: str = CANARY) -> str:
    """A key, as the form in Slack and the shell's prompt do."""
    return await shop.say(f"key set openai --given={await shop.ctx.vault.hand_over(key)}")


class TestWhoAnswers:
    async def test_the_first_of_ours_that_has_a_key(self, shop: Shop) -> None:
        model = await shop.ctx.models.of(shop.id, "judge")
        assert model is not None
        assert model.id == "gemini-3.5-flash"

    async def test_its_file_names_what_we_name_too(self, shop: Shop, double: Any) -> None:
        await config(shop, {"models": {"ask": ["openai/gpt-6.1-sol"]}})
        model = await shop.ctx.models.of(shop.id, "ask")
        assert model is not None
        assert await model.answer(Colour, **ASK) == Colour(**RED)
        assert [asked.key for asked in double[0].asked] == ["k-ours"]
        assert (await shop.ctx.models.of(shop.id, "judge")).id == "gemini-3.5-flash"

    async def test_nobody_makes_us_pay_for_another(self, shop: Shop) -> None:
        await config(shop, NAMED)
        assert await shop.ctx.models.of(shop.id, "ask") is None
        assert "not asked before there is a key: openai/gpt-5-mini" in await shop.say("key list")
        await give(shop)
        assert (await shop.ctx.models.of(shop.id, "ask")).id == "gpt-5-mini"

    @pytest.mark.parametrize(
        "shop",
        [{"soulcaster_models": "ask=gemini/gemini-3.5-flash, openai/gpt-5-mini"}],
        indirect=True,
    )
    async def test_who_stood_in_is_told_on_the_card(self, shop: Shop, double: Any) -> None:
        await shop.report(("Red total", "The total is red on the invoice"))
        await shop.work()
        shop.model.script = [error(429, "RESOURCE_EXHAUSTED", retry_in="900s")]
        draft = {
            "answered": True,
            "sentences": [{"text": "The total is red on the invoice.", "of": ["I-1"]}],
            "count": None,
        }
        double[0].script = [openai.says(draft)] * 2
        assert "gpt-5-mini (as gemini-3.5-flash is away)" in await shop.say("ask what is red?")

    async def test_an_agent_sends_to_all_that_may_answer(self, shop: Shop) -> None:
        await give(shop)
        await config(shop, {"models": {"agent": ["openai/x", "gemini/gemini-3.5-flash"]}})
        assert sends_to("loop", await shop.ctx.models.choices(shop.id)) == {
            "loop": "OpenAI, Google"
        }


class TestKeys:
    async def test_a_key_is_used_for_its_project_and_is_nowhere_in_clear(
        self, shop: Shop, double: Any, capfd: pytest.CaptureFixture[str]
    ) -> None:
        told = await give(shop)
        await config(shop, NAMED)
        model = await shop.ctx.models.of(shop.id, "ask")
        assert model is not None
        double[0].script = [openai.error(401, message=f"Incorrect API key: {CANARY}")]
        with pytest.raises(Exception, match="401") as refused:
            await model.answer(Colour, **ASK)
        told += await shop.say("key list")
        assert "of this project, given by" in told
        assert [asked.key for asked in double[0].asked] == [CANARY]
        assert CANARY not in told + await in_redis(shop.ctx) + "".join(capfd.readouterr())
        other = await shop.ctx.models.choices(shop.id + 1)
        assert other.of("openai").key == "k-ours"
        assert refused.value

    async def test_a_key_is_never_typed_into_a_line(self, shop: Shop) -> None:
        assert "asked for in a form" in await shop.say("key set openai")
        assert "given by" not in await shop.say("key list")
        assert CANARY not in await shop.say(f"key set openai {CANARY}")

    async def test_a_key_that_nobody_can_open_is_not_replaced_by_ours(self, shop: Shop) -> None:
        await give(shop)
        await config(shop, NAMED)
        shop.ctx.__dict__["fernet"] = Keys([Fernet.generate_key().decode()])
        assert "give it again" in await shop.say("key list")
        assert await shop.ctx.models.of(shop.id, "ask") is None

    async def test_a_key_that_is_removed_is_ours_again(self, shop: Shop) -> None:
        await give(shop)
        assert "forgotten" in await shop.say("key remove openai")
        assert "no key of openai" in await shop.say("key remove openai")
        assert (await shop.ctx.models.choices(shop.id)).of("openai").key == "k-ours"

    @pytest.mark.parametrize("shop", [{"soulcaster_lend_keys": False}], indirect=True)
    async def test_what_is_not_lent_is_not_used(self, shop: Shop) -> None:
        assert "this server lends none" in await shop.say("key list")
        assert await shop.ctx.models.of(shop.id, "ask") is None
        with pytest.raises(ConfigError, match="needs a model"):
            await shop.ctx.models.agents(shop.id, 0, "loop")
        await give(shop)
        model = await shop.ctx.models.of(shop.id, "ask")
        assert model is not None
        assert model.id == "gpt-6.1-sol"
        assert await model.answer(Colour, **ASK) == Colour(**RED)


async def in_redis(ctx: Context) -> str:
    """Every byte there is."""
    found = [await ctx.redis.dump(key) async for key in ctx.redis.scan_iter()]
    return b"".join(found).decode("latin-1")


class TestCaps:
    def meter(self, ctx: Context, run: int = 0, **caps: Any) -> ProjectMeter:
        return ProjectMeter(ctx.spending, 7, MONTH, Caps(**caps), run)

    async def test_two_workers_at_once_pass_no_cap(self, ctx: Context, other: Context) -> None:
        meters = [self.meter(of, dollars=0.10) for of in (ctx, other)]
        calls = [m.reserve("m", Usage(500, 500), 0.01) for m in meters * 20]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in ended if one].count(CapReached) == 30
        assert (await ctx.spending.month(7, MONTH))[""].dollars == pytest.approx(0.10)

    async def test_what_was_not_taken_is_given_back(self, ctx: Context) -> None:
        meter, most, used = self.meter(ctx, 3, run_dollars=1), Usage(500, 500), Usage(100, 50)
        await meter.reserve("m", most, 0.01)
        await meter.settle("m", most, used, 0.01, 0.002)
        await meter.reserve("m", most, 0.01)  # whoever asked died: it stays
        found = await ctx.spending.month(7, MONTH)
        assert {of: (s.dollars, s.tokens) for of, s in found.items()} == dict.fromkeys(
            ("", "run:3", "model:m"), (pytest.approx(0.012), 1_150)
        )

    async def test_a_run_has_a_cap_of_its_own(self, ctx: Context) -> None:
        await self.meter(ctx, 3, run_dollars=1).reserve("m", Usage(1, 1), 0.9)
        await self.meter(ctx, 4, run_dollars=1).reserve("m", Usage(1, 1), 0.9)
        with pytest.raises(CapReached, match=r"\$1.00 of this run"):
            await self.meter(ctx, 3, run_dollars=1).reserve("m", Usage(1, 1), 0.2)

    async def test_what_has_no_price_is_capped_by_its_tokens(self, ctx: Context) -> None:
        meter = self.meter(ctx, dollars=0.01, tokens=3_000)
        await meter.reserve("local", Usage(1_000, 1_000), None)
        with pytest.raises(CapReached, match="3,000 tokens of this month"):
            await meter.reserve("local", Usage(1_000, 1_000), None)
        found = (await ctx.spending.month(7, MONTH))[""]
        assert (found.dollars, found.tokens, found.unpriced) == (0, 2_000, 2_000)

    @pytest.mark.parametrize(
        ("shop", "said"),
        [
            ({"soulcaster_month_dollars": 0.001}, {}),
            ({"soulcaster_month_dollars": 5}, {"spend": {"dollars": 0.001}}),
            ({"soulcaster_month_tokens": 500}, {}),
        ],
        indirect=["shop"],
    )
    async def test_a_cap_binds_before_the_call(self, shop: Shop, said: Any) -> None:
        await config(shop, said)
        model = await shop.ctx.models.of(shop.id, "ask")
        assert model is not None
        with pytest.raises(CapReached, match="was not asked"):
            await model.answer(Colour, **ASK)
        assert shop.model.asked == []

    async def test_what_was_spent_is_told(self, shop: Shop) -> None:
        shop.model.script = [says(RED)]
        model = await shop.ctx.models.of(shop.id, "ask")
        assert model is not None
        await model.answer(Colour, **ASK)
        # 1,000 tokens in and 100 out, at $1.50 and $9.00 a million
        assert "$0.00, 1,100 tokens this month" in await shop.say("quota")
        month = await shop.ctx.spending.month(shop.id, f"{shop.ctx.now():%Y-%m}")
        assert month["model:gemini-3.5-flash"].dollars == pytest.approx(0.0024)
