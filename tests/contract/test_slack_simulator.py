"""The Slack simulator through Slack's own SDK: what the Web API answers, and what it refuses."""

from __future__ import annotations

import json
import re
import runpy
import warnings
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from jsonschema import Draft202012Validator
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulators.slack import Limits, SlackSimulator
from bot.simulators.slack.blocks import blocks_problems, view_problems
from bot.simulators.slack.schema import SCHEMA

TOKEN = "xoxb-test-token"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Slack:
    """A running simulator, the SDK's client, and a person's hands."""

    def __init__(
        self, simulator: SlackSimulator, server: TestServer, clock: Clock, record: Path
    ) -> None:
        self.simulator = simulator
        self.workspace = simulator.workspace
        self.clock = clock
        self.record = record
        self.url = str(server.make_url("/")).rstrip("/")
        self.client = self.client_with(TOKEN)

    def client_with(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{self.url}/api/")

    async def person(self, act: str, **body: object) -> dict:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_sim/{act}", json=body) as response,
        ):
            return await response.json()


@pytest.fixture
async def slack(serve, tmp_path: Path):
    clock = Clock()
    simulator = SlackSimulator(
        signing_secret="secret",
        bot_token=TOKEN,
        request_url="http://127.0.0.1:9",
        limits=Limits(posts_a_second=1, burst=4),
        retry_delays=(),
        record=tmp_path / "slack.jsonl",
        clock=clock,
    )
    simulator.workspace.add_user("ana", "Ana Torres", is_admin=True)
    simulator.workspace.add_user("bo", "Bo Lind")
    simulator.workspace.add_channel("triage", topic="What broke")
    server = await serve(simulator.build_app())
    return Slack(simulator, server, clock, tmp_path / "slack.jsonl")


@pytest.fixture
def channel(slack: Slack) -> str:
    return next(c.id for c in slack.workspace.channels.values() if c.name == "triage")


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> SimpleNamespace:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its data file to the collector
        return SimpleNamespace(**runpy.run_path(str(shared / "conformance" / "check_slack.py")))


async def refused(call) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def test_a_message_is_posted_read_edited_and_deleted(slack: Slack, channel: str) -> None:
    posted = await slack.client.chat_postMessage(channel=channel, text="C-12 is new")
    assert re.fullmatch(r"\d{10}\.\d{6}", posted["ts"])
    reply = await slack.client.chat_postMessage(
        channel=channel, text="a reply", thread_ts=posted["ts"]
    )
    assert reply["message"]["thread_ts"] == posted["ts"]

    history = await slack.client.conversations_history(channel=channel)
    assert [m["text"] for m in history["messages"]] == ["C-12 is new"]
    assert history["messages"][0]["reply_count"] == 1
    thread = await slack.client.conversations_replies(channel=channel, ts=posted["ts"])
    assert [m["text"] for m in thread["messages"]] == ["C-12 is new", "a reply"]

    edited = await slack.client.chat_update(channel=channel, ts=posted["ts"], text="C-12 is fixed")
    assert edited["text"] == "C-12 is fixed"
    await slack.client.chat_delete(channel=channel, ts=reply["ts"])
    await slack.client.chat_delete(channel=channel, ts=posted["ts"])
    history = await slack.client.conversations_history(channel=channel)
    assert history["messages"] == []


async def test_a_deleted_parent_leaves_a_tombstone(slack: Slack, channel: str) -> None:
    parent = await slack.client.chat_postMessage(channel=channel, text="parent")
    await slack.client.chat_postMessage(channel=channel, text="reply", thread_ts=parent["ts"])
    await slack.client.chat_delete(channel=channel, ts=parent["ts"])
    history = await slack.client.conversations_history(channel=channel)
    assert [m["subtype"] for m in history["messages"]] == ["tombstone"]
    error = await refused(slack.client.chat_update(channel=channel, ts=parent["ts"], text="x"))
    assert error.response["error"] == "cant_update_message"


