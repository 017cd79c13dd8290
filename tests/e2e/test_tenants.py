"""Channels, threads, buttons and Slack people have owners, with two tenants about."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import (
    cluster_of,
    github,
    listening,
    logs_of,
    messages,
    open_issue,
    parked,
    settled,
    slack_request,
    unlike,
    whispers,
)

from bot.domain.models import Person, Project
from bot.render.marker import action_id, project_of_message
from bot.simulators.slack.workspace import Channel
from bot.storage.accounts import Account
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

INES, TOM, LENA = "U07INESF01", "U07TOMBE02", "U07LENAB05"
API, BAIT = "acme/api", "evil-corp/bait"
FILE = ".github/soulcaster.yml"


async def known(stage: Stage, name: str) -> Project:
    """A project, once its installation was heard of and settled."""

    async def there() -> Project | None:
        return next((p for p in await stage.context.projects.all() if p.full_name == name), None)

    found: Project = await stage.wait(name, there, timeout=30)
    await settled(stage)
    return found


def room(stage: Stage, name: str) -> Channel:
    """A channel that is nobody's yet."""
    return stage.slack.workspace.add_channel(f"{name}-{unlike()}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(stage: Stage) -> str:
    """C-1 of ``acme/shop``. The operator's channel is the project's, as the only tenant's."""
    number = await open_issue(stage, f"Coupons leak {unlike()}", "Always.")
    await settled(stage)
    shop = await stage.project()
    assert list(await stage.context.channels.bound(stage.channel)) == [shop.id]
    return await cluster_of(stage, number)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stage: Stage, cluster: str) -> Project:
    """``acme/api``, private and of the same tenant; Ines maintains it, and it has a C-1, too."""
    repository = await stage.github.add_repository(API, shop_files(), private=True)
    stage.github.set_role(API, ADMIN, "admin")
    [installation] = (await stage.github_state())["installations"]
    path = f"/installations/{installation['id']}"
    await github(stage, "PATCH", path, login=ADMIN, add=[repository.full_name])
    found = await known(stage, API)
    await github(stage, "POST", f"/repos/{API}/issues", login=ADMIN, title=f"Slow {unlike()}")

    async def placed() -> bool:
        return bool(await stage.context.items.membership(found.id))

    await stage.wait("a cluster of acme/api", placed, timeout=30)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bait(stage: Stage, api: Project) -> Project:
    """Another tenant's public repository, whose file names acme's channel."""
    stage.github.add_user("evil-corp")
    files = {**shop_files(), FILE: f"slack: {{channel: {stage.channel}}}\n".encode()}
    await stage.github.add_repository(BAIT, files, private=False)
    stage.github.install("evil-corp", repositories=[BAIT], sender="evil-corp")
    return await known(stage, BAIT)


async def said(stage: Stage, channel: str) -> list[Any]:
    """What we posted in a channel."""
    state = await stage.slack_state()
    [found] = [c["messages"] for c in state["channels"] if c["id"] == channel]
    return [m for m in found if m.get("bot_id")]


async def answered(stage: Stage, user: str, act: Callable[[], Awaitable[Any]]) -> str:
    """What is whispered to the user when that was done."""
    before = len(await whispers(stage, user))
    await act()

    async def heard() -> list[Any]:
        return (await whispers(stage, user))[before:]

    return json.dumps(await stage.wait("a whisper", heard), ensure_ascii=False)


async def mention(stage: Stage, user: str, channel: str, text: str, thread: str = "") -> str:
    """Say something to the bot in a channel; its ts."""
    words = {"user": user, "channel": channel, "text": f"@soulcaster {text}"}
    return str((await stage.slacker("message", **words, thread_ts=thread))["ts"])


async def press(stage: Stage, user: str, channel: str, ts: str, value: str) -> None:
    done = await stage.slacker("press", user=user, channel=channel, ts=ts, value=value)
    assert done["ok"], done


async def test_a_channel_is_asked_for_and_confirmed_by_who_maintains_the_project(
    stage: Stage, api: Project
) -> None:
    triage = room(stage, "api")
    files = {FILE: f"slack: {{channel: {triage.id}}}\n"}
    await github(stage, "POST", f"/repos/{API}/push", login=ADMIN, files=files)

    async def asked() -> list[Any]:
        return await said(stage, triage.id)

    [offer] = await stage.wait("the question in the channel", asked, timeout=20)
    assert "asks to be spoken of here" in json.dumps(offer)
    assert "acme/api" not in json.dumps(offer), "private, and whoever is here reads it"
    for user in (TOM, LENA):
        refused = await answered(
            stage, user, lambda u=user: press(stage, u, triage.id, offer["ts"], "channel bind")
        )
        assert "acme/api" not in refused
    assert await stage.context.channels.bound(triage.id) == {}
    await answered(stage, INES, lambda: press(stage, INES, triage.id, offer["ts"], "channel bind"))
    assert await stage.context.channels.bound(triage.id) == {api.id: f"@{ADMIN}"}
    await settled(stage)
    [card] = await said(stage, triage.id)
    assert card["ts"] == offer["ts"]
    assert "acme/api" in json.dumps(card)
    await answered(
        stage, INES, lambda: press(stage, INES, triage.id, offer["ts"], "channel release")
    )
    assert await stage.context.channels.bound(triage.id) == {}
    [card] = await said(stage, triage.id)
    assert "acme/api" not in json.dumps(card)


