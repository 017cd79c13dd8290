"""The app in several Slack workspaces: installed by OAuth, each with a token of its own."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import yaml
from aiohttp import web
from cryptography.fernet import Fernet
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation
from yarl import URL

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import NotAllowed, NotUnderstood, Rejected
from bot.domain.models import Person, Place, Project
from bot.domain.secrets import redact
from bot.simulators.slack import SlackSimulator
from bot.simulators.slack.app_client import signature
from bot.simulators.slack.workspace import Message
from bot.slack.workspaces import ROTATE_MINUTES, Workspaces
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from bot.storage.installations import STATE_SECONDS
from handlers.demo.stage import ADMIN, Stage
from handlers.doors.doors import DOORS, Doors
from handlers.slack import door
from handlers.slack.examined import look_at_slack
from handlers.web import errors_to_status
from workers.clusters import channels
from workers.commands.call import Call
from workers.commands.verbs.project import Channel, run_channel
from workers.hearing.slack import hear_slack

SECRET = "signing"
APP = {"slack_client_id": "1234567890.1234567890", "slack_client_secret": SecretStr("simulated")}
# slack_sdk proves the app as aiohttp no longer wants it.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


def installation(team: str, **more: Any) -> Installation:
    return Installation(
        team_id=team, user_id="U1", bot_token=f"xoxb-{team}-secret", bot_id="B1",
        bot_user_id="UBOT", **{"bot_refresh_token": f"xoxe-1-{team}", **more},
    )  # fmt: skip


async def spaces_of(ctx: Context) -> Workspaces:
    assert ctx.slack
    assert ctx.slack.workspaces
    return ctx.slack.workspaces


@dataclass
class Server:
    """Our door, the simulated Slack behind it, and a browser that keeps no cookie by itself."""

    ctx: Context
    slack: SlackSimulator
    url: URL
    http: aiohttp.ClientSession
    heard: list[Delivery] = field(default_factory=list)

    async def install(self) -> tuple[URL, str]:
        """Press "Add to Slack" and say yes: where that leads back to, and the cookie."""
        async with self.http.get(self.url / "slack/install", allow_redirects=False) as sent:
            assert sent.status == 302
            cookie = sent.headers["Set-Cookie"]
            assert "Secure" in cookie
            assert "HttpOnly" in cookie
            asked = URL(sent.headers["Location"])
        async with self.http.get(asked, allow_redirects=False) as agreed:
            assert agreed.status == 302
            return URL(agreed.headers["Location"]), cookie.partition(";")[0]

    async def back(self, url: URL, cookie: str) -> tuple[int, str]:
        async with self.http.get(
            self.url.with_path(url.path).with_query(url.query), headers={"Cookie": cookie}
        ) as answer:
            return answer.status, await answer.text()

    async def say(self, team: str, channel: str) -> str:
        """Type a slash command there; what Slack was answered."""
        told = {"command": "/soulcaster", "text": "help", "team_id": team, "trigger_id": "1.1"}
        person = self.slack.workspace.user_named("ana").id
        return await self.post("commands", {**told, "user_id": person, "channel_id": channel})

    async def post(self, door: str, told: dict[str, Any]) -> str:
        """Send what Slack would, and have it heard."""
        is_json = door == "events"
        body = (json.dumps(told) if is_json else urlencode(told)).encode()
        at = f"{time.time():.0f}"
        headers = {
            "Content-Type": f"application/{'json' if is_json else 'x-www-form-urlencoded'}",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature(SECRET, at, body),
        }
        before = len(self.heard)
        async with self.http.post(self.url / "slack" / door, data=body, headers=headers) as done:
            assert done.status == 200
            said = await done.text()
        for delivery in self.heard[before:]:
            await hear_slack(self.ctx, delivery.row)
        return said


@pytest.fixture
async def server(ctx: Context, serve) -> AsyncIterator[Server]:
    slack = SlackSimulator(
        signing_secret=SECRET, bot_token="xoxb-0-nobodys", request_url="http://x", rotates=True
    )
    slack.workspace.add_user("ana")
    api = (await serve(slack.build_app())).make_url("/api/")
    update = {
        **APP,
        "slack_signing_secret": SecretStr(SECRET),
        "slack_api_url": str(api),
        "soulcaster_public_url": "https://app.example",
    }
    async with (
        open_context(ctx.settings.model_copy(update=update)) as ours,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        app = web.Application(middlewares=[errors_to_status])
        app[DOORS] = Doors(ours.settings)
        made = Server(ours, slack, URL(), http)

        async def store(delivery: Delivery) -> None:
            await ours.inbox.accept(delivery)
            made.heard.append(delivery)

        door.add_routes(app, ours, app[DOORS], store)
        made.url = (await serve(app)).make_url("/")
        yield made


async def test_a_workspace_that_installs_the_app_is_answered_with_its_own_token(
    server: Server,
) -> None:
    team, workspace = server.slack.workspace.team.id, server.slack.workspace
    channel = workspace.add_channel("triage").id
    assert "not installed in this Slack workspace" in await server.say(team, channel)
    assert server.heard == []

    url, cookie = await server.install()
    assert str(url).startswith("https://app.example/slack/oauth_redirect?")
    status, page = await server.back(url, cookie)
    assert (status, "Thank you" in page) == (200, True)
    assert await server.say(team, channel) == ""
    [whispered] = workspace.ephemerals
    assert whispered.text.endswith("What you can say")
    # What is heard bears the workspace, and the other one is still nobody's.
    assert json.loads(server.heard[0].body)["channel_id"] == f"{team}/{channel}"
    assert "not installed in this Slack workspace" in await server.say("T0OTHER", channel)
    assert len(server.heard) == 1


async def test_events_forms_and_the_end_are_of_the_workspace_they_come_from(
    server: Server,
) -> None:
    await server.back(*await server.install())
    workspace = server.slack.workspace
    team, ana = workspace.team.id, workspace.user_named("ana").id
    channel = workspace.add_channel("triage").id
    of = {"type": "event_callback", "event_id": "Ev1", "team_id": team}
    posted = workspace.post(Message(workspace.next_ts(), channel, ana, "help"))
    said = {"type": "app_mention", "channel": channel, "user": ana, "ts": posted.ts}
    us = [{"team_id": team, "user_id": workspace.bot.id}]
    said["text"] = f"<@{workspace.bot.id}> help"
    assert await server.post("events", {**of, "event": said, "authorizations": us}) == ""
    assert json.loads(server.heard[0].body)["event"]["channel"] == f"{team}/{channel}"
    assert [each.channel for each in workspace.ephemerals] == [channel]

    pressed = {"type": "shortcut", "callback_id": "soulcaster", "user": {"id": ana}}
    pressed |= {"trigger_id": server.slack._service.triggers.issue(ana), "team": {"id": team}}
    await server.post("interactions", {"payload": json.dumps(pressed)})
    assert workspace.modals[ana]

    server.slack._service.installation.tokens.clear()
    for kind in ("tokens_revoked", "app_uninstalled"):  # as Slack sends both
        gone = {"type": kind, "tokens": {"bot": [workspace.bot.id]}}
        await server.post("events", {**of, "event": gone})
    assert len(server.heard) == 3
    assert await (await spaces_of(server.ctx)).teams() == []
    assert "not installed in this Slack workspace" in await server.say(team, channel)


async def test_no_more_is_asked_for_than_the_manifest_says(server: Server) -> None:
    async with server.http.get(server.url / "slack/install", allow_redirects=False) as sent:
        asked = URL(sent.headers["Location"]).query
    manifest = yaml.safe_load((Path(__file__).parents[2] / "docs/slack-manifest.yml").read_text())
    assert asked["scope"].split(",") == manifest["oauth_config"]["scopes"]["bot"]
    assert asked["user_scope"] == ""


async def test_only_who_was_sent_to_slack_comes_back_and_once(server: Server, caplog) -> None:
    before = set(await server.ctx.redis.keys())
    url, cookie = await server.install()
    assert set(await server.ctx.redis.keys()) == before, "who only asks leaves nothing behind"
    forged = "slack-app-oauth-state=forged"
    assert (await server.back(url, ""))[0] == 400
    assert (await server.back(url, forged))[0] == 400, "another browser"
    assert (await server.back(url.update_query(state="forged"), forged))[0] == 401
    spaces = await spaces_of(server.ctx)
    assert await spaces.teams() == []
    assert (await server.back(url, cookie))[0] == 200
    status, page = await server.back(url, cookie)
    assert (status, "invalid_code" in page) == (401, True), "replayed"
    [key] = (server.ctx.settings.soulcaster_data_dir / "vault.key").read_text().split()
    for said, ago in ((b"sent to Slack", STATE_SECONDS + 1), (b"another thing", 0)):
        made = Fernet(key).encrypt_at_time(said, int(time.time()) - ago).decode().rstrip("=")
        old = url.update_query(state=made)
        assert (await server.back(old, f"slack-app-oauth-state={made}"))[0] == 401

    again, cookie = await server.install()
    status, page = await server.back(again.update_query(code="made-up"), cookie)
    assert (status, "invalid_code" in page) == (401, True)
    logged = redact(caplog.text)  # as every log is
    assert "made-up" not in logged
    assert "invalid_code" in logged


async def test_a_token_is_renewed_before_it_ends_and_once(server: Server) -> None:
    await server.back(*await server.install())
    spaces, team = await spaces_of(server.ctx), server.slack.workspace.team.id
    first = await spaces.bot(team)
    assert first
    assert first.bot_token.startswith("xoxe.xoxb-")
    soon = int(time.time()) + ROTATE_MINUTES * 60 - 1
    old = {**first.to_dict_for_copying(), "bot_token_expires_at": soon}
    await spaces.async_save(Installation(**old, user_id="U1"))
    # Slack takes each refresh token once: who comes meanwhile uses the one that is still good.
    async with server.ctx.leases.hold(f"slack-token:{team}"):
        meanwhile = await spaces.bot(team)
        assert meanwhile
        assert meanwhile.bot_token == first.bot_token
    second = await spaces.bot(team)
    assert second
    assert second.bot_token != first.bot_token
    assert second.bot_refresh_token != first.bot_refresh_token
    assert second.bot_token_expires_at
    assert second.bot_token_expires_at > soon
    end = datetime.fromtimestamp(second.bot_token_expires_at, UTC)
    assert f" in {team} until {end:%d %b %H:%M} UTC" in (await look_at_slack(server.ctx))[0]

    # One that nobody renewed in time, and whose refresh token is no more.
    old |= {"bot_token_expires_at": int(time.time()) - 1}
    await spaces.async_save(Installation(**old, user_id="U1"))
    assert server.ctx.slack
    with pytest.raises(Rejected, match="invalid_refresh_token"):
        await server.ctx.slack.direct("U1", team=team)
    async with open_context(server.ctx.settings) as another:
        found, mend = await look_at_slack(another)
    assert f"{team}: Slack refused: invalid_refresh_token" in found
    assert mend == "install it there again: https://app.example/slack/install"


async def test_no_token_can_be_read_in_redis_and_each_is_forgotten_alone(server: Server) -> None:
    spaces = await spaces_of(server.ctx)
    for team in ("T1", "T2"):
        await spaces.async_save(installation(team))
    stored = [
        await server.ctx.redis.dump(key) for key in await server.ctx.redis.keys("*slack-inst*")
    ]
    assert stored
    assert not [each for each in stored if b"xox" in each or b"secret" in each]
    one = await spaces.bot("T1")
    assert one
    assert one.bot_token == "xoxb-T1-secret"
    with pytest.raises(NotAllowed, match="whole organisation"):
        await spaces.async_save(installation("", enterprise_id="E1", is_enterprise_install=True))
    await spaces.forget("T1")
    assert (await spaces.bot("T1"), await spaces.teams()) == (None, ["T2"])


async def test_an_uninstalled_workspace_is_forgotten_and_no_other(server: Server) -> None:
    await server.back(*await server.install())
    spaces, team = await spaces_of(server.ctx), server.slack.workspace.team.id
    await spaces.async_save(installation("T2"))
    slack = server.ctx.slack
    assert slack
    assert not await slack.lost("T0OTHER", server.ctx.now())
    assert not await slack.lost(team, server.ctx.now()), "its token is good: installed again"
    server.slack._service.installation.tokens.clear()
    assert await slack.lost(team, server.ctx.now())
    assert await spaces.teams() == ["T2"]
    with pytest.raises(Rejected, match=f"not installed in the Slack workspace {team}"):
        await slack.direct("U1", team=team)


@pytest.fixture
async def two(ctx: Context, serve) -> AsyncIterator[SimpleNamespace]:
    """A workspace whose token was pasted, and T2 that installed the app; Slack writes down which
    token asked for what."""
    asked: list[tuple[str, str, str]] = []

    async def take(request: web.Request) -> web.Response:
        is_json = request.content_type == "application/json"
        told = await request.json() if is_json else {**request.query, **await request.post()}
        token = request.headers["Authorization"].removeprefix("Bearer ")
        asked.append((request.match_info["method"], token, str(told.get("channel", ""))))
        team = "T2" if "T2" in token else "T1"
        channel = {"id": "D1", "is_ext_shared": False}
        return web.json_response({"ok": True, "channel": channel, "team_id": team, "ts": "9.9"})

    app = web.Application()
    app.router.add_route("*", "/api/{method}", take)
    url = str((await serve(app)).make_url("/api/"))
    update = {**APP, "slack_api_url": url, "slack_bot_token": SecretStr("xoxb-T1-pasted")}
    async with open_context(ctx.settings.model_copy(update=update)) as ours:
        spaces = await spaces_of(ours)
        await spaces.async_save(installation("T2"))
        yield SimpleNamespace(ctx=ours, slack=ours.slack, asked=asked)


async def test_of_two_workspaces_neither_is_taken_for_the_other(two: SimpleNamespace) -> None:
    slack, ctx = two.slack, two.ctx
    assert [await slack.at(team) for team in ("T1", "T2", "T3", "")] == ["", "T2", None, None]
    two.asked.clear()
    for channel in ("C1", "T2/C1"):
        await slack.is_shared(channel)
        await slack.whisper(channel, "U1", SimpleNamespace(text="x", blocks=[]))
        await slack.show_home("U1", [], channel)
    assert await slack.direct("U1", team="T2") == "T2/D1"
    by = {"": "xoxb-T1-pasted", "T2": "xoxb-T2-secret"}
    methods = [("conversations.info", "C1"), ("chat.postEphemeral", "C1"), ("views.publish", "")]
    assert two.asked == [
        *[(method, by[""], channel) for method, channel in methods],
        *[(method, by["T2"], channel) for method, channel in methods],
        ("conversations.open", by["T2"], ""),
    ]
    with pytest.raises(Rejected, match="not installed in the Slack workspace T3"):
        await slack.is_shared("T3/C1")

    project = Project(id=1, installation=7, full_name="acme/shop")
    await ctx.projects.put(project)
    await channels.bind(ctx, project, "C1", "@ines")
    assert (await ctx.channels.bound("C1"), await ctx.channels.bound("T2/C1")) == ({1: "@ines"}, {})
    await ctx.channels.set_about("C1", "1.0", 1, 3)
    assert await ctx.channels.about("T2/C1", "1.0") is None


async def test_nothing_is_bound_where_somebody_talks_with_us_alone(two: SimpleNamespace) -> None:
    project = Project(id=1, installation=7, full_name="acme/shop")
    ines, place = Person(login="ines"), Place(channel="T2/D1")
    said = Utterance(
        id="u", project=1, person=ines, place=place, line="channel bind",
        heard_at=two.ctx.now(), audience=Audience.TEAM,
    )  # fmt: skip
    call = Call(ctx=two.ctx, project=project, person=ines, said=said, readers=Audience.TEAM)
    with pytest.raises(NotUnderstood, match="said in the Slack channel"):
        await run_channel(call, Channel(what="bind"))


async def test_where_the_pasted_token_died_the_others_are_heard(two: SimpleNamespace) -> None:
    await two.slack.lost("T1", two.ctx.now())
    assert await two.slack.at("T2") == "T2"
    assert await two.slack.direct("U1", team="T2") == "T2/D1"
    async with open_context(two.ctx.settings) as another:
        found, mend = await look_at_slack(another)
    assert "SLACK_BOT_TOKEN: Slack took our token back" in found
    assert " in T2" in found
    assert "install it there again" in mend


async def test_no_file_makes_us_speak_in_the_workspace_of_others(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    config = "slack:\n  channel: T2/C1\n"
    files = {".github/soulcaster.yml": config}
    await stage.person("/push", branch="main", message="Name it", files=files, login=ADMIN)
    await channels.settle_channel(ctx, project.id)
    assert (await ctx.channels.standings(project.id))["T2/C1"] == "unasked"
    assert "says channel bind in it" in str(await channels.waits(ctx, project.id))
