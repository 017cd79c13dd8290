"""Every verb in a sentence, everybody who may say it, and what each needs: said by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from bot.domain.commands.grammar import parse
from workers.commands.verbs import ROSTER

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
    "link": (ANYBODY, ""),
    "link K7QX9M2P4RTW": (ANYBODY, ""),
    "unlink": (ANYBODY, ""),
    "status C-12": (READ, ""),
    "clusters": (READ, ""),
    "why C-12": (READ, ""),
    "similar": (READ, ""),
    "summarize C-12": (READ, ""),
    "ask why do refunds leave out the tax?": (READ, ""),
    "memory": (READ, ""),
    "profile": (READ, ""),
    "files": (READ, ""),
    "files add docs/spec.md@main": (WRITE, ""),
    "files use spec.md C-1": (WRITE, ""),
    "remember M-3": (WRITE, ""),
    "forget M-3": (WRITE, ""),
    "profile refresh": (WRITE, ""),
    "example C-12": (TRIAGE, ""),
    'feedback "it broke"': (READ, ""),
    "history": (TRIAGE, ""),
    "versions F-7": (READ, ""),
    "versions plan C-12": (WRITE, ""),
    "versions profile": (READ, ""),
    "diff plan v1 v2 C-12": (WRITE, ""),
    "revert profile v1": (WRITE, ""),
    "quota": (READ, ""),
    "token list": (MAINTAIN, ""),
    "token new": (MAINTAIN, ""),
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
    "source add sentry": (MAINTAIN, ""),
    "key list": (MAINTAIN, ""),
    "key set openai": (MAINTAIN, ""),
    "import github": (MAINTAIN, ""),
    "export": (MAINTAIN, ""),
    "import undo 3": (MAINTAIN, ""),
    "erase @ana": (MAINTAIN, "own"),
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
    "agent list": (READ, ""),
    "agent new ~docs": (WRITE, ""),
    "agent answer -- mends examples": (WRITE, ""),
    "agent test ~docs": (WRITE, ""),
    "agent enable ~docs": (MAINTAIN, ""),
    "agent revert ~docs v1": (WRITE, ""),
    "config validate": (MAINTAIN, ""),
}

# What is answered to who asks alone, and so never where everybody reads.
ALONE = ("link", "token new", "export", "source add sentry", "key set openai")


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


@cache
def command_of(sentence: str) -> Any:
    return parse(sentence, ROSTER)


Cell = tuple[object, ...]


class Table:
    """What is decided in each cell, against what should be."""

    def __init__(self) -> None:
        self.cells = self.allowed = 0
        self.wrong_allows: list[Cell] = []
        self.wrong_refusals: list[Cell] = []

    def hold(self, *cell: object, does: bool, should: bool) -> None:
        self.cells, self.allowed = self.cells + 1, self.allowed + does
        if does != should:
            (self.wrong_allows if does else self.wrong_refusals).append(cell)

    def judge(self, capsys: pytest.CaptureFixture[str], what: str) -> None:
        """Says how many; fails for any that is wrong."""
        with capsys.disabled():
            print(f"\n{self.cells} cells of {what}, {self.allowed} allowed")
        assert self.wrong_allows == []
        assert self.wrong_refusals == []


def sentences() -> Iterable[tuple[str, int, bool]]:
    """Each with what it needs, and where that counts again for what is one's own."""
    for sentence, (needs, mark) in SENTENCES.items():
        for own in (False, True) if mark else (False,):
            yield sentence, needs, own
