"""Socket Mode: the same app behind a connection of ours, acknowledged once it is stored."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from slack_socket import APP_TOKEN, BOT_TOKEN, SlackSocket
from structlog.testing import capture_logs

from bot.context import open_context
from bot.domain.errors import Rejected, Unavailable
from bot.settings import Settings
from bot.storage.inbox import Delivery
from handlers.doors.doors import DOORS, Doors
from handlers.slack import door
from handlers.slack.examined import look_at_slack

MENTION = {
    "type": "event_callback",
    "event_id": "Ev1",
    "team_id": "T1",
    "event": {"type": "app_mention", "text": "<@UBOT> status", "user": "U1", "ts": "1.0"},
}
COMMAND = {"command": "/soulcaster", "text": "status", "user_id": "U1", "team_id": "T1"}


class Listening:
    """So many web processes that listen to one Slack, and what each has stored."""

    def __init__(self, slack: SlackSocket, settings: Settings) -> None:
        self.slack = slack
        self.settings = settings
        self.stored: list[list[Delivery]] = []
        self.full = False


@pytest.fixture
async def listening(redis_url: str, tmp_path: Path, serve, request: pytest.FixtureRequest):
    slack = SlackSocket()
    url = str((await serve(slack.build_app())).make_url("/api/"))
    settings = Settings(
        redis_url=redis_url,
        soulcaster_data_dir=tmp_path,
        soulcaster_embedder="hashing",
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=url,
    )
    made = Listening(slack, settings)
    async with AsyncExitStack() as stack:
        for _ in range(getattr(request, "param", 1)):
            ctx = await stack.enter_async_context(open_context(settings))
            heard: list[Delivery] = []
            made.stored.append(heard)

            async def store(delivery: Delivery, heard: list[Delivery] = heard) -> None:
                if made.full:
                    raise Unavailable("Nothing here can store this now; send it again.")
                heard.append(delivery)

            app = web.Application()
            app[DOORS] = Doors(settings)
            door.add_routes(app, ctx, app[DOORS], store)
            server = TestServer(app)
            await server.start_server()
            stack.push_async_callback(server.close)
            made_routes = [route for route in app.router.routes() if route.resource]
            assert made_routes == []  # without a signing secret nothing is heard over HTTP
        await slack.connections(len(made.stored))
        yield made


async def test_a_request_is_acknowledged_once_it_is_stored(listening: Listening) -> None:
    for kind, payload in (("events_api", MENTION), ("slash_commands", COMMAND)):
        before = len(listening.stored[0])
        listening.full = True
        with capture_logs() as logs:
            refused = await listening.slack.send(kind, payload)
            for _ in range(3_000):
                if logs:
                    break
                await asyncio.sleep(0.02)
        assert [line["why"] for line in logs] == ["Nothing here can store this now; send it again."]
        assert not refused.done()
        assert len(listening.stored[0]) == before
        listening.full = False
        again = await listening.slack.send(kind, payload)
        assert await asyncio.wait_for(again, 10) is None
        assert len(listening.stored[0]) == before + 1


@pytest.mark.parametrize("listening", [2], indirect=True)
async def test_several_processes_share_what_comes(listening: Listening) -> None:
    for number in range(6):
        told = {**MENTION, "event_id": f"Ev{number}"}
        await asyncio.wait_for(await listening.slack.send("events_api", told), 10)
    assert sorted(map(len, listening.stored)) == [3, 3]


async def test_a_connection_that_slack_ends_is_replaced(listening: Listening) -> None:
    first = list(listening.slack.open)
    await listening.slack.refresh()
    await listening.slack.connections(1, besides=first)
    await asyncio.wait_for(await listening.slack.send("events_api", MENTION), 10)
    assert len(listening.stored[0]) == 1


async def test_doctor_says_how_slack_is_heard_and_what_a_token_lacks(listening: Listening) -> None:
    async with open_context(listening.settings) as ctx:
        assert "heard by Socket Mode" in (await look_at_slack(ctx))[0]
    wrong = listening.settings.model_copy(update={"slack_app_token": SecretStr("xoxb-no-app")})
    async with open_context(wrong) as ctx:
        with pytest.raises(Rejected, match="not_allowed_token_type"):
            await look_at_slack(ctx)
