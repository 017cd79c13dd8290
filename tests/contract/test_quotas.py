"""How much an installation may bring and have repaired: counted once, and nobody gets past it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from stored import hours_of

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import QuotaExceeded
from bot.domain.models import Draft, Person, Place, Project
from bot.settings import Settings
from bot.simulators.github import Limits
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.doctor import CHECKS
from workers import jobs
from workers.commands.answering import Answered, answer_to
from workers.digests import posting
from workers.digests.notices import tell_refused
from workers.digests.onboarding import check_file
from workers.fixes.steps.starting import require_quota
from workers.hearing.alerts import hear_alert
from workers.intake import items, quota, sync

CAP = 5
SHOP = Project(id=1, installation=7, full_name="acme/shop", private=True)
SITE = Project(id=2, installation=7, full_name="acme/site", private=True)
OTHER = Project(id=3, installation=8, full_name="umbrella/app", private=True)


def settings(redis_url: str, folder: Path, **more: str) -> Settings:
    return Settings.load(
        {
            "REDIS_URL": redis_url,
            "SOULCASTER_DATA_DIR": str(folder),
            "SOULCASTER_EMBEDDER": "hashing",
            "SOULCASTER_REPORT_QUOTA": str(CAP),
            **more,
        }
    )


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with open_context(settings(redis_url, tmp_path)) as made:
        await made.redis.flushdb()
        for project in (SHOP, SITE, OTHER):
            await made.projects.put(project)
        yield made


@pytest.fixture
async def other(ctx: Context, redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Another worker."""
    async with open_context(settings(redis_url, tmp_path / "other")) as made:
        yield made


def draft(ctx: Context, key: str, *, event: str = "e1", history: bool = False) -> Draft:
    return Draft(
        source="sentry", key=key, event=event, title=key, occurred_at=ctx.now(),
        audience=Audience.TEAM, history=history,
    )  # fmt: skip


async def used(ctx: Context) -> int:
    return await ctx.quotas.reports(SHOP.installation, quota.period_of(ctx))


async def refused(ctx: Context, project: Project = SHOP) -> dict[str, int]:
    return await ctx.quotas.refused(project, quota.period_of(ctx))


async def seen(ctx: Context, project: int, *numbers: int) -> int:
    return (await hours_of(ctx, project, numbers)).total()


async def test_no_two_workers_pass_it_together(ctx: Context, other: Context) -> None:
    taken = await asyncio.gather(
        *(
            items.take(worker, project.id, draft(ctx, f"{project.id}-{n % 9}"))
            for n in range(18)
            for worker in (ctx, other)
            for project in (SHOP, SITE)
        )
    )
    assert sum(one.new for one in taken) == CAP == await used(ctx)
    assert await ctx.items.last(SHOP.id) + await ctx.items.last(SITE.id) == CAP
    told = await refused(ctx), await refused(ctx, SITE)
    assert sum(one.get("sentry", 0) for one in told) == 2 * 9 - CAP, "each of those once"
    assert (await items.take(ctx, OTHER.id, draft(ctx, "theirs"))).new


async def test_repeats_count_always_and_history_never(ctx: Context) -> None:
    for n in range(CAP):
        await items.take(ctx, SHOP.id, draft(ctx, f"k{n}"))
    for n in range(3):
        assert (await items.take(ctx, SHOP.id, draft(ctx, "k0", event=f"e{n}"))).item == 1
    assert await seen(ctx, SHOP.id, 1) == 3
    assert (await items.take(ctx, SHOP.id, draft(ctx, "old", history=True))).new
    assert (await items.take(ctx, SHOP.id, draft(ctx, "new"))).item == -1
    assert await used(ctx) == CAP
    assert await refused(ctx) == {"sentry": 1}


async def test_what_was_refused_is_taken_when_there_is_room(ctx: Context) -> None:
    for n in range(CAP + 1):
        await items.take(ctx, SHOP.id, draft(ctx, f"k{n}"))
    raised = ctx.settings.model_copy(update={"soulcaster_report_quota": 0})
    ctx.settings = raised
    recorded = await items.take(ctx, SHOP.id, draft(ctx, f"k{CAP}"))
    assert recorded.new
    assert recorded.counted
    assert await used(ctx) == CAP + 1


@pytest.mark.parametrize(
    ("period", "days", "words"),
    [
        ("day", 1, "today"),
        ("week", 7, "this week"),
        ("month", 31, "this month"),
        ("ever", 0, "in all"),
    ],
)
async def test_it_begins_anew_with_its_period(
    ctx: Context, period: str, days: int, words: str
) -> None:
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_quota_period": period})
    for n in range(CAP + 1):
        await items.take(ctx, SHOP.id, draft(ctx, f"k{n}"))
    assert words in await quota.refusals(ctx, SHOP)
    later = ctx.now() + timedelta(days=days or 300)
    ctx.clock = lambda: later
    assert await used(ctx) == (0 if days else CAP)
    assert bool(await quota.refusals(ctx, SHOP)) is not bool(days)


