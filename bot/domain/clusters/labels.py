"""What labels mean here, and which of them a project's people would give a report. They are learnt
from the reports most like it: who changes a label has taught it. What says how bad it is, how it
stands or who is to do what is for people to say, and never guessed."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, get_args

from bot.domain.models import Record, Severity

_Open = Literal["new", "triaged", "fixing", "pr_opened", "watching", "regressed"]
State = Literal[_Open, "resolved", "ignored", "snoozed"]
Meaning = Literal[Severity, State, "apply"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
STATES: tuple[State, ...] = get_args(State)
APPLY = "apply"
# Of the nearest that people labelled so many are asked; of fewer, and below that chance, nothing is
# said. docs/grouping.md has how often what is said is right.
ASKED, ENOUGH, LEAST = 9, 5, 0.6
_KIND = re.compile(
    r"(?:kind|type|category)\s*[:/ -].*|bug|defect|crash|regression|feature|enhancement|question|"
    r"improvement|support|docs|documentation|task|chore|refactor(?:ing)?"
)
_PEOPLES = re.compile(
    r"soulcaster|priorit|severity|urgen|critical|block|status|state\b|stage|triage|\bneeds|need-|"
    r"waiting|pending|duplicate|invalid|wont\s?fix|won't|stale|frozen|good.first|help.wanted|"
    r"hacktoberfest|confirmed|reproduc|accepted|reject|approved|in.progress|backlog|ready|on.hold|"
    r"wip\b|resolved|fixed|closed|release|milestone|dependencies|(?:^|[:/ -])[ps]\d\b|team\s*[:/]",
    re.IGNORECASE,
)


class Likely(Record):
    """A label, and how many ``likes`` of the ``of`` reports most like it have it."""

    name: str
    likes: int
    of: int


def group(name: str) -> str:
    """Labels of a group exclude each other: what kind it is, else what stands before ``/``."""
    head, slash, _ = re.sub(r"\s*:\s*", "/", name.lower()).partition("/")
    return "kind" if _KIND.fullmatch(name.lower()) else head + slash


def likely(near: Iterable[Collection[str]], own: Collection[str] = ()) -> tuple[Likely, ...]:
    """What people would give a report beside its ``own``, the likeliest first, one a group.
    ``near`` is what they gave the reports most like it, the nearest first."""
    sorting = ([name for name in names if not _PEOPLES.search(name)] for names in near)
    asked = [names for names in sorting if names][:ASKED]
    votes = Counter(name for names in asked for name in {*names})
    taken, found = {group(name) for name in own}, list[Likely]()
    for name, likes in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
        sure = len(asked) >= ENOUGH and (likes + 0.5) / (len(asked) + 1) >= LEAST
        if sure and group(name) not in taken:
            taken.add(group(name))
            found.append(Likely(name=name, likes=likes, of=len(asked)))
    return tuple(found)


def may_apply(name: str, labels: Mapping[str, Meaning]) -> bool:
    """Whether a project's file lets us give it, by a pattern, and it means nothing else."""
    return {m for p, m in labels.items() if fnmatchcase(name.lower(), p.lower())} == {APPLY}


def in_stead(
    names: Sequence[str], labels: Mapping[str, Meaning], value: str, kinds: Collection[str]
) -> list[str]:
    """An issue's labels, those of ``kinds`` replaced by the first that means ``value``."""
    meant = {name.lower(): means for name, means in labels.items() if means in kinds}
    kept = [name for name in names if meant.get(name.lower(), value) == value]
    there = any(name.lower() in meant for name in kept)
    return kept + [name for name, means in labels.items() if means == value and not there][:1]
