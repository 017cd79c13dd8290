"""Who may what on GitHub: every role, verb and event, decided as a delivery is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands.grammar import parse
from bot.domain.commands.rights import WRITERS, allows, level_of, role_in
from workers.commands.verbs import OWN, ROSTER
from workers.hearing.github.payloads import Payload
from workers.hearing.github.words import said_by

OUR_APP, OTHER_APP = 4711, 777
STRANGER = {"login": "mallory", "id": 666, "type": "User"}
OUR_BOT = {"login": "soulcaster[bot]", "id": 9, "type": "Bot"}
RIGHTS = ("pull", "triage", "push", "maintain", "admin")
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
LEGACY = {"triage": "read", "maintain": "write"}

# GRAMMAR.md: one sentence a verb and what it needs: -1 for anybody at all, 0 reads, 1 triage,
# 2 write, 3 maintain. "own" adds what is enough where the report or run is one's own.
ANYBODY, READ, TRIAGE, WRITE, MAINTAIN = range(-1, 4)
SENTENCES: Mapping[str, tuple[int, str]] = {
    "help": (ANYBODY, ""),
    "whoami": (ANYBODY, ""),
    "link K7QX9M2P4RTW": (ANYBODY, ""),
    "unlink": (ANYBODY, ""),
    "status C-12": (READ, ""),
    "clusters": (READ, ""),
    "why C-12": (READ, ""),
    "similar": (READ, ""),
    "summarize C-12": (READ, ""),
    "example C-12": (TRIAGE, ""),
    'feedback "it broke"': (READ, ""),
    "history": (TRIAGE, ""),
    "versions F-7": (READ, ""),
    "quota": (READ, ""),
    "token list": (MAINTAIN, ""),
    "diff v1 v2": (READ, ""),
    "digest preview": (READ, ""),
    "not-dup #123": (TRIAGE, "own"),
    "dup #123": (TRIAGE, ""),
    "merge C-31 into C-12": (TRIAGE, ""),
    "split I-1 I-2": (TRIAGE, ""),
    "move I-345 to C-12": (TRIAGE, ""),
    "undo": (TRIAGE, ""),
    "severity S1": (TRIAGE, ""),
    "assign @ana": (TRIAGE, ""),
    "unassign": (TRIAGE, ""),
    "track C-12 #9": (TRIAGE, ""),
    "untrack C-12": (TRIAGE, ""),
    "snooze 3d": (TRIAGE, ""),
    "unsnooze": (TRIAGE, ""),
    "ignore --reason=spam": (TRIAGE, ""),
    "resolve": (TRIAGE, ""),
    "reopen": (TRIAGE, ""),
    "plan C-12": (WRITE, ""),
    "fix C-12": (WRITE, ""),
    "steer look at the parser": (WRITE, ""),
    "stop F-7": (WRITE, "own"),
    "retry F-7": (WRITE, ""),
    "logs F-7": (WRITE, ""),
    "revise -- more": (WRITE, ""),
    "revert v1": (WRITE, ""),
    "digest now": (MAINTAIN, ""),
    "digest schedule": (MAINTAIN, ""),
    "digest off": (MAINTAIN, ""),
    "source list": (MAINTAIN, ""),
    "import github": (MAINTAIN, ""),
    "recluster --dry-run": (MAINTAIN, ""),
    "backtest": (TRIAGE, ""),
    "backtest choose eager": (MAINTAIN, ""),
    "channel show": (MAINTAIN, ""),
    "notify severity>=S2": (MAINTAIN, ""),
    "pause fixes": (MAINTAIN, ""),
    "resume": (MAINTAIN, ""),
    "replay": (MAINTAIN, ""),
    "doctor": (MAINTAIN, ""),
    "config show": (READ, ""),
    "config validate": (MAINTAIN, ""),
}


@dataclass(frozen=True)
class Who:
    """Somebody, what GitHub says of them when asked, and what they may by the table above."""

    name: str
    user: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    reaches: int
    app: int | None = None

    def by_hand(self) -> int:
        """What they reach where no app writes for them: it ticks nothing and reviews nothing."""
        return MAINTAIN if self.app == OTHER_APP else self.reaches


def answer(role: str, user: Mapping[str, Any], *, called: str = "") -> dict[str, Any]:
    """``GET /collaborators/{login}/permission`` as GitHub answers it."""
    reached = ROLES.index(role)
    permissions = {right: reached > place for place, right in enumerate(RIGHTS)}
    return {
        "permission": LEGACY.get(role, role),
        "role_name": called or role,
        "user": {**user, "permissions": permissions},
    }


def person(login: str = "ana", id: int = 1) -> dict[str, Any]:
    return {"login": login, "id": id, "type": "User"}


def everybody() -> list[Who]:
    ana, found = person(), list[Who]()
    reaches = {"none": ANYBODY, "read": READ, "triage": TRIAGE, "write": WRITE}
    reaches |= {"maintain": MAINTAIN, "admin": MAINTAIN}
    for role in ROLES:
        found.append(Who(role, ana, answer(role, ana), reaches[role]))
        if role != "none":
            for called in ("security-engineer", "admin"):
                custom = answer(role, ana, called=called)
                found.append(Who(f"{called}, based on {role}", ana, custom, reaches[role]))
    now = person("ana-the-second")
    bot = {"login": "lint[bot]", "id": 5, "type": "Bot"}
    found += [
        Who("unknown to GitHub", ana, None, ANYBODY),
        Who("renamed", ana, answer("admin", now), MAINTAIN),
        Who("the login is another's now", ana, answer("admin", person(id=2)), ANYBODY),
        Who("without an id", {"login": "ana", "type": "User"}, answer("admin", ana), ANYBODY),
        Who("a bot", bot, answer("admin", bot), ANYBODY),
        Who("our own app", OUR_BOT, answer("admin", OUR_BOT), ANYBODY, app=OUR_APP),
        Who("another app for an admin", ana, answer("admin", ana), ANYBODY, app=OTHER_APP),
    ]
    return found


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


@cache
def command_of(sentence: str) -> Any:
    return parse(sentence, ROSTER)


def decided(event: Event, who: Who, sentence: str, *, own: bool) -> bool:
    """What the product decides, as the delivery and GitHub's answer have it."""
    payload = Payload.model_validate(event(who, f"/soulcaster {sentence}"))
    written = payload.issue or payload.comment
    assert written is not None
    said = said_by(payload, written, OUR_APP).own
    if not said:
        return False
    assert said in ((sentence,), (f"/soulcaster {sentence}",))
    role = role_in(who.answer, payload.sender.id)
    return allows(role, command_of(sentence), own=own)