async def test_every_ts_is_later_than_the_last_while_the_clock_stands_still(
    slack: Slack, channel: str
) -> None:
    seen = [
        (await slack.client.chat_postMessage(channel=channel, text=f"{n}"))["ts"] for n in range(4)
    ]
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": "not json"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "thread_ts": "1234567890.123456"}, "cannot_reply_to_message"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        (
            {"text": "x", "blocks": [{"type": "markdown", "text": "y" * 12_001}]},
            "invalid_blocks",
        ),
        (
            {
                "text": "x",
                "blocks": [
                    {"type": "markdown", "text": "y" * 11_000},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "z" * 2_500}},
                ],
            },
            "msg_blocks_too_long",
        ),
        (
            {
                "text": "x",
                "blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2,
            },
            "invalid_attachments",
        ),
    ],
)
async def test_a_message_slack_would_refuse_is_refused(
    slack: Slack, channel: str, arguments: dict, code: str
) -> None:
    body = {"channel": channel, **arguments}
    error = await refused(slack.client.api_call("chat.postMessage", json=body))
    assert error.response.status_code == 200
    assert error.response["error"] == code


async def test_invalid_blocks_say_where(slack: Slack, channel: str) -> None:
    blocks = [
        {"type": "divider"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
    ]
    error = await refused(slack.client.chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert error.response["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/1/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
    ]


async def test_only_own_messages_are_edited_and_only_known_ones(slack: Slack, channel: str) -> None:
    said = await slack.person("message", user="ana", channel="triage", text="mine")
    error = await refused(slack.client.chat_update(channel=channel, ts=said["ts"], text="x"))
    assert error.response["error"] == "cant_update_message"
    error = await refused(slack.client.chat_delete(channel=channel, ts=said["ts"]))
    assert error.response["error"] == "cant_delete_message"
    error = await refused(slack.client.chat_update(channel=channel, ts="1.1", text="x"))
    assert error.response["error"] == "message_not_found"


async def test_a_bot_that_was_not_invited_stays_out(slack: Slack) -> None:
    quiet = slack.workspace.add_channel("quiet", with_bot=False)
    error = await refused(slack.client.chat_postMessage(channel=quiet.id, text="hello"))
    assert error.response["error"] == "not_in_channel"
    quiet.members.append(slack.workspace.bot.id)
    await slack.client.chat_postMessage(channel="#quiet", text="hello")
    secret = slack.workspace.add_channel("secret", is_private=True, with_bot=False)
    error = await refused(slack.client.conversations_info(channel=secret.id))
    assert error.response["error"] == "channel_not_found"


@pytest.mark.parametrize(("token", "code"), [("xoxb-other", "invalid_auth"), ("", "not_authed")])
async def test_a_wrong_token_opens_nothing(slack: Slack, token: str, code: str) -> None:
    error = await refused(slack.client_with(token).auth_test())
    assert error.response["error"] == code


async def test_a_scope_that_was_not_granted_is_missed(serve) -> None:
    simulator = SlackSimulator(
        signing_secret="s", bot_token=TOKEN, request_url="http://127.0.0.1:9", scopes={"team:read"}
    )
    server = await serve(simulator.build_app())
    client = AsyncWebClient(token=TOKEN, base_url=str(server.make_url("/api/")))
    assert (await client.team_info()).headers["x-oauth-scopes"] == "team:read"
    error = await refused(client.users_info(user="U0SOULCAST"))
    assert error.response["error"] == "missing_scope"
    assert error.response["needed"] == "users:read"


async def test_too_many_posts_into_one_channel_are_told_to_wait(slack: Slack, channel: str) -> None:
    for n in range(4):
        await slack.client.chat_postMessage(channel=channel, text=f"{n}")
    error = await refused(slack.client.chat_postMessage(channel=channel, text="one too many"))
    assert error.response.status_code == 429
    assert error.response["error"] == "ratelimited"
    assert error.response.headers["Retry-After"] == "1"
    other = slack.workspace.add_channel("elsewhere")
    await slack.client.chat_postMessage(channel=other.id, text="another channel is free")
    slack.clock.now += 1
    await slack.client.chat_postMessage(channel=channel, text="after waiting")


async def test_a_method_has_its_calls_a_minute(slack: Slack) -> None:
    for _ in range(20):
        await slack.client.conversations_list()
    error = await refused(slack.client.conversations_list())
    assert error.response.status_code == 429


async def test_pages_are_followed_by_cursor(slack: Slack, channel: str) -> None:
    for n in range(4):
        await slack.client.chat_postMessage(channel=channel, text=f"{n}")
    texts, cursor, pages = [], None, 0
    while cursor != "":
        page = await slack.client.conversations_history(channel=channel, limit=3, cursor=cursor)
        texts += [m["text"] for m in page["messages"]]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        pages += 1
    assert (texts, pages) == (["3", "2", "1", "0"], 2)
    error = await refused(slack.client.conversations_list(cursor="nonsense"))
    assert error.response["error"] == "invalid_cursor"


async def test_reactions_are_counted_once_a_person(slack: Slack, channel: str) -> None:
    ts = (await slack.client.chat_postMessage(channel=channel, text="x"))["ts"]
    await slack.client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    error = await refused(slack.client.reactions_add(channel=channel, timestamp=ts, name="eyes"))
    assert error.response["error"] == "already_reacted"
    await slack.person("react", user="ana", channel=channel, ts=ts, name="eyes")
    shown = await slack.client.reactions_get(channel=channel, timestamp=ts)
    assert shown["message"]["reactions"][0]["count"] == 2
    await slack.client.reactions_remove(channel=channel, timestamp=ts, name="eyes")
    error = await refused(slack.client.reactions_remove(channel=channel, timestamp=ts, name="eyes"))
    assert error.response["error"] == "no_reaction"


async def test_an_ephemeral_message_is_seen_by_one(slack: Slack, channel: str) -> None:
    ana = slack.workspace.user_named("ana")
    sent = await slack.client.chat_postEphemeral(channel=channel, user=ana.id, text="just you")
    shown = slack.simulator.state()["ephemerals"]
    assert [(one["ts"], one["user"]) for one in shown] == [(sent["message_ts"], ana.id)]
    history = await slack.client.conversations_history(channel=channel)
    assert history["messages"] == []


METADATA = {"event_type": "card", "event_payload": {"project": 7}}


async def test_a_message_keeps_its_metadata_for_who_asks(slack: Slack, channel: str) -> None:
    chat = slack.client
    ts = (await chat.chat_postMessage(channel=channel, text="x", metadata=METADATA))["ts"]
    await chat.chat_update(channel=channel, ts=ts, text="y")

    async def shown(**asked: bool) -> list[object]:
        history = await chat.conversations_history(channel=channel, **asked)
        thread = await chat.conversations_replies(channel=channel, ts=ts, **asked)
        return [m.get("metadata") for m in (*history["messages"], *thread["messages"])]

    assert await shown(include_all_metadata=True) == [METADATA, METADATA]
    assert await shown() == [None, None]
    other = METADATA | {"event_payload": {"project": 8}}
    await chat.chat_update(channel=channel, ts=ts, text="z", metadata=other)
    assert await shown(include_all_metadata=True) == [other, other]
    error = await refused(chat.chat_postMessage(channel=channel, text="x", metadata={"a": 1}))
    assert error.response["error"] == "invalid_metadata_schema"


async def test_a_direct_message_is_opened_once(slack: Slack) -> None:
    ana = slack.workspace.user_named("ana")
    first = await slack.client.conversations_open(users=ana.id)
    again = await slack.client.conversations_open(users=[ana.id], return_im=True)
    assert first["channel"]["id"] == again["channel"]["id"]
    posted = await slack.client.chat_postMessage(channel=ana.id, text="hi")
    assert posted["channel"] == first["channel"]["id"]


async def test_a_fault_happens_as_often_as_it_was_asked_for(slack: Slack, channel: str) -> None:
    await slack.person("faults", match={"method": "chat.*"}, error="internal_error", times=2)
    for _ in range(2):
        error = await refused(slack.client.chat_postMessage(channel=channel, text="x"))
        assert error.response["error"] == "internal_error"
    await slack.client.chat_postMessage(channel=channel, text="x")


async def test_a_fault_after_the_effect_leaves_the_outcome_unknown(
    slack: Slack, channel: str
) -> None:
    match = {"method": "chat.postMessage"}
    await slack.person("faults", match=match, drop_connection=True, after=True)
    client = AsyncWebClient(token=TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[])
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel, text="did it arrive?")
    history = await slack.client.conversations_history(channel=channel)
    assert [m["text"] for m in history["messages"]] == ["did it arrive?"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # in slack_sdk
async def test_oauth_gives_a_token_that_works(slack: Slack) -> None:
    session = aiohttp.ClientSession()
    async with (
        session,
        session.get(
            f"{slack.url}/oauth/v2/authorize",
            params={
                "client_id": "1234567890.1234567890",
                "state": "s-1",
                "redirect_uri": "https://app.example/slack/oauth_redirect",
            },
            allow_redirects=False,
        ) as response,
    ):
        code = re.search(r"code=([^&]+)&state=s-1", response.headers["Location"])
    assert code is not None
    exchange = {"client_id": "1234567890.1234567890", "client_secret": "simulated"}
    granted = await AsyncWebClient(base_url=f"{slack.url}/api/").oauth_v2_access(
        code=code[1], **exchange
    )
    named = await slack.client_with(granted["access_token"]).auth_test()
    assert named["team_id"] == granted["team"]["id"]
    error = await refused(
        AsyncWebClient(base_url=f"{slack.url}/api/").oauth_v2_access(code=code[1], **exchange)
    )
    assert error.response["error"] == "invalid_code"


async def test_the_rest_of_the_roster_answers(slack: Slack, channel: str) -> None:
    ana = slack.workspace.user_named("ana")
    client = slack.client
    assert (await client.users_info(user=ana.id))["user"]["profile"]["email"] == ana.email
    assert [c["name"] for c in (await client.conversations_list())["channels"]] == ["triage"]


async def test_refusals_have_the_form_slack_gives_them(
    slack: Slack, channel: str, check_slack: SimpleNamespace
) -> None:
    await refused(slack.client.api_call("chat.postMessage", json={"channel": channel}))
    await refused(slack.client.chat_postMessage(channel=channel, text="x", blocks=[{}]))
    await refused(slack.client.conversations_history(channel="C0NOWHERE00"))
    exchanges = [json.loads(line) for line in slack.record.read_text().splitlines()]
    found = [v for exchange in exchanges for v in check_slack.check_exchange(exchange)]
    assert [v for v in found if v.where.startswith("response")] == []
    assert [e["response_body"]["ok"] for e in exchanges] == [False, False, False]


async def test_what_the_sdk_says_and_hears_passes_the_checker(
    slack: Slack, channel: str, check_slack: SimpleNamespace
) -> None:
    ana = slack.workspace.user_named("ana")
    client = slack.client
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*C-12* is new"}}
    ts = (await client.chat_postMessage(channel=channel, text="C-12", blocks=[section]))["ts"]
    await client.chat_postMessage(channel=channel, text="more", thread_ts=ts)
    await client.chat_postEphemeral(channel=channel, user=ana.id, text="just you")
    await client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    await client.reactions_get(channel=channel, timestamp=ts)
    await client.chat_update(channel=channel, ts=ts, text="C-12", blocks=[section])
    await client.conversations_history(channel=channel)
    await client.conversations_replies(channel=channel, ts=ts)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id=ana.id, view=home)
    await client.chat_delete(channel=channel, ts=ts)
    lines = slack.record.read_text().splitlines()
    assert len(lines) == 10
    found = [v for line in lines for v in check_slack.check_exchange(json.loads(line))]
    # The typings the checker is made from know nothing of view.state.values; Slack sends it.
    assert [v for v in found if v.where != "response.body.view.state"] == []
    assert TOKEN not in "".join(lines)


BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "a"}
IMAGE = {"type": "image", "alt_text": "x", "image_url": "https://x.example/i.png"}


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ("text", "must be an array [json-pointer:/blocks]"),
        ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (["text"], "must be an object [json-pointer:/blocks/0]"),
        ([{"text": "x"}], "missing required field: type [json-pointer:/blocks/0]"),
        ([{"type": "video"}], "unsupported type: video [json-pointer:/blocks/0/type]"),
        ([{"type": ["divider"]}], "unsupported type: ['divider'] [json-pointer:/blocks/0/type]"),
        ([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]"),
        (
            [{"type": "header", "text": None}],
            "missing required field: text [json-pointer:/blocks/0]",
        ),
        (
            [{"type": "divider", "colour": "red"}],
            "invalid additional property: colour [json-pointer:/blocks/0]",
        ),
        (
            [{"type": "divider", "block_id": 7}],
            "must be a string [json-pointer:/blocks/0/block_id]",
        ),
        ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
        (
            [{**IMAGE, "slack_file": {"id": "F1"}}],
            "must define exactly one of `image_url` or `slack_file` [json-pointer:/blocks/0]",
        ),
        (
            [{"type": "actions", "elements": []}],
            "no less than 1 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [{"type": "actions", "elements": [{**BUTTON, "style": "loud"}]}],
            "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            [{"type": "actions", "elements": [BUTTON, BUTTON]}],
            '`action_id` "a" already exists [json-pointer:/blocks/0]',
        ),
        (
            [{"type": "divider", "block_id": "b"}] * 2,
            '`block_id` "b" already exists [json-pointer:/blocks]',
        ),
        (
            [{"type": "markdown", "text": "x" * 6_001}] * 2,
            "must be less than 12001 characters [json-pointer:/blocks]",
        ),
    ],
)
def test_what_is_wrong_with_blocks_is_said_in_slacks_words(blocks: object, problem: str) -> None:
    assert [str(one) for one in blocks_problems(blocks)] == [problem]


