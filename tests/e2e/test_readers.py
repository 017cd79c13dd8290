"""Every verb, said in Slack by people who may not read the project: nothing of it gets to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import ask, open_issue, parked, settled, unlike

from bot.simulators.slack.workspace import Channel
from handlers.demo.stage import Stage
from workers.commands.verbs import ROSTER

pytestmark = pytest.mark.asyncio(loop_scope="module")

INES, LENA = "U07INESF01", "U07LENAB05"
STRANGER, GUEST, VENDOR = "U07STRANGE", "U07GUEST01", "U0VENDOR01"
LINES = [line for verb in ROSTER for line in verb.examples[:2] if not line.startswith("link")]
# What Ines may say without changing anything.
HARMLESS = ["status C-1", "clusters", "digest preview"]
CANARY = f"Canary {unlike()}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(stage: Stage) -> dict[str, Channel]:
    """The project's own channel, one of nobody's, and one shared with a vendor."""
    workspace = stage.slack.workspace
    workspace.add_user("stranger", user_id=STRANGER)
    workspace.add_user("guest", user_id=GUEST, is_guest=True)
    workspace.add_user("vendor", user_id=VENDOR, team="T0VENDOR")
    shared = workspace.add_channel("with-vendor")
    shared.connected.append("T0VENDOR")
    own = workspace.channels[stage.channel]
    own.members += [STRANGER, GUEST]
    shared.members.append(VENDOR)
    await open_issue(stage, CANARY, f"{CANARY} in every way.")
    await settled(stage)
    assert CANARY in await ask(stage, INES, "status C-1")
    return {"own": own, "nobody's": workspace.add_channel("talk"), "shared": shared}


async def mention(stage: Stage, user: str, channel: Channel, lines: list[str]) -> None:
    text = "\n".join(f"@soulcaster {line}" for line in lines)
    await stage.slacker("message", user=user, channel=channel.id, text=text)


async def whispered(stage: Stage, *users: str) -> list[Any]:
    state = await stage.slack_state()
    return [one for one in state["ephemerals"] if one["user"] in users]


async def posted(stage: Stage, channel: Channel) -> list[Any]:
    state = await stage.slack_state()
    [found] = [c["messages"] for c in state["channels"] if c["id"] == channel.id]
    return [m for m in found if m.get("bot_id")]


async def test_strangers_hear_how_to_link_and_nothing_else(
    stage: Stage, rooms: dict[str, Channel]
) -> None:
    before = await posted(stage, rooms["own"])
    lines = [f"{name}{line}" for line in LINES for name in ("", "acme/shop ")]
    for user in (STRANGER, GUEST):
        for line in lines[::6]:
            where = rooms["own" if user == GUEST else "nobody's"]
            await stage.slacker("command", user=user, channel=where.id, text=line)
    mentions = 0
    for user, name in ((STRANGER, "own"), (GUEST, "nobody's"), (VENDOR, "shared")):
        for start in range(0, len(lines), 10):
            await mention(stage, user, rooms[name], lines[start : start + 10])
            mentions += 1
    await settled(stage, timeout=120)
    heard = await whispered(stage, STRANGER, GUEST, VENDOR)
    # The same answer once a message; help is another.
    assert 2 * len(lines[::6]) + mentions <= len(heard) <= 2 * len(lines[::6]) + 2 * mentions
    for one in heard:
        assert CANARY not in json.dumps(one)
        assert "acme" not in json.dumps(one)
    for room in rooms.values():
        assert len(await posted(stage, room)) == (len(before) if room is rooms["own"] else 0)


async def test_a_stranger_presses_in_vain(stage: Stage, rooms: dict[str, Channel]) -> None:
    await mention(stage, INES, rooms["own"], ["status C-1"])
    await settled(stage)
    card = (await posted(stage, rooms["own"]))[-1]
    assert CANARY in json.dumps(card)
    values = [e["value"] for b in card["blocks"] for e in b.get("elements", []) if "value" in e]
    assert values
    before = len(await whispered(stage, STRANGER, GUEST))
    for user in (STRANGER, GUEST):
        for value in values:
            press = {"user": user, "channel": rooms["own"].id, "ts": card["ts"], "value": value}
            await stage.slacker("press", **press)
    await settled(stage)
    heard = (await whispered(stage, STRANGER, GUEST))[before:]
    assert len(heard) == 2 * len(values)
    assert all("/soulcaster link" in json.dumps(one) for one in heard)
    assert CANARY not in json.dumps(heard)


async def test_who_may_is_answered_where_only_they_read(
    stage: Stage, rooms: dict[str, Channel]
) -> None:
    before = await posted(stage, rooms["own"])
    for user in (INES, LENA):
        count = len(await whispered(stage, user))
        for name in ("nobody's", "shared"):
            await mention(stage, user, rooms[name], HARMLESS)
        await settled(stage, timeout=120)  # Slack takes one message a second and channel
        heard = (await whispered(stage, user))[count:]
        assert len(heard) == 2 * len(HARMLESS)
        assert CANARY in json.dumps(heard)
    assert await posted(stage, rooms["own"]) == before
    assert await posted(stage, rooms["nobody's"]) == await posted(stage, rooms["shared"]) == []


async def test_nothing_was_given_up(stage: Stage, rooms: dict[str, Channel]) -> None:
    await settled(stage)
    assert await parked(stage) == {}
