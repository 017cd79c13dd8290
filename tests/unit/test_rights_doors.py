"""Who may what in Slack, in the shell and with a token: every door builds the person who speaks.

The rights are those of the GitHub account that the author of the words proved to be theirs. Doors
lead to the same decision as GitHub's do in test_rights_table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rights_kit import (
    ANYBODY,
    MAINTAIN,
    READ,
    SENTENCES,
    Table,
    Who,
    command_of,
    everybody,
    sentences,
)

from bot.domain.commands.grammar import project_in
from bot.domain.commands.rights import OPERATOR, allows, level_of, require_door, role_in
from bot.domain.errors import NotAllowed
from bot.domain.models import Place
from bot.domain.rooms import Asker
from handlers.slack import forms
from workers.commands.addressing import FOR_STRANGERS
from workers.hearing import plain_words, slack

HOME, ELSEWHERE, US = "T1", "T2", "UBOT"
Json = dict[str, Any]
# What only reads, and so is done without asking where it is read out of plain words.
READS = (
    "help",
    "status",
    "clusters",
    "why",
    "similar",
    "quota",
    "whoami",
    "versions",
    "diff",
    "logs",
)


@dataclass(frozen=True)
class Speaker:
    """Somebody in Slack; ``account`` is whom they proved to be on GitHub, in our workspace."""

    name: str
    account: Who | None = None
    user: str = "U1"
    team: str = HOME

    @property
    def reaches(self) -> int | None:
        return self.account.reaches if self.account else None


def speakers() -> list[Speaker]:
    people = [who for who in everybody() if who.user["type"] == "User" and who.app is None]
    linked = [Speaker(who.name, who) for who in people if who.name != "without an id"]
    return [
        *linked,
        Speaker("unlinked", user="U2"),
        # Whose id here is somebody's who is linked.
        Speaker("of another workspace", team=ELSEWHERE),
    ]


Door = Callable[[Speaker, str], tuple[str, Json]]


def event(s: Speaker, text: str, **more: Any) -> Json:
    """https://docs.slack.dev/apis/slack-connect: the workspace is ours, the person's is told."""
    told = {"user": s.user, "user_team": s.team, "channel": "C1", "ts": "2.0", "text": text}
    us = [{"user_id": US}]
    return {"team_id": HOME, "event_id": "E1", "authorizations": us, "event": told | more}


def alone(s: Speaker, text: str, **more: Any) -> tuple[str, Json]:
    return "message", event(s, text, channel="D1", channel_type="im", **more)


def press(s: Speaker, line: str, *, home: bool = False, menu: bool = False) -> tuple[str, Json]:
    message = {"user": "UOTHER", "ts": "1.0", "metadata": {}, "text": "/soulcaster ignore C-1"}
    where: Json = {"channel": {"id": "C1"}, "message": message, "container": {"type": "message"}}
    if home:
        where = {"container": {"type": "view"}, "view": {"private_metadata": "D1"}}
    value = {"selected_option": {"value": line}} if menu else {"value": line}
    action = {"action_id": "soulcaster:7:1", **value}
    # The workspace it was pressed in, which may be another's than the presser's.
    return "button", {
        **where, "actions": [action], "trigger_id": "t", "team": {"id": HOME},
        "user": {"id": s.user, "team_id": s.team},
    }  # fmt: skip


def sent(s: Speaker, opened: Json, **typed: str) -> tuple[str, Json]:
    """A form that somebody else opened, sent by ``s``."""
    view = forms.asking(opened | {"user": {"id": "UOTHER", "team_id": HOME}})
    assert view is not None
    values: Json = {}
    for block in view["blocks"]:
        initial = block["element"].get("initial_value")
        values[block["block_id"]] = {"typed": {"value": typed.get(block["block_id"], initial)}}
    user = {"id": s.user, "team_id": s.team}
    body = {"view": {**view, "state": {"values": values}}, "user": user, "team": {"id": HOME}}
    return "button", forms.said(body)[0]


def shortcut(s: Speaker, line: str) -> tuple[str, Json]:
    return sent(s, {"type": "shortcut", "callback_id": forms.ANYTHING}, line=line)


def reported(s: Speaker, line: str) -> tuple[str, Json]:
    message = {"user": "UOTHER", "ts": "1.0", "text": f"/soulcaster {line}"}
    where = {"channel": {"id": "C1"}, "message": message}
    return sent(s, {"type": "message_action", "callback_id": forms.REPORT, **where})


