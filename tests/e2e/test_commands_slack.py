"""The same grammar in Slack: slash commands, mentions and buttons."""

from __future__ import annotations

import hmac
import json
import re
import time
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from e2e_kit import (
    ask,
    cluster_of,
    knock,
    logs_of,
    messages,
    open_issue,
    parked,
    report_of,
    settled,
    unlike,
    whispers,
)

from bot.simulators.slack.app_client import signature
from handlers.demo.senders import send_alert
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

INES, TOM, LENA, STRANGER = "U07INESF01", "U07TOMBE02", "U07LENAB05", "U07STRANGE"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(stage: Stage) -> str:
    """The name of a cluster."""
    stage.slack.workspace.add_user("stranger", "A. Stranger", user_id=STRANGER)
    number = await open_issue(stage, f"Coupons are unknown {unlike()}", "With a space.")
    return await cluster_of(stage, number)


async def test_a_slash_command_is_answered_to_who_asked(stage: Stage, cluster: str) -> None:
    """Within Slack's three seconds: later, the simulator says that the app did not respond."""
    posted = len(await messages(stage))
    answer = await ask(stage, INES, f"status {cluster}")
    assert cluster in answer
    assert "Coupons are unknown" in answer
    assert len(await messages(stage)) == posted


async def test_no_words_are_help(stage: Stage, cluster: str) -> None:
    assert "What you can say" in await ask(stage, INES, "")


async def test_verbs_work_in_slack(stage: Stage, cluster: str) -> None:
    for line, says in (
        ("clusters", cluster),
        (f"why {cluster}", "Opened a problem of its own"),
        (f"similar {cluster}", "Suggestions only"),
        ("digest preview", "Triage digest"),
        (f"severity {cluster} S1 -- “shops lose orders”", "S1"),
        (f"assign {cluster} <@{TOM}>", "tom-beckett"),
        (f"snooze {cluster} 3d", "snoozed"),
        (f"reopen {cluster}", "triaged"),
        ("source list", "/hooks/sentry/"),
        ("whoami", "ines-ferreira"),
        ("digest schedule mon 09:00 Europe/Paris", "Next"),
        ('feedback "The footer is upside down"', "Written down as"),
        ("nonsense", "I don"),
        ("status C-999", "There is no C-999"),
    ):
        assert says in await ask(stage, INES, line), line


async def test_status_of_everything_says_what_is_in_use(stage: Stage, cluster: str) -> None:
    answer = await ask(stage, INES, "status")
    assert "hashing" in answer
    assert "embedded" in answer


async def test_who_is_not_linked_sees_nothing_and_is_told_how_to_be_linked(
    stage: Stage, cluster: str
) -> None:
    for line in (f"status {cluster}", "whoami", f"severity {cluster} S4", "acme/shop status"):
        answer = await ask(stage, STRANGER, line)
        assert "/soulcaster link" in answer
        assert "shop" not in answer
        assert "Coupons" not in answer
    assert "link" in await ask(stage, STRANGER, "help")


async def test_a_slack_user_may_what_their_github_user_may(stage: Stage, cluster: str) -> None:
    refused = await ask(stage, LENA, f"resolve {cluster}")
    assert "needs triage on acme/shop" in refused
    assert "ines-ferreira" in refused
    assert "S3" in await ask(stage, TOM, f"severity {cluster} S3")


async def card(stage: Stage, cluster: str) -> Any:
    """A card about the cluster for everybody, in a thread of its own."""
    said = await stage.slacker(
        "message", user=INES, channel=stage.channel, text=f"@soulcaster status {cluster}"
    )

    async def answered() -> Any:
        found = [m for m in await messages(stage) if m.get("thread_ts") == said["ts"]]
        return [m for m in found if m.get("bot_id")]

    [answer] = await stage.wait("the answer in the thread", answered, timeout=10, every=0.05)
    return answer


async def test_a_mention_is_answered_in_its_thread_with_reactions(
    stage: Stage, cluster: str
) -> None:
    answer = await card(stage, cluster)
    assert cluster in json.dumps(answer)
    await settled(stage)
    [asked] = [m for m in await messages(stage) if m["ts"] == answer["thread_ts"]]
    assert {r["name"] for r in asked["reactions"]} == {"eyes", "rocket"}


