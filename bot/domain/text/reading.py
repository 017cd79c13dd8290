"""Takes a report apart: prose, code, error lines, frames; templates and boilerplate out."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.models import Frame
from bot.domain.text.frames import frames_of
from bot.domain.text.masking import mask

BODY_LIMIT = 8_000
LINE_LIMIT = 600

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(
    r"</?(?:details|summary|br|p|div|b|i|em|strong|code|pre|img|a|ul|ol|li|h\d|sub|sup|kbd|table|tr|td|th)\b[^>]*>",
    re.I,
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_JIRA_LINK = re.compile(r"\[([^|\]\n]+)\|[^\]\n]+\]")
_FENCE = re.compile(r"^\s*(?:```|~~~|\{(?:code|noformat)(?::[^}]*)?\})")
_JIRA_FENCE = re.compile(r"\{(?:code|noformat)(?::[^}]*)?\}")
_PREFIX = re.compile(
    r"^\s*(?:>\s?)*(?:#{1,6}\s+|h[1-6]\.\s+|[-*+•]\s+|\d{1,2}[.)]\s+)?(?:\[[ xX]\]\s*)?"
)
_STRESS = re.compile(
    r"[*_]{2,}|(?<!\w)[*_](?=\w)|(?<=\w)[*](?!\w)|`|\{\{|\}\}|\{color[^}]*\}|\{quote\}"
)
_SETTING = re.compile(
    r"^\s*(?:export |set )?[A-Z][A-Z0-9_]{2,}\s*="
    r"|^\s*[\w .-]{2,30}:\s*(?:v?\d[\w.+-]*|n/?a|none|yes|no)?\s*$"
)
_PROMPT = re.compile(
    r"^(?:what (?:steps|is the|is your|did you|do you|version|happened|should|does|operating"
    r"|were you|went wrong|are you)|which (?:compiler|operating|revision|version|os)"
    r"|(?:steps|how) to reproduce|to reproduce|reproduction|expected|actual|current behaviou?r"
    r"|observed|describe|a clear and concise|please (?:provide|answer|describe|include|fill|check"
    r"|make sure|search|use|don't|do not|read|add|paste|note)|if (?:possible|applicable),?"
    r"|before (?:filing|submitting|opening|you)|additional (?:context|information|notes|details)"
    r"|screenshots?|environment|system info|your environment|possible solution|is there an existing"
    r"|i have (?:searched|read|checked|verified|looked)|i'?ve (?:searched|read|checked)"
    r"|i (?:agree|am using)"
    r"|checklist|attachments?|does this issue reproduce|is your feature request"
    r"|version(?:s| information)?\b"
    r"|the latest release|reproduce the problem|thanks[.!]?$|thank you|related (?:issues?|to)$"
    r"|motivation|summary|description|details|background|overview|bug (?:report|description)"
    r"|issue (?:type|description|summary)|feature (?:request|description))",
    re.I,
)
_ERROR = re.compile(
    r"\b(?:[A-Za-z_.]*(?:Error|Exception|Failure)\b|error|panic|fatal|fail(?:ed|ure|s|ing)?"
    r"|traceback"
    r"|segmentation fault|segfault|sig(?:segv|abrt|bus|ill|fpe)|core dumped"
    r"|assert(?:ion)?|abort(?:ed)?"
    r"|unexpected|undefined|cannot|can't|could not|unable to|denied|refused"
    r"|timed? ?out|deadlock|overflow"
    r"|out of memory"
    r"|oom|invalid|crash(?:e[ds])?|nil pointer|null pointer|not found|no such)\b",
    re.I,
)
_STRONG_ERROR = re.compile(
    r"^\s*(?:\S+:\d+:?(?:\d+:?)?\s+.*|(?:[\w.$]+(?:Error|Exception|Failure)|panic"
    r"|fatal(?: error)?|error|FAIL|Caused by|thread '.*' panicked"
    r"|internal compiler error|SIG[A-Z]+)\b[: ].*)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A report taken apart. ``lines`` are its line keys, for ``CommonLines``."""

    title: str
    prose: str
    code: str
    errors: tuple[str, ...]
    frames: tuple[Frame, ...]
    lines: frozenset[int]

    @property
    def error(self) -> str:
        """The first error line, or nothing."""
        return self.errors[0] if self.errors else ""

    def to_embed(self, limit: int = 1_200) -> str:
        """What an embedder should see: the telling parts first, at most ``limit`` characters. Error
        lines come after the prose: small models read sentences better than output."""
        parts = (self.title, self.prose, *self.errors, self.code)
        return "\n".join(part for part in parts if part)[:limit]


