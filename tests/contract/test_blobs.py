"""One suite for large files: in Redis, and in a bucket by its SDK against a server of S3's wire."""

from __future__ import annotations

import os
import zlib
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from s3_wire import S3Wire, bucket

from bot.adapters import choose
from bot.context import Context
from bot.domain.blobs import Blobs
from bot.domain.errors import ConfigError, Rejected, Unavailable, Unreadable
from bot.settings import Settings
from bot.storage import keys
from bot.storage.blobs import ObjectBlobs, RedisBlobs
from bot.storage.seal import Keys, Seal
from handlers.doctor import CHECKS

P, NAME = 42, "import-7"
WORD = b"a report that is nobody else's "


@pytest.fixture
async def wire() -> AsyncIterator[tuple[S3Wire, str]]:
    wire = S3Wire()
    app = web.Application(client_max_size=2**23)
    app.router.add_route("*", "/{tail:.*}", wire.answer)
    async with TestServer(app) as server:
        yield wire, str(server.make_url("/")).rstrip("/")


@pytest.fixture
def stored(ctx: Context) -> RedisBlobs:
    sealed = Seal(lambda: Keys([KEY]), on=True)
    return RedisBlobs(ctx.redis, ctx.scripts, sealed, ctx.settings.soulcaster_keep)


KEY = Fernet.generate_key().decode()


@pytest.fixture(params=["redis", "s3"])
def blobs(
    request: pytest.FixtureRequest, stored: RedisBlobs, wire: tuple[S3Wire, str]
) -> RedisBlobs:
    return stored if request.param == "redis" else ObjectBlobs(stored, bucket(wire[1]))


async def whole(blobs: Blobs, name: str = NAME, most: int = 2**20) -> bytes:
    found = b""
    while piece := await blobs.read(P, name, len(found), most):
        found += piece
    return found


async def everything(ctx: Context, wire: S3Wire) -> bytes:
    dumps = [await ctx.redis.dump(key) async for key in ctx.redis.scan_iter("sc:*")]
    return b"".join([*dumps, *wire.objects.values(), *map(str.encode, wire.objects)])


async def test_a_file_is_what_was_appended_in_whatever_pieces(blobs: RedisBlobs) -> None:
    data = bytes(range(256)) * 9 + WORD
    blobs.piece = 1_000
    cuts = [0, 1, 999, 1_000, 1_001, 1_900, len(data)]
    for start, end in pairwise(cuts):
        assert await blobs.append(P, NAME, start, data[start:end]) == end
    assert await blobs.size(P, NAME) == len(data)
    assert await whole(blobs) == await whole(blobs, most=7) == data
    assert await blobs.read(P, NAME, len(data), 9) == b""
    assert await blobs.read(P, NAME, 99_000, 9) == b""


async def test_it_goes_on_at_its_end_and_nowhere_else(blobs: RedisBlobs) -> None:
    await blobs.append(P, NAME, 0, b"abc")
    for wrong in (0, 2, 4):
        with pytest.raises(Rejected, match="It ends at 3") as refused:
            await blobs.append(P, NAME, wrong, b"x")
        assert refused.value.status == 409
    assert await blobs.append(P, NAME, 3, b"def") == 6
    assert await whole(blobs) == b"abcdef"


async def test_it_lies_sealed_and_is_gone_when_dropped_or_erased(
    blobs: RedisBlobs, ctx: Context, wire: tuple[S3Wire, str]
) -> None:
    blobs.piece = 100
    data = os.urandom(300)  # which deflating leaves as it is
    for project, name in ((P, NAME), (P, "file-ab"), (P, "import-70"), (421, NAME)):
        await blobs.append(project, name, 0, data)
    await blobs.keep(P, "file-ab")
    assert data[20:40] not in await everything(ctx, wire[0])
    await blobs.drop(P, NAME)
    await blobs.drop(P, NAME)
    assert (await blobs.size(P, NAME), await whole(blobs)) == (0, b"")
    assert await whole(blobs, "file-ab") == await whole(blobs, "import-70") == data
    assert await blobs.erase(P)
    assert not await blobs.erase(P)
    assert [key async for key in ctx.redis.scan_iter(keys.blob(P, "*"))] == []
    assert await blobs.read(421, NAME, 0, 9) == data[:9]
    assert {key.split("/")[2] for key in wire[0].objects} <= {"421"}


