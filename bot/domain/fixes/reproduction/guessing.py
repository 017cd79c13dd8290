"""Calls that a report tells of in pieces: what is called in one place, what with in another.

**Invariant:** a guess counts only where what came is told as well, so that the run can say that it
was this call.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product

from bot.domain.fixes.python import expression, literal, names_in, parsed
from bot.domain.fixes.reproduction import answers
from bot.domain.fixes.reproduction.reading import Passage, Spot, is_session
from bot.domain.fixes.reproduction.records import Example, Raised, Shown, same
from bot.domain.fixes.reproduction.sentences import SPAN
from bot.domain.fixes.reproduction.standard import BUILTINS, public
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.fixes.reproduction.wording import FRAME, SENTENCES

MAX_GUESSES = 12
_IN = re.compile(r'^\s*File "(?P<path>[^"\n]*)", line \d+, in (?P<name>[a-z]\w*)$', re.MULTILINE)
_QUOTED = re.compile(r"\"[^\"\n]{3,120}\"")
_ACCEPTED = re.compile(
    r"\b(?:is|are|should\s+be|must\s+be|be)\s+(?:\w+\s+)?(?:valid|accepted|allowed|legal|fine|ok)\b"
    r"|\bshould\s+(?:pass|match|work|validate|be\s+possible)\b",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"\b(?:should|must|ought|would|expect\w*|supposed|want\w*|wish|instead|rather|catch\w*|used\s+to|"
    r"please|not|no|need\w*|has\s+to|docs?|documented|say\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?:^|(?<=[.!?]\s))If\b[^.!?]*")
# An error with its message is one that came, unless it is wanted.
_CAME = re.compile(
    r"(\b(?:should|must|expect\w*|want\w*|would)\b[^.!?`\n]{0,60})?`+(?:\w+\.)*[A-Z]\w+: [^`\n]*`"
)
# How JSON writes what Python writes otherwise.
_JSON = {"NaN": "float('nan')", "Infinity": "float('inf')", "null": "None", "true": "True",
         "false": "False"}  # fmt: skip


def guesses(spot: Spot) -> Iterator[Example]:
    """Everything that the spans of a report's prose may be put together to; ``spot`` is any."""
    parts, symbols = spot.parts, spot.symbols
    crashes = [answers.error_in(part.text, symbols) for part in parts if part.code]
    crash = next((each for each in crashes if each is not None and each.message), None)
    text = "\n".join(spot.prose)
    calls = islice(_calls(_pieces(parts, symbols), parts, symbols), MAX_GUESSES)
    should, does = answers.nearest(spot, "expected"), answers.nearest(spot, "actual")
    if crash is not None:
        named = other_errors(text, crash, symbols)
        others: list[Raised | None] = [*other_errors(text, crash, symbols, wanted=True)]
        for (setup, call), expected in product(calls, others if named else [None]):
            yield Example("sentence", tuple(setup), call, expected, crash, 1)
    elif (said := _QUOTED.search(text)) and _ACCEPTED.search(text):
        for setup, call in calls:
            yield Example("sentence", tuple(setup), call, None, Raised("", said[0].strip('"')), 1)
    elif (
        isinstance(should, Shown)
        and isinstance(does, Shown)
        and not (should is answers.UNCHANGED or same(should, does) or _common(does))
    ):
        answered = {should.text.strip("'\""), does.text.strip("'\"")}
        for setup, call in calls:
            given = {str(part.value) for part in ast.walk(call) if isinstance(part, ast.Constant)}
            if not given & answered:
                yield Example("sentence", tuple(setup), call, should, does, 1)


def _common(value: Shown) -> bool:
    """Whether so many calls give it that it confirms none."""
    return re.fullmatch(r"None|True|False|.{0,2}|(['\"]).{0,2}\1", value.text) is not None


def _pieces(parts: Sequence[Passage], symbols: Symbols) -> list[str]:
    """What a report shows that may be asked, or asked with: its spans, and texts that are no code
    and no error, in their order."""
    found: list[str] = []
    for part in (part for part in parts if not part.about):
        if not part.code:
            found += [m["two"] or m["one"] for m in SPAN.finditer(part.text)]
        elif not (
            parsed(part.text)
            or FRAME.search(part.text)
            or is_session(part.text)
            or answers.error_in(part.text, symbols)
        ):
            found.append(repr(part.text))
    return found


