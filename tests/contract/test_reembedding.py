"""Another embedder: old items get its vectors in the background, and nothing is mixed meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from upstash_wire import UpstashWire

from bot.adapters import choose
from bot.adapters.embedders.hashing import Hashing
from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.models import Draft, Person, Place, Project
from bot.domain.ports import Vector
from bot.jobs import CLAIM, Claim, enqueue
from bot.storage import keys
from bot.storage.commands import Utterance
from bot.storage.embeddings import REPLACED_SECONDS
from bot.storage.vectors import StoredVectors
from handlers import doctor_models
from workers import jobs
from workers.clusters import evidence, placing, reembed
from workers.commands.answering import answer_to
from workers.upkeep import schedule
from workers.worker import perform

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
OLD = 100
WORDS = [f"{a}{b}" for a in ("lor", "mit", "sed", "vol", "qua", "ner") for b in ("an", "ex", "um")]
TAIL = "It worked in the last release, and nothing else was changed on that machine since then."
_projects = iter(range(2_000_000, 3_000_000))
P = 0


class Folded(Hashing):
    """Another embedder of half the width, so that comparing it with the first one fails loudly.

    ``embedded`` counts the texts; ``gate`` opens for so many of them and then holds the rest.
    """

    id = "folded/512"
    dimensions = 512
    together = 64

    def __init__(self, gate: int = 1_000_000) -> None:
        self.embedded: Counter[str] = Counter()
        self.gate = gate
        self.held = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> Vector:
        if self.embedded.total() + len(texts) > self.gate:
            self.held.set()
            await asyncio.Event().wait()
        self.embedded.update(texts)
        wide = np.stack([self._row_of(text) for text in texts])
        folded = wide[:, :512] + wide[:, 512:]
        return folded / np.linalg.norm(folded, axis=1, keepdims=True).clip(1e-9)

    def _row_of(self, text: str) -> Vector:
        made = np.zeros(1_024, dtype=np.float32)
        for word in text.lower().split():
            made[sum(map(ord, word)) * 31 % 1_024] += 1
        return made


@pytest.fixture(autouse=True)
def _own_project() -> None:
    global P
    P = next(_projects)


@pytest.fixture(params=choose.VECTOR_INDEXES)
async def ctx(
    request: pytest.FixtureRequest, ctx: Context, tmp_path: Path
) -> AsyncIterator[Context]:
    wire, app = UpstashWire(), web.Application(client_max_size=2**26)
    app.router.add_post("/{tail:.*}", wire.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        choices = choose.AdapterChoices(
            tmp_path,
            tmp_path,
            upstash_url=url,
            upstash_token="t",
            shared_vectors=lambda: StoredVectors(ctx.redis, ctx.seal),
        )
        ctx.vectors = choose.VECTOR_INDEXES[request.param](choices)
        yield ctx
        await ctx.vectors.close()


def the_project() -> Project:
    return Project(id=P, installation=1, full_name="acme/shop", private=True)


async def report(ctx: Context, title: str, body: str) -> int:
    number = await ctx.items.last(P) + 1
    key = f"issue:{number}"
    when = NOW + timedelta(minutes=number)
    draft = Draft(
        audience=Audience.PROJECT,
        source="github",
        key=key,
        event=key,
        title=title,
        body=body,
        occurred_at=when,
    )
    return (await ctx.items.record(P, draft, NOW)).item


def words_of(number: int, count: int) -> str:
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(count))


async def reports(ctx: Context, count: int) -> None:
    """Reports that share nothing but a few words."""
    await ctx.projects.put(the_project())
    for number in range(1, count + 1):
        await report(ctx, f"The {words_of(number, 3)} fails", f"{words_of(-number, 12)}. {TAIL}")


async def cluster_now(ctx: Context) -> None:
    """The clustering job, under its lease; what it asks for is not our subject."""
    claim = Claim(f'["cluster_items", {P}]', "1", "mine", "work", "1")
    await ctx.redis.set(claim.lease, claim.token)
    CLAIM.set(claim)
    await placing.cluster_items(ctx, P)
    await ctx.redis.delete(keys.todo("work", P), keys.generations("work"))


async def restart(ctx: Context, embedder: Hashing) -> None:
    """The processes end; the ones that follow, some minutes later, have another embedder."""
    evidence._memories.clear()
    ctx.embedder = embedder
    for offer, at in await ctx.redis.zrange(keys.embedders(), 0, -1, withscores=True):
        await ctx.redis.zadd(keys.embedders(), {offer: at - REPLACED_SECONDS})


async def work(ctx: Context) -> None:
    """What is due, as a worker does it."""
    while claim := await ctx.jobs.claim("work"):
        await perform(ctx, claim)


async def said(ctx: Context) -> str:
    """What ``status`` says."""
    told = Utterance(audience=Audience.TEAM,
        id="c1", project=P, line="status", person=Person(operator=True), place=Place(),
        heard_at=NOW,
    )  # fmt: skip
    answer, *_ = await answer_to(ctx, the_project(), told)
    return answer.card.model_dump_json()


async def stored(ctx: Context, embedder: Hashing) -> set[int]:
    names = [str(n) for n in range(1, await ctx.items.last(P) + 1)]
    found = await ctx.vectors.fetch(evidence.namespace(P, embedder.id), names)
    return {int(name) for name, vector in found.items() if len(vector) == embedder.dimensions}


async def test_old_items_are_embedded_again_and_the_old_vectors_go(ctx: Context) -> None:
    first, second = Hashing(), Folded()
    await restart(ctx, first)
    await reports(ctx, OLD)
    await cluster_now(ctx)
    assert await stored(ctx, first) == set(range(1, OLD + 1))
    before = await ctx.items.membership(P)

    await restart(ctx, second)
    memory = await evidence.remember(ctx, P)
    assert memory.engine.lacking == list(range(1, OLD + 1))
    assert not second.embedded, "so many are not embedded while somebody waits"

    # Meanwhile a repeat is found by its words, and what a new report may be the same as is
    # embedded ahead of its turn.
    again = await report(ctx, f"The {words_of(7, 3)} fails", f"{words_of(-7, 12)}. {TAIL}")
    await cluster_now(ctx)
    placed = await ctx.items.membership(P)
    assert placed[again] == placed[7]
    assert {7, again} <= await stored(ctx, second)
    assert len(await stored(ctx, second)) <= evidence.NEAREST + 1

    await schedule.embed_again(ctx)
    await work(ctx)
    everything = set(range(1, OLD + 2))
    assert await stored(ctx, second) == everything
    assert await stored(ctx, first) == set()
    assert list(await ctx.embeddings.all(P)) == [second.id]
    assert max(second.embedded.values()) <= 2, "once each, but for the repeat's equal text"
    assert second.embedded.total() == OLD + 1
    assert (await evidence.remember(ctx, P)).engine.lacking == []
    assert await ctx.items.membership(P) == before | {again: placed[7]}
    assert await ctx.embeddings.under_way(P) == ""


async def test_killed_in_the_middle_it_goes_on_where_it_was(ctx: Context) -> None:
    await restart(ctx, Hashing())
    await reports(ctx, OLD)
    await cluster_now(ctx)

    killed = Folded(gate=2 * reembed.BATCH)
    await restart(ctx, killed)
    await enqueue(ctx, jobs.reembed_items, P)
    claim = await ctx.jobs.claim("work")
    assert claim
    await ctx.redis.pexpire(claim.lease, 600_000)  # however slow this machine is
    CLAIM.set(claim)
    dying = asyncio.create_task(reembed.reembed_items(ctx, P))
    await killed.held.wait()
    dying.cancel()  # and nobody settles its claim
    await asyncio.gather(dying, return_exceptions=True)

    line = f"re-embedding {2 * reembed.BATCH} of {OLD} items for folded/512"
    assert line in await said(ctx)
    assert await doctor_models.vectors(ctx) == (f"acme/shop: {line}", "")
    assert await stored(ctx, Hashing()) == set(range(1, OLD + 1)), "the old ones stay till the end"

    second = Folded()
    await restart(ctx, second)
    assert await ctx.jobs.claim("work") is None, "the dead worker's lease is still held"
    await ctx.redis.delete(claim.lease)  # it runs out
    await work(ctx)
    assert await stored(ctx, second) == set(range(1, OLD + 1))
    assert second.embedded.total() == OLD - 2 * reembed.BATCH
    assert not set(second.embedded) & set(killed.embedded)
    assert "re-embedding" not in await said(ctx)
    assert await stored(ctx, Hashing()) == set()


async def test_run_again_it_does_nothing(ctx: Context) -> None:
    embedder = Folded()
    await restart(ctx, embedder)
    await reports(ctx, 5)
    await cluster_now(ctx)
    assert embedder.embedded.total() == 5
    for _ in range(3):
        await schedule.embed_again(ctx)
        await work(ctx)
    assert embedder.embedded.total() == 5
    assert await ctx.jobs.claim("work") is None


async def test_a_few_are_embedded_at_once(ctx: Context) -> None:
    await restart(ctx, Hashing())
    await reports(ctx, 5)
    await cluster_now(ctx)
    await restart(ctx, Folded())
    memory = await evidence.remember(ctx, P)
    assert memory.engine.lacking == []
    assert await stored(ctx, Folded()) == {1, 2, 3, 4, 5}


async def test_vectors_that_the_index_lost_are_made_again(ctx: Context) -> None:
    embedder = Folded()
    await restart(ctx, embedder)
    await reports(ctx, OLD)
    await cluster_now(ctx)
    await schedule.embed_again(ctx)
    await work(ctx)
    await ctx.vectors.drop(evidence.namespace(P, embedder.id))
    await restart(ctx, embedder)
    await evidence.remember(ctx, P)
    await schedule.embed_again(ctx)
    await work(ctx)
    assert await stored(ctx, embedder) == set(range(1, OLD + 1))
    assert (await evidence.remember(ctx, P)).engine.lacking == []
