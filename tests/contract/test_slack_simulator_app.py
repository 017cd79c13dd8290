"""The Slack simulator and a real slack-bolt app, each hearing the other over HTTP."""

from __future__ import annotations

import asyncio
import json
import runpy
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from real_answers import shape
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.simulators.slack import Limits, SlackSimulator
from handlers.demo.stage import free_port

TOKEN = "xoxb-test-token"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BUTTONS = [
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "sentence-1",
                "text": {"type": "plain_text", "text": "Fix"},
                "value": "fix C-12",
            },
            {
                "type": "button",
                "action_id": "sentence-2",
                "text": {"type": "plain_text", "text": "Ignore"},
                "value": "ignore C-12",
            },
        ],
    }
]
MODAL = {
    "type": "modal",
    "callback_id": "steer",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Fix C-12"},
    "submit": {"type": "plain_text", "text": "Start"},
    "blocks": [
        {
            "type": "input",
            "block_id": "note",
            "label": {"type": "plain_text", "text": "What should it know?"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "agent",
            "label": {"type": "plain_text", "text": "Agent"},
            "element": {
                "type": "static_select",
                "action_id": "name",
                "options": [{"text": {"type": "plain_text", "text": "Search"}, "value": "~search"}],
            },
        },
    ],
}


@dataclass
class Team:
    """The simulator, the bolt app behind its request URL, and what that app has heard."""

    simulator: SlackSimulator
    app: AsyncApp
    url: str
    channel: str
    record: Path
    heard: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    @property
    def client(self) -> AsyncWebClient:
        return self.app.client

    async def person(self, act: str, **body: object) -> dict:
        return await self._call("POST", act, body)

    async def see(self, what: str) -> Any:
        return await self._call("GET", what, None)

    async def _call(self, method: str, path: str, body: object) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}/_sim/{path}", json=body) as response,
        ):
            return await response.json()

    async def ephemerals(self) -> list[str]:
        return [one["text"] for one in (await self.see("state"))["ephemerals"]]

    async def delivered(self) -> list[dict]:
        """Every delivery, once none of them is under way any more."""
        for _ in range(6_000):
            deliveries = await self.see("deliveries")
            if all(delivery["outcome"] != "pending" for delivery in deliveries):
                return deliveries
            await asyncio.sleep(0.01)
        raise AssertionError("events are still under way")


@pytest.fixture
def make_team(serve, tmp_path: Path):
    record = tmp_path / "slack.jsonl"

    async def make(*, secret: str = SECRET, **options: Any) -> Team:
        sim_port, app_port = free_port(), free_port()
        client = AsyncWebClient(token=TOKEN, base_url=f"http://127.0.0.1:{sim_port}/api/")
        app = AsyncApp(token=TOKEN, signing_secret=SECRET, client=client)
        simulator = SlackSimulator(
            signing_secret=secret,
            bot_token=TOKEN,
            request_url=f"http://127.0.0.1:{app_port}",
            record=record,
            **{
                "retry_delays": (0.0, 0.01),
                "patience": 30,
                "limits": Limits(burst=100),
                **options,
            },
        )
        simulator.workspace.add_user("ana", "Ana Torres")
        simulator.workspace.add_user("bo", "Bo Lind")
        channel = simulator.workspace.add_channel("triage")
        team = Team(simulator, app, f"http://127.0.0.1:{sim_port}", channel.id, record)

        async def handle(request: web.Request) -> web.Response:
            team.headers.append(dict(request.headers))
            team.bodies.append(await request.text())
            return await to_aiohttp_response(
                await app.async_dispatch(await to_bolt_request(request))
            )

        ours = web.Application()
        for path in ("commands", "interactions", "events"):
            ours.router.add_post(f"/slack/{path}", handle)
        await serve(ours, port=app_port)
        await serve(simulator.build_app(), port=sim_port)
        return team

    return make


@pytest.fixture
async def team(make_team) -> Team:
    return await make_team()


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> SimpleNamespace:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its data file to the collector
        return SimpleNamespace(**runpy.run_path(str(shared / "conformance" / "check_slack.py")))


async def test_the_request_url_proves_itself(team: Team) -> None:
    assert await team.person("verify") == {"ok": True}


