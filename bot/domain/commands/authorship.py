"""Whose a command is: of who wrote the line, by themselves, in this place; else nobody's. Who
transfers, edits, closes or relays a text lends its lines no rights."""

from dataclasses import dataclass

from bot.domain.commands.markdown_lines import new_lines
from bot.domain.commands.mention import addressed
from bot.domain.models import Person

_MARKS = " \t>`*_~-#|<!"


@dataclass(frozen=True, slots=True)
class Written:
    """A text as one event shows it. ``before`` is what an edit replaced, "" without one.
    ``relayed``: another app wrote it on behalf of ``author``. ``moved``: it was written
    elsewhere."""

    sender: Person
    author: Person | None
    body: str
    before: str = ""
    relayed: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The commands an event brings: those its sender says, and those nobody says."""

    own: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


def said_in(written: Written) -> Said:
    """The commands that the event adds, told apart. A bot says nothing."""
    sender, author = written.sender, written.author
    if sender.is_bot:
        return Said()
    added = tuple(new_lines(written.before, written.body))
    alone = author is not None and sender.is_same(author.login, author.user_id)
    if not alone or written.relayed or written.moved:
        return Said(unsaid=added)
    # A line that an edit only uncovers (it closes a fence) may be a line that was pasted there.
    stood = {_bare(line) for line in written.before.splitlines()}
    own = tuple(line for line in added if _bare(line) not in stood)
    return Said(own=own, unsaid=tuple(line for line in added if line not in own))


def _bare(line: str) -> str:
    line = line.strip(_MARKS)
    found = addressed(line)
    return " ".join((found.line if found else line).strip(_MARKS).split())