async def test_a_threads_cluster_is_implied(stage: Stage, cluster: str) -> None:
    answer = await card(stage, cluster)
    await settled(stage)
    await stage.slacker(
        "message",
        user=INES,
        channel=stage.channel,
        thread_ts=answer["thread_ts"],
        text="@soulcaster severity S2\nand thanks, @tom-beckett\n@tom-beckett have a look",
    )
    await settled(stage)
    project = await stage.project()
    record = await stage.context.clusters.get(project.id, int(cluster[2:]))
    assert record.severity == "S2"
    replies = [m for m in await messages(stage) if m.get("thread_ts") == answer["thread_ts"]]
    assert "don't know" not in json.dumps(replies, ensure_ascii=False)


async def test_with_neither_thread_nor_name_it_asks_with_buttons(
    stage: Stage, cluster: str
) -> None:
    before = len(await whispers(stage, INES))
    answer = await ask(stage, INES, "severity S4")
    assert "Which cluster?" in answer
    whisper = (await whispers(stage, INES))[before]
    sentences = re.findall(r'"value": "(severity C-\d+ S4)"', json.dumps(whisper))
    assert f"severity {cluster} S4" in sentences
    assert len(sentences) <= 5
    pressed = await stage.slacker(
        "press",
        user=INES,
        channel=stage.channel,
        ts=whisper["ts"],
        value=f"severity {cluster} S4",
    )
    assert pressed["ok"]
    await settled(stage)
    project = await stage.project()
    assert (await stage.context.clusters.get(project.id, int(cluster[2:]))).severity == "S4"


async def test_a_button_is_a_sentence_and_asks_who_pressed_it(stage: Stage, cluster: str) -> None:
    answer = await card(stage, cluster)
    for user in (LENA, INES):
        before = len(await whispers(stage, user))
        pressed = await stage.slacker(
            "press",
            user=user,
            channel=stage.channel,
            ts=answer["ts"],
            value=f"snooze {cluster} 3d",
        )
        assert pressed["ok"], pressed
        await settled(stage)
        said = json.dumps((await whispers(stage, user))[before:])
        assert ("needs triage" in said) is (user == LENA)
    project = await stage.project()
    record = await stage.context.clusters.get(project.id, int(cluster[2:]))
    assert record.state.value == "snoozed"


async def signed(
    stage: Stage,
    door: str,
    body: bytes,
    kind: str,
    *,
    age: int = 0,
    secret: str = "",
    retry: int = 0,
) -> int:
    """Send to one of Slack's doors; the status."""
    at = str(int(time.time()) - age)
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(
            secret or stage.environment["SLACK_SIGNING_SECRET"], at, body
        ),
        **({"X-Slack-Retry-Num": str(retry)} if retry else {}),
    }
    url = f"{stage.web_url}/slack/{door}"
    async with stage.http.post(url, data=body, headers=headers) as response:
        await response.read()
        return response.status


def slash(stage: Stage, text: str) -> bytes:
    return urlencode(
        {
            "command": "/soulcaster",
            "text": text,
            "user_id": INES,
            "team_id": stage.slack.workspace.team.id,
            "channel_id": stage.channel,
            "trigger_id": unlike(),
        }
    ).encode()


FORM = "application/x-www-form-urlencoded"


async def test_a_wrong_signature_and_an_old_timestamp_are_refused(
    stage: Stage, cluster: str
) -> None:
    body = slash(stage, f"resolve {cluster}")
    assert await signed(stage, "commands", body, FORM, secret="wrong") == 401
    assert await signed(stage, "commands", body, FORM, age=6 * 60) == 401
    for door in ("commands", "interactions", "events"):
        url = f"{stage.web_url}/slack/{door}"
        headers = {"Content-Type": FORM, "X-Slack-Signature": "v0=ÄÖÜ"}
        async with stage.http.post(url, data=body, headers=headers) as response:
            assert response.status == 401
    await settled(stage)
    project = await stage.project()
    record = await stage.context.clusters.get(project.id, int(cluster[2:]))
    assert record.state.value != "resolved"
    assert await signed(stage, "commands", body, FORM) == 200


