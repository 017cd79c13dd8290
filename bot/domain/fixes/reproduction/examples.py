"""The examples in a report: scripts, sessions, calls in sentences, tracebacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.fixes.reproduction.answers import (
    answer,
    error_in,
    hangs,
    nearest,
    resolved,
    said_in,
    sentence_at,
)
from bot.domain.fixes.reproduction.reading import Passage, announcing, passages
from bot.domain.fixes.reproduction.records import Answer, BugReport, Example, Raised, Shown
from bot.domain.fixes.reproduction.sentences import (
    asked_in,
    calls_in,
    calls_it,
    same,
    sentences,
    together,
)
from bot.domain.fixes.reproduction.sessions import Step, is_session, steps_of
from bot.domain.fixes.reproduction.symbols import Symbols

_FRAME = re.compile(r'^\s*File "[^"\n]*", line \d+, in \S+\n\s+(?P<code>\S.*)$', re.MULTILINE)
_PYTHON = ("", "python", "py", "python3", "pycon", "text", "ipython", "console")
_ARROW = re.compile(r"(?:=>|->|→|==|should be|must be)?\s*(?P<value>.+?)(?:,?\s+but\b|$)")
_WITH_VALUES = re.compile(r"\w\([^)\n]+\)")
MAX_EXAMPLES = 40


def examples_in(report: BugReport, symbols: Symbols) -> list[Example]:
    """Every example of a report, in no order of worth."""
    parts = passages(report.title, report.body)
    parts = [_kind_of(parts, index, symbols) for index in range(len(parts))]
    found: list[Example] = []
    for index, passage in enumerate(parts):
        if not passage.code:
            found += together(list(sentences(parts, index, symbols)))
            for *_, code in calls_in(passage.text, symbols):
                for step in steps_of(code) if "#" in code else ():
                    found += _judged(parts, index, [], step, symbols)
        elif is_session(passage.text) or (passage.language in _PYTHON and not passage.about):
            found += _block(parts, index, symbols)
        error = error_in(passage.text, symbols)
        for match in _FRAME.finditer(passage.text) if error else ():
            found += _called(match["code"], error)
    title = [answer(passage.text, symbols) for passage in parts if not passage.code]
    error = next((told for told in title if isinstance(told, Raised)), None)
    for frame in report.frames if error else ():
        found += _called(frame.code, error)
    return found[:MAX_EXAMPLES]


def _kind_of(parts: Sequence[Passage], index: int, symbols: Symbols) -> Passage:
    """A block that asks nothing shows what came, or should come; lines with arrows are told."""
    passage = parts[index]
    if not passage.code or passage.about or is_session(passage.text):
        return passage
    steps = steps_of(passage.text)
    if not steps and any(calls_in(passage.text, symbols)):
        return replace(passage, code="Traceback" in passage.text)
    if not any(calls_it(step.node, symbols) for step in steps):
        return replace(passage, about=announcing(parts, index))
    return passage


def _block(parts: Sequence[Passage], index: int, symbols: Symbols) -> Iterator[Example]:
    """What was typed: its asserts, its lines with an answer, its output, its last expression."""
    steps = steps_of(parts[index].text)
    body = [step.node for step in steps]
    own = [*_ready_made(body), *_said_to_raise(parts, index, body, symbols)]
    before: list[ast.stmt] = []
    for step in steps:
        if isinstance(step.node, ast.Assert):
            actual = nearest(parts, index, (0, 0), "actual", symbols)
            own.append(Example("assertion", tuple(before), step.node, None, actual, 5))
            continue
        if step.shown or step.comment:
            own += _judged(parts, index, before, step, symbols)
        before.append(step.node)
    yield from own
    if not own and steps and not steps[-1].shown:
        yield from _whole(parts, index, body, symbols)


def _whole(
    parts: Sequence[Passage], index: int, body: list[ast.stmt], symbols: Symbols
) -> Iterator[Example]:
    """A script without a word in it: what is told of its output, or of its last expression."""
    expected = nearest(parts, index, (0, 0), "expected", symbols)
    actual = nearest(parts, index, (0, 0), "actual", symbols)
    asked = asked_in(body[-1])
    prints = ast.unparse(ast.Module(body, [])).count("print(")
    if prints > 1 or (prints and asked is None):
        lines = len(expected.text.strip().splitlines()) if isinstance(expected, Shown) else 0
        plain = lines > 1 or (isinstance(actual, Raised) and not expected)
        if plain and not same(expected, actual):
            yield Example("snippet", (), ast.Module(body, []), expected, actual, 5)
        return
    if asked is None or isinstance(expected, Raised):  # which call should raise, a sentence says
        return
    question, printed = asked
    expected = resolved(expected, question)
    said = " ".join(part.text for part in parts if not part.code)
    if actual is None and calls_it(question, symbols) and hangs(said):
        yield Example("snippet", tuple(body[:-1]), question, expected, None, 3, printed, hangs=True)
    elif (expected is not None or isinstance(actual, Raised)) and not same(expected, actual):
        yield Example("snippet", tuple(body[:-1]), question, expected, actual, 4, printed)


def _judged(
    parts: Sequence[Passage], index: int, before: list[ast.stmt], step: Step, symbols: Symbols
) -> Iterator[Example]:
    """Which of what a step shows, its comment says and the text tells is which."""
    setup, about = tuple(before), parts[index].about
    asked = asked_in(step.node)
    if asked is None and not (step.shown and "print(" in ast.unparse(step.node)):
        return
    question, printed = asked or (ast.Module([*before, step.node], []), False)
    remarks = said_in(step.comment, symbols)
    told: dict[str, Answer | None] = {each.about: each.answer for each in reversed(remarks)}
    shown = _answer(step.shown, symbols) if asked else Shown(step.shown)
    bare = _ARROW.match(step.comment)
    value = answer(bare["value"], symbols) if bare else None
    sure = 5
    if isinstance(value, Shown) and value.node is not None and "expected" not in told:
        if re.search(r"\bbut\b", step.comment):
            told = {"expected": value, "actual": remarks[-1].answer if remarks else None}
        elif not told and not step.shown:
            told, sure = {"expected": value}, 2
    if step.shown:
        for each in ("expected", "actual"):
            told.setdefault(each, nearest(parts, index, (0, 0), each, symbols))
    elif isinstance(value, Raised) and not told:
        told = {"actual": value}
    other = _elsewhere(parts, index, step.node, symbols) if step.shown else None
    expected, actual = told.get("expected"), told.get("actual")
    if isinstance(question, ast.expr):
        expected = resolved(expected, question)
    if shown is not None and about == "expected":
        expected, actual = shown, other or actual
    elif shown is not None and about == "actual" and other is not None:
        return  # asked by the other block
    elif shown is not None and not isinstance(shown, Raised) and same(expected or shown, shown):
        if expected is None and (actual is None or same(actual, shown)):
            return  # a session alone shows how it is, and nobody says that it is wrong
        expected, actual = shown, None if same(actual, shown) else actual
    elif shown is not None:
        actual = shown
    if isinstance(expected, Raised) and not isinstance(actual, Raised) and step.shown:
        return  # which call should raise, a sentence says
    if same(expected, actual) or (expected is None and not isinstance(actual, Raised)):
        return
    kind = "doctest" if step.shown else "snippet"
    yield Example(kind, setup if asked else (), question, expected, actual, sure, printed)  # type: ignore[arg-type]


def _answer(text: str, symbols: Symbols) -> Answer | None:
    return (error_in(text, symbols) or answer(text, symbols)) if text.strip() else None


def _elsewhere(
    parts: Sequence[Passage], index: int, node: ast.stmt, symbols: Symbols
) -> Answer | None:
    """What the same question shows in the block that says the opposite: expected, and actual."""
    for part in parts:
        if part.code and part.about != parts[index].about and is_session(part.text):
            for step in steps_of(part.text):
                if step.shown and ast.dump(step.node) == ast.dump(node):
                    return _answer(step.shown, symbols)
    return None


def _ready_made(body: list[ast.stmt]) -> Iterator[Example]:
    """A test function of the reporter's: its asserts are the test."""
    tests = [n for n in body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]
    for test in tests:
        asks = any(isinstance(part, ast.Assert | ast.With) for part in test.body)
        if asks and not test.args.args and not test.decorator_list:
            script = [*(node for node in body if node not in tests), *test.body]
            yield Example("assertion", (), ast.Module(script, []), None, None, 6)