def line_key(line: str) -> int:
    """Names a line apart from numbers, ids, letter case and punctuation at its ends."""
    return zlib.crc32(mask(line).lower().strip(" \t#*_->:.?!`|").encode())


class CommonLines:
    """Learns which lines many of a project's reports share: its templates and boilerplate."""

    def __init__(self, *, least: int = 8, share: float = 0.01) -> None:
        self._seen: Counter[int] = Counter()
        self._reports = 0
        self._least, self._share = least, share

    def learn(self, lines: Iterable[int]) -> None:
        """One more report with these lines."""
        self._reports += 1
        self._seen.update(lines)
        if self._reports % 4_096 == 0:  # A line seen once in thousands of reports is no template.
            floor = max(1, self._reports // 8_192)
            self._seen = Counter({key: n for key, n in self._seen.items() if n > floor})

    def __contains__(self, key: int) -> bool:
        return self._seen[key] >= max(self._least, self._share * self._reports)


def _plain(line: str) -> str:
    line = _LINK.sub(r"\1", line)
    line = _JIRA_LINK.sub(r"\1", line)
    return _STRESS.sub("", _PREFIX.sub("", line, count=1)).strip()


def read(title: str, body: str, common: CommonLines | None = None) -> Text:
    """Take a report apart; lines in ``common`` are left out."""
    body = _COMMENT.sub(" ", body[:BODY_LIMIT].replace("\r\n", "\n").replace("\xa0", " "))
    lines = [line[:LINE_LIMIT] for line in body.split("\n")]
    frames, taken = frames_of(line.lstrip("> ") if line.startswith(">") else line for line in lines)
    prose: list[str] = []
    code: list[str] = []
    errors: list[str] = []
    keys: set[int] = set()
    fenced = False
    # A note of a few lines follows no template, however much its words sound like one.
    templated = sum(bool(line.strip()) for line in lines) > 3
    for number, raw in enumerate(lines):
        if _FENCE.match(raw) or (fenced and _JIRA_FENCE.search(raw)):
            inside = _JIRA_FENCE.findall(raw)
            if raw.count("```") < 2 and len(inside) < 2:
                fenced = not fenced
            raw = _JIRA_FENCE.sub(" ", raw.replace("```", " "))
        if number in taken or not raw.strip():
            continue
        line = _plain(_TAG.sub(" ", raw)) if not fenced else raw.strip()
        if len(line) < 2:
            continue
        if len(line) > 8:
            key = line_key(line)
            keys.add(key)
            if common is not None and key in common:
                continue
        if templated and not fenced and _is_prompt(line):
            continue
        indented = raw.startswith(("    ", "\t"))
        if fenced or indented or _looks_like_code(line):
            if templated and _SETTING.match(line):
                continue
            if _STRONG_ERROR.match(line) or (_ERROR.search(line) and len(line) < 200):
                errors.append(line)
            else:
                code.append(line)
        else:
            if _STRONG_ERROR.match(line):
                errors.append(line)
            prose.append(line)
    return Text(
        title=_plain(_TAG.sub(" ", title)),
        prose="\n".join(prose),
        code="\n".join(code),
        errors=tuple(dict.fromkeys(errors)),
        frames=frames,
        lines=frozenset(keys),
    )


def _is_prompt(line: str) -> bool:
    """Whether a line is a template's question, or a setting rather than a sentence."""
    if len(line) >= 120 or not (_PROMPT.match(line) or _SETTING.match(line)):
        return False
    return len(line) < 70 or line.endswith("?")


def _looks_like_code(line: str) -> bool:
    """Whether a line outside any code block is code or output all the same."""
    if line.endswith(("{", "}", ";", "})", ");", ",")) and any(c in line for c in "(){}=;"):
        return True
    if line.startswith(
        ("$ ", "func ", "import ", "package ", "#include", "def ", "class ", "var ")
    ):
        return True
    letters = sum(map(str.isalpha, line)) + line.count(" ")
    return letters < 0.72 * len(line)
