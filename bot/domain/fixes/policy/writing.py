"""How text is written: characters nobody sees, line ends and encodings changed on the way."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.patch import Change
from bot.domain.fixes.patch.lines import split_lines
from bot.domain.fixes.policy.rules import Finding, flag, refuse

_BOM = b"\xef\xbb\xbf"
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")  # honest inside emoji and some scripts
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_WORD = re.compile(r"\w+")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
MAX_WHITESPACE_LINES = 20


def hidden(change: Change) -> Iterator[Finding]:
    """Characters in added text that a reviewer can't see, or takes for others."""
    known = change.before.data.decode("utf-8", "replace") if change.before else ""
    for raw in change.lines[1]:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line.isascii() and line.isprintable():
            continue
        for index, char in enumerate(line):
            if not " " <= char <= "~" and _is_hidden(line, index) and char not in known:
                name = f"U+{ord(char):04X} ({unicodedata.name(char, 'control character')})"
                yield refuse("hidden", change.path, f"adds the invisible character {name}")
        for word in _WORD.findall(line):
            if _MIXED.search(word) and word not in known:
                yield flag("hidden", change.path, f"adds a word of mixed alphabets: {word[:40]!a}")


def _is_hidden(line: str, index: int) -> bool:
    char = line[index]
    if char in _JOINERS:
        return index == 0 or line[index - 1].isascii()
    if char == "\f":
        return bool(line.strip())  # alone it parts sections
    if char == "\t":
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") or (
        char in _BLANK_LETTERS or 0xE0100 <= ord(char) <= 0xE01EF
    )


def rewritten(change: Change) -> Iterator[Finding]:
    """A file whose line ends, encoding or indentation changed under the reviewer's eyes."""
    before, after = change.before, change.after
    if after is None or change.is_binary:
        return
    if before is None:
        if not _is_utf8(after.data):
            yield refuse("encoding", change.path, "is not UTF-8")
        return
    if before.data.startswith(_BOM) != after.data.startswith(_BOM):
        yield refuse("encoding", change.path, "gains or loses a byte order mark")
    if _is_utf8(before.data) != _is_utf8(after.data):
        yield refuse("encoding", change.path, "changes its encoding")
    yield from _line_ends(change)
    yield from _whitespace(change)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_ends(change: Change) -> Iterator[Finding]:
    removed, added = (Counter(lines) for lines in change.lines)
    same_but_ends = sum(
        min(count, added[_other_end(line)])
        for line, count in removed.items()
        if line.endswith(b"\n")
    )
    if same_but_ends:
        yield refuse("line ends", change.path, f"changes the line ends of {same_but_ends} lines")
        return
    kept = split_lines(change.before.data if change.before else b"")
    ends = {line.endswith(b"\r\n") for line in kept if line.endswith(b"\n")}
    new_ends = {line.endswith(b"\r\n") for line in change.lines[1] if line.endswith(b"\n")}
    if len(ends) == 1 and new_ends - ends:
        yield flag("line ends", change.path, "mixes line ends: new lines end differently")


def _other_end(line: bytes) -> bytes:
    return line[:-2] + b"\n" if line.endswith(b"\r\n") else line[:-1] + b"\r\n"


def _whitespace(change: Change) -> Iterator[Finding]:
    removed, added = (Counter(b"".join(line.split()) for line in lines) for lines in change.lines)
    raw_removed, raw_added = (Counter(lines) for lines in change.lines)
    moved = sum((raw_removed & raw_added).values())
    only_space = sum((removed & added).values()) - moved
    if only_space > MAX_WHITESPACE_LINES:
        yield flag("reformatting", change.path, f"reformats {only_space} lines")
