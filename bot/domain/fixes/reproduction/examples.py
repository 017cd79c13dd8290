"""The examples in a report: sessions, snippets, calls in sentences, tracebacks."""

from __future__ import annotations

import ast
import doctest
import io
import re
import tokenize
from collections.abc import Iterator, Sequence

from bot.domain.fixes.python import parsed
from bot.domain.fixes.reproduction.answers import answer, error_in, nearest, said_in
from bot.domain.fixes.reproduction.reading import Passage, passages
from bot.domain.fixes.reproduction.records import Answer, BugReport, Example, Raised, Shown
from bot.domain.fixes.reproduction.symbols import Symbols

_SPAN = re.compile(r"``(?P<two>[^`\n]+)``|`(?P<one>[^`\n]+)`")
_BARE_CALL = re.compile(r"(?<![`\w.])(?:\w+\.)*\w+\([^()`\n]{0,200}\)(?:\.\w+)*")
_FRAME = re.compile(r'^\s*File "[^"\n]*", line \d+, in \S+\n\s+(?P<code>\S.*)$', re.MULTILINE)
_PYTHON = ("", "python", "py", "python3", "pycon", "text")
MAX_EXAMPLES = 40


def examples_in(report: BugReport, symbols: Symbols) -> list[Example]:
    """Every example of a report, in no order of worth."""
    parts = passages(report.title, report.body)
    found: list[Example] = []
    for index, passage in enumerate(parts):
        if not passage.code:
            found += _sentences(parts, index, symbols)
        elif ">>>" in passage.text:
            found += _session(parts, index, symbols)
        elif passage.language in _PYTHON and passage.about == "":
            found += _snippet(parts, index, symbols)
        found += _traceback(passage.text, symbols)
    found += _frames(report, parts, symbols)
    return found[:MAX_EXAMPLES]


def _statements(text: str) -> list[ast.stmt] | None:
    """Statements, None where the text is no Python."""
    module = parsed(text)
    return module.body if module else None


def _same(one: Answer | None, other: Answer | None) -> bool:
    if isinstance(one, Shown) and isinstance(other, Shown):
        if one.node is not None and other.node is not None:
            return ast.dump(one.node) == ast.dump(other.node)
        return one.text.strip() == other.text.strip()
    return isinstance(one, Raised) and isinstance(other, Raised) and one.name == other.name


def _session(parts: Sequence[Passage], index: int, symbols: Symbols) -> Iterator[Example]:
    """An interactive session: what it prints is what came, or what should have come."""
    try:
        steps = doctest.DocTestParser().get_examples(parts[index].text)
    except ValueError:
        return
    setup: list[ast.stmt] = []
    for number, step in enumerate(steps):
        body = _statements(step.source)
        if body is None:
            return
        last = body[-1] if body else None
        is_last = number == len(steps) - 1
        if isinstance(last, ast.Expr) and (step.want or is_last):
            shown = _shown(step, symbols)
            yield from _judged(parts, index, (*setup, *body[:-1]), last.value, shown, symbols)
        setup += body


def _shown(step: doctest.Example, symbols: Symbols) -> Answer | None:
    if step.exc_msg:
        found = error_in(f"Traceback (most recent call last)\n{step.exc_msg}", symbols)
        name = step.exc_msg.partition(":")[0].strip().rpartition(".")[2]
        return found or Raised(name, step.exc_msg.partition(":")[2].strip())
    return answer(step.want, symbols) if step.want.strip() else None


def _judged(
    parts: Sequence[Passage],
    index: int,
    setup: tuple[ast.stmt, ...],
    asked: ast.expr,
    shown: Answer | None,
    symbols: Symbols,
) -> Iterator[Example]:
    """Which of shown, expected and actual is which."""
    question, printed = _unprinted(asked)
    expected = nearest(parts, index, 0, "expected", symbols)
    actual = nearest(parts, index, 0, "actual", symbols)
    if isinstance(shown, Raised):
        if not _same(expected, shown):
            sure = 5 if expected else 3
            yield Example("doctest", setup, question, expected, shown, sure, printed)
        return
    if shown is None:
        if expected is not None or isinstance(actual, Raised):
            yield Example("doctest", setup, question, expected, actual, 4, printed)
        return
    if expected is not None and not _same(expected, shown):
        yield Example("doctest", setup, question, expected, shown, 5, printed)
    if _same(actual, shown):
        return
    sure = 5 if _same(expected, shown) or (actual is not None and expected is None) else 2
    told = actual if sure == 5 else None
    yield Example("doctest", setup, question, shown, told, sure, printed)


def _unprinted(node: ast.expr) -> tuple[ast.expr, bool]:
    match node:
        case ast.Call(func=ast.Name(id="print"), args=[inner], keywords=[]):
            return inner, True
        case _:
            return node, False