# By door whether what is said there is said by who is there; "asked" where it is asked about first.
DOORS: dict[str, tuple[bool | str, Door]] = {
    "slash command": (
        True,
        lambda s, x: (
            "command",
            {"user_id": s.user, "team_id": s.team, "channel_id": "C1", "text": x},
        ),
    ),
    "mention": (True, lambda s, x: ("mention", event(s, f"<@{US}> {x}"))),
    "mention in a thread": (
        True,
        lambda s, x: ("mention", event(s, f"<@{US}|app> {x}", thread_ts="1.0")),
    ),
    "direct message": (True, alone),
    "assistant's pane": (True, lambda s, x: alone(s, x, thread_ts="1.0")),
    "button": (True, press),
    "menu": (True, lambda s, x: press(s, x, menu=True)),
    "App Home": (True, lambda s, x: press(s, x, home=True)),
    "form of the global shortcut": (True, shortcut),
    "plain words behind a greeting": (
        "asked",
        lambda s, x: ("mention", event(s, f"Hey <@{US}>, {x}")),
    ),
    "plain words before the app": ("asked", lambda s, x: ("mention", event(s, f"{x} <@{US}>"))),
    "plain words below a card": ("never", lambda s, x: ("message", event(s, x, thread_ts="1.0"))),
    "message shortcut": (False, reported),
    "quoted after a mention": (
        False,
        lambda s, x: ("mention", event(s, f"<@{US}> status C-99\n\n&gt; /soulcaster {x}")),
    ),
    "in code after a mention": (
        False,
        lambda s, x: ("mention", event(s, f"<@{US}> status C-99\n\n```\n/soulcaster {x}\n```")),
    ),
    "prose to us alone": (False, lambda s, x: alone(s, f"I asked Bo to\n{x}\nand he did.")),
    "a bot's mention": (False, lambda s, x: ("mention", event(s, f"<@{US}> {x}", bot_id="B1"))),
}


def decided(door: Door, speaker: Speaker, sentence: str, *, own: bool) -> bool:
    """What the product decides: who is heard, with whose rights."""
    kind, body = door(speaker, sentence)
    said = slack._READ[kind](body)
    if said is None or said.asked:
        return False
    if sentence not in [project_in(line)[1] for line in said.lines]:
        return False
    person, command = said.person, command_of(sentence)
    assert not person.login
    # As the link is stored: of one person in one workspace.
    at_home = (person.slack_team, person.slack_user) == (HOME, "U1")
    if not at_home or speaker.account is None:
        return isinstance(command, FOR_STRANGERS)
    role = role_in(speaker.account.answer, speaker.account.user["id"])
    try:
        reads = role != "none"
        require_door(command, said.place, Asker(linked=True, reads=reads, works=reads))
    except NotAllowed:
        return False
    return allows(role, command, own=own)


def expected(mine: bool | str, speaker: Speaker, sentence: str, needs: int, *, own: bool) -> bool:
    """What GRAMMAR.md says."""
    verb = sentence.partition(" ")[0]
    if mine in (False, "never") or (mine == "asked" and verb not in READS):
        return False
    if speaker.reaches is None:
        return verb in ("help", "link")
    if needs == ANYBODY:
        return True
    return speaker.reaches >= (READ if own else needs)


def test_every_role_verb_and_door_of_slack(capsys: pytest.CaptureFixture[str]) -> None:
    table, people = Table(), speakers()
    for door, (mine, made) in DOORS.items():
        for speaker in people:
            for sentence, needs, own in sentences():
                should = expected(mine, speaker, sentence, needs, own=own)
                does = decided(made, speaker, sentence, own=own)
                table.hold(door, speaker.name, sentence, own, does=does, should=should)
    table.judge(capsys, f"{len(DOORS)} doors x {len(people)} people x {len(SENTENCES)} sentences")
    assert table.allowed > 4_000


@pytest.mark.parametrize("speaker", speakers(), ids=lambda speaker: speaker.name)
def test_what_was_read_out_of_plain_words_is_said_by_who_presses_the_question(
    speaker: Speaker,
) -> None:
    said = slack._message(
        event(Speaker("who asked", user="U9"), "please resolve this", thread_ts="1")
    )
    assert said is not None
    assert said.asked
    [action] = plain_words.question(project_in(said.lines[0])[1]).actions
    pressed = slack._button(press(speaker, action.sentence)[1])
    assert pressed is not None
    assert (pressed.person.slack_user, pressed.person.slack_team) == (speaker.user, speaker.team)


def test_the_shell_is_the_operators_and_refuses_nothing() -> None:
    for sentence in SENTENCES:
        require_door(command_of(sentence), Place(), Asker())
        assert allows(OPERATOR, command_of(sentence)), sentence
    assert level_of(OPERATOR) > MAINTAIN