async def test_requests_carry_slacks_signature(team: Team) -> None:
    bodies = []

    @team.app.command("/soulcaster")
    async def _(ack, req):
        bodies.append(req.raw_body)
        await ack()

    assert (await team.person("command", user="ana", channel="triage", text="status"))["ok"]
    headers = team.headers[-1]
    assert SignatureVerifier(SECRET).is_valid(
        bodies[0], headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
    )


async def test_a_wrong_secret_is_refused_by_the_app(make_team) -> None:
    team = await make_team(secret="another")
    outcome = await team.person("command", user="ana", channel="triage", text="status")
    assert (outcome["ok"], outcome["status"]) == (False, 401)
    assert await team.ephemerals() == ['/soulcaster failed with the error "dispatch_failed"']


async def test_a_command_is_answered_to_one_or_to_all(team: Team) -> None:
    @team.app.command("/soulcaster")
    async def _(ack, command):
        team.heard.append((command["text"], command["user_name"], command["channel_name"]))
        public = "--public" in command["text"]
        await ack(f"ok {command['text']}", response_type="in_channel" if public else "ephemeral")

    await team.person("command", user="ana", channel="triage", text="why <C-12>")
    await team.person("command", user="ana", channel="triage", text="status --public")
    assert team.heard == [
        ("why &lt;C-12&gt;", "ana", "triage"),
        ("status --public", "ana", "triage"),
    ]
    assert await team.ephemerals() == ["ok why &lt;C-12&gt;"]
    history = await team.client.conversations_history(channel=team.channel)
    assert [m["text"] for m in history["messages"]] == ["ok status --public"]


async def test_a_silent_app_is_told_on(make_team) -> None:
    team = await make_team(patience=0.3)

    @team.app.command("/soulcaster")
    async def _(ack):
        await asyncio.sleep(0.5)
        await ack("too late")

    outcome = await team.person("command", user="ana", channel="triage", text="status")
    assert outcome["shown"] == "/soulcaster failed because the app did not respond"
    state = await team.see("state")
    assert [(e["text"], e["from_slack"]) for e in state["ephemerals"]] == [(outcome["shown"], True)]
    await asyncio.sleep(0.4)


async def test_a_reply_slack_cannot_show_is_told_on(team: Team) -> None:
    @team.app.command("/soulcaster")
    async def _(ack):
        await ack(blocks=[{"type": "nonsense"}])

    outcome = await team.person("command", user="ana", channel="triage", text="status")
    assert outcome["shown"] == '/soulcaster failed with the error "invalid_blocks"'


async def test_a_response_url_is_good_for_five_answers_in_thirty_minutes(make_team) -> None:
    passed = [0.0]
    team = await make_team(clock=lambda: time.time() + passed[0])

    @team.app.command("/soulcaster")
    async def _(ack, command):
        team.heard.append(command["response_url"])
        await ack()

    for _ in range(2):
        await team.person("command", user="ana", channel="triage", text="x")
    first, second = (AsyncWebhookClient(url) for url in team.heard)
    for n in range(5):
        assert (await first.send(text=f"{n}")).body == "ok"
    sixth = await first.send(text="5")
    assert (sixth.status_code, json.loads(sixth.body)["error"]) == (404, "used_url")
    assert await team.ephemerals() == ["0", "1", "2", "3", "4"]
    passed[0] = 31 * 60
    late = await second.send(text="late")
    assert (late.status_code, json.loads(late.body)["error"]) == (404, "expired_url")


async def test_a_mention_is_heard_as_mention_and_as_message(team: Team) -> None:
    @team.app.event("app_mention")
    async def _(event):
        team.heard.append(("mention", event["text"], event.get("thread_ts")))

    @team.app.event("message")
    async def _(event):
        team.heard.append(("message", event["text"], event.get("thread_ts")))

    bot = team.simulator.workspace.bot.id
    parent = await team.person(
        "message", user="ana", channel="triage", text="prices are off & wrong"
    )
    await team.person(
        "message", user="bo", channel="triage", text="@soulcaster why", thread_ts=parent["ts"]
    )
    assert {d["outcome"] for d in await team.delivered()} == {"delivered"}
    assert sorted(team.heard) == [
        ("mention", f"<@{bot}> why", parent["ts"]),
        ("message", f"<@{bot}> why", parent["ts"]),
        ("message", "prices are off &amp; wrong", None),
    ]


