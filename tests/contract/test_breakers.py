"""Breakers round hosted services, as all processes share them in Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from github_simulator_kit import keys as app_keys
from s3_wire import bucket

from bot.adapters import choose_model
from bot.adapters.language.structured import Turn
from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import OverBudget, Rejected, Unavailable
from bot.domain.models import Draft, Person, Place
from bot.domain.ports import Guard
from bot.settings import Settings
from bot.slack.client import Slack
from bot.storage import keys
from bot.storage.breakers import SERVICES
from bot.storage.commands import Utterance
from handlers.demo.stage import Stage
from handlers.doctor import CHECKS
from workers.commands.answering import answer_to
from workers.digests.posting import build_digest

CALLS: dict[str, Callable[[Context], Awaitable[object]]] = {
    "GitHub": lambda ctx: ctx.github.slug(),
    "Slack": lambda ctx: slack_of(ctx).identity(),
    "Gemini": lambda ctx: ctx.embedder.embed(["words"]),
    "OpenAI": lambda ctx: asked(ctx, "openai/gpt-5-mini"),
    "Anthropic": lambda ctx: asked(ctx, "anthropic/claude-sonnet-5"),
    "Upstash": lambda ctx: ctx.vectors.fetch("space", ["1"]),
    "E2B": lambda ctx: ctx.sandboxes.alive(),
    "S3": lambda ctx: bucket("http://127.0.0.1:1", guard=ctx.breakers.of("S3")).folders(),
    "Reddit": lambda ctx: ctx.reddit.newest("acme", "new"),
}


async def asked(ctx: Context, name: str) -> object:
    speaker = choose_model.speaker(ctx.settings_for_adapters, name)
    try:
        return await speaker.say(Draft, instructions="x", turns=[Turn("user", ("x",))], tokens=9)
    finally:
        await speaker.close()


def slack_of(ctx: Context) -> Slack:
    assert ctx.slack
    return ctx.slack


@pytest.mark.parametrize("service", SERVICES)
async def test_every_hosted_service_is_called_within_its_breaker(
    ctx: Context, redis_url: str, tmp_path: Path, service: str
) -> None:
    nobody = "http://127.0.0.1:1"
    settings = Settings(
        redis_url=redis_url,
        soulcaster_data_dir=tmp_path / "hosted",
        github_app_id=1,
        github_webhook_secret="s",
        github_private_key=app_keys()[0],
        github_api_url=nobody,
        slack_bot_token="xoxb-1",
        slack_signing_secret="s",
        slack_api_url=f"{nobody}/api/",
        gemini_api_key="k",
        gemini_base_url=nobody,
        openai_base_url=nobody,
        anthropic_base_url=nobody,
        upstash_vector_rest_url=nobody,
        upstash_vector_rest_token="t",
        e2b_api_key="e2b_" + "1" * 40,
        e2b_api_url=nobody,
        reddit_url=nobody,
    )
    async with open_context(settings) as hosted:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"cannot be reached|did not answer|failed"):
                await CALLS[service](hosted)
        with pytest.raises(Unavailable, match=f"{service} has been failing since"):
            await CALLS[service](hosted)
        assert list(await ctx.breakers.open()) == [service]


async def fails(guard: Guard, error: Exception | None = None) -> None:
    with suppress(Exception):
        async with guard():
            raise error or Unavailable("silence")


async def half_a_minute_passes(ctx: Context) -> None:
    await ctx.redis.hincrbyfloat(keys.breaker("Gemini"), "until", -30)


async def is_open(guard: Guard) -> bool:
    """Whether a call is refused at once; where it is not, it goes well."""
    try:
        async with guard():
            return False
    except Unavailable as error:
        told = error
    assert 0 < (told.retry_after or 0) <= 30
    assert "Gemini has been failing since" in str(told)
    return True


async def test_two_failures_in_a_row_open_it_for_everybody(ctx: Context, other: Context) -> None:
    here, there = ctx.breakers.of("Gemini"), other.breakers.of("Gemini")
    await fails(here)
    assert not await is_open(there), "and this went well"
    await fails(here)
    await fails(there)
    assert await is_open(here)
    assert await is_open(there)
    assert list(await other.breakers.open()) == ["Gemini"]


async def test_one_call_passes_half_open_and_decides(ctx: Context, other: Context) -> None:
    here, there = ctx.breakers.of("Gemini"), other.breakers.of("Gemini")
    for _ in range(2):
        await fails(here)
    for ends_well in (False, True):
        await half_a_minute_passes(ctx)
        with suppress(Unavailable):
            async with here():
                assert await is_open(there), "one at a time"
                if not ends_well:
                    raise Unavailable("silence")
        assert await is_open(there) is not ends_well
    assert await other.breakers.open() == {}


async def test_a_refusal_is_an_answer_and_what_was_not_sent_tells_nothing(ctx: Context) -> None:
    guard = ctx.breakers.of("Gemini")
    await fails(guard)
    await fails(guard, OverBudget("later", retry_after=5))
    await fails(guard)
    await half_a_minute_passes(ctx)
    await fails(guard, OverBudget("later", retry_after=5))
    assert await is_open(guard), "nobody knows yet"
    await half_a_minute_passes(ctx)
    await fails(guard, Rejected("no"))
    for error in (Unavailable("slow down", retry_after=5), Rejected("no"), ValueError("ours")):
        await fails(guard, error)
        await fails(guard)
    assert not await is_open(guard)


async def test_doctor_and_status_say_who_is_away(stage: Stage) -> None:
    ctx = stage.context
    [project] = await ctx.projects.all()
    for _ in range(2):
        await fails(ctx.breakers.of("Gemini"))
    found, mend = await CHECKS["hosted services"](ctx)
    assert mend
    assert "Gemini has been failing since" in found
    said = Utterance(
        audience=Audience.TEAM,
        id="s",
        project=project.id,
        line="/soulcaster status",
        person=Person(operator=True),
        place=Place(),
        heard_at=ctx.now(),
    )
    answer, *_ = await answer_to(ctx, project, said)
    [away] = [fact.value for fact in answer.card.facts if fact.label == "Away"]
    assert "Gemini has been failing since" in str(away)
    digest = await build_digest(ctx, project, compact=True, readers=Audience.TEAM)
    for card in (answer.card, digest):
        assert "Gemini does not answer now: what comes from there may be" in str(card.footer)