def _said_to_raise(
    parts: Sequence[Passage], index: int, body: list[ast.stmt], symbols: Symbols
) -> Iterator[Example]:
    """`Field` should raise ValueError: the last call of what the sentence names, it alone."""
    calls = [
        (at, part)
        for at, node in enumerate(body)
        if isinstance(node, ast.Expr | ast.Assign)
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
    ]
    for passage in parts[max(0, index - 1) : index + 3]:
        for said in said_in(passage.text, symbols) if not passage.code else ():
            sentence = sentence_at(passage.text, said.at)
            if said.about != "expected" or not isinstance(said.answer, Raised):
                continue
            if _WITH_VALUES.search(sentence):
                continue  # it names its own call
            words = set(re.findall(r"[A-Za-z_]\w*", sentence))
            named = [(at, c) for at, c in calls if ast.unparse(c.func).split(".")[-1] in words]
            if named or len(calls) == 1:
                at, call = (named or calls)[-1]
                yield Example("snippet", tuple(body[:at]), call, said.answer, None, 5)
                return


def _called(code: str, error: Raised | None) -> Iterator[Example]:
    """The call that a line of a traceback shows."""
    steps = steps_of(code.strip().removeprefix("return ").removeprefix("await "))
    asked = asked_in(steps[0].node) if len(steps) == 1 else None
    if asked is not None and any(isinstance(part, ast.Call) for part in ast.walk(asked[0])):
        yield Example("traceback", (), asked[0], None, error, 2)
