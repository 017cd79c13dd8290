"""A report's Markdown as passages, text under what heading, and their code as steps: scripts, and
sessions with or without dots."""

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import Literal

from bot.domain.fixes.python import literal, parsed, printable
from bot.domain.fixes.reproduction import tables
from bot.domain.fixes.reproduction.records import Answer, Shown
from bot.domain.fixes.reproduction.symbols import Symbols

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


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage among the others of its report, what the checkout defines, and whether the report
    says of any question what came."""

    parts: Sequence[Passage]
    index: int
    symbols: Symbols
    tells_what_came: bool = False

    @property
    def passage(self) -> Passage:
        """The one that is meant."""
        return self.parts[self.index]

    def names(self, told: Answer) -> bool:
        """Whether code of the report says what it stands for: of "`a` is later than `b`"."""
        text = told.text if isinstance(told, Shown) and told.node is None else ""
        given = re.compile(rf"^(?:\s*>>>)?\s*{re.escape(text)}\s*=(?!=)", re.MULTILINE)
        return text.isidentifier() and any(given.search(p.text) for p in self.parts if p.code)

    @property
    def prose(self) -> list[str]:
        """All text of the report that is no code."""
        return [part.text for part in self.parts if not part.code]


_FENCE = re.compile(r"^\s{0,12}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$")
_HEADING = re.compile(
    r"^\s{0,3}(?:#{1,6}\s+(?P<hash>.+?)\s*#*|\*\*(?P<bold>[^*]{1,60}?):?\*\*:?\s*(?P<rest>.*)"
    r"|(?P<plain>(?:expected|actual|observed|current)\b[\w ]{0,30}?):\s*(?P<after>.*))$",
    re.IGNORECASE,
)
# "> TypeError: ..." alone
_QUOTED_ERROR = re.compile(r"\s*> ?(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): [^\n]*\s*$")
_EXPECTED = re.compile(r"\b(expect\w*|should|desired|want\w*|correct)\b", re.IGNORECASE)
_ACTUAL = re.compile(
    r"\b(actual\w*|observed|instead|got|gets?|gives?|gave|returns?|prints?|see|current\w*"
    r"|what happen\w*|result|output|traceback|error)\b",
    re.IGNORECASE,
)


def passages(title: str, body: str) -> list[Passage]:
    """The title, then the body in order; a body that begins with the title says it once."""
    found = [Passage(title[:MAX_LINE])] if title else []
    lines = body[:MAX_BODY].replace("\r\n", "\n").lstrip("\n").split("\n")
    if title and lines[0].strip("# \t") == title.strip("# \t"):  # "# It returns 5" heads nothing
        del lines[0]
    for passage in _body(lines):
        found += _with_output(passage) if passage.code else _unfenced(passage)
    rows = tables.told_in([line[:MAX_LINE] for line in lines], title)
    found += (Passage(text, language="row") for text in rows)
    return [passage for passage in found if passage.text.strip()][:MAX_PASSAGES]


def _with_output(passage: Passage) -> list[Passage]:
    """A block of code, and by itself what stands below in the same block and is none."""
    lines = passage.text.splitlines()
    if is_session(passage.text) or len(lines) > MAX_OPEN or parsed(passage.text):
        return [passage]
    for at in range(len(lines) - 1, 0, -1):
        body = parsed("\n".join(lines[:at]))
        if body and any(_is_code(node) for node in body.body):
            rest = Passage(
                "\n".join(lines[at:]).strip("\n"), passage.about, code=True, language="text"
            )
            return [replace(passage, text="\n".join(lines[:at])), rest]
    return [passage]


def _unfenced(passage: Passage) -> Iterator[Passage]:
    """Prose, and by themselves paragraphs of it that are code."""
    head: list[str] = []
    for text in re.split(r"\n\s*\n", passage.text):
        if _QUOTED_ERROR.match(text):
            yield replace(passage, text="\n\n".join(head))
            head = []
            yield replace(passage, text=re.sub("^> ?", "", text, flags=re.M), code=True)
            continue
        body = parsed(text) if len(text) < MAX_LINE else None
        several = "\n" in text.strip() and body and any(map(_is_code, body.body))
        if several or (literal(text) is not ... and "".join(head[-1:]).rstrip().endswith(":")):
            yield replace(passage, text="\n\n".join(head))
            head = []
            yield replace(passage, text=text.strip("\n"), code=True)
        else:
            head.append(text)
    yield replace(passage, text="\n\n".join(head))


def _is_code(node: ast.stmt) -> bool:
    """Whether a statement is none that prose may look like."""
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return calls or isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.Try)


def _about(heading: str) -> About:
    if _EXPECTED.search(heading):
        return "expected"
    return "actual" if _ACTUAL.search(heading) else ""


def announcing(parts: Sequence[Passage], index: int) -> About:
    """What the words right before a block say that it shows: the last that say anything count."""
    if not index or parts[index - 1].code:
        return ""
    words = re.split(r"(?<=[.!?])\s|\n\s*\n", parts[index - 1].text.strip())[-1]
    # "expect it to give", "expected output"
    acts = r"\bto \w+|(?<=\bexpected )(?:output|results?)\b"
    plain = re.sub(acts, lambda found: " " * len(found[0]), words, flags=re.I)
    pairs = (_EXPECTED, words), (_ACTUAL, plain)
    last = [max((m.end() for m in each.finditer(text)), default=0) for each, text in pairs]
    if re.fullmatch(r"\W*(?:this|that|it)\s+would\s+(?:be|look\s+like|give)\W*", words, re.I):
        return "expected"  # "For [code] that would be"
    if last[0] and (last[0] > last[1] or re.search(r"\b(?:should|would|must)\b", words, re.I)):
        return "expected"
    rather = re.search(r"(?:should|must)n['’]t\b.*,", words, re.I)
    if rather and literal(parts[index].text) is not ...:  # "there shouldn't be a 2, this is all:"
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
        elif (typed := _PROMPT.match(line)) or _starts_indented(line, lines[: position - 1]):
            yield from flush()
            start, more = position - 1, r"\s*\S" if typed else r"    |\t|\s*$"
            while position < len(lines) and re.match(more, lines[position]):
                position += 1
            code = textwrap.dedent("\n".join(each[:MAX_LINE] for each in lines[start:position]))
            yield Passage(code.strip("\n"), about, code=True, language="pycon" if typed else "")
        elif heading:
            yield from flush()
            name = heading["hash"] or heading["bold"] or heading["plain"]
            about = _about(name)
            rest = heading["rest"] or heading["after"] or ""
            if about and rest.rstrip().endswith(":"):
                yield Passage(rest)  # it says what of
            elif about and rest.strip():
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


_PROMPT = re.compile(r"^\s*(?:>>>|In \[\d+\]:)(?: |$)")
_DOTS = re.compile(r"^\s*\.\.\.:?(?: |$)")
_OUT = re.compile(r"^\s*Out\[\d+\]: ?")
# "# -> [1]" on the line below a call
_TOLD_BELOW = re.compile(r"\s*#+\s*(?:=>|->|→|==>)\s*\S")
MAX_OPEN = 60  # lines that a statement without dots may take
MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, what it printed at a prompt, and the comment beside either."""

    node: ast.stmt
    shown: str = ""
    comment: str = ""