def other_errors(
    text: str, crash: Raised, symbols: Symbols, *, wanted: bool = False
) -> list[Raised]:
    """The errors that prose names, by their class or in words, other than the one that came;
    ``wanted`` where a sentence says what should be, and does not only name it."""
    spoken = {
        " ".join(re.findall(r"[A-Z][a-z]+|[A-Z]+(?![a-z])", name)).lower(): name
        for name in symbols.errors
        if name.endswith(("Error", "Exception"))
    }
    text = _CAME.sub(lambda came: came[0] if came[1] else "", _CONDITION.sub("", text))
    if wanted:
        text = " ".join(each for each in SENTENCES.split(text) if _WANTED.search(each))
    names = [name for name in re.findall(r"\b[A-Z]\w+", text) if symbols.is_error(name)]
    names += [name for words, name in spoken.items() if " " in words and words in text.lower()]
    return [Raised(name) for name in dict.fromkeys(names) if name != crash.name][:3]


def _calls(
    spans: Sequence[str], parts: Sequence[Passage], symbols: Symbols
) -> Iterator[tuple[list[ast.stmt], ast.Call]]:
    """What can be called, or the method that a traceback names of it, with each value."""
    # ``total()`` is how people name a function, and not how they call it
    spans = [re.sub(r"^([\w.]*\b[a-z_]\w*)\(\)$", r"\1", span) for span in spans]
    nodes = [(span, expression(span)) for span in dict.fromkeys(spans)]
    things = [node for _, node in nodes if node is not None and _is_thing(node, symbols)][:3]
    shown = (m for part in parts if part.code for m in _IN.finditer(part.text))
    frames = [m["name"] for m in shown if symbols.at(m["path"])]  # others are the reporter's own
    public = [name for name in dict.fromkeys(frames) if name in symbols.functions]
    things = things or [ast.Name(name, ast.Load()) for name in public[:1]]
    methods = [name for name in dict.fromkeys(frames) if name in symbols.methods][:3]
    values: list[ast.expr] = []
    for span, node in nodes:
        values += _values(span, node)
    several = [[value] for value in values[:6]] + [[*pair] for pair in combinations(values[:4], 2)]
    for thing, method, values in product(things, ["", *methods], several):
        head, given = ast.unparse(thing), ", ".join(map(ast.unparse, values))
        if isinstance(thing, ast.Call) and not method:
            setup = ast.parse(f"thing = {head}").body
            yield setup, ast.Call(ast.Name("thing", ast.Load()), values, [])
        elif isinstance(thing, ast.Call) or not method:
            asked = expression(f"{head}.{method}({given})" if method else f"{head}({given})")
            if isinstance(asked, ast.Call):
                yield [], asked


def _is_thing(node: ast.expr, symbols: Symbols) -> bool:
    """A function by its name, or something that is made by a class or a function."""
    if isinstance(node, ast.Call):
        node = node.func
        made = ast.unparse(node).rpartition(".")[2]
        return made in symbols.classes or made in symbols.functions
    name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    return name.rpartition(".")[2] in symbols.functions


def _is_type(node: ast.expr) -> bool:
    """``tuple[int, str]``"""
    known = BUILTINS | public("typing")
    return isinstance(node, ast.Subscript) and names_in(node) <= known


def _values(span: str, node: ast.expr | None) -> Iterator[ast.expr]:
    """A literal, the values of a dict, or a text that is no code."""
    node = expression(re.sub(r"\b(?:NaN|Infinity|null|true|false)\b", lambda m: _JSON[m[0]], span))
    plain = re.sub(r"float\('(?:nan|inf)'\)", "0", ast.unparse(node)) if node else "..."
    if node is not None and (literal(plain) is not ... or _is_type(node)):
        yield node
        if isinstance(node, ast.Dict):
            yield from node.values
    elif node is None and re.fullmatch(r"\S+", span) and not re.search(r"[`<>|]|^@\w", span):
        yield ast.Constant(span)
