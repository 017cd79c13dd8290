"""Where the Redis is not ours it holds no word of anybody; what it held before is read as it is."""

from __future__ import annotations

import asyncio
import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from machine_kit import opened

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.domain.errors import ConfigError
from bot.domain.fixes.run import FixRun
from bot.domain.models import Draft, Frame, Person, Place
from bot.domain.secrets import redact
from bot.settings import Settings
from bot.storage import keys
from bot.storage.commands import Reply, Utterance
from bot.storage.inbox import Delivery
from handlers import doctor
from handlers.storing import Storing
from workers import jobs
from workers.upkeep.schedule import run_clock
from workers.worker import work

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CANARY = "zqxcanary"
P = 7


async def fill(ctx: Context) -> None:
    """A word of somebody wherever words are kept."""
    await ctx.inbox.accept(Delivery("hear_alert", {}, f'{{"a": "{CANARY}"}}'.encode(), 1.0))
    draft = Draft(
        source="sentry",
        key="1",
        event="1",
        title=f"{CANARY} title",
        body=f"{CANARY} body",
        occurred_at=NOW,
        frames=(Frame(path=f"{CANARY}.py"),),
        tags={"a": CANARY},
        audience=Audience.TEAM,
    )
    item = (await ctx.items.record(P, draft, NOW)).item
    await ctx.items.record(P, draft.model_copy(update={"key": "2", "event": "2"}), NOW)
    await ctx.items.edit(P, draft.model_copy(update={"body": f"{CANARY} edited"}), NOW)
    lease = "sc:lease:test"
    await ctx.redis.set(lease, "token")
    cluster = await ctx.clusters.place(
        P,
        item,
        None,
        now=NOW,
        title=f"{CANARY} cluster",
        audience=Audience.TEAM,
        evidence=f'{{"why": "{CANARY}"}}',
        corrections=0,
        lease=lease,
        token="token",
    )
    assert cluster == 1
    await ctx.clusters.change(P, 1, ignored_reason=CANARY)
    await ctx.answers.put(P, "judge", 1, f'{{"is": "{CANARY}"}}', lease=lease, token="token")
    await ctx.plans.steer(P, 1, f"{CANARY} steering")
    said = Utterance(
        id="c1",
        project=P,
        line=f"/soulcaster feedback {CANARY}",
        person=Person(login="ana"),
        place=Place(issue=1),
        heard_at=NOW,
        audience=Audience.TEAM,
    )
    await ctx.commands.hear(said)
    reply = Reply(outcome="done", card=note("k", CANARY, audience=Audience.TEAM), public=False)
    told = said.model_copy(update={"reply": reply, "answer": CANARY})
    await ctx.commands.write(told, lease=lease, token="token")
    run, _ = await ctx.runs.open(
        P,
        FixRun(
            number=0,
            cluster=1,
            reason=CANARY,
            command="c1",
            requested_by="@ana",
            agent="mechanic",
            seconds_allowed=1,
            created_at=NOW,
            updated_at=NOW,
            audience=Audience.TEAM,
        ),
    )
    await ctx.runs.update(P, run.number, lambda r: r.model_copy(update={"test_source": CANARY}))
    await ctx.runs.note(P, run.number, "@ana", CANARY)
    await ctx.runs.log(P, run.number, CANARY)
    for name, size in (("case", 10), ("base", 70_000)):
        await ctx.runs.put_blob(P, run.number, name, CANARY.encode() * size)


