"""A line as words: quotes, options, the free text after ``--``; what phones write is accepted."""

import html
import re
from dataclasses import dataclass

_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DASHES = "–—―"
_CLOSING = {'"': '"', "'": "'", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'"}
_SPACE = re.compile(r"\s")
_OPTION = re.compile(rf"(?:--|[{_DASHES}]{{1,2}})(?=[A-Za-z])([A-Za-z0-9_-]*)(=?)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word. ``raw`` is what stands in the line from ``start`` on, ``text`` is without quotes.
    ``option`` is the name behind ``--``, in small letters, and ``text`` then its value, None where
    none was given with ``=``."""

    raw: str
    start: int
    text: str | None
    quoted: bool = False
    unclosed: bool = False
    option: str = ""


def cleaned(line: str) -> str:
    """``line`` without characters that show nothing, which copying from a card may bring along; a
    full-width slash before it is a slash."""
    line = _INVISIBLE.sub("", line).strip()
    return "/" + line[1:] if line.startswith("／") else line


def split(line: str) -> list[Word]:
    """The words of ``line``. A quote that is never closed is a sign like any other."""
    words: list[Word] = []
    open_quotes: set[str] = set()
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = _word_at(line, at, open_quotes)
        words.append(word)
        at += len(word.raw)
    return words


def typed(text: str) -> str:
    """Slack's markup as it was typed: links and entities unwrapped, mentions left as they are.

    https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages"""
    return html.unescape(re.sub(r"<(https?://[^|<>]+)(?:\|[^<>]*)?>", r"\1", text))


def is_separator(word: Word) -> bool:
    """Free text begins behind this word: ``--``, or the dash a phone made of it."""
    return not word.quoted and (word.raw == "--" or (len(word.raw) == 1 and word.raw in _DASHES))


def quoted(text: str) -> str:
    """``text`` in quotes, as :func:`split` reads it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def needs_quotes(text: str) -> bool:
    """Whether ``text`` would not be read back as the one plain word it is."""
    words = split(text)
    plain = len(words) == 1 and words[0].raw == text and not words[0].quoted
    return not plain or words[0].unclosed or text[0] in f"-{_DASHES}"


def _word_at(line: str, start: int, open_quotes: set[str]) -> Word:
    found = _OPTION.match(line, start)
    if not found:
        text, end, was_quoted, unclosed = _value_at(line, start, open_quotes)
        return Word(line[start:end], start, text, was_quoted, unclosed)
    name = found[1].lower()
    if not found[2]:
        end = _plain_end(line, found.end())
        return Word(line[start:end], start, None, option=name + line[found.end() : end].lower())
    text, end, was_quoted, unclosed = _value_at(line, found.end(), open_quotes)
    return Word(line[start:end], start, text, was_quoted, unclosed, option=name)


def _value_at(line: str, start: int, open_quotes: set[str]) -> tuple[str, int, bool, bool]:
    """A word's text, where it ends, whether it was quoted, whether that quote stays open.
    ``open_quotes`` are signs known to find no end, so that each is looked for once a line."""
    opening = line[start : start + 1]
    closing = _CLOSING.get(opening, "")
    if not closing or opening in open_quotes:
        end = _plain_end(line, start)
        return line[start:end], end, False, bool(closing)
    signs: list[str] = []
    at = start + 1
    while at < len(line):
        sign = line[at]
        if sign == "\\" and line[at + 1 : at + 2] in ('"', "\\") and opening != "'":
            sign, at = line[at + 1], at + 1
        elif sign in closing and not line[at + 1 : at + 2].strip():
            return "".join(signs), at + 1, True, False
        signs.append(sign)
        at += 1
    open_quotes.add(opening)
    end = _plain_end(line, start)
    return line[start:end], end, False, True


def _plain_end(line: str, start: int) -> int:
    found = _SPACE.search(line, start)
    return found.start() if found else len(line)