async def test_another_tenant_takes_no_channel(stage: Stage, bait: Project) -> None:
    before = await messages(stage)
    title = f"Reset your password {unlike()}"
    issue = f"/repos/{BAIT}/issues"
    body = "/soulcaster digest now"
    made = await github(stage, "POST", issue, login="evil-corp", title=title, body=body)
    await github(stage, "POST", f"{issue}/{made['number']}/comments", login="evil-corp", body=body)
    await settled(stage)
    assert bait.id not in await stage.context.channels.bound(stage.channel)
    assert await stage.context.channels.standings(bait.id) == {stage.channel: "taken"}
    assert await messages(stage) == before
    tracking = await stage.context.digests.tracking_issue(bait.id)
    found = json.dumps(await github(stage, "GET", f"{issue}/{tracking}"))
    assert "belongs to somebody else" in found


async def test_a_channel_of_two_projects_asks_which(
    stage: Stage, cluster: str, api: Project, bait: Project
) -> None:
    both = room(stage, "both")
    for name in ("acme/shop", API):
        say = {"user": INES, "channel": both.id, "text": f"{name} channel bind"}
        await answered(stage, INES, lambda s=say: stage.slacker("command", **s))
    which = {"user": INES, "channel": both.id, "text": "status C-1"}
    answer = await answered(stage, INES, lambda: stage.slacker("command", **which))
    assert "Which repository?" in answer
    values = re.findall(r'"value": "([^"]+)"', answer)
    assert values == ["acme/api status C-1", "acme/shop status C-1"]
    asking = (await whispers(stage, INES))[-1]["ts"]
    answer = await answered(
        stage, INES, lambda: press(stage, INES, both.id, asking, "acme/api status C-1")
    )
    assert "Slow" in answer
    # Lena reads acme/shop only: for her there is nothing to choose.
    hers = which | {"user": LENA}
    assert "Coupons leak" in await answered(stage, LENA, lambda: stage.slacker("command", **hers))
    for name, words in ((API, "Slow"), ("acme/shop", "Coupons leak")):
        ts = await mention(stage, INES, both.id, f"{name} status C-1")

        async def replied(ts: str = ts) -> list[Any]:
            return [m for m in await said(stage, both.id) if m.get("thread_ts") == ts]

        [card] = await stage.wait("the card", replied, timeout=20)
        project = await stage.context.projects.named(name)
        assert words in json.dumps(card)
        assert project_of_message(card["metadata"]) == project.id
        # A thread speaks of its message's project, and so does its button.
        await mention(stage, INES, both.id, "severity S2", ts)
        await settled(stage)
        assert (await stage.context.clusters.get(project.id, 1)).severity == "S2"
        await press(stage, INES, both.id, card["ts"], "snooze C-1 3d")
        await settled(stage)
        state = (await stage.context.clusters.get(project.id, 1)).state.value
        assert state == "snoozed"
        await forged(stage, both.id, card, project)


async def forged(stage: Stage, channel: str, card: Any, project: Project) -> None:
    """A button whose message says another project does nothing."""
    other = next(p for p in await stage.context.projects.all() if p.id != project.id)
    metadata = {**card["metadata"], "event_payload": {"project": other.id, "card": "x"}}
    for button, message in (
        (project.id, metadata),
        (other.id, card["metadata"]),
        (other.id, metadata),
        (0, card["metadata"]),
        (project.id, None),
    ):
        payload = {
            "type": "block_actions",
            "user": {"id": INES, "team_id": stage.slack.workspace.team.id},
            "team": {"id": stage.slack.workspace.team.id},
            "trigger_id": unlike(),
            "container": {"type": "message", "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel},
            "message": {"ts": card["ts"], "metadata": message},
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id(button, "resolve C-1"),
                    "value": "resolve C-1",
                }
            ],
        }
        form = {"payload": json.dumps(payload)}
        answer = await answered(stage, INES, lambda f=form: slack_request(stage, "interactions", f))
        assert "nothing was done" in answer
    assert (await stage.context.clusters.get(project.id, 1)).state.value == "snoozed"


