"""What is remembered, who may read it, when it goes, and what uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from judge_kit import NOW, Shop, open_shop
from test_ask import ask

from bot.domain.audience import Audience
from bot.domain.fixes.run import FixRun
from bot.domain.models import Person, Place, Verdict
from bot.storage import keys
from bot.storage.commands import Utterance
from workers.commands.answering import answer_to
from workers.fixes import planning
from workers.memory.recall import learn

VAT = ("Refund is too small", "I paid 119 euros and the refund was 100, so the tax stayed there.")
DATES = ("Dates are odd", "The invoice shows 31/12 where it should show 12/31 for American buyers.")


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path) as made:
        made.ctx.clock = lambda: NOW
        yield made


async def say(shop: Shop, line: str, place: Place | None = None) -> str:
    said = Utterance(
        audience=Audience.TEAM if place is None else Audience.PROJECT, id=line, project=shop.id,
        line=line, person=Person(operator=True), place=place or Place(), heard_at=NOW,
    )  # fmt: skip
    return (await answer_to(shop.ctx, shop.project, said)).answer.card.model_dump_json()


async def test_a_fact_is_remembered_once_found_used_and_forgotten(shop: Shop) -> None:
    told = await say(shop, 'remember "Refunds are gross" --path=src/shop/tax.py --ttl=90d')
    assert "M-1" in told
    assert "That is remembered" in await say(
        shop, 'remember "refunds are gross" --path=src/shop/tax.py'
    )
    shown = await say(shop, "memory refunds")
    assert "Refunds are gross" in shown
    assert "src/shop/tax.py" in shown
    assert "until" in shown
    assert "0 facts" in await say(shop, "memory invoices")
    await shop.report(VAT)
    plan = await planning.plan_for(
        shop.ctx, shop.project, await shop.ctx.clusters.get(shop.id, 1), model=None,
        readers=Audience.TEAM,
    )  # fmt: skip
    assert plan.known == ("M-1: Refunds are gross",)
    shop.ctx.settings = shop.ctx.settings.model_copy(update={"soulcaster_ask_budget": 0})
    assert "M-1" in (await ask(shop, "Are refunds gross?")).model_dump_json()
    assert "is forgotten" in await say(shop, "forget M-1")
    assert "There is no M-1" in await say(shop, "forget M-1")


async def test_what_the_team_told_is_not_there_in_public(shop: Shop) -> None:
    shop.project = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(shop.project)
    await say(shop, "remember The launch is called bluebird")
    here = Place(issue=1, comment=1)
    for line in ("memory", "memory bluebird", "forget M-1", "ask launch bluebird?"):
        assert "The launch" not in await say(shop, line, here)
    assert "The launch" in await say(shop, "memory")
    await shop.report(("The launch bluebird is late", "Bluebird is late, says the launch page."))
    cluster = await shop.ctx.clusters.get(shop.id, 1)
    for readers, told in ((Audience.PROJECT, 0), (Audience.TEAM, 1)):
        plan = await planning.plan_for(shop.ctx, shop.project, cluster, model=None, readers=readers)
        assert len(plan.known) == told
        assert plan.audience is readers


async def test_a_fact_goes_with_its_time(shop: Shop) -> None:
    await say(shop, "remember Soon over --ttl=1d")
    assert "1 fact" in await say(shop, "memory")
    shop.ctx.clock = lambda: NOW + timedelta(days=2)
    assert "0 facts" in await say(shop, "memory")
    assert await shop.ctx.redis.exists(keys.facts(shop.id)) == 0


async def test_a_merged_fix_leaves_what_it_taught_once(shop: Shop) -> None:
    await shop.report(VAT)
    run = FixRun(
        audience=Audience.PROJECT, number=7, cluster=1, command="c", requested_by="ana",
        agent="mechanic", seconds_allowed=60, created_at=NOW, updated_at=NOW, grade=Verdict.PROVED,
        change="--- a/src/shop/tax.py\n+++ b/src/shop/tax.py\n@@ -1 +1 @@ def refund(net, rate):\n",
        pull_url="https://github.com/acme/shop/pull/45",
    )  # fmt: skip
    for _ in range(2):
        await learn(shop.ctx, shop.project, run, {"number": 45})
    (fact,) = await shop.ctx.memory.facts(shop.id, NOW)
    assert fact.text == ("Refund is too small: mended in src/shop/tax.py, refund() by #45, proved.")
    assert (fact.by, fact.path) == ("F-7", "src/shop/tax.py")
