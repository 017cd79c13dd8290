"""Stack frames as the common languages print them."""

import re
from collections.abc import Iterable

from bot.domain.models import Frame

_PYTHON = re.compile(r'^\s*File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_AT = re.compile(  # Java, Kotlin, Scala
    r"^\s*at (?:[\w.$-]+/)*(?P<function>[\w.$<>]+)\((?P<path>[^():]+?)(?::(?P<line>\d+))?\)\s*"
    r"(?:~?\[[^\]]*\])?$"
)
_JS = re.compile(
    r"^\s*at (?:(?:async |new )?(?P<function>[^()\n]+?) \()?"
    r"(?P<path>[^()\s][^()\n]*?):(?P<line>\d+):\d+\)?$"
)
_CSHARP = re.compile(
    r"^\s*at (?P<function>[\w.`<>+\[\],]+)\([^)\n]*\)(?: in (?P<path>.+?):line (?P<line>\d+))?$"
)
_RUBY = re.compile(
    r"^\s*(?:from )?(?P<path>[^\s:]+\.rb):(?P<line>\d+):in [`'](?P<function>[^'\n]+)'"
)
_GO_CALL = re.compile(
    r"^(?:created by )?(?P<function>(?:[\w.·-]+/)*[\w·-]+\.[^\s(][^\n]*?)(?:\(.*\))?$"
)
_GO_PLACE = re.compile(r"^\s+(?P<path>\S+\.(?:go|s|c)):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$")
_RUST_CALL = re.compile(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<function>[\w:<>{}#$ ,&.*'-]+)$")
_RUST_PLACE = re.compile(r"^\s+at (?P<path>\S+\.rs):(?P<line>\d+)(?::\d+)?$")

_TWO_LINES = ((_RUST_PLACE, _RUST_CALL), (_GO_PLACE, _GO_CALL))
_ONE_LINE = (("File ", _PYTHON), ("at ", _AT), ("at ", _JS), ("at ", _CSHARP), (".rb:", _RUBY))
_FOREIGN = re.compile(
    r"site-packages|dist-packages|node_modules|/lib/python\d|<frozen |<anonymous>|node:internal"
    r"|^(?:java|javax|jdk|sun|scala|kotlin)\.|/rustc/|/gems/|^System\.|^Microsoft\."
    r"|^(?:runtime|testing|reflect|panic|net/http\.\(\*conn\))\.|/src/runtime/|/src/testing/|^std::|^core::"
)


def _frame(match: re.Match[str], function: str = "") -> Frame:
    found = match.groupdict()
    path, name = found.get("path") or "", (found.get("function") or function).strip()
    line = found.get("line")
    foreign = _FOREIGN.search(path) or _FOREIGN.search(name)
    return Frame(
        path=path[:500], function=name[:200], line=int(line) if line else None, in_app=not foreign
    )


def _frame_at(line: str, before: str) -> tuple[Frame, int] | None:
    """The frame that ends on ``line`` and how many lines it takes."""
    for place_of, call_of in _TWO_LINES:
        if (place := place_of.match(line)) and (call := call_of.match(before)):
            return _frame(place, call["function"]), 2
    for needle, pattern in _ONE_LINE:
        if needle in line and (match := pattern.match(line)):
            return _frame(match), 1
    return None


def frames_of(lines: Iterable[str]) -> tuple[tuple[Frame, ...], frozenset[int]]:
    """The frames in ``lines``, innermost last, and the numbers of the lines they took."""
    frames: list[Frame] = []
    innermost_last = 0
    taken: set[int] = set()
    before = ""
    for number, line in enumerate(lines):
        if found := _frame_at(line, before):
            frame, height = found
            frames.append(frame)
            innermost_last += 1 if _PYTHON.match(line) else -1
            taken.update(range(number - height + 1, number + 1))
        before = line
    if innermost_last < 0:
        frames.reverse()
    return tuple(frames), frozenset(taken)