async def test_whose_somebody_in_a_shared_channel_is_can_be_seen(team: Team) -> None:
    """https://docs.slack.dev/apis/slack-connect"""

    @team.app.event("app_mention")
    async def mention(body: dict) -> None:
        team.heard.append(body)

    workspace = team.simulator.workspace
    workspace.add_user("vera", team="T0VENDOR")
    shared = workspace.channels[team.channel]
    shared.connected.append("T0VENDOR")
    for user in ("vera", "ana"):
        await team.person("message", user=user, channel="triage", text="@soulcaster status")
    await team.delivered()
    by_vera, by_ana = team.heard
    assert by_vera["team_id"] == by_ana["team_id"] == workspace.team.id
    assert by_vera["event"]["user_team"] == by_vera["event"]["source_team"] == "T0VENDOR"
    assert "user_team" not in by_ana["event"]
    assert by_vera["is_ext_shared_channel"] is True
    info = await team.client.conversations_info(channel=team.channel)
    assert info["channel"]["is_ext_shared"] is True
    known = await team.client.users_info(user=workspace.user_named("vera").id)
    assert known["user"]["is_stranger"] is True
    assert known["user"]["team_id"] == "T0VENDOR"
    # They are not offered the app's commands.
    typed = await team.person("command", user="vera", channel="triage", text="status")
    assert typed["ok"] is False
    assert "not a valid command" in typed["shown"]


async def test_an_app_never_hears_itself(team: Team) -> None:
    @team.app.event("message")
    async def _(event):
        team.heard.append(event)

    ts = (await team.client.chat_postMessage(channel=team.channel, text="hello"))["ts"]
    await team.client.chat_update(channel=team.channel, ts=ts, text="hello again")
    assert {d["type"] for d in await team.delivered()} == {"message.channels"}
    assert [e.get("subtype") for e in team.heard] in ([], ["message_changed"])


async def test_reactions_joins_and_the_home_tab_are_events(team: Team) -> None:
    for name in ("reaction_added", "member_joined_channel", "app_home_opened"):

        @team.app.event(name)
        async def _(event, client):
            team.heard.append((event["type"], event.get("reaction") or event.get("channel_type")))
            if event["type"] == "app_home_opened":
                home = {"type": "home", "blocks": [{"type": "divider"}]}
                await client.views_publish(user_id=event["user"], view=home)

    ts = (await team.client.chat_postMessage(channel=team.channel, text="x"))["ts"]
    await team.person("react", user="ana", channel="triage", ts=ts, name="eyes")
    team.simulator.workspace.add_user("cy")
    await team.person("join", user="cy", channel="triage")
    await team.person("home", user="ana")
    await team.delivered()
    assert sorted(team.heard) == [
        ("app_home_opened", None),
        ("member_joined_channel", "C"),
        ("reaction_added", "eyes"),
    ]
    assert list((await team.see("state"))["homes"]) == [
        team.simulator.workspace.user_named("ana").id
    ]


async def test_an_event_comes_again_until_it_is_heard(team: Team) -> None:
    @team.app.middleware
    async def _(req, resp, next):
        number = req.headers.get("x-slack-retry-num", ["0"])[0]
        team.heard.append((req.body["event_id"], number))
        if number == "2":
            return await next()
        resp.status = 500
        return resp

    @team.app.event("message")
    async def _(event):
        pass

    await team.person("message", user="ana", channel="triage", text="x")
    (delivery,) = await team.delivered()
    assert (delivery["attempts"], delivery["outcome"]) == (3, "delivered")
    assert [number for _, number in team.heard] == ["0", "1", "2"]
    assert len({event_id for event_id, _ in team.heard}) == 1
    assert team.headers[-1]["X-Slack-Retry-Reason"] == "http_error"


async def test_an_event_nobody_hears_is_given_up(team: Team) -> None:
    @team.app.middleware
    async def _(resp, next):
        resp.status = 503
        return resp

    await team.person("message", user="ana", channel="triage", text="x")
    (delivery,) = await team.delivered()
    assert (delivery["attempts"], delivery["outcome"]) == (3, "given up")