def _snippet(parts: Sequence[Passage], index: int, symbols: Symbols) -> Iterator[Example]:
    """A script: its asserts, its commented lines, or its last expression."""
    text = parts[index].text
    body = _statements(text)
    if body is None:
        return
    actual = nearest(parts, index, 0, "actual", symbols)
    expected = nearest(parts, index, 0, "expected", symbols)
    comments = _comments(text)
    setup: list[ast.stmt] = []
    told = False
    for node in body:
        if isinstance(node, ast.Assert):
            told = True
            yield Example("assertion", tuple(setup), node, None, actual, 5)
            continue
        comment = comments.get(node.end_lineno or 0, "")
        asked = _asked(node)
        if comment and asked is not None:
            for example in _commented(setup, asked, comment, symbols):
                told = True
                yield example
        setup.append(node)
    asked = _asked(body[-1]) if body else None
    if asked is not None and not told and (expected is not None or isinstance(actual, Raised)):
        question, printed = asked
        if not _same(expected, actual):
            yield Example("snippet", tuple(body[:-1]), question, expected, actual, 4, printed)


def _asked(node: ast.stmt) -> tuple[ast.expr, bool] | None:
    match node:
        case ast.Expr(value=value):
            return _unprinted(value)
        case ast.Assign(value=ast.Call() as value):
            return value, False
        case _:
            return None


def _commented(
    setup: list[ast.stmt], asked: tuple[ast.expr, bool], comment: str, symbols: Symbols
) -> Iterator[Example]:
    question, printed = asked
    told = said_in(comment, symbols)
    expected = next((each.answer for each in told if each.about == "expected"), None)
    actual = next((each.answer for each in told if each.about == "actual"), None)
    arrow = re.match(r"(?:=>|->|→|==|should be|must be)?\s*(?P<value>.+?)(?:,?\s+but\b|$)", comment)
    bare = answer(arrow["value"], symbols) if arrow else None
    plain = isinstance(bare, Raised) or (isinstance(bare, Shown) and bare.node is not None)
    if expected is None and re.search(r"\bbut\b", comment) and plain:
        expected = bare  # "=> 3 but got 4"
        actual = next((each.answer for each in reversed(told)), None)
    if expected is not None or isinstance(actual, Raised):
        if not _same(expected, actual):
            yield Example("snippet", tuple(setup), question, expected, actual, 5, printed)
    elif plain and not isinstance(bare, Raised):
        yield Example("snippet", tuple(setup), question, bare, None, 2, printed)


def _comments(text: str) -> dict[int, str]:
    """Comments by their line."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def _sentences(parts: Sequence[Passage], index: int, symbols: Symbols) -> Iterator[Example]:
    """Calls in running text."""
    text = parts[index].text
    bare = _SPAN.sub(lambda span: " " * len(span[0]), text)
    for match in (*_SPAN.finditer(text), *_BARE_CALL.finditer(bare)):
        groups = match.groupdict()
        code = groups.get("one") or groups.get("two") or match[0]
        if "#" in code:
            comment = _comments(code).get(1, "")
            body = _statements(code)
            asked = _asked(body[-1]) if body else None
            if asked and comment:
                yield from _commented([], asked, comment, symbols)
            continue
        body = _statements(code.strip())
        if not body or len(body) != 1 or not isinstance(body[0], ast.Expr):
            continue
        question, printed = _unprinted(body[0].value)
        if not _calls(question, symbols):
            continue
        expected = nearest(parts, index, match.end(), "expected", symbols)
        actual = nearest(parts, index, match.end(), "actual", symbols)
        if (expected is None and not isinstance(actual, Raised)) or _same(expected, actual):
            continue
        sure = 5 if expected is not None and actual is not None else 3
        yield Example("sentence", (), question, expected, actual, sure, printed)


def _calls(node: ast.expr, symbols: Symbols) -> bool:
    """Whether a call of something the checkout defines is in ``node``."""
    return any(
        isinstance(part, ast.Call) and ast.unparse(part.func).split(".")[-1] in symbols.names
        for part in ast.walk(node)
    )


def _traceback(text: str, symbols: Symbols) -> Iterator[Example]:
    """The calls a traceback shows."""
    error = error_in(text, symbols)
    if error is None:
        return
    for match in _FRAME.finditer(text):
        yield from _call_in(match["code"], error)


def _frames(report: BugReport, parts: Sequence[Passage], symbols: Symbols) -> Iterator[Example]:
    """The calls a report's frames show, with the exception its title names."""
    error: Raised | None = None
    for passage in parts:
        match = re.match(r"(?:\w+\.)*(\w+)(?::\s*(.*))?$", passage.text.strip(), re.DOTALL)
        if match and symbols.is_error(match[1]):
            error = Raised(match[1], (match[2] or "").strip())
            break
    if error:
        for frame in report.frames:
            yield from _call_in(frame.code, error)


def _call_in(code: str, error: Raised) -> Iterator[Example]:
    body = _statements(code.strip().removeprefix("return ").removeprefix("await "))
    asked = _asked(body[0]) if body and len(body) == 1 else None
    if asked is not None and any(isinstance(part, ast.Call) for part in ast.walk(asked[0])):
        yield Example("traceback", (), asked[0], None, error, 2, False)