async def check(ctx: Context) -> None:
    """All of it is read back."""
    item = await ctx.items.get(P, 1)
    assert (item.number, item.cluster, item.title) == (1, 1, f"{CANARY} title")
    assert item.body == f"{CANARY} edited"
    assert item.tags == {"a": CANARY}
    cluster = await ctx.clusters.get(P, 1)
    assert (cluster.number, cluster.title) == (1, f"{CANARY} cluster")
    held = await ctx.operations.read(P, clusters=[1])
    assert held.record(1).ignored_reason == CANARY
    assert CANARY in await ctx.clusters.evidence(P, 1)
    assert CANARY in await ctx.answers.get(P, "judge", 1)
    assert await ctx.plans.steering(P, 1) == [f"{CANARY} steering"]
    said = await ctx.commands.get(P, "c1")
    assert said is not None
    assert said.answer == CANARY
    assert said.reply is not None
    assert said.reply.card.title == (CANARY,)
    [run] = await ctx.runs.all(P)
    assert (run.number, run.reason, run.test_source) == (1, CANARY, CANARY)
    assert await ctx.runs.notes(P, 1) == [f"@ana: {CANARY}"]
    assert await ctx.runs.log_tail(P, 1) == [CANARY]
    assert await ctx.runs.blob(P, 1, "base") == CANARY.encode() * 70_000
    [row] = [key.decode() async for key in ctx.redis.scan_iter("sc:inbox:*")]
    delivery = await ctx.inbox.read(row.removeprefix("sc:inbox:"))
    assert delivery is not None
    assert CANARY.encode() in delivery.body


async def found(ctx: Context) -> list[str]:
    """Keys whose value holds a word of somebody, as whoever runs the Redis sees it."""
    names = [key async for key in ctx.redis.scan_iter("*")]
    held = {key.decode(): await ctx.redis.dump(key) for key in names}
    return sorted(key for key, value in held.items() if CANARY.encode() in value)


async def test_no_word_stands_in_a_redis_that_is_not_ours(redis_url: str, tmp_path: Path) -> None:
    async with opened(redis_url, tmp_path, Fernet.generate_key().decode()) as ctx:
        await ctx.redis.flushdb()
        # An LZF-compressed dump would hide what is there.
        await ctx.redis.config_set("rdbcompression", "no")
        assert ("words at rest", "sealed", "SOULCASTER_VAULT_KEYS is set") in ctx.adapters()
        await fill(ctx)
        assert await found(ctx) == []
        await check(ctx)
        assert (await doctor._at_rest(ctx))[1] == ""


async def test_what_was_stored_before_there_were_keys_is_read(
    redis_url: str, tmp_path: Path
) -> None:
    async with opened(redis_url, tmp_path, "") as ctx:
        await ctx.redis.flushdb()
        await ctx.redis.config_set("rdbcompression", "no")
        await fill(ctx)
        assert len(await found(ctx)) > 8
        _, mend = await doctor._at_rest(ctx)
        assert "SOULCASTER_VAULT_KEYS" in mend
    key = Fernet.generate_key().decode()
    async with opened(redis_url, tmp_path, key) as ctx:
        await check(ctx)
        # Sealed at the next write.
        await ctx.clusters.change(P, 1, owner="@ana")
        assert "sc:7:clusters" not in await found(ctx)
    # A newer key in front opens what the older one sealed.
    async with opened(redis_url, tmp_path, f"{Fernet.generate_key().decode()},{key}") as ctx:
        await check(ctx)


async def test_a_machine_with_other_keys_is_told(redis_url: str, tmp_path: Path) -> None:
    async with opened(redis_url, tmp_path, Fernet.generate_key().decode()) as ctx:
        await ctx.redis.flushdb()
        await ctx.seal.check(ctx.redis)
        await ctx.seal.check(ctx.redis)
        await fill(ctx)
    async with opened(redis_url, tmp_path, Fernet.generate_key().decode()) as ctx:
        with pytest.raises(ConfigError, match="set SOULCASTER_VAULT_KEYS to the keys in use there"):
            await ctx.seal.check(ctx.redis)
        with pytest.raises(ConfigError, match="a key that this machine does not have"):
            await ctx.items.get(P, 1)
        assert await ctx.redis.hlen(keys.vault_keys()) == 1, "it left its own word there"


async def test_without_keys_a_second_data_folder_is_another_machine(
    redis_url: str, tmp_path: Path
) -> None:
    async with opened(redis_url, tmp_path / "a", "") as ctx:
        await ctx.redis.flushdb()
        await ctx.seal.check(ctx.redis)
    async with opened(redis_url, tmp_path / "b", "") as ctx:
        with pytest.raises(ConfigError):
            await ctx.seal.check(ctx.redis)
    # As it is told to: with the first one's key.
    key = (tmp_path / "a" / "vault.key").read_text()
    async with opened(redis_url, tmp_path / "b", key) as ctx:
        await ctx.seal.check(ctx.redis)


