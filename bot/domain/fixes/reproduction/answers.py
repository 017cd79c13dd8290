"""What a report says should come, and what came instead: the words around a value."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.fixes.reproduction.reading import Passage
from bot.domain.fixes.reproduction.records import Answer, Raised, Shown
from bot.domain.fixes.reproduction.symbols import Symbols

_EMPTY = {"list": "[]", "string": "''", "dict": "{}", "tuple": "()", "set": "set()"}
_WORDS = {
    **{f"an empty {name}": value for name, value in _EMPTY.items()},
    **{f"the empty {name}": _EMPTY[name] for name in ("list", "string")},
    "none": "None",
    "true": "True",
    "false": "False",
    "zero": "0",
}
_VALUE = (
    r"(?:``[^`]+``|`[^`]+`|'[^'\n]{0,200}'|\"[^\"\n]{0,200}\""
    r"|(?:an?|the) empty (?:list|string|dict|tuple|set)"
    r"|\[[^\]\n]{0,200}\]|\{[^}\n]{0,200}\}|\([^)\n]{0,200}\)"
    r"|(?:\w{1,60}\.){0,6}(?-i:[A-Z][a-z])\w{0,60}\b(?!['.(])"
    r"|-?\d[\d_]{0,40}(?:\.\d+)?(?:e-?\d+)?\b(?!\s?[%/])|None|True|False|zero\b)"
)
# Bounded on purpose: the text is anybody's.
_FILLER = (
    r"(?:\s{1,3}(?:an?(?! empty)|the(?! empty)|me|us|it|to|be|values?|result|answer|of|that|as|with"
    r"|is|was|error|exception|back|only|just|returning|get|see|return|raise)\b){0,5}[\s:=]{0,6}"
)
_SHOULD = (
    r"expected(?:\s+(?:result|output|value|behaviou?r|answer))?|expect(?:s|ing)?"
    r"|should(?:\s+(?:\w+\s+)?(?:be|return|give|equal|print|yield|have\s+been|raise|produce|evaluate))?"
    r"|instead\s+of|rather\s+than|must\s+(?:be|return)|ought\s+to\s+be|want(?:ed|s)?|and\s+not|,\s*not"
    r"|correct\s+(?:result|answer|value)"
)
_DOES = (
    r"return(?:s|ed)|gives?|gave|got|gets?|is|was|prints?|printed|yields?|yielded|comes?\s+out\s+as"
    r"|actual(?:ly)?(?:\s+(?:result|output|value|behaviou?r))?|rais(?:es|ed)|throws?|threw|produces?"
    r"|(?:fail(?:s|ed)?|crash(?:es|ed)?|di(?:es|ed))\s+with|evaluates?\s+to|shows?|=>|->|→|returning"
)
_SAID = re.compile(
    rf"(?P<should>\b(?:{_SHOULD}))(?P<f1>{_FILLER})(?P<expected>{_VALUE})"
    rf"|(?P<does>(?:\b|(?<=\s))(?:{_DOES}))(?P<f2>{_FILLER})(?P<actual>{_VALUE})",
    re.IGNORECASE,
)
_EXPECT_TO = re.compile(
    rf"expect(?:ed|s)?\s+`[^`]+`\s+to\s+(?:be|return|equal|give|raise|print)\s+(?P<expected>{_VALUE})",
    re.IGNORECASE,
)
_ERROR = re.compile(r"^(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*)(?::\s?(?P<message>.*))?$", re.DOTALL)
_ASKS = re.compile(r"\b(\w{1,80})\(")
_LAST_LINE = re.compile(r"^(?:E\s+)?((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (.*))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """``at`` is the place in the text where it was said."""

    at: int
    about: str
    answer: Answer


def answer(text: str, symbols: Symbols) -> Answer | None:
    """A value or an exception, as written between backticks or bare."""
    text = text.strip()
    if text.startswith("`"):
        text = text.strip("`").strip("\n") if text.startswith("``") else text[1:-1]
    text = _WORDS.get(text.strip().lower(), text)
    error = _ERROR.match(text.strip())
    if error and symbols.is_error(error["name"]):
        return Raised(error["name"], error["message"] or "")
    try:
        return Shown(text, ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Shown(text) if text.strip() else None


def said_in(text: str, symbols: Symbols) -> list[StatedAnswer]:
    """Everything a text says about what should be and what is, in order."""
    found = []
    for match in [*_EXPECT_TO.finditer(text), *_SAID.finditer(text)]:
        groups = match.groupdict()
        about = "expected" if groups.get("expected") else "actual"
        value = answer(groups[about] or "", symbols)
        if value is not None and not _is_prose(groups[about], value, symbols):
            found.append(StatedAnswer(match.start(about), about, value))
    return sorted(found, key=lambda each: each.at)


def _is_prose(text: str, value: Answer, symbols: Symbols) -> bool:
    """A bare word (``is The``), or ``expected `total(x)` to be``: the question, no answer."""
    node = value.node if isinstance(value, Shown) else None
    if isinstance(node, ast.Name | ast.Attribute):
        return not text.startswith(("`", "'", '"'))
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).rpartition(".")[2]
    return name in symbols.names and not name[:1].isupper()


def announced(passage: Passage, symbols: Symbols) -> Answer | None:
    """The value of a passage whose heading says what it is."""
    text = passage.text.strip()
    if passage.code:
        return error_in(text, symbols) or answer(text, symbols)
    for each in said_in(text, symbols):
        return each.answer
    spans = re.findall(r"`[^`]+`", text)
    if spans:
        return answer(spans[0], symbols)
    match = re.search(_VALUE, text)
    whole = answer(text.rstrip("."), symbols)
    if isinstance(whole, Raised) or (isinstance(whole, Shown) and whole.node is not None):
        return None if _is_word(text) else whole
    return answer(match[0], symbols) if match and match.start() < 40 else None


def _is_word(text: str) -> bool:
    return bool(re.fullmatch(r"(?!(?:None|True|False)\.?$)[A-Za-z]+\.?", text))


def error_in(text: str, symbols: Symbols) -> Raised | None:
    """The exception a traceback ends with."""
    if "Traceback (most recent call last)" not in text:
        return None
    for match in reversed(list(_LAST_LINE.finditer(text))):
        name = match[1].rpartition(".")[2]
        if symbols.is_error(name) or name.endswith(("Error", "Exception")):
            return Raised(name, match[2] or "")
    return None


def nearest(
    parts: Sequence[Passage], where: int, after: int, about: str, symbols: Symbols
) -> Answer | None:
    """What is said about a question in passage ``where``, that ends there at ``after``.

    A heading that announces it comes first; then the rest of its own passage, what follows it,
    and what leads up to it.
    """
    for passage in parts:
        if passage.about == about:
            found = announced(passage, symbols)
            if found is not None:
                return found
    for index in (where, *range(where + 1, len(parts)), *range(where - 1, -1, -1)):
        passage = parts[index]
        if passage.code:
            if about == "actual" and index != where:
                error = error_in(passage.text, symbols)
                if error is not None:
                    return error
            continue
        told = [each for each in said_in(passage.text, symbols) if each.about == about]
        others = _questions(passage.text, symbols)
        if index == where:
            later = min((at for at in others if at >= after), default=len(passage.text))
            told = [each for each in told if after <= each.at < later] or told[-1:]
        elif index > where:
            told = [each for each in told if each.at < min(others, default=len(passage.text))]
        else:
            told = [each for each in told if each.at > max(others, default=-1)][::-1]
        if told:
            return told[0].answer
    return None


def _questions(text: str, symbols: Symbols) -> list[int]:
    """Where a text asks something of its own: what follows there is about that."""
    return [
        match.start()
        for match in _ASKS.finditer(text)
        if match[1] in symbols.names and not match[1][:1].isupper()
    ]
