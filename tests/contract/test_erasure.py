"""A repository that is gone takes all of its own with it, and nothing of any other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import ROOT
from forks import run
from test_vector_index import UpstashWire

from bot.adapters.vectors.local import LocalIndex
from bot.adapters.vectors.upstash import UpstashIndex
from bot.context import Context, open_context
from bot.domain.errors import Unavailable
from bot.domain.keeping import Keep
from bot.domain.models import Person, Project
from bot.jobs import Claim, enqueue
from bot.settings import Settings
from bot.storage import keys
from bot.storage.accounts import Account
from bot.storage.inbox import Delivery
from bot.storage.schema import KINDS
from handlers import doctor
from workers import jobs
from workers.clusters.evidence import namespace
from workers.upkeep.erase import erase, erase_removed, forget_files
from workers.worker import drain

GONE = Project(id=7, installation=1, full_name="acme/gone")
# Its number begins with the other one.
STAYS = Project(id=77, installation=2, full_name="acme/stays")
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
WEEK = Keep().removed
ROWS: dict[int, Delivery] = {}


class Clock:
    """A time that stands still until it is moved."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Context]:
    settings = Settings(
        redis_url=redis_url, soulcaster_data_dir=tmp_path, soulcaster_lease_seconds=1
    )
    async with open_context(settings, clock=clock) as made:
        await made.redis.flushdb()
        for project in (GONE, STAYS):
            await fill(made, project)
        yield made


async def fill(ctx: Context, project: Project) -> None:
    """Something in every kind of key."""
    p = project.id
    for kind in KINDS.values():
        if "{p}" in kind.pattern:
            await write(
                ctx, kind.holds, re.sub(r"\{\w+\}", "1", kind.pattern.replace("{p}", str(p)))
            )
    await ctx.redis.delete(keys.embeddings(p), keys.sweep(p), keys.wanted_channels(p))
    await ctx.projects.put(project)
    await ctx.embeddings.note(p, "hashing")
    await ctx.vectors.upsert(namespace(p, "hashing"), ["1"], np.ones((1, 4), dtype=np.float32))
    await ctx.vault.open_hook(p, "feedback")
    held = await ctx.channels.bound("C1")
    await ctx.channels.set_bound("C1", {**held, p: "@ana"})
    await ctx.channels.set_bound(f"C{p}", {p: "@ana"})
    await ctx.channels.set_about("C1", f"{p}.1", p, 3)
    account = Account(login="ana", user_id=p, installation=project.installation)
    await ctx.accounts.link(Person(slack_team="T1", slack_user=f"U{p}"), account)
    await ctx.marks.put(f"issues:{p}", NOW)
    await enqueue(ctx, jobs.obey, p, "gh:1", delay=3600)
    await enqueue(ctx, jobs.fix_run, p, 1, delay=3600)
    for part in keys.BUDGET:
        await ctx.redis.set(keys.budget(f"github:{project.installation}", part), 1)
    row = Delivery(jobs.hear_github.name, {"event": "issues"}, f"{p}".encode(), 1.0, tenant=p)
    await ctx.inbox.accept(row)
    for member in (f'["{row.kind}", "{row.row}"]', f'["cluster_items", {p}]'):
        await ctx.redis.hset(keys.parked("work"), member, "2026-11-21T10:00:00Z e-1 x")
        await ctx.redis.hset(keys.tries("work"), member, 1)


async def write(ctx: Context, holds: str, key: str) -> None:
    kind = re.match(r"hash|zset|set|list|string|stream", holds)
    assert kind, holds
    match kind[0]:
        case "hash":
            await ctx.redis.hset(key, "1", "1")
        case "zset":
            await ctx.redis.zadd(key, {"1": 1})
        case "set":
            await ctx.redis.sadd(key, "1")
        case "list":
            await ctx.redis.rpush(key, "1")
        case "stream":
            await ctx.redis.xadd(key, {"1": "1"})
        case "string":
            await ctx.redis.set(key, "1")


async def everything(ctx: Context) -> dict[str, Any]:
    """Every key, and of what several share every entry."""
    found: dict[str, Any] = {}
    async for key in ctx.redis.scan_iter(count=1_000):
        name = key.decode()
        if await ctx.redis.type(key) == b"hash":
            found |= {f"{name} {f.decode()}": v for f, v in (await ctx.redis.hgetall(key)).items()}
        else:
            found[name] = await ctx.redis.dump(key)
    return found


def names(left: dict[str, Any], p: int) -> list[str]:
    """What is there that a project is named in."""
    there = {name: value if isinstance(value, bytes) else b"" for name, value in left.items()}
    mine = re.compile(rf"\b{p}\b")
    return [n for n, v in there.items() if mine.search(n) or re.match(rb"%d[: ]" % p, v)]


async def to_the_end(ctx: Context) -> None:
    for _ in range(5):
        with contextlib.suppress(Unavailable):  # until the next pass
            await erase_removed(ctx)
            return
    raise AssertionError("it does not end")


