"""What running text says should come of the steps of a session.

**Invariant:** an expectation belongs to the question that its sentence names, else to the last one
that does not show it already; what names another call belongs to none.
"""

import ast
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from bot.domain.fixes.python import expression, literal, names_in
from bot.domain.fixes.reproduction import answers
from bot.domain.fixes.reproduction.reading import Step, steps_of
from bot.domain.fixes.reproduction.records import Example, Shown
from bot.domain.fixes.reproduction.sentences import (
    ORDINALS,
    SPAN,
    asked_in,
    calls_it,
    is_fine,
    told_in,
)
from bot.domain.fixes.reproduction.several import alike, applied
from bot.domain.fixes.reproduction.standard import BUILTINS
from bot.domain.fixes.reproduction.subjects import speaks_of_it
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.fixes.reproduction.wording import SENTENCES

# "Should be 0 in the second call" counts what the session shows.
_COUNTED = re.compile(
    r"\bthe\s+(?P<which>first|second|third|former|latter|last)"
    r"(?:\s+(?:call|line|one|example|case|result|output|statement)\b|(?=\s+(?:should|must)\b))",
    re.IGNORECASE,
)
_COUNTING = re.compile(r"\bthe\s+(first|second|third|former|latter|last)\b", re.IGNORECASE)
# "the others should be 1, 2 and 3"
_OTHERS = re.compile(
    r"\b(?:others?|rest|remaining|respectively|each|both(?!\s+(?:places|cases|times))|two|three)\b",
    re.I,
)
# "Both should be the same": what the checkout gives, as what Python's own gives.
_ALIKE = re.compile(
    r"\b(?:both|they|these|the\s+two)\b[^.!?\n]{0,40}\b(?:should|must|ought\s+to|expect\w*)\b"
    r"[^.!?\n]{0,40}\b(?:same|equal|identical|agree|match)\b",
    re.IGNORECASE,
)
# "I'd expect 0 for the empty list": of which of several lines, after the value.
_OF_WHICH = re.compile(
    r"\b(?:for|with|when|where|if)\s+(?!(?:it|this|that|both|all|these|those|them|each|every)\b)(.*)",
    re.IGNORECASE,
)


def expected_of(
    texts: Sequence[str], steps: Sequence[Step], symbols: Symbols
) -> list[Example] | None:
    """What ``texts`` say should come of the ``steps`` of a session, in their order; None where that
    is told of one of them and not clear of which."""
    seen = [one for n in reversed(range(len(steps))) for one in as_shown(steps, n, symbols)]
    shown = [n for n, step in enumerate(steps) if step.shown]
    shown = sorted({*shown, *(len(one.setup) for one in seen)})
    seen = [one for one in seen if not is_fine(steps[len(one.setup)].comment)]
    broken = list(_broken(steps, symbols))
    found: list[Example] = []
    unclear = False
    code = "\n".join(ast.unparse(step.node) for step in steps)
    words = symbols.names.keys() | set(re.findall(r"\d{2,9}", code))
    for sentence in (s for text in texts for s in SENTENCES.split(text) if seen or broken):
        before = 0
        told = sorted(told_in(sentence, symbols, seen), key=lambda pair: pair[0])
        values = sum(isinstance(value, Shown) for _, value in told)
        side_by_side = re.search(r"[`\])}'\"]\s+and\s+[`\[({'\"]", sentence)
        if side_by_side and len(told) > 1:  # one for each, in their order
            pairs = zip(told, reversed(seen), strict=False) if len(told) == len(seen) else ()
            found += [each for (_, value), one in pairs for each in applied(value, [one], symbols)]
            continue
        if told and len({*_COUNTING.findall(sentence)}) > 1:
            found += _in_turn(sentence, told[0][0], shown, seen, symbols)
            unclear = True
            continue
        if counted := _COUNTED.search(sentence):
            of_it = _at(counted["which"], shown, seen)
            found += [each for _, value in told for each in applied(value, of_it, symbols)]
            continue
        if _ALIKE.search(sentence):
            asks = [one for one in seen if calls_it(one.question, symbols)]
            models = [one.expected for one in seen if names_in(one.question) <= BUILTINS]
            if len(models) == len(asks) == 1 and isinstance(models[0], Shown):
                found += applied(models[0], asks, symbols)
        found += _parts_of(sentence, seen, words)
        for at, value in told:
            spans = [m["two"] or m["one"] for m in SPAN.finditer(sentence[:at], before)]
            asked = _named(spans[-1], seen, steps, symbols) if spans else None
            if asked is None and any(_asks_another(each, seen) for each in spans):
                unclear = True
                continue
            if asked is None:
                asked = _about(sentence[:at], seen)
            which = _OF_WHICH.search(sentence, at) if asked is None and len(seen) > 1 else None
            if which:
                names = [m["two"] or m["one"] for m in SPAN.finditer(which[1])]
                held = _about(which[1].rstrip(".!?"), seen)
                asked = (_named(names[0], seen, steps, symbols) if names else held) or []
            if asked is None and (values > 1 or (len(seen) > 1 and _OTHERS.search(sentence))):
                unclear = True
                continue
            near = [one for one in seen if alike(value, one)] if asked is None else []
            if broken and asked is None and (near or len(broken) == 1):
                of_it = near[:1] or broken
                found += (replace(each, sure=6) for each in applied(value, of_it, symbols))
            elif asked is not None or speaks_of_it(sentence[:at], words):
                found += applied(value, seen if asked is None else asked, symbols, asked is None)
                unclear = unclear or (which is not None and not found)
            before = at
    return None if unclear and not found else found


