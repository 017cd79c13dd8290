"""Who may what on GitHub: every role, verb and event, decided as a delivery is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rights_kit import (
    ALONE,
    ANYBODY,
    OTHER_APP,
    OUR_APP,
    OUR_BOT,
    READ,
    SENTENCES,
    STRANGER,
    WRITE,
    Table,
    Who,
    command_of,
    everybody,
    sentences,
)

from bot.domain.commands.rights import WRITERS, allows, level_of, require_door, role_in
from bot.domain.errors import NotAllowed
from bot.domain.models import Place
from bot.domain.rooms import Asker
from workers.commands.verbs import OWN, ROSTER
from workers.hearing.github.payloads import Payload
from workers.hearing.github.pulls import lines_of
from workers.hearing.github.words import said_by

Event = Callable[[Who, str], dict[str, Any]]


def text(author: Mapping[str, Any], body: str, app: int | None = None) -> dict[str, Any]:
    """An issue or a comment."""
    via = {"id": app} if app else None
    at = "2026-11-23T10:00:00Z"
    return {
        "id": 3,
        "number": 3,
        "body": body,
        "user": dict(author),
        "performed_via_github_app": via,
        "updated_at": at,
    }


def delivery(action: str, who: Who, **parts: Any) -> dict[str, Any]:
    """A webhook of which ``who`` is the sender."""
    where = {"installation": {"id": 2}, "repository": {"id": 1, "full_name": "acme/shop"}}
    return {"action": action, "sender": dict(who.user), **where, **parts}


def by(who: Who, body: str) -> dict[str, Any]:
    return text(who.user, body, who.app)


FROM = {"body": {"from": "It breaks."}}
CARD = "- [ ] Do it <!-- soulcaster-choice: {} -->"


def ticked(who: Who, line: str, more: str = "") -> dict[str, Any]:
    before = CARD.format(line.removeprefix("/soulcaster "))
    after = before.replace("[ ]", "[x]") + more
    card = text(OUR_BOT, after, OUR_APP)
    return delivery("edited", who, comment=card, changes={"body": {"from": before}})


def reviewed(action: str, who: Who, **parts: Any) -> dict[str, Any]:
    return delivery(action, who, pull_request={"number": 3}, **parts)


def review(who: Who, body: str, author: Mapping[str, Any] | None = None) -> dict[str, Any]:
    at = "2026-11-23T10:00:00Z"
    return {"id": 8, "user": dict(author or who.user), "body": body, "submitted_at": at}


def pressed(who: Who, line: str, app: int) -> dict[str, Any]:
    check = {"app": {"id": app}, "pull_requests": [{"number": 3}]}
    said = {"identifier": line.removeprefix("/soulcaster ")}
    return delivery("requested_action", who, check_run=check, requested_action=said)


# By event whether its words are the sender's own, written there by themselves.
EVENTS: Mapping[str, tuple[bool, Event]] = {
    "issue opened": (True, lambda w, x: delivery("opened", w, issue=by(w, x))),
    "issue edited by its author": (
        True,
        lambda w, x: delivery("edited", w, issue=by(w, f"It breaks.\n\n{x}"), changes=FROM),
    ),
    "comment created": (True, lambda w, x: delivery("created", w, comment=by(w, x))),
    "comment edited by its author": (
        True,
        lambda w, x: delivery("edited", w, comment=by(w, f"It breaks.\n\n{x}"), changes=FROM),
    ),
    "box ticked": (True, ticked),
    "issue of a stranger transferred": (
        False,
        lambda w, x: delivery(
            "opened", w, issue=text(STRANGER, x), changes={"old_issue": text(STRANGER, x)}
        ),
    ),
    "own issue transferred": (
        False,
        lambda w, x: delivery("opened", w, issue=by(w, x), changes={"old_issue": by(w, x)}),
    ),
    "issue of a stranger, told as opened by another": (
        False,
        lambda w, x: delivery("opened", w, issue=text(STRANGER, x)),
    ),
    "issue edited by another": (
        False,
        lambda w, x: delivery("edited", w, issue=text(STRANGER, x), changes=FROM),
    ),
    "title edited by another": (
        False,
        lambda w, x: delivery("edited", w, issue=text(STRANGER, x), changes={"title": {}}),
    ),
    "comment edited by another": (
        False,
        lambda w, x: delivery("edited", w, comment=text(STRANGER, x), changes=FROM),
    ),
    "fence closed by another": (
        False,
        lambda w, x: delivery(
            "edited",
            w,
            comment=text(STRANGER, f"```\nlog\n```\n\n{x}"),
            changes={"body": {"from": f"```\nlog\n``\n\n{x}"}},
        ),
    ),
    "pasted line uncovered by the author": (
        False,
        lambda w, x: delivery(
            "edited", w, comment=by(w, x), changes={"body": {"from": f"```\n{x}\n```"}}
        ),
    ),
    "comment through another app": (
        False,
        lambda w, x: delivery("created", w, comment=text(w.user, x, OTHER_APP)),
    ),
    "issue through another app": (
        False,
        lambda w, x: delivery("opened", w, issue=text(w.user, x, OTHER_APP)),
    ),
    "box ticked and more changed": (False, lambda w, x: ticked(w, x, "\n\nand more")),
    "box ticked that was just put there": (
        False,
        lambda w, x: delivery(
            "edited",
            w,
            comment=text(OUR_BOT, CARD.format(x).replace("[ ]", "[x]"), OUR_APP),
            changes=FROM,
        ),
    ),
    "review submitted": (True, lambda w, x: reviewed("submitted", w, review=review(w, x))),
    "review edited by its author": (
        True,
        lambda w, x: reviewed("edited", w, review=review(w, f"No.\n\n{x}"), changes=FROM),
    ),
    "review of a stranger edited": (
        False,
        lambda w, x: reviewed("edited", w, review=review(w, x, STRANGER), changes=FROM),
    ),
    "review of a stranger, told as submitted by another": (
        False,
        lambda w, x: reviewed("submitted", w, review=review(w, x, STRANGER)),
    ),
    "comment in a diff": (
        True,
        lambda w, x: reviewed("created", w, comment=text(w.user, f"Here.\n\n{x}")),
    ),
    "comment in a diff edited by its author": (
        True,
        lambda w, x: reviewed(
            "edited", w, comment=text(w.user, f"It breaks.\n\n{x}"), changes=FROM
        ),
    ),
    "a stranger's comment in a diff edited": (
        False,
        lambda w, x: reviewed("edited", w, comment=text(STRANGER, x), changes=FROM),
    ),
    "button of our check pressed": (True, lambda w, x: pressed(w, x, OUR_APP)),
    "button of another app's check pressed": (False, lambda w, x: pressed(w, x, OTHER_APP)),
    "box in a stranger's text": (
        False,
        lambda w, x: delivery(
            "edited",
            w,
            comment=text(STRANGER, CARD.format(x).replace("[ ]", "[x]")),
            changes={"body": {"from": CARD.format(x)}},
        ),
    ),
}


def decided(event: Event, who: Who, sentence: str, *, own: bool) -> bool:
    """What the product decides, as the delivery and GitHub's answer have it."""
    told = event(who, f"/soulcaster {sentence}")
    payload = Payload.model_validate(told)
    if "check_run" in told:
        said = tuple(lines_of(told, OUR_APP))
    else:
        written = payload.issue or payload.review or payload.comment
        assert written is not None
        said = said_by(payload, written, OUR_APP).own
    if not said:
        return False
    assert said in ((sentence,), (f"/soulcaster {sentence}",))
    command = command_of(sentence)
    try:
        require_door(command, Place(issue=3), Asker())
    except NotAllowed:
        return False
    return allows(role_in(who.answer, payload.sender.id), command, own=own)