async def told_gone(ctx: Context) -> None:
    await ctx.projects.remove(GONE, told_at=ctx.now())


async def test_all_of_it_goes_and_nothing_else(ctx: Context, clock: Clock) -> None:
    before = await everything(ctx)
    assert len(names(before, GONE.id)) > len([k for k in KINDS.values() if "{p}" in k.pattern])
    assert sum("{p}" in kind.pattern for kind in KINDS.values()) > 40
    await told_gone(ctx)
    clock.now += WEEK - timedelta(seconds=1)
    await erase_removed(ctx)
    assert await ctx.erasure.under_way() == []
    assert await ctx.projects.known(GONE.id)
    clock.now += timedelta(seconds=1)
    await to_the_end(ctx)
    after = await everything(ctx)
    own_job = {key for key in after if "erase_removed" in key} | {keys.todo("work", 0)}
    assert [n for n in names(after, GONE.id) if n != keys.erased()] == []
    assert await ctx.projects.known(GONE.id) is None
    assert await ctx.erasure.done() == [GONE.id]
    # What stays is what was there, byte by byte.
    shared = {"sc:channels C1", keys.turns("work"), keys.turns("people"), keys.turns("fixes")}
    changed = {k for k in after if after[k] != before.get(k)} - own_job - shared - {keys.erased()}
    assert changed == set()
    assert await ctx.channels.bound("C1") == {STAYS.id: "@ana"}
    theirs = {k for k in before if re.search(rf"\b{STAYS.id}\b", k)}
    assert theirs <= after.keys()
    assert len(theirs) > 40


async def test_the_last_pass_waits_until_nobody_works_for_it_any_more(
    ctx: Context, clock: Clock
) -> None:
    await told_gone(ctx)
    clock.now += WEEK
    await enqueue(ctx, jobs.erase_removed)
    await drain(ctx, "work")
    assert await ctx.erasure.under_way() == [GONE.id]
    due = await ctx.redis.zscore(keys.todo("work", 0), json.dumps(["erase_removed"]))
    assert due > time.time() + ctx.settings.soulcaster_lease_seconds / 2


async def test_what_was_not_told_by_github_is_not_erased(ctx: Context, clock: Clock) -> None:
    await ctx.projects.remove(GONE)
    clock.now += timedelta(days=4_000)
    await erase_removed(ctx)
    assert await ctx.erasure.under_way() == []
    found, _ = await doctor._kept(ctx)
    assert "acme/gone was removed and is erased when GitHub says" in found


async def test_who_comes_back_in_time_has_all_of_it(ctx: Context, clock: Clock) -> None:
    before = await everything(ctx)
    await told_gone(ctx)
    assert await ctx.projects.find(GONE.id) is None
    assert "acme/gone was removed and is erased on 28 Nov 10:30 UTC" in (await doctor._kept(ctx))[0]
    clock.now += WEEK - timedelta(minutes=1)
    await ctx.projects.put(GONE)
    clock.now += WEEK
    await erase_removed(ctx)
    assert await everything(ctx) == before
    assert (await doctor._kept(ctx))[0] == str(Keep())


async def test_who_comes_back_while_it_goes_on_begins_anew(ctx: Context, clock: Clock) -> None:
    await told_gone(ctx)
    clock.now += WEEK
    with pytest.raises(Unavailable, match="once more"):
        await erase_removed(ctx)
    assert await ctx.erasure.under_way() == [GONE.id]
    with pytest.raises(Unavailable, match="is being erased"):
        await ctx.projects.put(GONE)
    await to_the_end(ctx)
    await ctx.projects.put(GONE)
    assert await ctx.projects.find(GONE.id) == GONE
    assert await ctx.items.last(GONE.id) == 0


async def test_who_came_back_a_moment_before_loses_nothing(ctx: Context, clock: Clock) -> None:
    before = await everything(ctx)
    await told_gone(ctx)
    removed = await ctx.projects.known(GONE.id)
    assert removed
    await ctx.projects.put(GONE)
    await ctx.projects.begin_erasing(removed)
    await erase_removed(ctx)
    assert await ctx.erasure.under_way() == []
    assert set(names(await everything(ctx), GONE.id)) == set(names(before, GONE.id))


async def test_killed_anywhere_it_goes_on(ctx: Context) -> None:
    await ctx.projects.begin_erasing(GONE)
    for turns in range(0, 120, 7):
        killed = asyncio.create_task(erase(ctx, GONE.id))
        for _ in range(turns):
            await asyncio.sleep(0)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        if left := [key async for key in ctx.redis.scan_iter(keys.lease("*"))]:
            await ctx.redis.delete(*left)  # they run out
    await to_the_end(ctx)
    assert [n for n in names(await everything(ctx), GONE.id) if n != keys.erased()] == []


