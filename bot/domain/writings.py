"""Versions of what is written again and again: the plan of a problem, the profile. A fix and an
agent of one's own are files, and their versions are git's."""

import difflib
import json
from collections.abc import Iterable, Iterator

from pydantic import AwareDatetime

from bot.domain.audience import Audience, combined, may_read
from bot.domain.models import Worded

PROFILE = "profile"
MOST = 20
"""Versions of a subject that are kept."""


class Writing(Worded):
    """A version as it was written for some readers, from the reports ``items``; ``body`` is its
    record as JSON."""

    number: int
    body: str
    items: tuple[int, ...] = ()
    author: str = ""
    made_at: AwareDatetime

    @property
    def name(self) -> str:
        """``v2``."""
        return f"v{self.number}"

    @property
    def text(self) -> str:
        """What it says, in lines below the names of its parts."""
        return "\n".join(_said(json.loads(self.body)))


def _said(value: object) -> Iterator[str]:
    match value:
        case {"text": str(words)}:
            yield f"- {words}"
        case dict():
            for name, part in value.items():
                if said := [*_said(part)]:
                    yield from (name, *said)
        case [*many]:
            for each in many:
                yield from [f"- {each}"] if isinstance(each, str) else _said(each)
        case _:
            pass


def plan_of(cluster: int) -> str:
    """The subject that the plan of a problem is."""
    return f"plan:{cluster}"


def readable(writings: Iterable[Writing], readers: Audience) -> list[Writing]:
    """Of each version what says most of what ``readers`` may read, the oldest version first."""
    best = dict[int, Writing]()
    for one in (each for each in writings if may_read(readers, each.audience)):
        held = best.setdefault(one.number, one)
        if combined(held.audience, one.audience) is one.audience:
            best[one.number] = one
    return [best[number] for number in sorted(best)]


def compared(before: tuple[str, str], after: tuple[str, str]) -> str:
    """A unified diff of two versions, each its name and text; or that they are the same."""
    (first, old), (second, new) = before, after
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), first, second, lineterm="")
    return "\n".join(lines) or "They are the same."
