"""What the setup page chose: sealed, below the environment, told to every process; one owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.context import Context, open_context
from bot.domain.errors import ConfigError
from bot.settings import Settings
from bot.storage import keys
from bot.storage.setup import CODE_LIFE, SESSION_LIFE
from handlers.setup import guard

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def settings_in(folder: Path, **said: str) -> Settings:
    return Settings.load({"SOULCASTER_DATA_DIR": str(folder), **said})


@pytest.fixture
async def ctx(tmp_path: Path) -> AsyncIterator[Context]:
    async with open_context(settings_in(tmp_path)) as made:
        yield made


async def test_who_starts_after_it_was_chosen_works_with_it(ctx: Context, tmp_path: Path) -> None:
    await ctx.setup.choose({"E2B_API_KEY": "e2b_secret", "SOULCASTER_AGENT": "loop"})
    kept = await ctx.redis.hgetall(keys.setup_settings())
    assert not any(b"secret" in value or b"loop" in value for value in kept.values())
    async with open_context(settings_in(tmp_path, SOULCASTER_AGENT="claude")) as other:
        assert other.settings.e2b_api_key.get_secret_value() == "e2b_secret"
        assert other.settings.soulcaster_agent == "claude"  # the environment wins
        await other.setup.choose({"E2B_API_KEY": ""})
    async with open_context(settings_in(tmp_path)) as last:
        assert not last.settings.e2b_api_key.get_secret_value()
        assert last.settings.soulcaster_agent == "loop"


async def test_every_process_hears_of_a_change(ctx: Context, tmp_path: Path) -> None:
    async with open_context(settings_in(tmp_path)) as other:
        heard = asyncio.create_task(other.setup.changed())
        await asyncio.sleep(0)
        await ctx.setup.choose({"SOULCASTER_AGENT": "loop"})
        await asyncio.wait_for(heard, 10)
    # A page that shows what was chosen meanwhile does not make it what this process works with.
    await ctx.setup.settings()
    await asyncio.wait_for(ctx.setup.changed(), 10)
    await ctx.setup.above(ctx.settings)
    quiet = asyncio.create_task(ctx.setup.changed())
    done, _ = await asyncio.wait([quiet], timeout=0.3)
    assert not done
    quiet.cancel()


async def test_one_code_makes_one_owner_once(ctx: Context) -> None:
    codes = [await ctx.setup.code(NOW) for _ in range(3)]
    assert not await ctx.setup.claim("guessed", NOW)
    sessions = await asyncio.gather(*(ctx.setup.claim(code, NOW) for code in codes))
    [session] = [one for one in sessions if one]
    assert await ctx.setup.owns(session, NOW)
    assert not await ctx.setup.owns(session, NOW + SESSION_LIFE)
    assert not await ctx.setup.owns("guessed", NOW)
    again = await ctx.setup.claim(await ctx.setup.code(NOW), NOW)
    assert again
    assert not await ctx.setup.owns(session, NOW)
    late = await ctx.setup.code(NOW)
    assert not await ctx.setup.claim(late, NOW + CODE_LIFE + timedelta(seconds=1))
    told = b" ".join([*(await ctx.redis.hgetall(keys.setup_owner()))])
    assert again.encode() not in told


async def test_what_fits_this_machine_no_more_is_left_out_and_said(
    ctx: Context, tmp_path: Path
) -> None:
    await ctx.setup.choose({"SLACK_BOT_TOKEN": "xoxb-1"})  # alone, it is wrong
    async with open_context(settings_in(tmp_path)) as other:
        assert not other.settings.slack_bot_token.get_secret_value()
        assert "SLACK_BOT_TOKEN" in other.setup.wrong
        await other.setup.choose({"SLACK_BOT_TOKEN": ""})
    async with open_context(settings_in(tmp_path)) as last:
        assert last.setup.wrong == ""


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN"):
        settings_in(tmp_path).above({"SLACK_BOT_TOKEN": "xoxb-1"})


@pytest.mark.parametrize(
    ("proxies", "told", "here"),
    [
        (1, "https", "https://bot.example"),
        (1, "http", "http://bot.example"),
        (0, "https", "http://bot.example"),
    ],
)
def test_what_comes_back_comes_back_encrypted(proxies: int, told: str, here: str) -> None:
    headers = {"Host": "bot.example", "X-Forwarded-Proto": told}
    assert guard.origin(make_mocked_request("GET", "/setup", headers), proxies) == here


@pytest.mark.parametrize(
    ("remote", "host", "here"),
    [
        ("127.0.0.1", "localhost:8080", True),
        ("172.18.0.1", "localhost:8080", True),  # of a container: its bridge
        ("172.18.0.1", "192.168.1.5:8080", False),
        ("172.18.0.1", "evil.example:8080", False),
        ("127.0.0.1", "localhost.:8080", False),
        ("9.9.9.9", "localhost:8080", False),
    ],
)
def test_this_machine_is_known_by_its_own_name(remote: str, host: str, here: bool) -> None:
    request = make_mocked_request("GET", "/setup", {"Host": host}).clone(remote=remote)
    assert guard.is_here(request) is here


async def test_a_cookie_that_another_port_was_sent_is_half_a_session(ctx: Context) -> None:
    session = await ctx.setup.claim(await ctx.setup.code(NOW), NOW)
    answer = web.Response()
    page = make_mocked_request("GET", "/setup", {"Host": "localhost:8080"})
    guard.keep_session(page, ctx, session, answer)
    cookie = f"{guard.cookie_name(page, ctx)}={answer.cookies[guard.cookie_name(page, ctx)].value}"
    shown = {}
    for path in ("/setup", f"/setup?at={guard.at(session)}", f"/x?state=s.{guard.at(session)}"):
        request = make_mocked_request("GET", path, {"Host": "localhost:8080", "Cookie": cookie})
        shown[path] = await ctx.setup.owns(guard.session_of(request, ctx), NOW)
    assert list(shown.values()) == [False, True, True]
    bare = make_mocked_request("GET", f"/setup?at={guard.at(session)}", {"Host": "localhost:8080"})
    assert not await ctx.setup.owns(guard.session_of(bare, ctx), NOW)
