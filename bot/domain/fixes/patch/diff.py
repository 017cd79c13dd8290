"""The patch between two trees, and applying it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal

from bot.domain.errors import BadPayload, UserError
from bot.domain.fixes.patch import unified
from bot.domain.fixes.patch.ignored import unwanted
from bot.domain.fixes.patch.lines import compared, split_lines
from bot.domain.fixes.patch.tree import Entry, Tree
from bot.domain.models import Record

Kind = Literal["added", "deleted", "modified", "mode"]


class Change(Record):
    """What happens to one path. A rename is a deletion and an addition."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> Kind:
        """``mode`` when the content stays."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "deleted"
        return "modified" if self.before.data != self.after.data else "mode"

    @property
    def is_binary(self) -> bool:
        """Whether either side is no text to git."""
        return any(side is not None and side.is_binary for side in (self.before, self.after))

    @cached_property
    def lines(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Removed and added lines, with their line ends; none of a binary file."""
        if self.is_binary:
            return (), ()
        before, after = (
            split_lines(side.data if side else b"") for side in (self.before, self.after)
        )
        removed: list[bytes] = []
        added: list[bytes] = []
        for tag, old_from, old_to, new_from, new_to in compared(before, after).get_opcodes():
            if tag != "equal":
                removed += before[old_from:old_to]
                added += after[new_from:new_to]
        return tuple(removed), tuple(added)

    @property
    def added_bytes(self) -> int:
        """New content: that of its added lines, or all of a binary file."""
        if self.is_binary:
            return len(self.after.data) if self.after else 0
        return sum(map(len, self.lines[1]))

    @cached_property
    def unified(self) -> bytes:
        """This file's part of the patch, as ``git diff --binary`` prints it."""
        return unified.of_file(self.path, self.before, self.after)


class Stats(Record):
    """How large a patch is: files, lines added and removed, bytes of added lines and binaries."""

    files: int
    added: int
    removed: int
    bytes: int


class Patch(Record):
    """Changes by path, sorted. ``model_dump_json`` keeps every byte."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path touched."""
        return tuple(change.path for change in self.changes)

    @cached_property
    def unified_bytes(self) -> bytes:
        """The patch as ``git apply`` takes it, byte for byte."""
        return b"".join(change.unified for change in self.changes)

    @property
    def unified(self) -> str:
        """The patch for people. A byte that is not UTF-8 reads as U+FFFD."""
        return self.unified_bytes.decode("utf-8", "replace")

    @property
    def stats(self) -> Stats:
        """How large it is."""
        return Stats(
            files=len(self.changes),
            added=sum(added for _, added, _ in self.files),
            removed=sum(removed for _, _, removed in self.files),
            bytes=sum(change.added_bytes for change in self.changes),
        )

    @property
    def files(self) -> list[tuple[str, int, int]]:
        """Path, lines added and lines removed of each file."""
        return [(c.path, len(c.lines[1]), len(c.lines[0])) for c in self.changes]

    @property
    def reverse(self) -> Patch:
        """The patch that takes this one back."""
        swapped = (
            Change(path=change.path, before=change.after, after=change.before)
            for change in self.changes
        )
        return Patch(changes=tuple(swapped))

    def without(self, *paths: str) -> Patch:
        """The part of it that leaves ``paths`` alone."""
        return Patch(changes=tuple(change for change in self.changes if change.path not in paths))


def diff(before: Tree, after: Tree) -> Patch:
    """What turns ``before`` into ``after``, droppings and ignored files left out.

    Raises BadPayload when a changed path is not UTF-8: no forge would take it.
    """
    leave_out = unwanted(before)
    changes = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new or leave_out(path):
            continue
        if re.search("[\ud800-\udfff]", path):
            raise BadPayload(f"a changed path is not UTF-8: {path!r}")
        changes.append(Change(path=path, before=old, after=new))
    return Patch(changes=tuple(changes))


def apply(tree: Tree, patch: Patch) -> dict[str, Entry]:
    """``tree`` with ``patch``. Raises UserError when a file is not what the patch was made on."""
    result = dict(tree)
    for change in patch.changes:
        if result.get(change.path) != change.before:
            raise UserError(
                f"The patch does not fit: {change.path} has changed since. Run the fix again."
            )
        if change.after is None:
            del result[change.path]
        else:
            result[change.path] = change.after
    return result
