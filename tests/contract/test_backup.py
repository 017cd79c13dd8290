"""All that is stored leaves in a file, comes back, is emptied, and is sealed with another key."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import ConfigError
from bot.domain.models import Project
from bot.settings import Settings
from bot.storage import keys, whole
from bot.storage.embedded import EmbeddedRedis
from bot.storage.health import Noted
from handlers.cli import app

SHOP = Project(id=7, installation=3, full_name="acme/shop")
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def sealing(ctx: Context, *vault_keys: str) -> Any:
    secret = SecretStr(",".join(vault_keys))
    return open_context(ctx.settings.model_copy(update={"soulcaster_vault_keys": secret}))


async def fill(ctx: Context) -> str:
    """Something of every way to be sealed; the door's id."""
    await ctx.projects.put(SHOP)
    hook = await ctx.vault.open_hook(SHOP.id, "sentry", secret="of the door")
    await ctx.vault.health.note(SHOP.id, hook.id, ctx.now(), "read", b"what came")
    await ctx.plans.steer(SHOP.id, 1, "ana: said of a plan") if hasattr(
        ctx.plans, "steer"
    ) else None
    await ctx.runs.log(SHOP.id, 1, "a line of a log")
    await ctx.runs.note(SHOP.id, 1, "ana", "a note")
    await ctx.runs.put_blob(SHOP.id, 1, "tree", b"x" * 200_000)
    await ctx.marks.put("deliveries", ctx.now())
    await ctx.redis.set(keys.mark("passing"), "soon gone", px=100_000)
    await ctx.redis.xadd(keys.placements(SHOP.id), {"1": "2"})
    return hook.id


async def read(ctx: Context, hook: str) -> tuple[object, ...]:
    """What ``fill`` wrote, by the product's own ways."""
    noted = (await ctx.vault.health.state(SHOP.id, hook, ctx.now())).last
    assert isinstance(noted, Noted)
    assert noted.audience is Audience.TEAM
    return (
        (await ctx.vault.hook(hook)).secret,
        noted.payload,
        await ctx.runs.log_tail(SHOP.id, 1),
        await ctx.runs.notes(SHOP.id, 1),
        await ctx.redis.llen(keys.steering(SHOP.id, 1)),
        await ctx.runs.blob(SHOP.id, 1, "tree"),
    )


async def everything(ctx: Context) -> dict[bytes, bytes]:
    return {
        key: await ctx.redis.dump(key)
        async for key in ctx.redis.scan_iter(match="sc:*")
        if not key.startswith(b"sc:lease:")
    }


def unpacked(what: bytes) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(what)))


async def test_a_backup_brings_all_back_and_opens_nothing(ctx: Context) -> None:
    async with sealing(ctx, OLD) as first:
        hook = await fill(first)
        was, all_of_it = await read(first, hook), await everything(first)
        file = io.BytesIO()
        async with first.leases.hold("clock"):
            with gzip.GzipFile(fileobj=file, mode="wb") as out:
                count = await whole.write(first.redis, first.fernet, out)
        kept = gzip.decompress(file.getvalue())
        assert count == len(all_of_it)
        for secret in (b"of the door", b"what came", b"a line of a log", b"x" * 100):
            assert secret not in kept
        await first.redis.flushdb()
    async with sealing(ctx, NEW) as other:
        with pytest.raises(ConfigError, match="SOULCASTER_VAULT_KEYS"):
            await whole.read(other.redis, other.fernet, unpacked(kept))
        assert await everything(other) == {}
    async with sealing(ctx, OLD) as second:
        for short in (kept[:-9], kept[:2_000]):
            with pytest.raises(ConfigError, match="not whole"):
                await whole.read(second.redis, second.fernet, unpacked(short))
        assert await whole.read(second.redis, second.fernet, unpacked(kept)) == count
        assert await everything(second) == all_of_it
        assert await read(second, hook) == was
        assert 0 < await second.redis.pttl(keys.mark("passing")) <= 100_000
        assert await second.redis.pttl(keys.mark("deliveries")) == -1


async def test_a_rotation_is_ended_anywhere_and_goes_on(ctx: Context) -> None:
    async with sealing(ctx, OLD) as before:
        hook = await fill(before)
        was = await read(before, hook)
        await before.seal.check(before.redis)
    async with sealing(ctx, NEW, OLD) as both:
        await both.seal.check(both.redis)
        rotating = asyncio.create_task(whole.renew(both.redis, both.scripts, both.fernet))
        await asyncio.sleep(0.002)
        rotating.cancel()
        await asyncio.gather(rotating, return_exceptions=True)
        assert await read(both, hook) == was
        await whole.renew(both.redis, both.scripts, both.fernet)
        assert (await whole.renew(both.redis, both.scripts, both.fernet)) == {}
        await whole.leave_old_keys(both.redis, both.fernet)
        assert await both.redis.pttl(keys.mark("passing")) > 0
    async with sealing(ctx, NEW) as after:
        await after.seal.check(after.redis)
        assert await read(after, hook) == was


