"""Two machines on one Redis: each with a data folder of its own, in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from machine_kit import opened
from structlog.testing import capture_logs
from test_reembedding import Folded
from test_source_secrets import SHELL, SHOP, say

from bot.adapters.embedders.hashing import Hashing
from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import NotHere
from bot.domain.models import Draft
from bot.domain.ports import Limits
from bot.jobs import enqueue
from bot.render import render_markdown
from bot.storage import keys
from bot.storage.embeddings import AWAY_SECONDS, REPLACED_SECONDS
from bot.storage.vault import Vault, open_vault
from handlers import doctor, doctor_models
from workers import jobs
from workers.clusters import evidence
from workers.worker import drain, work

P = SHOP.id
KEY = Fernet.generate_key().decode()


@pytest.fixture
async def two(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[Context, Context]]:
    jobs.load()
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(opened(redis_url, tmp_path / name, KEY))
            for name in "ab"
        ]
        await made[0].redis.flushdb()
        await made[0].projects.put(SHOP)
        evidence._memories.clear()
        yield made[0], made[1]


def sits_at(ctx: Context, embedder: Hashing) -> None:
    """A worker of this machine; both are this process, and know only what is stored."""
    evidence._memories.clear()
    ctx.embedder = embedder


async def report(ctx: Context, *titles: str) -> None:
    for title in titles:
        draft = Draft(
            source="sentry",
            key=title,
            event=title,
            title=title,
            body=f"{title}, said at length",
            occurred_at=ctx.now(),
            audience=Audience.TEAM,
        )
        await ctx.items.record(P, draft, ctx.now())
    await enqueue(ctx, jobs.cluster_items, P)


async def placed(ctx: Context) -> int:
    return len(await ctx.items.membership(P))


async def test_who_has_another_takes_no_clustering_job_and_says_so_once(
    two: tuple[Context, Context],
) -> None:
    one, other = two
    sits_at(one, Hashing())
    await report(one, "Checkout times out")
    await drain(one, "work")
    assert (await one.embeddings.agreed(P), await placed(one)) == (Hashing.id, 1)

    foreign = Folded()
    sits_at(other, foreign)
    await report(other, "Invoices are empty")
    await enqueue(other, jobs.reembed_items, P)
    with capture_logs() as logs:
        async with asyncio.timeout(20):
            await drain(other, "work")
            await drain(other, "work")
    told = [line["why"] for line in logs if line["event"] == "left to other workers"]
    assert len(told) == 1
    assert f"The embedder of {SHOP.full_name} is {Hashing.id}" in told[0]
    assert "set SOULCASTER_EMBEDDER" in told[0]
    assert (foreign.embedded.total(), await placed(other)) == (0, 1)
    found, mend = await doctor_models.embedder(other)
    assert mend
    assert found.split("; ")[1] == f"acme/shop uses {Hashing.id}"
    # What a person asked for is kept, and obeyed where it can be.
    with pytest.raises(NotHere):
        await evidence.remember(other, P)

    sits_at(one, Hashing())
    await drain(one, "work")
    assert await placed(one) == 2
    assert not await one.redis.hgetall(keys.tries("work")), "it counts against no job"
    # While there is nothing to do, too, it is offered.
    for _ in range(2):
        await age(one, REPLACED_SECONDS - 30)
        await enqueue(one, jobs.reembed_items, P)
        await drain(one, "work")
    assert await one.embeddings.agree(P, "new/1") == Hashing.id
    assert (await doctor_models.embedder(one))[1] == ""


@pytest.mark.parametrize("same", [True, False], ids=["this machine", "another machine"])
async def test_it_is_replaced_when_nobody_offers_it_any_more(
    two: tuple[Context, Context], same: bool
) -> None:
    one, other = two
    last = one if same else other
    await one.embeddings.agree(P, "old/1")
    assert await last.embeddings.agree(P, "new@2/1") == "old/1"
    await age(one, REPLACED_SECONDS - 30)
    assert await last.embeddings.agree(P, "new@2/1") == "old/1"
    await age(one, 31)
    assert await last.embeddings.agree(P, "new@2/1") == ("new@2/1" if same else "old/1")
    await age(one, AWAY_SECONDS)
    assert await last.embeddings.agree(P, "new@2/1") == "new@2/1"
    assert await one.embeddings.agree(P, "old/1") == "new@2/1"


async def test_what_one_has_placed_the_other_finds(two: tuple[Context, Context]) -> None:
    one, other = two
    counting = [Folded(), Folded()]
    sits_at(one, counting[0])
    await report(one, *(f"Report {number} of a long list" for number in range(80)))
    await drain(one, "work")
    sits_at(other, counting[1])
    memory = await evidence.remember(other, P)
    assert memory.engine.lacking == []
    assert [each.embedded.total() for each in counting] == [80, 0]


async def test_an_engine_works_off_the_loop(two) -> None:
    memory = await evidence.remember(two[0], P)
    assert await memory.use(threading.get_ident) != threading.get_ident()


async def age(ctx: Context, seconds: float) -> None:
    """So long ago somebody was heard of last."""
    for offer, at in await ctx.redis.zrange(keys.embedders(), 0, -1, withscores=True):
        await ctx.redis.zadd(keys.embedders(), {offer: at - seconds})


async def test_a_door_of_other_keys_breaks_no_list(
    two: tuple[Context, Context], tmp_path: Path
) -> None:
    one, _ = two
    foreign = Vault(one.redis, one.scripts, open_vault("", tmp_path / "elsewhere"))
    ours = await one.vault.open_hook(P, "datadog")
    theirs = await foreign.open_hook(P, "sentry")
    await foreign.open_hook(P + 1, "reddit")
    await one.redis.hset(
        keys.hooks(), "old", (await one.redis.hget(keys.hooks(), theirs.id)).split()[-1]
    )
    answer, how = await say(one, "source list", SHELL)
    words = render_markdown(answer.card)
    assert how == "done"
    assert ours.id in words
    assert f"{theirs.id}`, unreadable" in words
    assert "say `source rotate sentry`" in words
    assert "reddit" not in words
    found, mend = await doctor._vault(one)
    assert mend
    assert "2 doors" in found
    given = await one.vault.hand_over("made-by-sentry")
    _, how = await say(one, f"source rotate sentry --given={given}", SHELL)
    assert how == "done"
    assert all(hook.secret for hook in await one.vault.hooks(P))


async def test_a_sandbox_that_nobody_holds_is_ended_by_a_worker_of_its_machine(
    redis_url: str, tmp_path: Path
) -> None:
    trusted = frozenset({SHOP.full_name})
    async with opened(redis_url, tmp_path, KEY, soulcaster_trusted_repositories=trusted) as ctx:
        await ctx.redis.flushdb()
        labels = {"repository": SHOP.full_name, "lease": "sc:lease:gone", "token": "dead"}
        await ctx.sandboxes.open(template="", limits=Limits(seconds=600), key="k", labels=labels)
        assert await ctx.sandboxes.alive()
        working = asyncio.create_task(work(ctx, "work"))
        try:
            async with asyncio.timeout(30):
                while await ctx.sandboxes.alive():  # noqa: ASYNC110 - another task ends it
                    await asyncio.sleep(0.02)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
