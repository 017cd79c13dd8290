"""Reddit is asked for what is new, as it wants to be asked, and told of in ``source list``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from reddit_wire import RedditWire
from stored import hours_of

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import OverBudget
from bot.domain.models import Item, Person, Place, Project
from bot.reddit import WITH_KEYS, WITHOUT, Reddit
from bot.settings import Settings
from bot.storage import keys
from bot.storage.budget import Priority, at
from bot.storage.commands import Utterance
from workers.commands.answering import Answered, answer_to
from workers.intake import polls

SHOP = Project(id=1, installation=7, full_name="acme/shop", private=True)
KEYS = {"REDDIT_CLIENT_ID": "an-app", "REDDIT_CLIENT_SECRET": "its-secret"}


@pytest.fixture
def wire() -> RedditWire:
    return RedditWire()


@asynccontextmanager
async def opened(
    redis_url: str, folder: Path, wire: RedditWire, **more: str
) -> AsyncIterator[Context]:
    async with TestServer(wire.app()) as served:
        url = str(served.make_url("/"))
        settings = {
            "REDIS_URL": redis_url,
            "SOULCASTER_DATA_DIR": str(folder),
            "REDDIT_URL": url,
            "REDDIT_API_URL": url,
        }
        async with open_context(Settings.load(settings | more)) as ctx:
            await ctx.redis.flushdb()
            await ctx.projects.put(SHOP)
            yield ctx


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path, wire: RedditWire) -> AsyncIterator[Context]:
    async with opened(redis_url, tmp_path, wire) as made:
        yield made


async def say(ctx: Context, line: str) -> Answered:
    told = Utterance(
        audience=Audience.TEAM, id=line, project=SHOP.id, line=line,
        person=Person(operator=True), place=Place(), heard_at=ctx.now(),
    )  # fmt: skip
    return await answer_to(ctx, SHOP, told)


async def listed(ctx: Context) -> str:
    return (await say(ctx, "source list")).answer.card.model_dump_json()


async def poll(ctx: Context) -> None:
    await polls.poll_reddit(ctx, SHOP.id, "acme")


async def reports(ctx: Context) -> list[Item]:
    return await ctx.items.many(SHOP.id, range(1, await ctx.items.last(SHOP.id) + 1))


def later(ctx: Context, seconds: float) -> None:
    """The clock goes on."""
    moment = ctx.now() + timedelta(seconds=seconds)
    ctx.clock = lambda: moment


async def test_what_is_new_is_taken_once_and_what_was_there_is_history(
    ctx: Context, wire: RedditWire
) -> None:
    for number in range(130):
        wire.post(number, f"Old {number}", ctx.now() - timedelta(days=1, minutes=-number))
    assert (await say(ctx, "source add reddit r/Acme --every=15m")).outcome == "done"
    await poll(ctx)
    first = await reports(ctx)
    assert [one.title for one in first] == [f"Old {number}" for number in range(30, 130)]
    assert all(one.history for one in first)
    later(ctx, 3600)
    for number in range(200, 420):
        wire.post(number, f"New {number}", ctx.now() + timedelta(seconds=number))
    for _ in range(2):
        await poll(ctx)
        await ctx.redis.delete(keys.budget("reddit:", "points"))  # a minute is over
    new = (await reports(ctx))[100:]
    assert [one.title for one in new] == [f"New {number}" for number in range(200, 420)]
    assert not any(one.history for one in new)
    assert (await hours_of(ctx, SHOP.id, range(1, 400))).total() == 320


async def test_only_posts_with_the_words_count(ctx: Context, wire: RedditWire) -> None:
    assert (await say(ctx, 'source add reddit r/acme --match="crash, slow"')).outcome == "done"
    wire.post(1, "It CRASHES", ctx.now())
    wire.post(2, "I like it", ctx.now(), "though it is slow at times")
    wire.post(3, "A picture of my dog", ctx.now())
    await poll(ctx)
    assert [one.title for one in await reports(ctx)] == ["It CRASHES", "I like it"]


async def test_a_comment_that_says_the_same_is_an_occurrence_and_no_report(
    ctx: Context, wire: RedditWire
) -> None:
    await say(ctx, "source add reddit r/acme")
    post = wire.post(1, "It crashes", ctx.now())
    wire.comment(1, post, "bo", "Same here!", ctx.now())
    wire.comment(2, post, "bo", "me too, as I said", ctx.now())
    wire.comment(3, post, "cy", "Happens to me", ctx.now())
    wire.comment(4, post, "dee", "Have you tried turning it off?", ctx.now())
    wire.comment(5, "t3_unknown", "eve", "Same here", ctx.now())
    for _ in range(2):
        await poll(ctx)
    assert len(await reports(ctx)) == 1
    assert (await hours_of(ctx, SHOP.id, [1])).total() == 3


async def test_it_is_due_by_the_clock_with_jitter(ctx: Context, wire: RedditWire) -> None:
    await say(ctx, "source add reddit r/acme --every=15m")
    assert await ctx.polls.due(ctx.now()) == [(SHOP.id, "acme")]
    await polls.ask_for_due(ctx)
    claim = await ctx.jobs.claim("work")
    assert claim
    assert claim.ids == [SHOP.id, "acme"]
    await poll(ctx)
    now = ctx.now()
    assert await ctx.polls.due(now + timedelta(minutes=13)) == []
    assert await ctx.polls.due(now + timedelta(minutes=17)) == [(SHOP.id, "acme")]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("private", "it is private"),
        ("quarantined", "it is quarantined"),
        ("banned", "it is banned"),
        ("missing", "there is no such subreddit"),
    ],
)
async def test_what_cannot_be_read_is_said_in_the_list_and_tried_ever_more_seldom(
    ctx: Context, wire: RedditWire, reason: str, said: str
) -> None:
    await say(ctx, "source add reddit r/acme --every=15m")
    wire.reasons["acme"] = reason
    for times in range(1, 4):
        await poll(ctx)
        wait = timedelta(minutes=15) * 2 ** (times - 1)
        assert await ctx.polls.due(ctx.now() + 0.85 * wait) == []
        assert await ctx.polls.due(ctx.now() + 1.15 * wait) == [(SHOP.id, "acme")]
        assert f"could not be read {times} times: {said}" in await listed(ctx)
    del wire.reasons["acme"]
    await poll(ctx)
    assert said not in await listed(ctx)


async def test_who_is_told_to_wait_asks_nobody_meanwhile(ctx: Context, wire: RedditWire) -> None:
    await say(ctx, "source add reddit r/acme --every=1m")
    wire.remaining = 0.0
    await poll(ctx)
    asked = len(wire.asked)
    await poll(ctx)
    assert len(wire.asked) == asked == 1
    with pytest.raises(OverBudget) as held:
        await ctx.reddit.newest("acme", "new")
    assert 290 < (held.value.retry_after or 0) <= 301
    assert await ctx.polls.due(ctx.now() + timedelta(seconds=250)) == []


async def test_a_user_agent_that_reddit_does_not_take_is_said(
    redis_url: str, tmp_path: Path, wire: RedditWire
) -> None:
    async with opened(redis_url, tmp_path, wire, REDDIT_USER_AGENT="aiohttp/3.9") as ctx:
        await say(ctx, "source add reddit r/acme")
        await poll(ctx)
        assert "Reddit has us wait" in await listed(ctx)


async def test_with_keys_it_asks_as_an_app(
    redis_url: str, tmp_path: Path, wire: RedditWire
) -> None:
    wire.keys = (KEYS["REDDIT_CLIENT_ID"], KEYS["REDDIT_CLIENT_SECRET"])
    async with opened(redis_url, tmp_path, wire, **KEYS) as ctx:
        await say(ctx, "source add reddit r/acme")
        wire.post(1, "It crashes", ctx.now())
        await poll(ctx)
        assert [one.title for one in await reports(ctx)] == ["It crashes"]
        assert len(wire.tokens) == 1
        wire.tokens.clear()
        await poll(ctx)
        assert "REDDIT_CLIENT_ID" in await listed(ctx)
        await poll(ctx)
        assert "REDDIT_CLIENT_ID" not in await listed(ctx), "a new token is asked for"


async def test_it_asks_no_oftener_than_reddit_allows(ctx: Context, wire: RedditWire) -> None:
    assert WITHOUT < 10
    assert WITH_KEYS < 100
    url = ctx.settings.reddit_url
    reddit = Reddit(
        ctx.http, ctx.scripts, nullcontext, keys=("", ""), urls=(url, url), patience=0,
        user_agent=ctx.settings.reddit_user_agent,
    )  # fmt: skip
    with at(Priority.ANSWER):
        for _ in range(WITHOUT):
            await reddit.newest("acme", "new")
        with pytest.raises(OverBudget):
            await reddit.newest("acme", "new")


async def test_one_that_was_removed_does_not_come_back(ctx: Context, wire: RedditWire) -> None:
    await say(ctx, "source add reddit r/acme")
    stale = await ctx.polls.get(SHOP.id, "acme")
    assert stale
    assert (await say(ctx, "source remove reddit r/acme")).outcome == "done"
    await ctx.polls.put(SHOP.id, stale, ctx.now())
    assert await ctx.polls.all(SHOP.id) == []
    assert (await say(ctx, "source remove reddit  r/acme")).outcome == "refused"
    await poll(ctx)
    assert wire.asked == []


@pytest.mark.parametrize("words", ["r/a", "r/acme/new", "r/acme --every=5s", "r/acme --every=x"])
async def test_what_is_no_subreddit_is_refused(ctx: Context, words: str) -> None:
    said = await say(ctx, f"source add reddit {words}")
    assert said.outcome == "refused"
    assert await ctx.polls.all(SHOP.id) == []