async def test_the_same_event_twice_acts_once(stage: Stage, cluster: str) -> None:
    bot = stage.slack.workspace.bot.id
    event = {
        "type": "event_callback",
        "team_id": stage.slack.workspace.team.id,
        "api_app_id": "A1",
        "event_id": f"Ev{unlike()}",
        "authorizations": [{"user_id": bot, "is_bot": True}],
        "event": {
            "type": "app_mention",
            "user": INES,
            "text": f"<@{bot}> feedback said by one event {unlike()}",
            "ts": f"{time.time():.6f}",
            "channel": stage.channel,
        },
    }
    project = await stage.project()
    before = await stage.context.items.last(project.id)
    body = json.dumps(event).encode()
    for retry in range(3):
        status = await signed(stage, "events", body, "application/json", retry=retry)
        assert status == 200
    await settled(stage)
    assert await stage.context.items.last(project.id) == before + 1


async def test_hostile_words_notify_no_channel(stage: Stage, cluster: str) -> None:
    evil = "<!channel> <!here> <@U07TOMBE02> <https://evil.example|innocent> *bold* @channel"
    await open_issue(stage, f"{evil} {unlike()}", evil)
    for line in (
        "clusters",
        f"feedback {evil}",
        f"severity {cluster} S2 -- {evil}",
        evil,
        "status",
    ):
        answer = await ask(stage, INES, line)
        assert "<!channel>" not in answer
        assert "<!here>" not in answer
        assert "<@U07TOMBE02>" not in answer
        assert "<https://evil.example" not in answer


async def test_nothing_was_given_up(stage: Stage, cluster: str) -> None:
    await settled(stage)
    assert await parked(stage) == {}


async def test_the_vendors_secret_is_typed_into_a_modal_and_nowhere_else(stage: Stage) -> None:
    opened = await ask(stage, INES, "source add sentry:typed")
    assert "Sentry makes the secret" in opened
    assert "shown once" not in opened
    [path] = re.findall(r"/hooks/sentry/([\w-]{22})", opened)
    body = b'{"data": {}, "installation": {"uuid": "1"}}'
    secret = "5e7c4a1b" * 8
    signed = {"Sentry-Hook-Signature": hmac.digest(secret.encode(), body, "sha256").hex()}
    assert await knock(stage, "sentry", body, hook=path, headers=signed) == 401
    refused = await ask(stage, INES, f"source secret sentry:typed --given={secret}")
    assert "never typed here" in refused
    before = await whispers(stage, INES)
    pressed = {"ts": before[-1]["ts"], "value": "acme/shop source secret sentry:typed"}
    await stage.slacker("press", user=INES, channel=stage.channel, **pressed)
    [modal] = (await stage.slack_state())["modals"][INES]
    values = {"secret": {"typed": f" {secret} "}}
    await stage.slacker("submit", user=INES, view_id=modal["id"], values=values)

    async def told() -> Any:
        return (await whispers(stage, INES))[len(before) :]

    assert "is kept" in json.dumps(await stage.wait("the answer", told, timeout=10, every=0.05))
    assert await knock(stage, "sentry", body, hook=path, headers=signed) == 202
    again = "source secret sentry:typed"
    await stage.slacker("command", user=LENA, channel=stage.channel, text=again)
    [modal] = (await stage.slack_state())["modals"][LENA]
    await stage.slacker("submit", user=LENA, view_id=modal["id"], values=values)
    await settled(stage)
    [answer] = [w for w in await whispers(stage, LENA) if "maintain" in json.dumps(w)][-1:]
    assert "needs maintain" in json.dumps(answer)
    assert secret not in logs_of(stage)


async def direct(stage: Stage, user: str, text: str) -> list[Any]:
    """Say something to the bot alone; what it has answered there since."""
    channel = stage.slack.workspace.direct_message(user).id
    before = len(stage.slack.workspace.channels[channel].messages)
    await stage.slacker("message", user=user, channel=channel, text=text)

    async def answered() -> Any:
        found = [*stage.slack.workspace.channels[channel].messages.values()][before:]
        return [message for message in found if message.by_bot]

    return await stage.wait("the answer", answered, timeout=10, every=0.05)


async def home(stage: Stage, user: str) -> Any:
    """Open the home tab; what is there then."""
    stage.slack.workspace.homes.pop(user, None)
    await stage.slacker("home", user=user)

    async def shown() -> Any:
        return stage.slack.workspace.homes.get(user)

    return await stage.wait("the home tab", shown, timeout=10, every=0.05)