async def test_an_alert_over_it_is_counted_once_however_often_it_is_heard(ctx: Context) -> None:
    for n in range(CAP):
        await items.take(ctx, SHOP.id, draft(ctx, f"k{n}"))
    body = json.dumps({"text": "It broke", "id": "one"}).encode()
    meta = {"source": "feedback", "project": str(SHOP.id)}
    for at in (1.0, 2.0):
        delivery = Delivery(jobs.hear_alert.name, meta, body, at)
        await ctx.inbox.accept(delivery)
        await hear_alert(ctx, delivery.row)
        await ctx.redis.delete(f"sc:done:{delivery.row}")
    assert await refused(ctx) == {"feedback": 1}


async def test_fixes_are_counted_once_over_all_projects(ctx: Context) -> None:
    month = quota.period_of(ctx)
    granted = await asyncio.gather(
        *(
            ctx.quotas.spend_fix(project, month, n % 6, cap=4)
            for n in range(24)
            for project in (SHOP, SITE)
        )
    )
    assert sum(granted) == 4 * 4
    assert await ctx.quotas.fixes(SHOP.installation, month) == 4
    assert await ctx.quotas.fixes(OTHER.installation, month) == 0


async def test_a_run_over_the_quota_is_refused_in_one_line(ctx: Context) -> None:
    for number in range(20):
        await ctx.quotas.spend_fix(SITE, quota.period_of(ctx), number, cap=20)
    with pytest.raises(QuotaExceeded, match="20 of 20 fix runs used this month"):
        await require_quota(ctx, SHOP)
    found, mend = await CHECKS["quotas"](ctx)
    assert "FIX 20 of 20 this month (installation 7)" in found
    assert mend == "used up: raise SOULCASTER_FIX_QUOTA"


async def say(ctx: Context, line: str) -> Answered:
    told = Utterance(
        audience=Audience.TEAM, id=line, project=SHOP.id, line=line,
        person=Person(operator=True), place=Place(), heard_at=ctx.now(),
    )  # fmt: skip
    return await answer_to(ctx, SHOP, told)


async def test_who_asks_is_told_what_is_used_and_what_was_refused(ctx: Context) -> None:
    for n in range(CAP + 2):
        await items.take(ctx, SHOP.id, draft(ctx, f"k{n}"))
    await ctx.quotas.spend_fix(SITE, quota.period_of(ctx), 1, cap=20)
    card = (await say(ctx, "quota")).answer.card.model_dump_json()
    assert "5 of 5 this month" in card
    assert "1 of 20 this month" in card
    for line in ("quota", "source list"):
        card = (await say(ctx, line)).answer.card.model_dump_json()
        assert "2 new reports (sentry 2) were refused" in card
    own = await say(ctx, 'feedback "The invoice is empty"')
    assert own.outcome == "refused"
    assert "(feedback 1, sentry 2)" in own.answer.card.model_dump_json()


async def test_a_project_that_has_no_place_yet_is_told_nothing(stage: Stage) -> None:
    project = await stage.project()
    assert not await stage.context.digests.tracking_issue(project.id)
    before = len(await messages(stage))
    await check_file(stage.context, project.id)
    assert len(await messages(stage)) == before


async def test_one_card_a_day_says_it(tmp_path: Path) -> None:
    made = open_stage(
        tmp_path, processes=False, limits=Limits.none(), SOULCASTER_REPORT_QUOTA=str(CAP),
        SOULCASTER_EMBEDDER="hashing",
    )  # fmt: skip
    async with made as stage:
        ctx = stage.context
        installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
        await sync.sync_installation(ctx, installed.id)
        project = await stage.project()
        await posting.send_digest(ctx, project.id, "one")
        before = len(await messages(stage))
        for n in range(CAP + 3):
            await items.take(ctx, project.id, draft(ctx, f"k{n}"))
            await tell_refused(ctx, project.id)
        said = (await messages(stage))[before:]
        assert ["3 new reports (sentry 3) were refused" in one for one in said] == [True]
        issue = await ctx.digests.tracking_issue(project.id)
        assert issue
        comments = stage.github.world.repository(stage.repository).issues[issue].comments
        assert ["3 new reports" in one.body for one in comments] == [True]


async def messages(stage: Stage) -> list[str]:
    """What stands in the channel, oldest first."""
    state = await stage.slack_state()
    [channel] = [one for one in state["channels"] if one["id"] == stage.channel]
    return [json.dumps(message) for message in channel["messages"]]
