"""The patch between two trees, and applying it."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from bot.domain.errors import BadPayload, UserError
from bot.domain.fixes.patch.ignored import unwanted
from bot.domain.fixes.patch.lines import compared, split_lines
from bot.domain.fixes.patch.tree import Entry, Tree
from bot.domain.models import Record

CONTEXT = 3
NOBODY = "0" * 40
_Opcode = tuple[str, int, int, int, int]
_QUOTED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def of_file(path: str, before: Entry | None, after: Entry | None) -> bytes:
    """The text for one path. A change of type (file to symlink) is a deletion and an addition."""
    if before and after and (before.git_mode ^ after.git_mode) & 0o170000:
        return of_file(path, before, None) + of_file(path, None, after)
    old_name, new_name = _quote(f"a/{path}"), _quote(f"b/{path}")
    lines = [f"diff --git {old_name} {new_name}", *_mode_lines(before, after)]
    old, new = (side.data if side else b"" for side in (before, after))
    if old == new and before and after:
        return _encode(lines) if len(lines) > 1 else b""
    binary = any(side is not None and side.is_binary for side in (before, after))
    lines.append(_index_line(before, after, width=40 if binary else 7))
    if binary:
        return _encode([*lines, "GIT binary patch"]) + _literal(new) + _literal(old)
    if old == new:  # an empty file comes or goes
        return _encode(lines)
    lines.append("--- " + (_name(old_name) if before else "/dev/null"))
    lines.append("+++ " + (_name(new_name) if after else "/dev/null"))
    was, now = split_lines(old), split_lines(new)
    hunks = compared(was, now).get_grouped_opcodes(CONTEXT)
    return _encode(lines) + b"".join(_hunk(hunk, was, now) for hunk in hunks)


def _encode(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _quote(path: str) -> str:
    """``path`` in C quotes where git would, that is for anything but printable ASCII."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return path
    return '"' + "".join(_quoted_byte(byte) for byte in raw) + '"'


def _quoted_byte(byte: int) -> str:
    if byte in _QUOTED:
        return "\\" + _QUOTED[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def _name(name: str) -> str:
    # git ends a name that holds a space with a tab, or patch(1) would cut it there
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def _mode_lines(before: Entry | None, after: Entry | None) -> list[str]:
    if before is None and after is not None:
        return [f"new file mode {after.git_mode:06o}"]
    if after is None and before is not None:
        return [f"deleted file mode {before.git_mode:06o}"]
    if before and after and before.git_mode != after.git_mode:
        return [f"old mode {before.git_mode:06o}", f"new mode {after.git_mode:06o}"]
    return []


def _index_line(before: Entry | None, after: Entry | None, width: int) -> str:
    old, new = (side.object_id if side else NOBODY for side in (before, after))
    line = f"index {old[:width]}..{new[:width]}"
    if before and after and before.git_mode == after.git_mode:
        return f"{line} {after.git_mode:06o}"
    return line


def _literal(data: bytes) -> bytes:
    """One side of a binary patch: deflated, 52 bytes a line, each line led by its length."""
    packed = zlib.compress(data)
    lines = [f"literal {len(data)}"]
    for start in range(0, len(packed), 52):
        chunk = packed[start : start + 52]
        length = chr(ord("A") + len(chunk) - 1 if len(chunk) <= 26 else ord("a") + len(chunk) - 27)
        lines.append(length + base64.b85encode(chunk, pad=True).decode())
    return _encode([*lines, ""])


def _hunk(hunk: Sequence[_Opcode], old: Sequence[bytes], new: Sequence[bytes]) -> bytes:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = hunk[0], hunk[-1]
    ranges = f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@".encode()
    out = [ranges + _heading(old, old_start) + b"\n"]
    for tag, old_from, old_to, new_from, new_to in hunk:
        if tag == "equal":
            out += [_line(b" ", line) for line in old[old_from:old_to]]
        else:
            out += [_line(b"-", line) for line in old[old_from:old_to]]
            out += [_line(b"+", line) for line in new[new_from:new_to]]
    return b"".join(out)


def _heading(old: Sequence[bytes], start: int) -> bytes:
    """The nearest line above that looks like a definition, by git's own rule."""
    for index in range(start - 1, -1, -1):
        line = old[index]
        if line[:1].isalpha() or line[:1] in (b"_", b"$"):
            return b" " + line[:80].rstrip()
    return b""


def _range(start: int, end: int) -> str:
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"


def _line(mark: bytes, line: bytes) -> bytes:
    if line.endswith(b"\n"):
        return mark + line
    return mark + line + b"\n\\ No newline at end of file\n"


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
        return of_file(self.path, self.before, self.after)


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
    """What turns ``before`` into ``after``, droppings and ignored files left out. Raises BadPayload
    when a changed path is not UTF-8: no forge would take it."""
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
