"""What operators and their platforms ask of a web process: alive, ready, and how all stands."""

from __future__ import annotations

import json
import re

import aiohttp
import pytest
from cryptography.fernet import Fernet
from documents import ROOT
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.context import Context, open_context
from bot.domain.errors import Unavailable
from bot.domain.models import Project
from bot.jobs import enqueue
from bot.settings import Settings
from bot.storage.inbox import Delivery
from handlers.web import build_app, serving
from workers import jobs
from workers.upkeep.alarms import ask_for_silent
from workers.upkeep.schedule import wake_for_overdue

TOKEN = "metrics-token-of-the-operator"
HIDDEN = Project(id=7, installation=3, full_name="acme/very-secret-name", private=True)


async def ask(ctx: Context, path: str, **headers: str) -> tuple[int, str]:
    async with (
        serving(build_app(ctx), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
        http.get(url + path, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


def with_settings(ctx: Context, **settings: object) -> Settings:
    return ctx.settings.model_copy(update=settings)


def values(told: str) -> dict[str, float]:
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


async def test_metrics_are_for_who_has_the_token(ctx: Context) -> None:
    assert (await ask(ctx, "/metrics", Authorization="Bearer "))[0] == 401
    assert (await ask(ctx, "/metrics"))[0] == 401  # no token is set: nobody, from loopback either
    ctx.settings = with_settings(ctx, soulcaster_metrics_token=SecretStr(TOKEN))
    assert (await ask(ctx, "/metrics"))[0] == 401
    assert (await ask(ctx, "/metrics", Authorization="Bearer guess"))[0] == 401
    assert (await ask(ctx, "/metrics", Authorization=f"Bearer {TOKEN}"))[0] == 200


async def test_metrics_say_how_all_stands_and_name_nobody(ctx: Context) -> None:
    ctx.settings = with_settings(ctx, soulcaster_metrics_token=SecretStr(TOKEN))
    await ctx.projects.put(HIDDEN)
    await enqueue(ctx, jobs.refresh_tracking_issue, HIDDEN.id)
    await enqueue(ctx, jobs.follow_problem, HIDDEN.id, 1, delay=60)
    await ctx.inbox.accept(Delivery("hear_github", {}, b"{}", 1.0))
    for _ in range(2):
        with pytest.raises(Unavailable):
            async with ctx.breakers.of("Slack")():
                raise Unavailable("away")
    await ask_for_silent(ctx)
    status, told = await ask(ctx, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    found = values(told)
    assert found["soulcaster_backlog_jobs work"] == 3
    assert found["soulcaster_backlog_jobs people"] == 0
    assert 0 < found["soulcaster_queue_age_seconds work"] < 60
    assert found["soulcaster_breaker_open Slack"] == 1
    assert found["soulcaster_breaker_open GitHub"] == 0
    assert found["soulcaster_clock_age_seconds"] >= 0
    assert found["soulcaster_github_left_ratio"] == 1
    assert "secret-name" not in told
    assert "acme" not in told
    await wake_for_overdue(ctx)  # the same count wakes workers


async def test_the_dashboard_shows_what_there_is(ctx: Context) -> None:
    ctx.settings = with_settings(ctx, soulcaster_metrics_token=SecretStr(TOKEN))
    await ask_for_silent(ctx)
    _, told = await ask(ctx, "/metrics", Authorization=f"Bearer {TOKEN}")
    board = json.loads((ROOT / "docs" / "grafana.json").read_text())
    wanted = {
        name.removesuffix("_total")
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:soulcaster|process)_\w+", target["expr"])
    }
    there = {each.name for each in text_string_to_metric_families(told)}
    assert wanted <= there
    assert {name for name in there if name.startswith("soulcaster_")} <= wanted


async def test_alive_and_ready_are_two_things(ctx: Context, redis_url: str) -> None:
    assert (await ask(ctx, "/healthz"))[0] == 200
    assert (await ask(ctx, "/readyz"))[0] == 200
    away = with_settings(ctx, redis_url="redis://127.0.0.1:1/0")
    async with open_context(away) as alone:
        assert (await ask(alone, "/healthz"))[0] == 200
        assert (await ask(alone, "/readyz"))[0] == 503
        status, _ = await ask(alone, "/metrics", Authorization="Bearer x")
        assert status == 401
    # The same Redis, sealed with a key that we do not have.
    for key in (Fernet.generate_key(), Fernet.generate_key()):
        keys = SecretStr(key.decode())
        other = with_settings(ctx, redis_url=redis_url, soulcaster_vault_keys=keys)
        async with open_context(other) as another:
            status, told = await ask(another, "/readyz")
    assert status == 503
    assert "SOULCASTER_VAULT_KEYS" in told
