"""A cluster's summary by the language model: what it cites is there, or nobody sees it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import gemini_server as gemini
import pytest
from gemini_server import Reply
from judge_kit import FIRST, Shop, material, open_shop, summary

from bot.domain.audience import Audience
from bot.domain.clusters.written_summary import WrittenSummary
from bot.domain.models import Cluster
from bot.storage.answers import SUMMARY
from workers import jobs
from workers.clusters import asking, refresh

AWAY = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="60s")
GOOD = summary("Cart total is wrong", ("The total leaves out the last article.", [1]))
WRONG = summary("Cart total is wrong", ("The total leaves out the last article.", [1, 9]))
INVENTED = summary("Cart total is wrong", ("Since 4.2.1 the total leaves out the last.", [1]))


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path, soulcaster_summary_budget=3) as made:
        yield made


async def write(shop: Shop) -> None:
    """What is on the list is asked about now."""
    await shop.ctx.jobs.ask(jobs.write_summaries, shop.id)
    await shop.work()


async def cluster(shop: Shop, number: int = 1) -> Cluster:
    return await shop.ctx.clusters.get(shop.id, number)


async def said(shop: Shop, number: int = 1) -> list[str]:
    return [sentence.text for sentence in (await cluster(shop, number)).summary]


async def stored(shop: Shop, number: int = 1) -> WrittenSummary:
    return WrittenSummary.model_validate_json(await shop.ctx.answers.get(shop.id, SUMMARY, number))


async def test_the_models_words_replace_the_extract(shop: Shop) -> None:
    shop.model.script = [GOOD]
    await shop.report(FIRST)
    assert await said(shop) == [FIRST[1]], "until then the extract stands"
    await write(shop)
    assert await said(shop) == ["The total leaves out the last article."]
    assert (await cluster(shop)).summary[0].items == (1,)
    (asked,) = shop.model.asked
    assert material(asked.body)["reports"] == [{"id": 1, "title": FIRST[0], "text": FIRST[1]}]


async def test_it_is_written_once_for_the_same_reports(shop: Shop) -> None:
    shop.model.script = [GOOD] * 3
    await shop.report(FIRST)
    for _ in range(3):
        await write(shop)
        await refresh.refresh_cluster(shop.ctx, shop.id, 1)
        await shop.ctx.answers.want(shop.id, SUMMARY, 1, time.time())
    await write(shop)
    assert len(shop.model.asked) == 1
    await shop.report(FIRST)  # a repeat joins
    await write(shop)
    assert len(shop.model.asked) == 2
    assert len(material(shop.model.asked[1].body)["reports"]) == 2


@pytest.mark.parametrize(
    ("first", "told"),
    [(WRONG, "cites I-9, which is not in this cluster"), (INVENTED, "says '4.2.1'")],
)
async def test_what_is_wrong_is_named_and_mended_once(shop: Shop, first: Reply, told: str) -> None:
    shop.model.script = [first, GOOD]
    await shop.report(FIRST)
    await write(shop)
    assert await said(shop) == ["The total leaves out the last article."]
    wrong = material(shop.model.asked[1].body)["wrong"]
    assert told in wrong["problems"][0]
    assert wrong["answer"]["title"] == "Cart total is wrong"


@pytest.mark.parametrize(
    "replies",
    [
        [WRONG, INVENTED],
        [gemini.text("{not json"), gemini.text("[]")],
        [gemini.blocked()],
        [summary("x" * 121, ("The total leaves out the last article.", [1]))] * 2,
        [summary("Cart total is wrong")] * 2,
    ],
)
async def test_what_stays_wrong_is_never_shown(shop: Shop, replies: list[Reply]) -> None:
    shop.model.script = replies
    await shop.report(FIRST)
    await write(shop)
    assert await said(shop) == [FIRST[1]]
    assert (await stored(shop)).problem
    await refresh.refresh_cluster(shop.ctx, shop.id, 1)
    await write(shop)
    assert len(shop.model.asked) == len(replies), "it is not asked the same again"


async def test_what_is_written_goes_when_its_report_goes(shop: Shop) -> None:
    shop.model.script = [GOOD]
    await shop.report(FIRST)
    await shop.report(FIRST)
    await write(shop)
    assert await said(shop) == ["The total leaves out the last article."]
    item = await shop.item(1)
    await shop.ctx.items.withdraw(shop.id, item.source, item.key)
    await refresh.refresh_cluster(shop.ctx, shop.id, 1)
    found = await cluster(shop)
    assert [sentence.items for sentence in found.summary] == [(2,)]


async def test_a_model_that_is_away_is_asked_later(shop: Shop) -> None:
    shop.model.script = [AWAY, GOOD]
    await shop.report(FIRST)
    await write(shop)
    assert await said(shop) == [FIRST[1]]
    await write(shop)
    assert await said(shop) == ["The total leaves out the last article."]


async def test_it_is_given_up_in_the_end(shop: Shop) -> None:
    shop.model.script = [AWAY] * 2
    await shop.report(FIRST)
    await write(shop)
    real = shop.ctx.clock
    shop.ctx.clock = lambda: real() + asking.PATIENCE + timedelta(minutes=1)
    await write(shop)
    assert await shop.ctx.answers.waiting(shop.id, SUMMARY) == []
    assert "429" in (await stored(shop)).problem
    assert await said(shop) == [FIRST[1]]


async def test_the_budget_binds(redis_url: str, tmp_path: Path) -> None:
    async with open_shop(redis_url, tmp_path, soulcaster_summary_budget=1) as shop:
        shop.model.script = [GOOD] * 2
        await shop.report(FIRST)
        await write(shop)
        await shop.report(FIRST)
        await write(shop)
        assert len(shop.model.asked) == 1
        assert "SOULCASTER_SUMMARY_BUDGET" in (await stored(shop)).problem
        assert await said(shop) == ["The total leaves out the last article."], "it still holds"


async def test_in_a_public_repository_nothing_private_is_mixed_in(shop: Shop) -> None:
    public = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(public)
    shop.model.script = [GOOD]
    await shop.report(FIRST)
    await shop.report(FIRST, audience=Audience.TEAM)
    assert len(await shop.ctx.clusters.sample(shop.id, 1)) == 2
    await write(shop)
    (asked,) = shop.model.asked
    assert [each["id"] for each in material(asked.body)["reports"]] == [1]
