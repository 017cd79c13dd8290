"""A change of one file as ``git diff --binary`` prints it (https://git-scm.com/docs/diff-format)."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

from bot.domain.fixes.patch.lines import compared, split_lines
from bot.domain.fixes.patch.tree import Entry

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