async def test_a_button_says_its_sentence_and_its_answer_replaces_the_card(team: Team) -> None:
    @team.app.action({"action_id": "sentence-2"})
    async def _(ack, body, respond):
        await ack()
        team.heard.append((body["actions"][0]["value"], body["container"], body["user"]["name"]))
        await respond("ignored", replace_original=True)

    ts = (await team.client.chat_postMessage(channel=team.channel, text="C-12", blocks=BUTTONS))[
        "ts"
    ]
    outcome = await team.person("press", user="bo", channel="triage", ts=ts, value="ignore C-12")
    assert outcome["ok"]
    for _ in range(6_000):
        history = await team.client.conversations_history(channel=team.channel)
        if history["messages"][0]["text"] == "ignored":
            break
        await asyncio.sleep(0.01)
    assert [m["text"] for m in history["messages"]] == ["ignored"]
    container = {
        "type": "message",
        "message_ts": ts,
        "channel_id": team.channel,
        "is_ephemeral": False,
    }
    assert team.heard == [("ignore C-12", container, "bo")]


async def test_a_button_nobody_answers_warns_the_person(team: Team) -> None:
    ts = (await team.client.chat_postMessage(channel=team.channel, text="C-12", blocks=BUTTONS))[
        "ts"
    ]
    outcome = await team.person("press", user="bo", channel="triage", ts=ts, value="fix C-12")
    assert (outcome["ok"], outcome["shown"]) == (False, "This app responded with Status Code 404.")


