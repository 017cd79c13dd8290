"""A report's Markdown as passages: code, and text under what heading."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

MAX_BODY = 60_000
MAX_LINE = 2_000
MAX_PASSAGES = 200

About = Literal["", "expected", "actual"]


@dataclass(frozen=True, slots=True)
class Passage:
    """``about`` says whether its heading announces what should be, or what is."""

    text: str
    about: About = ""
    code: bool = False
    language: str = ""


_FENCE = re.compile(r"^\s{0,12}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$")
_HEADING = re.compile(
    r"^\s{0,3}(?:#{1,6}\s+(?P<hash>.+?)\s*#*|\*\*(?P<bold>[^*]{1,60}?):?\*\*:?\s*(?P<rest>.*)"
    r"|(?P<plain>(?:expected|actual|observed|current)\b[\w ]{0,30}?):\s*(?P<after>.*))$",
    re.IGNORECASE,
)
_EXPECTED = re.compile(r"\b(expect\w*|should|desired|want\w*|correct)\b", re.IGNORECASE)
_ACTUAL = re.compile(
    r"\b(actual\w*|observed|instead|got|gets?|gives?|gave|returns?|prints?|see|current\w*"
    r"|what happen\w*|result|output|traceback|error)\b",
    re.IGNORECASE,
)


def passages(title: str, body: str) -> list[Passage]:
    """The title, then the body in order."""
    found = [Passage(title[:MAX_LINE])] if title else []
    found += _body(body[:MAX_BODY].replace("\r\n", "\n").split("\n"))
    return [passage for passage in found if passage.text.strip()][:MAX_PASSAGES]


def _about(heading: str) -> About:
    if _EXPECTED.search(heading):
        return "expected"
    return "actual" if _ACTUAL.search(heading) else ""


def announcing(parts: Sequence[Passage], index: int) -> About:
    """What the words right before a block say that it shows: the last that say anything count."""
    if not index or parts[index - 1].code:
        return ""
    words = re.split(r"(?<=[.!?])\s|\n\s*\n", parts[index - 1].text.strip())[-1]
    last = [
        max((m.end() for m in each.finditer(words)), default=0) for each in (_EXPECTED, _ACTUAL)
    ]
    if last[0] and (last[0] > last[1] or re.search(r"\b(?:should|would|must)\b", words, re.I)):
        return "expected"
    return "actual" if last[1] and not last[0] else ""


def _body(lines: list[str]) -> Iterator[Passage]:
    about: About = ""
    text: list[str] = []
    position = 0

    def flush() -> Iterator[Passage]:
        if any(line.strip() for line in text):
            yield Passage("\n".join(text), about)
        text.clear()

    while position < len(lines):
        line = lines[position][:MAX_LINE]
        position += 1
        fence = _FENCE.match(line)
        heading = _HEADING.match(line)
        if fence:
            yield from flush()
            code, position = _fenced(lines, position, fence[1])
            yield Passage(code, about, code=True, language=fence[2].lower())
        elif line.lstrip().startswith((">>> ", "In [")):
            yield from flush()
            start = position - 1
            while position < len(lines) and lines[position].strip():
                position += 1
            session = "\n".join(each[:MAX_LINE] for each in lines[start:position])
            yield Passage(session, about, code=True, language="pycon")
        elif _starts_indented(line, lines[: position - 1]):
            yield from flush()
            start = position - 1
            while position < len(lines) and re.match(r"    |\t|\s*$", lines[position]):
                position += 1
            code = "\n".join(each[:MAX_LINE] for each in lines[start:position])
            yield Passage(textwrap.dedent(code).strip("\n"), about, code=True)
        elif heading:
            yield from flush()
            name = heading["hash"] or heading["bold"] or heading["plain"]
            about = _about(name)
            rest = heading["rest"] or heading["after"] or ""
            if about and rest.strip():
                yield Passage(rest, about)
                about = ""  # said on its own line
            elif not about:
                text.append(line)
        else:
            text.append(line)
    yield from flush()


def _starts_indented(line: str, before: list[str]) -> bool:
    """A block of code by its indent; what is indented below a list belongs to the list."""
    if not re.match(r"(?: {4}|\t)\s*\S", line) or (before and before[-1].strip()):
        return False
    above = next((each for each in reversed(before[-5:]) if each.strip()), "")
    return not re.match(r"\s*(?:[-*+]|\d+[.)])\s|\s+\S", above)


def _fenced(lines: list[str], position: int, fence: str) -> tuple[str, int]:
    """The code up to the closing fence, and the line after it."""
    code: list[str] = []
    while position < len(lines):
        line = lines[position]
        position += 1
        stripped = line.strip()
        if stripped.startswith(fence) and not stripped.strip(fence[0]):
            break
        code.append(line[:MAX_LINE])
    indent = min((len(line) - len(line.lstrip()) for line in code if line.strip()), default=0)
    return "\n".join(line[indent:] for line in code), position