async def test_nobody_is_told_of_what_they_cannot_read(
    stage: Stage, api: Project, bait: Project
) -> None:
    nowhere = room(stage, "nowhere")
    words = []
    for line in ("status", "acme/api status", "acme/none status", "clusters", "help", "whoami"):
        say = {"user": LENA, "channel": nowhere.id, "text": line}
        words.append(await answered(stage, LENA, lambda s=say: stage.slacker("command", **s)))
    for each in words:
        assert "acme/shop" not in each
        assert BAIT not in each
    assert "There is no acme/api here that you can read." in words[1]
    assert "There is no acme/none here that you can read." in words[2]
    assert await said(stage, nowhere.id) == []


async def test_in_a_shared_channel_nothing_private_is_posted(stage: Stage, api: Project) -> None:
    workspace = stage.slack.workspace
    workspace.add_user("vendor", user_id="U0VENDOR01", team="T0VENDOR")
    shared = room(stage, "shared")
    shared.connected.append("T0VENDOR")
    shared.members.append("U0VENDOR01")
    bind = {"user": INES, "channel": shared.id, "text": "acme/api channel bind"}
    await answered(stage, INES, lambda: stage.slacker("command", **bind))
    [card] = await said(stage, shared.id)
    assert "Other companies" in json.dumps(card)
    for line in ("status C-1", "why C-1", "acme/api clusters", "feedback hello there"):
        answer = await answered(
            stage, "U0VENDOR01", lambda t=line: mention(stage, "U0VENDOR01", shared.id, t)
        )
        assert "of another one" in answer
        assert "Slow" not in answer
    # One of ours is answered there, alone.
    answer = await answered(stage, INES, lambda: mention(stage, INES, shared.id, "status C-1"))
    assert "Slow" in answer
    files = {FILE: f"slack: {{channel: {shared.id}}}\n"}
    await github(stage, "POST", f"/repos/{API}/push", login=ADMIN, files=files)
    await settled(stage)
    now = {"user": INES, "channel": shared.id, "text": "acme/api digest now"}
    await answered(stage, INES, lambda: stage.slacker("command", **now))
    await settled(stage)
    posted = await said(stage, shared.id)
    assert "in the tracking issue" in json.dumps(posted)
    for each in posted:
        assert "acme/api" not in json.dumps(each)
        assert "Slow" not in json.dumps(each)


async def test_an_answer_goes_to_slacks_own_hosts_only(stage: Stage, cluster: str) -> None:
    heard: list[Any] = []
    async with listening(heard) as elsewhere:
        form = {
            "command": "/soulcaster",
            "text": f"acme/shop status {cluster}",
            "user_id": INES,
            "team_id": stage.slack.workspace.team.id,
            "channel_id": stage.channel,
            "trigger_id": unlike(),
            "response_url": elsewhere,
        }
        answer = await answered(stage, INES, lambda: slack_request(stage, "commands", form))
    assert "Coupons leak" in answer
    assert heard == []


async def test_a_person_is_a_team_and_a_user(stage: Stage, cluster: str) -> None:
    # Even one of another workspace who is linked is answered nothing.
    them, account = Person(slack_team="T0OTHER", slack_user=INES), Account(login=ADMIN, user_id=1)
    await stage.context.accounts.link(them, account)
    for team, may in ((stage.slack.workspace.team.id, True), ("T0OTHER", False)):
        form = {
            "command": "/soulcaster",
            "text": f"acme/shop status {cluster}",
            "user_id": INES,
            "team_id": team,
            "channel_id": stage.channel,
            "trigger_id": unlike(),
        }
        answer = await answered(stage, INES, lambda f=form: slack_request(stage, "commands", f))
        assert ("Coupons leak" in answer) is may
        assert ("of another one" in answer) is not may


async def test_a_secret_is_for_who_asked(stage: Stage, cluster: str) -> None:
    before = len(await messages(stage))
    answer = await answered(
        stage,
        INES,
        lambda: mention(stage, INES, stage.channel, "acme/shop source add datadog:second"),
    )
    [secret] = re.findall(r"shown once\): `([\w-]{43})`", answer)
    await settled(stage)
    assert secret not in json.dumps(await messages(stage))
    assert len(await messages(stage)) == before + 1, "the question alone"
    redis = stage.context.redis
    for key in [k async for k in redis.scan_iter()]:
        kind = (await redis.type(key)).decode()
        if kind == "hash":
            held = b"".join([v for pair in (await redis.hgetall(key)).items() for v in pair])
        else:
            held = await redis.get(key) if kind == "string" else b""
        assert secret.encode() not in (held or b""), key
    assert secret not in logs_of(stage)


async def test_nothing_was_given_up(stage: Stage, cluster: str) -> None:
    await settled(stage)
    assert await parked(stage) == {}