async def test_a_bucket_has_pieces_that_no_key_of_the_vault_opens(
    stored: RedisBlobs, ctx: Context, wire: tuple[S3Wire, str]
) -> None:
    blobs = ObjectBlobs(stored, bucket(wire[1]))
    await blobs.append(P, NAME, 0, WORD * 70_000)
    names = ["000001", "000002", "000003"]
    assert sorted(wire[0].objects) == [f"ours/import/42/7/{name}" for name in names]
    kept = wire[0].objects["ours/import/42/7/000002"]
    assert kept[:5] == b"gAAAA"
    with pytest.raises(ConfigError):
        Keys([KEY]).open(kept)
    assert await ctx.redis.ttl(keys.blob(P, NAME)) == -1, "its objects would be nobody's"
    # Whoever was killed before its end was written left more than is there.
    wire[0].objects["ours/import/42/7/000004"] = b"sealed:half"
    assert await whole(blobs) == WORD * 70_000
    del wire[0].objects["ours/import/42/7/000002"]
    with pytest.raises(Unreadable, match="Piece 2 of import-7 is gone"):
        await whole(blobs)
    await blobs.drop(P, NAME)
    assert not wire[0].objects


@pytest.mark.parametrize("how", ["swapped", "cut", "brought back", "plain", "another file's"])
async def test_who_writes_to_the_bucket_makes_no_other_file_of_it(
    how: str, stored: RedisBlobs, wire: tuple[S3Wire, str]
) -> None:
    blobs, held = ObjectBlobs(stored, bucket(wire[1])), wire[0].objects
    blobs.piece = 100
    first, second = (f"ours/import/42/7/{n:06d}" for n in (1, 2))
    await blobs.append(P, "import-70", 0, b"x" * 300)
    await blobs.append(P, NAME, 0, b"a" * 100 + b"b" * 50)
    before = held[second]
    await blobs.append(P, NAME, 150, b"b" * 50 + b"c" * 50)
    forged = {
        "swapped": {first: held[second], second: held[first]},
        "cut": {second: held[second][:-9]},
        "brought back": {second: before},
        "plain": {second: b"sealed:" + zlib.compress(b"z" * 100)},
        "another file's": {second: held["ours/import/42/70/000002"]},
    }
    held |= forged[how]
    with pytest.raises(Unreadable, match=r"Piece \d of import-7 is not what was put"):
        await whole(blobs)
    with pytest.raises(Unreadable):
        await blobs.read(P, NAME, 160, 9)


async def test_a_bucket_that_is_away_is_asked_again_and_another_is_told(
    stored: RedisBlobs, wire: tuple[S3Wire, str]
) -> None:
    wire[0].down = 1
    blobs = ObjectBlobs(stored, bucket(wire[1]))
    assert await blobs.append(P, NAME, 0, b"abc") == 3
    wire[0].down = 9
    with pytest.raises(Unavailable, match="The bucket acme cannot be reached") as away:
        await blobs.append(P, NAME, 3, b"def")
    assert "\n" not in str(away.value)
    assert await blobs.size(P, NAME) == 3, "what was not kept is not counted"
    wire[0].down = 0
    said = {
        "no bucket other": bucket(wire[1], name="other"),
        "refuses us": bucket(wire[1], secret="x"),
    }
    for words, wrong in said.items():
        for asked in (wrong.put("a/b", b""), wrong.get("a/b"), wrong.drop("a"), wrong.folders()):
            with pytest.raises(ConfigError, match=words):
                await asked


async def test_doctor_says_where_files_lie_and_whether_they_come_back(ctx: Context) -> None:
    assert ("files", "Redis", "no SOULCASTER_BLOBS") in ctx.adapters()
    found, mend = await CHECKS["files and uploads"](ctx)
    assert ("there and back" in found, mend) == (True, "")
    assert [key async for key in ctx.redis.scan_iter(keys.blob(0, "*"))] == []


def test_one_setting_says_which_bucket() -> None:
    for right in ("s3://acme", "s3://acme/", "s3://my.bucket-1/some/where/"):
        settings = Settings.load({"SOULCASTER_BLOBS": right})
        assert choose.objects(Context.choices_of(settings))
    for wrong in (
        "acme",
        "https://acme.s3.amazonaws.com",
        "s3://",
        "s3://u:p@host/x",
        "s3://a?x=1",
    ):
        with pytest.raises(ConfigError, match="SOULCASTER_BLOBS: wants s3://bucket/prefix"):
            Settings.load({"SOULCASTER_BLOBS": wrong})