async def test_who_works_for_it_loses_the_job_and_what_they_wrote_goes(ctx: Context) -> None:
    claim = Claim('["cluster_items", 7]', "1", "mine", "work", "7")
    other = Claim('["cluster_items", 77]', "1", "mine", "work", "77")
    for each in (claim, other):
        await ctx.redis.set(each.lease, each.token)
    await ctx.projects.begin_erasing(GONE)
    assert await erase(ctx, GONE.id)
    assert not await ctx.leases.held(claim.lease, claim.token)
    assert await ctx.leases.held(other.lease, other.token)
    await ctx.redis.hset(keys.items(GONE.id), "1", "written meanwhile")
    assert await erase(ctx, GONE.id) == {"items": 1}
    assert await ctx.erasure.under_way() == [GONE.id]
    assert not await erase(ctx, GONE.id)
    assert await ctx.erasure.under_way() == []


async def test_accounts_stay_while_their_installation_has_another(ctx: Context) -> None:
    beside = Project(id=8, installation=GONE.installation, full_name="acme/beside")
    await ctx.projects.put(beside)
    for project, left in ((GONE, True), (beside, False)):
        await ctx.projects.begin_erasing(project)
        await to_the_end(ctx)
        assert bool(await ctx.accounts.find(Person(slack_team="T1", slack_user="U7"))) == left
    assert await ctx.accounts.find(Person(slack_team="T1", slack_user="U77"))


# Vectors elsewhere


async def test_a_hosted_index_forgets_them_and_one_that_is_away_is_waited_for(
    ctx: Context, serve: Any
) -> None:
    from aiohttp import web

    wire = UpstashWire()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", wire.answer)
    server = await serve(app)
    ctx.vectors = UpstashIndex(url=str(server.make_url("/")), token="t")
    for project in (GONE, STAYS):
        one = np.ones((1, 4), dtype=np.float32)
        await ctx.vectors.upsert(namespace(project.id, "hashing"), ["1"], one)
    await ctx.projects.begin_erasing(GONE)
    wire.faults = [lambda _: web.json_response({}, status=503)] * 100
    with pytest.raises(Unavailable):
        await erase_removed(ctx)
    assert await ctx.embeddings.all(GONE.id), "who goes on must know what there is"
    wire.faults.clear()
    await to_the_end(ctx)
    assert list(wire.spaces) == [namespace(STAYS.id, "hashing")]
    await ctx.vectors.close()


async def test_files_go_on_every_machine(ctx: Context, tmp_path: Path) -> None:
    """Also of one that placed with files before it was told of a Redis."""
    index, one = LocalIndex(tmp_path / "vectors"), np.ones((1, 4), dtype=np.float32)
    of = {p.id: [namespace(p.id, e) for e in ("hashing", "x" * 300)] for p in (GONE, STAYS)}
    for space in (*of[GONE.id], *of[STAYS.id]):
        await index.upsert(space, ["1"], one)
    await ctx.redis.zadd(keys.erased(), {str(GONE.id): 1})
    await ctx.redis.hdel(keys.projects(), str(GONE.id))
    await forget_files(ctx)
    assert [await index.fetch(space, ["1"]) for space in of[GONE.id]] == [{}, {}]
    assert all([await index.fetch(space, ["1"]) for space in of[STAYS.id]])
    # What a project has that was installed again is not what was erased.
    await ctx.projects.put(GONE)
    await index.upsert(of[GONE.id][0], ["2"], one)
    await forget_files(ctx)
    assert list(await index.fetch(of[GONE.id][0], ["1", "2"])) == ["2"]
    await index.close()


# The operator


async def shell(ctx: Context, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """What an operator gets to see of ``soulcaster erase``."""
    more = {"REDIS_URL": ctx.redis_url, "SOULCASTER_LEASE_SECONDS": "1", "COLUMNS": "2000"}
    data = str(ctx.settings.soulcaster_data_dir)
    env = {"PATH": os.environ["PATH"], "SOULCASTER_DATA_DIR": data, **more}
    told = partial(run, "erase", "--project", *words, cwd=ROOT, env=env, answer=f"{answer}\n")
    return await asyncio.to_thread(told)


async def test_the_operator_types_the_name_again(ctx: Context) -> None:
    refused = await shell(ctx, "acme/gone", answer="acme/stays")
    assert (refused.returncode, await ctx.projects.find(GONE.id)) == (2, GONE)
    assert refused.stderr.splitlines()[-1].endswith("another name: nothing was erased.")
    unknown = await shell(ctx, "acme/none", "--yes")
    assert "not installed on acme/none" in unknown.stderr.splitlines()[-1]
    done = await shell(ctx, "acme/gone", answer="acme/gone")
    assert done.returncode == 0, done.stderr
    for told in ("1 commands", "1 doors", "2 channels", "3 todo", "1 threads", "1 items"):
        assert f" {told}," in done.stdout
    assert "Nothing is left of acme/gone. The app is still installed there" in done.stdout
    assert await ctx.projects.known(GONE.id) is None
