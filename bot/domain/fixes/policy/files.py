"""Size of a patch, what its files are, and what they bring that no reviewer would want or see:
secrets, hidden characters, line ends and encodings changed on the way."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.patch import EXECUTABLE, SUBMODULE, Change, Patch
from bot.domain.fixes.patch.lines import split_lines
from bot.domain.fixes.patch.tree import SPECIAL_BITS
from bot.domain.fixes.policy.rules import Finding, Rules, flag, refuse
from bot.domain.secrets import tokens


def size(patch: Patch, rules: Rules) -> Iterator[Finding]:
    """Caps on files, lines and bytes."""
    stats = patch.stats
    for counted, cap, what in (
        (stats.files, rules.max_files, "files"),
        (stats.added + stats.removed, rules.max_lines, "changed lines"),
        (stats.bytes, rules.max_bytes, "added bytes"),
    ):
        if counted > cap:
            message = f"the patch has {counted:,} {what}; this project allows {cap:,}"
            yield Finding(rule="size", path="", message=message)


def kind(change: Change, rules: Rules) -> Iterator[Finding]:
    """What a file is: only plain text files pass unasked."""
    path, before, after = change.path, change.before, change.after
    if after and after.is_symlink:
        yield refuse("symlink", path, f"is a symbolic link to {after.target!r}")
    elif before and before.is_symlink:
        message = f"the symbolic link {path} is {'replaced by a file' if after else 'deleted'}"
        yield Finding(rule="symlink", path=path, message=message)
    if any(side and side.git_mode == SUBMODULE for side in (before, after)):
        yield refuse("submodule", path, "changes a submodule")
    if after and after.mode & SPECIAL_BITS:
        yield refuse("mode", path, "has the setuid, setgid or sticky bit")
    if rules.allows(path):
        return
    was, now = (side is not None and side.git_mode == EXECUTABLE for side in (before, after))
    if now and not was:
        yield refuse("mode", path, "becomes executable")
    elif was and after and not now:
        yield flag("mode", path, "is no longer executable")
    if change.is_binary:
        yield refuse("binary", path, "is a binary file")


_WORDS = re.compile(r"(?i)secret|token|pass|key|credential")
_ASSIGNED = re.compile(
    r"""(?ix)
    [\w.\-]{0,40} (secret|token|passw(or)?d|passphrase|api_?key|access_?key|private_?key|credential
        |client_?key|auth_?key|signing_?key|encryption_?key) [\w.\-]{0,40}
    ["']? \s{0,4} (?:=>|:=|=|:) \s{0,4} (?:[bru]{0,2}) ["'`] (?P<value>[^"'`\s]{12,200}) ["'`]
    """
)
_PLACEHOLDER = re.compile(
    r"(?i)example|changeme|change-me|placeholder|dummy|fake|sample|redacted|your|insert|xxxx|\*\*\*|"
    r"1234567|abcdef|<.*>|\$\{|\{\{|%\(|^[\w.]+\(|(.)\1{5}"
)
MIN_LENGTH = 6  # of a password in a URL
MIN_ENTROPY = 3.3  # bits a character; English words lie below, keys above
MAX_LINE = 20_000  # characters looked at in one line


def secrets(change: Change) -> Iterator[Finding]:
    """Lines that bring a secret the file did not hold before."""
    known = change.before.data.decode("utf-8", "replace") if change.before else ""
    for raw in change.lines[1]:
        line = raw.decode("utf-8", "replace")[:MAX_LINE]
        for what, value in _secrets(line):
            if value not in known:
                yield refuse("secret", change.path, f"adds what looks like {what}: {value[:4]}…")


def _secrets(line: str) -> Iterator[tuple[str, str]]:
    for what, value in tokens(line):
        if len(value) >= MIN_LENGTH and not _PLACEHOLDER.search(value):
            yield what, value
    for match in _ASSIGNED.finditer(line) if _WORDS.search(line) else ():
        value = match["value"]
        if not _PLACEHOLDER.search(value) and _looks_random(value):
            yield "a secret", value


def _looks_random(value: str) -> bool:
    classes = sum(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit))
    return classes >= 2 and any(map(str.isdigit, value)) and entropy(value) >= MIN_ENTROPY


def entropy(value: str) -> float:
    """Shannon entropy of the characters of ``value``, in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


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
