"""What is asked once more right before a fix is published, and ends the run without a write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import github_simulator_kit
import pytest

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.fixes.run import FixRun
from bot.domain.models import Project, Verdict
from bot.settings import Settings
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun
from workers.fixes.steps.publish import publish
from workers.intake.quota import period_of

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
PRIVATE = Project(id=7, installation=1, full_name="acme/shop", private=True)
PUBLIC = PRIVATE.model_copy(update={"private": False})


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """With a GitHub that must not be asked for anything."""
    settings = Settings(
        redis_url=redis_url,
        soulcaster_data_dir=tmp_path,
        github_app_id=1,
        github_private_key=github_simulator_kit.keys()[0],
        github_webhook_secret="s3cret",
        github_api_url="http://127.0.0.1:9",
    )
    async with open_context(settings) as context:
        await context.redis.flushdb()
        await context.projects.put(PRIVATE)
        yield context


async def ready(ctx: Context, *, stopped_by: str = "") -> FixRun:
    """A run that the operator asked for: nobody's role counts."""
    wanted = FixRun(
        audience=Audience.TEAM,
        number=0,
        cluster=1,
        command="c",
        requested_by="operator",
        operator=True,
        agent="mechanic",
        seconds_allowed=60,
        stop_asked_by=stopped_by,
        created_at=NOW,
        updated_at=NOW,
    )
    run, _ = await ctx.runs.open(PRIVATE.id, wanted)
    return run


async def test_what_the_team_alone_may_read_is_not_published_to_everybody(ctx: Context) -> None:
    with pytest.raises(Ended, match="acme/shop is public by now") as ended:
        await publish(ProjectRun(ctx, PUBLIC, await ready(ctx)))
    assert ended.value.verdict is Verdict.STOPPED


async def test_a_stop_that_came_late_is_heard(ctx: Context) -> None:
    with pytest.raises(Ended, match="Stopped by @ana") as ended:
        await publish(ProjectRun(ctx, PRIVATE, await ready(ctx, stopped_by="@ana")))
    assert ended.value.verdict is Verdict.STOPPED


async def test_the_last_of_the_quota_may_be_gone(ctx: Context) -> None:
    run = await ready(ctx)
    for other in range(100, 120):
        assert await ctx.quotas.spend_fix(PRIVATE, period_of(ctx), other, cap=20)
    with pytest.raises(Ended, match="20 of 20 fix runs are used") as ended:
        await publish(ProjectRun(ctx, PRIVATE, run))
    assert ended.value.verdict is Verdict.LIMIT_REACHED
