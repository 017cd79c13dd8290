"""What running text says: its calls with their answers, and what should come of a session.

**Invariant:** an expectation belongs to the question that its sentence names, else to the last one
that does not show it already; what names another call belongs to none.
"""

import ast
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from bot.domain.fixes.python import expression, literal, names_in
from bot.domain.fixes.reproduction import answers, several
from bot.domain.fixes.reproduction.reading import Spot, Step, steps_of
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown, same
from bot.domain.fixes.reproduction.several import applied
from bot.domain.fixes.reproduction.standard import BUILTINS
from bot.domain.fixes.reproduction.symbols import Symbols

SPAN = re.compile(r"``(?P<two>[^`\n]+)``|`(?P<one>[^`\n]+)`")
_BARE_CALL = re.compile(
    r"(?<![`\w.])(?:\w+\.)*\w+\((?:[^()`\n]|\([^()`\n]{0,80}\)){0,200}\)"
    r"(?:\.\w+(?:\([^()`\n]{0,80}\))?)*"
)
_VALUE = (
    r"(?:`[^`\n]+`|'[^'\n]*'|\"[^\"\n]*\"|\[[^\]\n]*\]|\([^)\n]*\)|\{[^}\n]*\}"
    r"|-?\d[\w.]*|None|True|False)"
)
_VALUES = rf"{_VALUE}(?:(?:,?\s+and\s+|,\s*){_VALUE}){{0,3}}"
# "calling total with [1, 2, 3]", "passing 3 to total"
_TOLD_CALL = re.compile(
    r"\b(?:call(?:ing|ed|s)?|invok(?:ing|ed|e)|running|run|using|use|on|from|of)\s+"
    r"`?(?P<name>[\w.]+)(?:\(\))?`?\s+(?:is\s+called\s+)?(?:with|on|for)\s+(?:the\s+)?"
    rf"(?:(?:arguments?|values?|list|string|number|input)\s+)?(?P<args>{_VALUES})"
    rf"|\bpass(?:ing|ed)?\s+(?P<passed>{_VALUES})\s+to\s+`?(?P<to>[\w.]+)(?:\(\))?`?",
    re.IGNORECASE,
)
_FAILS = re.compile(r"\W{0,3}\s*(?:fails|does not (?:hold|pass))\b")
COUNTS = ("empty", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FORMS = re.compile(
    r"\b(?:should|must|ought\s+to|ha(?:s|ve)\s+to|expect\w*|want\w*)\b(?!\s+not\b|n)(?:"
    r"[^.\n]{0,80}?\b(?:same\s+(?:\w+\s+)?as|equal\s+to|identical\s+to|just\s+like|like|as)\s+(?:\w+\s+){0,6}`(?P<like>[^`\n]+)`"
    rf"|[^.`\n]{{0,30}}?\b(?P<count>\d{{1,4}}|{'|'.join(COUNTS[1:])})\s+(?:\w+\s+)?"
    r"(?:element|item|entry|entrie|row|character|key|value|pair|part|line|field)s?\b"
    r"|\s+(?:\w+\s+){0,2}(?P<empty>empty)(?=\s*(?:$|[.,;:!?)])))",
    re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "former", "other", "third one", "latter", "last")
_ORDINAL = re.compile(r"\bthe\s+(?P<which>first|second|third|former|latter|last|other)\b", re.I)
# "Should be 0 in the second call" counts what the session shows.
_COUNTED = re.compile(
    r"\bthe\s+(?P<which>first|second|third|former|latter|last)"
    r"(?:\s+(?:call|line|one|example|case|result|output|statement)\b|(?=\s+(?:should|must)\b))",
    re.IGNORECASE,
)
# What a remark says of a line that is right.
_FINE = re.compile(
    r"\b(?:ok(?:ay)?|correct(?:ly)?|right|fine|good|works?|workarounds?|as\s+expected|as\s+it\s+should)\b"
    r"|^expected$",
    re.IGNORECASE,
)
# What a sentence says of something else than that a call is right.
_YET = re.compile(
    r"\b(?:not|never|but|except|instead|expect\w*|should|must|would|want\w*|cannot)\b|n['’]t\b",
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
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n\s*\n")


def asked_in(node: ast.stmt) -> tuple[ast.expr, bool] | None:
    """What a statement asks, and whether it is printed."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args, keywords=keywords)):
            return (args[0], True) if len(args) == 1 and not keywords else None
        case ast.Expr(value=value):
            return value, False
        case ast.Assign(value=ast.Call() as value):
            return value, False
        case _:
            return None


def calls_it(node: ast.AST, symbols: Symbols) -> bool:
    """Whether a call of something the checkout defines is in ``node``."""
    calls = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
    names = (ast.unparse(func).split(".") for func in calls)
    return any(name[0] in symbols.modules or symbols.names.keys() & {*name} for name in names)


def calls_in(text: str, symbols: Symbols) -> Iterator[tuple[int, int, str]]:
    """Code between backticks, bare calls and calls in words, with their places."""
    bare = SPAN.sub(lambda span: " " * len(span[0]), text)
    for match in (*SPAN.finditer(text), *_BARE_CALL.finditer(bare)):
        groups = match.groupdict()
        yield match.start(), match.end(), groups.get("one") or groups.get("two") or match[0]
    for match in _TOLD_CALL.finditer(text):
        name, values = match["name"] or match["to"], match["args"] or match["passed"]
        if name.rpartition(".")[2] in symbols.names:
            told = ", ".join(value[0].strip("`") for value in re.finditer(_VALUE, values))
            yield match.start(), match.end(), f"{name}({told})"


def spoken(spot: Spot) -> Iterator[Example]:
    """Calls in running text; what is assigned in one of them is there for those after it."""
    text, asks = spot.passage.text, list(_asked(spot))
    said = {each.at: each for each in answers.said_in(text, spot.symbols)}
    # "the second should raise ValueError"
    counted: dict[int, Answer | None] = {}
    for match in _ORDINAL.finditer(text) if len(asks) > 1 else ():
        later = [at for at in said if match.end() <= at < match.end() + 60]
        index = _ORDINALS.index(match["which"].lower()) % 3 if later else len(asks)
        index = len(asks) - 1 if match["which"].lower() in ("last", "latter") else index
        if later and said[min(later)].about == "expected" and index < len(asks):
            counted.setdefault(index, said[min(later)].answer)
    counted |= several.side_by_side(text, [end for _, end, *_ in asks], said.values())
    starts = [start for start, *_ in asks]
    hanging = len(asks) == 1 and answers.hangs("\n".join(spot.prose))
    for index, (start, end, before, question, printed) in enumerate(asks):
        if isinstance(question, ast.Assert):
            if _FAILS.match(text[end:]):
                yield Example("assertion", before, question, None, None, 4)
            continue
        sentence = answers.sentence_at(text, start)
        if _FINE.search(sentence) and not _YET.search(sentence):
            continue  # told to compare with, as the one that is right
        endless = hanging or answers.hangs(sentence)
        told = counted.get(index)
        if not counted:
            told = answers.nearest(spot, "expected", (start, end), starts)
        expected = answers.resolved(told, question)
        actual = answers.nearest(spot, "actual", (start, end), starts)
        if (expected is not None or isinstance(actual, Raised)) and not same(expected, actual):
            sure = 5 if expected is not None and actual is not None else 3
            one = Example("sentence", before, question, expected, actual, sure, printed)
            yield replace(one, hangs=endless and actual is None)
        elif isinstance(actual, Shown) and expected is None:
            shown = Example("sentence", before, question, actual, None, 0, printed)
            for sentence in _SENTENCES.split(text[end:]):
                for _, value in _told(sentence, spot.symbols, [shown]):
                    yield from applied(value, [shown], spot.symbols)
            yield Example("sentence", before, question, actual, None, 0, printed)
        elif endless and isinstance(question, ast.Call):
            yield Example("sentence", before, question, None, None, 2, hangs=True)


def _asked(
    spot: Spot,
) -> Iterator[tuple[int, int, tuple[ast.stmt, ...], ast.expr | ast.Assert, bool]]:
    """The questions of a running text: their places, what comes before, whether they are printed.

    ``.info("two")`` is asked of what the question before it gives.
    """
    text = spot.passage.text
    setup: list[ast.stmt] = []
    made: set[str] = set()
    last: ast.expr | None = None
    for start, end, code in calls_in(text, spot.symbols):
        chained = last is not None and re.match(r"\.\w+\(", code.strip())
        steps = steps_of(
            f"({ast.unparse(last)}){code.strip()}" if chained and last else code.strip()
        )
        if not steps or any(step.comment for step in steps):
            continue
        for step in steps[:-1]:
            setup.append(step.node)
            made |= names_in(step.node) & {*re.findall(r"\b(\w+) =", ast.unparse(step.node))}
        node, asked = steps[-1].node, asked_in(steps[-1].node)
        names = names_in(node)
        called = re.fullmatch(r"([\w.]+\.)?(\w+)\(\)", code.strip())
        if called and re.search(rf"\b{called[2]}\([^)\s]", "\n".join(p.text for p in spot.parts)):
            continue  # that is how people name a function, and not how they called it
        defines = re.search(r"\b(?:is|was)\s+(?:an?|just)\s+$", text[:start])
        if defines or not (chained or calls_it(node, spot.symbols) or names & made):
            continue
        before = tuple(setup) if names & made else ()
        if isinstance(node, ast.Assign) or len(steps) > 1:
            setup.append(node)
            made |= names_in(node.targets[0]) if isinstance(node, ast.Assign) else set()
        elif isinstance(node, ast.Assert):
            yield start, end, before, node, False
        elif asked is not None:
            last = asked[0]
            yield start, end, before, *asked


def expected_of(
    texts: Sequence[str], steps: Sequence[Step], symbols: Symbols
) -> list[Example] | None:
    """What ``texts`` say should come of the ``steps`` of a session, in their order; None where that
    is told of one of them and not clear of which."""
    seen = [one for n in reversed(range(len(steps))) for one in as_shown(steps, n, symbols)]
    seen = [one for one in seen if not _FINE.search(steps[len(one.setup)].comment)]
    found: list[Example] = []
    unclear = False
    code = "\n".join(ast.unparse(step.node) for step in steps)
    words = symbols.names.keys() | set(re.findall(r"\d{2,9}", code))
    shown = [n for n, step in enumerate(steps) if step.shown]
    for sentence in (each for text in texts for each in _SENTENCES.split(text) if seen):
        before = 0
        told = sorted(_told(sentence, symbols, seen), key=lambda pair: pair[0])
        side_by_side = re.search(r"[`\])}'\"]\s+and\s+[`\[({'\"]", sentence)
        if side_by_side and len(told) > 1:  # one for each, in their order
            pairs = zip(told, reversed(seen), strict=False) if len(told) == len(seen) else ()
            found += [each for (_, value), one in pairs for each in applied(value, [one], symbols)]
            continue
        if counted := _COUNTED.search(sentence):
            which = counted["which"].lower()
            at = -1 if which in ("latter", "last") else _ORDINALS.index(which) % 3
            meant = shown[at : at + 1 or None]
            of_it = [one for one in seen if [len(one.setup)] == meant]
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
            if asked is None:
                asked = _about(sentence[:at], seen)
            which = _OF_WHICH.search(sentence, at) if asked is None and len(seen) > 1 else None
            if which:
                names = [m["two"] or m["one"] for m in SPAN.finditer(which[1])]
                held = _about(which[1].rstrip(".!?"), seen)
                asked = (_named(names[0], seen, steps, symbols) if names else held) or []
            if asked is not None or answers.speaks_of_it(sentence[:at], words):
                found += applied(value, seen if asked is None else asked, symbols, asked is None)
                unclear = unclear or (which is not None and not found)
            before = at
    return None if unclear and not found else found


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


def _told(
    sentence: str, symbols: Symbols, seen: Sequence[Example]
) -> Iterator[tuple[int, Shown | int]]:
    """Values, expressions that give what should come, and numbers of elements."""
    for each in answers.said_in(sentence, symbols):
        if each.about == "expected" and isinstance(each.answer, Shown):
            yield each.at, each.answer
    for match in _FORMS.finditer(sentence):
        word = (match["count"] or match["empty"] or "").lower()
        if word:
            yield match.start(), COUNTS.index(word) if word in COUNTS else int(word)
        elif isinstance(node := expression(match["like"]), ast.Call | ast.Subscript):
            yield match.start(), Shown(match["like"], node)
        elif len(match["like"]) > 3:
            alike = [one.expected for one in seen if match["like"] in ast.unparse(one.question)]
            if len(alike) == 1 < len(seen) and isinstance(alike[0], Shown):
                yield match.start(), alike[0]


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