# Where GitHub does not tell whether an app acts in a person's name.
UNTOLD = ("box ticked", "button of our check pressed", "review", "comment in a diff")


def expected(event: str, who: Who, sentence: str, needs: int, *, own: bool) -> bool:
    """What GRAMMAR.md says."""
    untold = event.startswith(UNTOLD)
    if not EVENTS[event][0] or who.user["type"] == "Bot" or (who.app is not None and not untold):
        return False
    if needs == ANYBODY or sentence in ALONE:
        return sentence not in ALONE
    # Who can't read the place can't use what is their own there.
    return (who.by_hand() if untold else who.reaches) >= (READ if own else needs)


def test_every_role_verb_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()
    for event, (_, made) in EVENTS.items():
        for who in everybody():
            for sentence, needs, own in sentences():
                should = expected(event, who, sentence, needs, own=own)
                does = decided(made, who, sentence, own=own)
                table.hold(event, who.name, sentence, own, does=does, should=should)
    table.judge(
        capsys, f"{len(EVENTS)} events x {len(everybody())} people x {len(SENTENCES)} sentences"
    )
    assert table.cells > 20_000
    assert table.allowed > 4_000


def test_the_table_holds_every_verb() -> None:
    said = {type(command_of(sentence)) for sentence in SENTENCES}
    assert said == set(ROSTER)
    marked = {type(command_of(s)) for s, (_, mark) in SENTENCES.items() if mark}
    assert marked == set(OWN)


@pytest.mark.parametrize("who", everybody(), ids=lambda who: who.name)
def test_a_review_asks_for_changes_only_from_who_may_write(who: Who) -> None:
    review = {"id": 8, "user": dict(who.user), "state": "changes_requested"}
    review["submitted_at"] = "2026-11-21T10:00:00Z"
    own = Payload.model_validate(delivery("submitted", who, review=review))
    assert own.review
    heard = own.is_author(own.review) and role_in(who.answer, own.sender.id) in WRITERS
    # Whether an app sent it in a person's name, a review does not tell.
    assert heard == (who.user["type"] != "Bot" and who.by_hand() >= WRITE)
    review = {**review, "user": STRANGER}
    other = Payload.model_validate(delivery("submitted", who, review=review))
    assert other.review
    assert not other.is_author(other.review)


def test_a_custom_role_counts_by_its_right(shared: Path) -> None:
    case = json.loads((shared / "cases/vendors/custom_role_permission.json").read_text())
    assert role_in(case) == "write"
    assert level_of(role_in(case)).name == "L3"
    without = {key: value for key, value in case.items() if key != "user"}
    assert role_in(without) == "write"
    assert role_in({"permission": "unheard-of", "role_name": "admin"}) == "none"
    assert role_in(without, user_id=1) == "none"