async def test_keys_are_changed_on_one_machine_after_the_other(
    redis_url: str, tmp_path: Path
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))

    async def begins(configured: str) -> bool:
        async with opened(redis_url, tmp_path, configured) as ctx:
            try:
                await ctx.seal.check(ctx.redis)
            except ConfigError:
                return False
            return True

    async with opened(redis_url, tmp_path, old) as ctx:
        await ctx.redis.flushdb()
    assert await begins(old)
    assert await begins(f"{old},{new}")
    assert await begins(old), "nothing is sealed with the new one yet"
    assert await begins(f"{new},{old}")
    assert await begins(f"{old},{new}")
    assert not await begins(old)
    assert not await begins(new), "what the old one sealed is still there"


async def test_of_two_first_machines_with_other_keys_not_both_begin(
    redis_url: str, tmp_path: Path
) -> None:
    async with (
        opened(redis_url, tmp_path / "a", "") as one,
        opened(redis_url, tmp_path / "b", "") as other,
    ):
        for _ in range(20):
            await one.redis.flushdb()
            begun = await asyncio.gather(
                *(ctx.seal.check(ctx.redis) for ctx in (one, other)), return_exceptions=True
            )
            assert any(isinstance(how, ConfigError) for how in begun)
            assert await one.redis.hlen(keys.vault_keys()) == begun.count(None)


async def test_a_redis_that_comes_back_with_other_keys_is_left_alone(
    redis_url: str, tmp_path: Path
) -> None:
    async with opened(redis_url, tmp_path, Fernet.generate_key().decode()) as ctx:
        await ctx.redis.flushdb()
        await ctx.seal.check(ctx.redis)
        await fill(ctx)
        waiting = [key async for key in ctx.redis.scan_iter("sc:inbox:*")]
    async with opened(redis_url, tmp_path, Fernet.generate_key().decode()) as ctx:
        await ctx.spool.put([Delivery("unproven", {"hook": "x" * 22, "told": "{}"}, b"{}", 1.0)])
        ctx.outage.began(ConnectionError("away"))
        jobs.load()
        for process in (work(ctx, "work"), run_clock(ctx), Storing(ctx).run()):
            with pytest.raises(ConfigError):
                await asyncio.wait_for(process, 20)
        assert [key async for key in ctx.redis.scan_iter("sc:inbox:*")] == waiting
        assert len(await ctx.spool.first(9)) == 1


async def test_words_that_look_sealed_are_words(ctx: Context) -> None:
    tricky = '{"sealed":"gAAAAABadwords"}'
    await ctx.plans.steer(P, 1, tricky)
    assert [words.strip() for words in await ctx.plans.steering(P, 1)] == [tricky]


async def test_no_secret_that_we_hold_gets_into_a_log(ctx: Context) -> None:
    hook = await ctx.vault.open_hook(P, "feedback", secret="correct horse/battery")
    assert redact(f"sent {hook.secret}!") == "sent [redacted]!"
    assert redact("?key=correct%20horse%2Fbattery&a=1") == "?key=[redacted]&a=1"
    # Those of the settings, too; words that are too short are left.
    secret = "plain-words-of-an-operator"
    told = {"slack_signing_secret": secret, "slack_bot_token": "short"}
    async with open_context(Settings(**{**dict(ctx.settings), **told})):
        assert redact(f"why={secret}") == "why=[redacted]"
        assert redact("in short: no") == "in short: no"


async def test_a_redis_that_is_away_is_one_row_of_doctor(tmp_path: Path) -> None:
    async def full(_: Context) -> tuple[str, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with opened("redis://127.0.0.1:1/0", tmp_path, Fernet.generate_key().decode()) as ctx:
        checks = {"memory": doctor._memory, "files": full, "quotas": doctor._quotas}
        files, redis = await doctor.look(ctx, checks)
    assert (files.what, files.found) == ("files", "[Errno 28] No space left on device")
    assert redis.mend == "start it, or mend REDIS_URL; not looked at: memory, quotas"