def _in_turn(
    sentence: str, start: int, shown: Sequence[int], seen: Sequence[Example], symbols: Symbols
) -> Iterator[Example]:
    """ "I'd expect `1` for the second and `2` for the last": what each is said of, where that
    follows it; or what stands before it, "the first should be `1` and the second `2`"."""
    spans = [match for match in SPAN.finditer(sentence) if match.end() > start]
    edges = [0, *(match.end() for match in spans)]
    ends = [match.start() for match in spans[1:]] + [len(sentence)]
    after = [(match.end(), end) for match, end in zip(spans, ends, strict=False)]
    before = [(edge, match.start()) for match, edge in zip(spans, edges, strict=False)]
    leads = bool(before) and _COUNTING.search(sentence, *before[0]) is not None
    for match, around in zip(spans, before if leads else after, strict=True):
        value = answers.answer(match[0], symbols)  # none where it has no backticks
        which = _COUNTING.findall(sentence, *around)
        if len(which) == 1 and isinstance(value, Shown) and value.node is not None:
            yield from applied(value, _at(which[0], shown, seen), symbols)


def _at(which: str, shown: Sequence[int], seen: Sequence[Example]) -> list[Example]:
    """The question that "the second" is, of those that show something."""
    at = -1 if which.lower() in ("latter", "last") else ORDINALS.index(which.lower()) % 3
    meant = shown[at : at + 1 or None]
    return [one for one in seen if [len(one.setup)] == meant]


def _asks_another(span: str, seen: Sequence[Example]) -> bool:
    """Whether a sentence's code calls what no line does."""
    node = expression(span)
    calls = node is not None and any(isinstance(part, ast.Call) for part in ast.walk(node))
    return calls and not any(span in ast.unparse(one.question) for one in seen)


def _broken(steps: Sequence[Step], symbols: Symbols) -> Iterator[Example]:
    """Those that an error ends: what should come is said of them, where it is said of none."""
    for n, step in enumerate(steps):
        asked, error = asked_in(step.node), answers.error_in(step.shown, symbols)
        if asked and error:
            setup = tuple(each.node for each in steps[:n])
            yield Example("doctest", setup, asked[0], error, None, 0, asked[1])


def _parts_of(sentence: str, seen: Sequence[Example], words: Set[str]) -> Iterator[Example]:
    """``alt="a b"`` of a text that shows another ``alt``: it should be in there."""
    said = {match["two"] or match["one"] for match in SPAN.finditer(sentence)}
    for part in said if not words & {*re.findall(r"\w+", sentence)} else ():
        head = re.fullmatch(r"([\w-]+=\")[^\"]+\"", part)
        for one in seen if head else ():
            value = literal(one.expected.text) if isinstance(one.expected, Shown) else ...
            if head and isinstance(value, str) and head[1] in value and part not in value:
                code = f"assert {part!r} in {ast.unparse(one.question)}"
                asks = steps_of(code)[0].node
                assert isinstance(asks, ast.Assert)  # noqa: S101 (it was put together here)
                yield replace(one, question=asks, expected=None, actual=one.expected, sure=3)


def _about(text: str, seen: Sequence[Example]) -> list[Example] | None:
    """The questions that hold a text which a sentence speaks of: ``URL`` of ``env.str("URL")``."""
    for word in reversed(re.findall(r"[\w.-]+", text)):
        held = [one for one in seen if word in _texts(one)]
        if 0 < len(held) < max(2, len(seen)) and len(word) > 1:
            return held
    return None


def _texts(one: Example) -> set[str]:
    """The words of the texts in a question."""
    parts = [p.value for p in ast.walk(one.question) if isinstance(p, ast.Constant)]
    texts = [part for part in parts if isinstance(part, str)]
    return {word for text in texts for word in re.split(r"[/\s\"'=:,;]+", text)}


def as_shown(steps: Sequence[Step], n: int, symbols: Symbols) -> Iterator[Example]:
    """A step's question, and as what should come, what it shows or its comment says that comes."""
    step, asked = steps[n], asked_in(steps[n].node)
    told = answers.error_in(step.shown, symbols) or answers.answer(step.shown, symbols)
    if not step.shown:
        told = answers.leading(step.comment, symbols)[0]
    if asked is not None and isinstance(told, Shown):
        setup = tuple(each.node for each in steps[:n])
        yield Example(
            "doctest" if step.shown else "snippet", setup, asked[0], told, None, 0, asked[1]
        )


def _named(
    span: str, seen: list[Example], steps: Sequence[Step], symbols: Symbols
) -> list[Example] | None:
    """The questions that a sentence's subject names; None where it names nothing known."""
    node = expression(span)
    if node is None:
        return None
    wanted = ast.dump(node)
    exact = [e for e in seen if wanted in map(ast.dump, ast.walk(e.question))]
    if exact:
        return exact
    for one in seen:
        value = literal(one.expected.text) if isinstance(one.expected, Shown) else ...
        key = span.strip("'\"")
        if isinstance(value, dict) and key in value and isinstance(one.question, ast.expr):
            part = ast.Subscript(one.question, ast.Constant(key), ast.Load())
            return [replace(one, question=part, expected=answers.answer(repr(value[key]), symbols))]
    names = names_in(node)
    code = ast.walk(ast.Module([step.node for step in steps], []))
    made = {p.id for p in code if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}
    if names and names <= made:
        return [Example("doctest", tuple(step.node for step in steps), node, None, None, 0)]
    return [] if isinstance(node, ast.Call) else None
