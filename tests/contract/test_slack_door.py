"""Slack's doors: stored first, acknowledged then."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.domain.errors import Unavailable
from bot.simulators.slack.app_client import signature
from bot.storage.breakers import FAILURES
from bot.storage.inbox import Delivery
from handlers.demo.stage import Stage
from handlers.doors.doors import DOORS, Doors
from handlers.slack import door
from handlers.web import errors_to_status

MENTION = {"type": "event_callback", "event": {"type": "app_mention", "text": "hi", "user": "U1"}}
PRESS = {"type": "block_actions", "actions": [{"type": "button", "action_id": "a"}]}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("commands", {"command": "/soulcaster", "text": "help"}),
        ("interactions", {"payload": json.dumps(PRESS)}),
        ("events", MENTION),
    ],
)
async def test_what_cannot_be_stored_is_not_acknowledged(stage: Stage, serve, name, said) -> None:
    heard: list[Delivery] = []
    full = False

    async def store(delivery: Delivery) -> None:
        if full:
            raise Unavailable("Nothing here can store this now; send it again.")
        heard.append(delivery)

    app = web.Application(middlewares=[errors_to_status])
    app[DOORS] = Doors(stage.context.settings)
    door.add_routes(app, stage.context, app[DOORS], store)
    url = (await serve(app)).make_url(f"/slack/{name}")
    body = (json.dumps(said) if name == "events" else urlencode(said)).encode()
    at = f"{time.time():.0f}"
    headers = {
        "Content-Type": f"application/{'json' if name == 'events' else 'x-www-form-urlencoded'}",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(stage.environment["SLACK_SIGNING_SECRET"], at, body),
    }
    async with aiohttp.ClientSession(headers=headers) as http:
        for full, status in ((False, 200), (True, 503), (False, 200)):
            async with http.post(url, data=body) as answer:
                assert (answer.status, full) == (status, full)
    assert len(heard) == 2


async def test_what_people_say_is_kept_while_slack_itself_is_away(stage: Stage, serve) -> None:
    ctx, heard = stage.context, list[Delivery]()

    async def store(delivery: Delivery) -> None:
        heard.append(delivery)

    app = web.Application(middlewares=[errors_to_status])
    app[DOORS] = Doors(ctx.settings)
    door.add_routes(app, ctx, app[DOORS], store)
    url = (await serve(app)).make_url("/slack/commands")
    body = urlencode({"command": "/soulcaster", "text": "help", "team_id": "T0"}).encode()
    at = f"{time.time():.0f}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(stage.environment["SLACK_SIGNING_SECRET"], at, body),
    }
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            async with ctx.breakers.of("Slack")():
                raise Unavailable("Slack says 500.")
    async with aiohttp.ClientSession(headers=headers) as http, http.post(url, data=body) as answer:
        assert (answer.status, len(heard)) == (200, 1)


async def test_what_nobody_here_hears_is_named_once_and_need_not_come_again(
    stage: Stage, serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = web.Application(middlewares=[errors_to_status])
    app[DOORS] = Doors(stage.context.settings)
    door.add_routes(app, stage.context, app[DOORS], store=stage.context.inbox.accept)
    url = (await serve(app)).make_url("/slack/interactions")
    body = urlencode({"payload": json.dumps({"type": "dialog_submission", "state": "x"})}).encode()
    at = f"{time.time():.0f}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(stage.environment["SLACK_SIGNING_SECRET"], at, body),
    }
    with capture_logs() as logs:
        async with aiohttp.ClientSession(headers=headers) as http:
            for _ in range(2):
                async with http.post(url, data=body) as answer:
                    assert answer.status == 200
    assert [line["event"] for line in logs] == ["Slack's dialog_submission is not heard here"]
    assert caplog.records == []
    assert await stage.context.inbox.unread() == {"Slack's dialog_submission": 2}


async def test_every_request_that_slack_makes_is_heard_and_none_that_somebody_else_signed(
    stage: Stage, serve, shared: Path
) -> None:
    app = web.Application(middlewares=[errors_to_status])
    lenient = {"soulcaster_wrong_secrets": 1_000}
    app[DOORS] = Doors(stage.context.settings.model_copy(update=lenient))
    door.add_routes(app, stage.context, app[DOORS], store=stage.context.inbox.accept)
    server = await serve(app)
    secret = stage.environment["SLACK_SIGNING_SECRET"]
    requests = sorted((shared / "conformance" / "slack-requests").glob("*.json"))
    answers: dict[str, tuple[int, int]] = {}
    async with aiohttp.ClientSession() as http:
        for path in requests:
            told = json.loads(path.read_text())
            body, kind = told["body"], told["content_type"]
            if "payload=" in kind:
                body = urlencode({"payload": body if isinstance(body, str) else json.dumps(body)})
            raw = (body if isinstance(body, str) else json.dumps(body)).encode()
            name = "events" if "json" in kind else "interactions"
            url = server.make_url(f"/slack/{'commands' if 'command' in path.name else name}")
            at = f"{time.time():.0f}"
            status = []
            for signed_by in (secret, "somebody else"):
                headers = {
                    "Content-Type": kind.partition(" ")[0],
                    "X-Slack-Request-Timestamp": at,
                    "X-Slack-Signature": signature(signed_by, at, raw),
                }
                async with http.post(url, data=raw, headers=headers) as answer:
                    status.append(answer.status)
            answers[path.name] = (status[0], status[1])
    assert len(answers) > 60
    assert {name: found for name, found in answers.items() if found != (200, 401)} == {}