def is_session(text: str) -> bool:
    """Whether a block is typed at a prompt."""
    return any(_PROMPT.match(line) for line in text.splitlines())


def steps_of(text: str) -> list[Step]:
    """The steps of a block; none where it is no Python. A script's main part is unwrapped."""
    if is_session(text):
        typed = islice(_typed(text.splitlines()), MAX_STEPS)
        return [step for step in typed if printable(step.node)]
    module, remarks = parsed(text), comments(text)
    lines, steps = text.splitlines(), []
    for node in module.body if module and printable(module) else ():
        main = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        # what was tried, without what is done then, but for what is printed
        caught = "".join(map(ast.unparse, getattr(node, "handlers", ())))
        tries = isinstance(node, ast.Try) and "print(" not in caught
        for part in node.body if (main or tries) and hasattr(node, "body") else [node]:
            at, below = part.end_lineno or 0, ""
            beside = remarks.get(at, "")
            under = list(takewhile(re.compile(r"\s*#").match, lines[at:]))
            if ast.unparse(part).startswith("print("):  # what it prints may stand below
                below = "\n".join(re.sub(r"^\s*#+[> ]?\s?", "", line) for line in under)
                if len(under) == 1 and not beside and re.search(r"\bshould\b", below):
                    below, beside = "", below
            elif under and not beside and _TOLD_BELOW.match(under[0]):
                beside = ", ".join(line.strip("# \t") for line in under)
            steps.append(Step(part, below, beside))
    return steps[:MAX_STEPS]


def _typed(lines: list[str]) -> Iterator[Step]:
    """What was typed at a prompt; it ends at the first that is no Python."""
    at = next(n for n, line in enumerate(lines) if _PROMPT.match(line))
    while at < len(lines):
        typed, start, body = [_PROMPT.sub("", lines[at])], at, None
        at += 1
        while at < len(lines) and not _PROMPT.match(lines[at]) and at < start + MAX_OPEN:
            if not _DOTS.match(lines[at]) and (body := parsed("\n".join(typed))):
                break
            typed.append(_DOTS.sub("", lines[at]))
            at += 1
        body = body or parsed("\n".join(typed))
        if body is None:
            return
        shown = []
        while at < len(lines) and not _PROMPT.match(lines[at]):
            shown.append(_OUT.sub("", lines[at]))
            at += 1
        said = "\n".join(shown).strip("\n")
        remarks = [*comments("\n".join(typed)).values()]
        if parsed(said) and (beside := comments(said)):
            remarks += beside.values()
            said = said[: said.rindex("#", 0, len(said) - len(remarks[-1]))]
        yield from (Step(node) for node in body.body[:-1])
        yield from (Step(node, said.rstrip(), " ".join(remarks)) for node in body.body[-1:])


def comments(text: str) -> dict[int, str]:
    """Comments by their line."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, SyntaxError):
        pass
    return found