async def test_the_home_tab_shows_whom_it_is_opened_by_what_they_may_read(
    stage: Stage, cluster: str
) -> None:
    await send_alert(stage, report_of("sentry"))  # of a door that nothing came to there is no name
    await settled(stage)
    await ask(stage, INES, f"reopen {cluster}")
    await ask(stage, INES, f"assign {cluster} <@{INES}>")
    shown = json.dumps(await home(stage, INES), ensure_ascii=False)
    for words in ("acme/shop", "*Yours*", "Coupons are unknown", "admin on acme/shop", "Sentry"):
        assert words in shown, words
    assert "Sentry" not in json.dumps(await home(stage, LENA))  # source list wants maintain
    stranger = json.dumps(await home(stage, STRANGER))
    assert "/soulcaster link" in stranger
    assert "shop" not in stranger
    view = await home(stage, INES)
    pressed = await stage.slacker("press", user=INES, view_id=view["id"], value=f"status {cluster}")
    assert pressed["ok"], pressed
    channel = stage.slack.workspace.channels[stage.slack.workspace.direct_message(INES).id]

    async def answered() -> Any:
        return [m for m in channel.messages.values() if cluster in json.dumps(m.blocks)]

    assert await stage.wait("the answer", answered, timeout=10, every=0.05)


async def test_what_is_said_to_the_bot_alone_needs_no_address(stage: Stage, cluster: str) -> None:
    for text in (f"status {cluster}", f"could you show me the status {cluster}, please?"):
        [answer] = await direct(stage, INES, text)
        assert "Coupons are unknown" in json.dumps(answer.blocks)
    [answer] = await direct(stage, STRANGER, f"status {cluster}")
    assert "/soulcaster link" in json.dumps(answer.blocks)
    assert "Coupons" not in json.dumps(answer.blocks)


async def test_plain_words_are_asked_about_before_they_change_anything(
    stage: Stage, cluster: str
) -> None:
    root = (await card(stage, cluster))["thread_ts"]
    await settled(stage)
    await ask(stage, INES, f"reopen {cluster}")
    project, number = await stage.project(), int(cluster[2:])
    here = {"user": INES, "channel": stage.channel, "thread_ts": root}
    for text in ("please resolve this", "hey @soulcaster, could you resolve it?"):
        before = len(await whispers(stage, INES))
        await stage.slacker("message", **here, text="I shall look at it tomorrow")
        await stage.slacker("message", **here, text=text)
        await settled(stage)
        [asked] = (await whispers(stage, INES))[before:]
        assert "Shall I do this" in json.dumps(asked)
        assert (await stage.context.clusters.get(project.id, number)).state.is_open
    await stage.slacker("press", user=INES, channel=stage.channel, ts=asked["ts"], value="resolve")
    await settled(stage)
    assert (await stage.context.clusters.get(project.id, number)).state.value == "resolved"
    await stage.slacker("message", **here, text="hey @soulcaster, status please")

    async def answered() -> Any:
        below = [m for m in await messages(stage) if m.get("thread_ts") == root]
        return any("resolved" in json.dumps(m) for m in below if m.get("bot_id"))

    await stage.wait("the answer in the thread", answered, timeout=10, every=0.05)


async def test_an_entry_of_a_cards_menu_opens_a_form_that_says_a_sentence(
    stage: Stage, cluster: str
) -> None:
    await ask(stage, INES, f"reopen {cluster}")
    shown = await card(stage, cluster)
    [menu] = [
        element
        for block in shown["blocks"]
        for element in block.get("elements", [])
        if element["type"] == "overflow"
    ]
    pressed = {"user": INES, "channel": stage.channel, "ts": shown["ts"]}
    pressed |= {"action_id": menu["action_id"], "chosen": f"snooze {cluster}"}
    assert (await stage.slacker("press", **pressed))["ok"]
    [form] = (await stage.slack_state())["modals"][INES]
    sent = {"user": INES, "view_id": form["id"]}
    wrong = await stage.slacker("submit", **sent, values={"span": {"typed": "soon"}})
    assert "snooze" in json.dumps(wrong["errors"])
    assert (await stage.slacker("submit", **sent, values={"span": {"typed": "5d"}}))["ok"]
    await settled(stage)
    record = await stage.context.clusters.get((await stage.project()).id, int(cluster[2:]))
    assert record.state.value == "snoozed"