async def test_a_modal_is_opened_filled_corrected_and_submitted(team: Team) -> None:
    @team.app.command("/soulcaster")
    async def _(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
        await ack()

    @team.app.view("steer")
    async def _(ack, view):
        values = view["state"]["values"]
        note = values["note"]["text"]["value"]
        if not note:
            await ack(response_action="errors", errors={"note": "Say something"})
            return
        team.heard.append((note, values["agent"]["name"]["selected_option"]["value"]))
        await ack()

    await team.person("command", user="ana", channel="triage", text="fix C-12")
    ana = team.simulator.workspace.user_named("ana").id
    (modal,) = (await team.see("state"))["modals"][ana]
    refused = await team.person("submit", user="ana", view_id=modal["id"])
    assert refused["errors"] == {"note": "Say something"}
    values = {"note": {"text": "rounding"}, "agent": {"name": "~search"}}
    assert (await team.person("submit", user="ana", view_id=modal["id"], values=values))["ok"]
    assert team.heard == [("rounding", "~search")]
    assert (await team.see("state"))["modals"] == {}


async def test_a_closed_modal_tells_the_app_that_asked(team: Team) -> None:
    @team.app.command("/soulcaster")
    async def _(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
        await ack()

    @team.app.view_closed("steer")
    async def _(ack, view):
        team.heard.append(view["callback_id"])
        await ack()

    await team.person("command", user="ana", channel="triage", text="fix C-12")
    (stack,) = (await team.see("state"))["modals"].values()
    await team.person("close", user="ana", view_id=stack[0]["id"])
    assert team.heard == ["steer"]


async def test_a_trigger_opens_one_modal_within_three_seconds(make_team) -> None:
    passed, start, both = [0.0], time.time(), asyncio.Event()
    team = await make_team(clock=lambda: start + passed[0])

    @team.app.command("/soulcaster")
    async def _(ack, command):
        team.heard.append(command["trigger_id"])
        await ack()
        if len(team.heard) == 2:
            both.set()

    for _ in range(2):
        await team.person("command", user="ana", channel="triage", text="x")
    await both.wait()
    fresh, stale = team.heard
    opened = await team.client.views_open(trigger_id=fresh, view=MODAL)
    view_id, seen = opened["view"]["id"], opened["view"]["hash"]
    for trigger_id, wait, code in (
        (fresh, 0, "exchanged_trigger_id"),
        (stale, 4, "expired_trigger_id"),
        ("1.2.3", 0, "invalid_trigger_id"),
    ):
        passed[0] += wait
        with pytest.raises(SlackApiError) as caught:
            await team.client.views_open(trigger_id=trigger_id, view=MODAL)
        assert caught.value.response["error"] == code
    await team.client.views_update(view_id=view_id, hash=seen, view=MODAL)
    with pytest.raises(SlackApiError) as caught:
        await team.client.views_update(view_id=view_id, hash=seen, view=MODAL)
    assert caught.value.response["error"] == "hash_conflict"
    with pytest.raises(SlackApiError) as caught:
        await team.client.views_update(view_id=view_id, view={**MODAL, "title": "plain"})
    assert (
        "[ERROR] must be an object [json-pointer:/view/title]"
        in (caught.value.response["response_metadata"]["messages"])
    )


async def test_what_bolt_says_and_hears_passes_the_checker(
    team: Team, check_slack: SimpleNamespace
) -> None:
    said = asyncio.Event()

    @team.app.command("/soulcaster")
    async def _(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
        await ack("here")

    @team.app.action({"action_id": "sentence-1"})
    async def _(ack, respond, say):
        await ack()
        await say("F-7 is running", thread_ts=ts)
        await respond(text="Running", response_type="ephemeral")
        said.set()

    await team.person("command", user="ana", channel="triage", text="fix C-12")
    ts = (await team.client.chat_postMessage(channel=team.channel, text="C-12", blocks=BUTTONS))[
        "ts"
    ]
    await team.person("press", user="bo", channel="triage", ts=ts, action_id="sentence-1")
    await asyncio.wait_for(said.wait(), 60)
    exchanges = [json.loads(line) for line in team.record.read_text().splitlines()]
    found = [v for exchange in exchanges for v in check_slack.check_exchange(exchange)]
    assert [v for v in found if v.level == "ERROR"] == []
    paths = {exchange["url"].split("/", 3)[3].split("/")[0] for exchange in exchanges}
    assert paths == {"api", "actions"}


def _told(body: str | dict) -> tuple[str, dict]:
    """What a request is about, and what it tells, whatever its encoding."""
    form = {} if isinstance(body, dict) or body[:1] == "{" else dict(parse_qsl(body))
    if "command" in form:
        return "slash_command", form
    told = body if isinstance(body, dict) else json.loads(form.get("payload", body))
    return told.get("event", told)["type"], told


async def test_what_the_app_is_sent_has_the_shape_of_real_requests(
    team: Team, shared: Path
) -> None:
    """No field of another type than in a request that Slack sent somebody."""

    @team.app.command("/soulcaster")
    async def _(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
        await ack()

    team.app.action("sentence-1")(_acknowledged)
    team.app.view("steer")(_acknowledged)
    team.app.event("app_mention")(_acknowledged)
    team.app.event("message")(_acknowledged)
    await team.person("command", user="ana", channel="triage", text="fix C-12")
    [modal] = (await team.see("state"))["modals"][team.simulator.workspace.user_named("ana").id]
    values = {"note": {"text": "rounding"}, "agent": {"name": "~search"}}
    await team.person("submit", user="ana", view_id=modal["id"], values=values)
    sent = await team.client.chat_postMessage(channel=team.channel, text="C-12", blocks=BUTTONS)
    press = {"channel": "triage", "ts": sent["ts"], "action_id": "sentence-1"}
    await team.person("press", user="bo", **press)
    await team.person("message", user="ana", channel="triage", text="@soulcaster status")
    await team.delivered()

    known: dict[str, list[dict]] = {}
    for path in (shared / "conformance" / "slack-requests").glob("*.json"):
        kind, told = _told(json.loads(path.read_text())["body"])
        known.setdefault(kind, []).append(told)
    sent_kinds = set()
    for body in team.bodies:
        kind, told = _told(body)
        sent_kinds.add(kind)
        theirs = shape(known[kind])
        for at, kinds in shape([told]).items():
            assert kinds <= theirs.get(at, kinds), f"{kind}{at}: {kinds}, not {theirs[at]}"
    assert sent_kinds == {
        *("slash_command", "block_actions", "view_submission", "app_mention", "message")
    }


async def _acknowledged(ack) -> None:
    await ack()


async def test_the_stream_tells_each_change(team: Team) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{team.url}/_sim/stream") as stream,
    ):
        await stream.content.readuntil(b"\n\n")
        said = await team.person("message", user="ana", channel="triage", text="x")
        change = json.loads((await stream.content.readuntil(b"\n\n")).removeprefix(b"data: "))
    assert change == {"kind": "message", "channel": team.channel, "ts": said["ts"]}


async def test_a_person_is_told_what_is_wrong(team: Team) -> None:
    assert (await team.person("message", user="nobody", channel="triage", text="x")) == {
        "ok": False,
        "error": "user_not_found",
    }
    assert "error" in await team.person("message", user="ana", channel="triage")