async def test_what_changed_meanwhile_is_not_put_back(ctx: Context) -> None:
    async with sealing(ctx, OLD) as before:
        for line in ("first", "second"):
            await before.runs.log(SHOP.id, 1, line)
    async with sealing(ctx, NEW, OLD) as both:
        key = keys.run_log(SHOP.id, 1)
        first, second = await both.redis.lrange(key, 0, -1)
        await both.redis.lpop(key)  # as it is trimmed: what was read as the first is gone
        newer = both.fernet.renewed(first)
        assert not await both.scripts.run("reseal", [key], [0, first, newer])
        assert await both.redis.lrange(key, 0, -1) == [second]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own, with its Redis running as for a stack of processes."""
    monkeypatch.setenv("SOULCASTER_DATA_DIR", str(tmp_path / "data"))
    server = EmbeddedRedis(tmp_path / "data")
    server.start()
    handlers, configured = logging.getLogger().handlers[:], structlog.get_config()
    yield tmp_path
    server.stop()
    # The commands log to a stream that is closed by now.
    structlog.configure(**configured)
    logging.getLogger().handlers[:] = handlers


def test_the_commands_do_it_in_a_folder(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*words])
        return done.exit_code, f"{done.output}{done.exception or ''}"

    async def inside(do: Any, *args: Any) -> Any:
        async with open_context(Settings.load()) as ctx:
            return await do(ctx, *args)

    hook = asyncio.run(inside(fill))
    was = asyncio.run(inside(read, hook))
    file, vault = at_home / "kept", at_home / "data" / "vault.key"
    assert "keys" in say("backup", str(file))[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "cannot be used" in say("backup", str(file))[1]
    first = vault.read_text()
    assert "only the newest key is needed" in say("rotate-key")[1]
    assert vault.read_text() != first
    assert "," not in vault.read_text()
    assert stat.S_IMODE(vault.stat().st_mode) == 0o600
    assert asyncio.run(inside(read, hook)) == was
    assert "wants --yes" in say("reset")[1]
    monkeypatch.setenv("REDIS_URL", f"unix://{EmbeddedRedis(at_home / 'data').socket}")
    assert "only a Redis in the data folder" in say("reset", "--yes")[1]
    monkeypatch.delenv("REDIS_URL")
    # Also where what was chosen on the setup page opens with a key that is lost.
    kept = vault.read_text()
    asyncio.run(inside(lambda ctx: ctx.setup.choose({"SOULCASTER_AGENT": "loop"})))
    vault.write_text(NEW)
    assert say("reset", "--yes")[0] == 0
    vault.write_text(kept)
    assert asyncio.run(inside(everything)) == {}
    vault.write_text(first)  # what the backup was sealed with
    assert "were restored" in say("restore", str(file))[1]
    assert asyncio.run(inside(read, hook)) == was
    assert "--yes puts it over them" in say("restore", str(file))[1]
    cut = at_home / "cut"
    cut.write_bytes(file.read_bytes()[:-200])
    assert "cannot be used" in say("restore", "--yes", str(cut))[1]
    assert "say `soulcaster restore FILE --yes` again" in say("rebuild", "--project", "a/b")[1]
    assert "were restored" in say("restore", "--yes", str(file))[1]
    plain = at_home / "plain"
    with gzip.open(plain, "wb") as out:
        out.write(b"something else\n")
    assert "no backup of this version" in say("restore", "--yes", str(plain))[1]

    async def while_it_runs(ctx: Context) -> str:
        async with ctx.leases.hold("clock"):
            return (await asyncio.to_thread(say, "reset", "--yes"))[1]

    assert "Soulcaster runs there" in asyncio.run(inside(while_it_runs))

    async def without_a_clock(ctx: Context) -> str:
        working = asyncio.create_task(ctx.processes.show("worker"))
        while not await ctx.processes.alive():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        try:
            return (await asyncio.to_thread(say, "restore", "--yes", str(file)))[1]
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            assert await ctx.processes.alive() == []

    assert "Soulcaster runs there: end worker (" in asyncio.run(inside(without_a_clock))