def expected(mine: bool, who: Who, needs: int, *, own: bool, box: bool) -> bool:
    """What GRAMMAR.md says."""
    if not mine or who.user["type"] == "Bot" or (who.app is not None and not box):
        return False
    if needs == ANYBODY:
        return True
    # Who can't read the place can't use what is their own there.
    return (who.by_hand() if box else who.reaches) >= (READ if own else needs)


def test_every_role_verb_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    cells, allowed, wrong_allows, wrong_refusals = 0, 0, [], []
    for event, (mine, made) in EVENTS.items():
        for who in everybody():
            for sentence, (needs, mark) in SENTENCES.items():
                for own in (False, True) if mark else (False,):
                    box = event == "box ticked"
                    should = expected(mine, who, needs, own=own, box=box)
                    does = decided(made, who, sentence, own=own)
                    cells, allowed = cells + 1, allowed + does
                    cell = (event, who.name, sentence, own)
                    if does and not should:
                        wrong_allows.append(cell)
                    if should and not does:
                        wrong_refusals.append(cell)
    with capsys.disabled():
        print(
            f"\n{cells} cells of {len(EVENTS)} events x {len(everybody())} people x "
            f"{len(SENTENCES)} sentences, {allowed} allowed; wrong allows "
            f"{len(wrong_allows)}, wrong refusals {len(wrong_refusals)}"
        )
    assert not wrong_allows
    assert not wrong_refusals
    assert cells > 10_000
    assert allowed > 1_000


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
