"""What a report names: functions, files, endpoints, codes, quoted values. Two people who say it in
other words still name the same thing; so do a trace and a complaint."""

import re
from collections.abc import Iterable

from bot.domain.models import Frame

_FILES = r"py|[jt]sx?|go|rs|java|kt|rb|php|c|cc|cpp|h|cs|swift|html|css|sql|vue"
_NAMED = re.compile(
    rf"\b(?P<file>[\w-]+)\.(?:{_FILES})\b"
    r"|\b(?P<call>[A-Za-z_]\w{2,})\(\)"
    r"|\b(?P<code>(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)[A-Z0-9]+(?:-[A-Z0-9]+)*)\b"
    r"|\b(?P<identifier>[A-Za-z]\w*_\w+|[a-z]+\d*[A-Z]\w+|[A-Z][a-z]+[A-Z]\w+)\b"
    r"|(?<![\w<])/(?P<path>[a-z][\w-]*(?:/[\w{}:.-]+)*)"
    r"|(?P<quote>[`'\"“‘])(?P<quoted>[\w.-]{3,40})[`'\"”’]"
    r"|\b(?:http|status|error|code|errno)[ :=#/]*(?P<status>\d{2,6})\b"
    r"|\b(?:returns?|got|with|an?|of)[ :=/]*(?P<answer>[45]\d\d)\b"
    r"|\b(?P<first>[45]\d\d)(?=s?\b[: ]*(?:error|response|status|on|from|bad|gateway|internal))"
)  # fmt: skip
_PART = re.compile(r"[A-Za-z]\w{2,}")
_PLAIN = re.compile(r"[a-z]+")
_CODED = re.compile(r"(?=.*\d)(?:\w+-[\w-]+|\d+)")  # no word, so the words do not hold it
MOST = 60


def names(text: str, frames: Iterable[Frame] = ()) -> list[str]:
    """The names in a text and its stack, at most ``MOST``, each once; a status as ``#504``, a path
    as ``#/orders/refund``."""
    found: dict[str, None] = {}
    for frame in frames:
        found[frame.function.split("(")[0].rsplit(".", 1)[-1]] = None
        found[frame.path.replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]] = None
    for match in _NAMED.finditer(text):
        kind, said = match.lastgroup, match[match.lastgroup or 0]
        if _CODED.fullmatch(said):
            found[f"#{said.lower()}"] = None
        elif kind == "path":
            # Its plain words are said of many things: "charged" is no name for "/charges".
            parts = _PART.findall(said)[-3:]
            found["#/" + "/".join(parts[-2:])] = None
            found.update(dict.fromkeys(p for p in parts if not _PLAIN.fullmatch(p)))
        else:
            found[said] = None
    # An exception's type is said of many unlike things, and is a word of the text anyhow.
    return [n for n in found if len(n) > 2 and not n.endswith(("Error", "Exception"))][:MOST]
