"""A report's Markdown as passages: code, and text under what heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    r"\b(actual\w*|observed|instead|got|current|what happen\w*|result|output|traceback|error)\b",
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
        elif line.lstrip().startswith(">>> "):
            yield from flush()
            start = position - 1
            while position < len(lines) and lines[position].strip():
                position += 1
            session = "\n".join(each[:MAX_LINE] for each in lines[start:position])
            yield Passage(session, about, code=True, language="pycon")
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