def test_a_modal_that_asks_has_a_submit_button() -> None:
    asks = {
        "type": "input",
        "label": {"type": "plain_text", "text": "Until"},
        "element": {"type": "datepicker", "action_id": "day"},
    }
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Snooze"}, "blocks": [asks]}
    problems = [str(one) for one in view_problems(modal)]
    assert problems == ["missing required field: submit [json-pointer:/view]"]
    assert view_problems({**modal, "submit": {"type": "plain_text", "text": "Snooze"}}) == []
    assert view_problems({**modal, "blocks": [{"type": "divider"}]}) == []


def test_the_schema_is_standard_and_every_definition_is_used() -> None:
    """A validator that knows nothing of ours reads it alike."""
    Draft202012Validator.check_schema(SCHEMA)
    plain = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/message"})
    for broken in ({}, *_broken({"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}]})):
        assert plain.is_valid([broken]) == (blocks_problems([broken]) == []), broken
    used = set(re.findall(r"#/\$defs/(\w+)", json.dumps(SCHEMA)))
    assert set(SCHEMA["$defs"]) - used == {"message", "view"}


def test_our_validator_is_as_strict_as_the_checker(check_slack: SimpleNamespace) -> None:
    """What the checker takes, we take; each thing it calls an error, we refuse too."""
    sure = {"title": {"type": "plain_text", "text": "?"}, "text": {"type": "mrkdwn", "text": "x"}}
    button = {**BUTTON, "confirm": sure}
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    good = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*hi*"}, "accessory": button},
        {"type": "section", "fields": [{"type": "plain_text", "text": "x"}]},
        {"type": "header", "text": {"type": "plain_text", "text": "Title"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]},
        {"type": "actions", "elements": [button, {"type": "overflow", "options": [option]}]},
        {"type": "actions", "elements": [{"type": "static_select", "options": [option]}]},
        {"type": "divider"},
        IMAGE,
        {"type": "markdown", "text": "# x"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
            ],
        },
    ]
    assert blocks_problems(good) == []
    assert check_slack.check_blocks(good) == []
    mutations = 0
    for block in good:
        for broken in _broken(block):
            wrong = [v for v in check_slack.check_blocks([broken]) if v.level == "ERROR"]
            if wrong:
                mutations += 1
                assert blocks_problems([broken]), (broken, wrong)
    assert mutations > 150


def _broken(value):
    """Copies of a JSON value, each with one thing wrong somewhere inside."""
    if isinstance(value, dict):
        yield {**value, "unknown": 1}
        for name, inner in value.items():
            yield {k: v for k, v in value.items() if k != name}
            for broken in _broken(inner):
                yield {**value, name: broken}
    elif isinstance(value, list):
        yield []
        yield value * 101
        for index, inner in enumerate(value):
            for broken in _broken(inner):
                yield [*value[:index], broken, *value[index + 1 :]]
    elif isinstance(value, str):
        yield ""
        yield value + "x" * 12_001
