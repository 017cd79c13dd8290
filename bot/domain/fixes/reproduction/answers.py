"""What a report says should come, and what came instead: the words around a value.

**Invariant:** only a literal, a thing that the checkout makes and an exception are values. Bare
words of prose, counts (``3 items``) and shortened values (``[1, ...]``) are none.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from bot.domain.fixes.python import expression, literal
from bot.domain.fixes.reproduction import wording
from bot.domain.fixes.reproduction.reading import Passage, Spot, is_session, steps_of
from bot.domain.fixes.reproduction.records import Answer, Raised, Shown
from bot.domain.fixes.reproduction.subjects import has_other_options, is_another, speaks_of_it
from bot.domain.fixes.reproduction.symbols import Symbols

MAX_WORDS, _AHEAD = 60, 3  # how many passages a sentence may stand from the code it speaks of
MAKERS = "set frozenset date datetime time timedelta range Decimal Fraction UUID".split()  # noqa: SIM905
_LITERAL = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.operator),
    *(ast.unaryop, ast.expr_context, ast.Call, ast.keyword, ast.Name, ast.Attribute),
)
UNCHANGED = Shown("unchanged")
_HELD = re.compile(
    rf"{wording.TICKED}|(?<!\w)(?:'[^'\n]{{0,200}}'|\"[^\"\n]{{0,200}}\")(?!\w)|{wording.LISTS}"
)
# "(3 instead of 2)"
_VALUE_ENDS = re.compile(rf"(?<!\w)({wording.VALUE})\s+$")


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """``at`` is the place in the text where it was said."""

    at: int
    about: str
    answer: Answer


def answer(text: str, symbols: Symbols) -> Answer | None:
    """A value or an exception, as written between backticks, in a block or bare."""
    text = text.strip()
    if text.startswith("`"):
        text = text.strip("`").strip("\n") if text.startswith("``") else text[1:-1]
    text = wording.WORDS.get(text.strip().lower(), text)
    if (moment := wording.MOMENT.fullmatch(text.strip())) and text.strip():
        kind = "datetime" if moment[1] and moment[4] else "date" if moment[1] else "time"
        *parts, seconds = moment.groups()
        given = [*parts, seconds] if int(seconds or 0) else parts  # as Python writes it
        numbers = ", ".join(str(int(part)) for part in given if part)
        text = f"datetime.{kind}({numbers})"
    said = wording.QUOTED_ERROR.fullmatch(text.strip())
    error = wording.ERROR.match(said[1] if said else text.strip())
    if error and symbols.is_error(error["name"]):
        return Raised(error["name"], error["message"] or "")
    node = expression(text)
    if node is None:
        return Shown(text) if text.strip() else None
    return Shown(text, node if is_value(node, symbols) else None)


def is_value(node: ast.expr, symbols: Symbols) -> bool:
    """Whether an expression is written as a value: a literal, or something made by its class."""
    for part in ast.walk(node):
        name = ast.unparse(part).rpartition(".")[2] if isinstance(part, ast.Name) else ""
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func).rpartition(".")[2]
        made = name in MAKERS or (name[:1].isupper() and name in symbols.names)
        shortened = isinstance(part, ast.Constant) and part.value is ...
        if shortened or not isinstance(part, _LITERAL) or (name and not made):
            return False
    return not isinstance(node, ast.Name)


def leading(text: str, symbols: Symbols) -> tuple[Answer | None, str]:
    """The value that a comment begins with, and the remark after it: ``# [1], should be [2]``."""
    words = re.split(r"(?<=\s)(?=\S)", re.sub(r"^(?:=>|->|→|==|>)\s*", "", text))[:MAX_WORDS]
    for count in range(len(words), 0, -1):
        value = answer("".join(words[:count]).strip().rstrip(",.;:!?"), symbols)
        if isinstance(value, Raised) or (value is not None and value.node is not None):
            return value, "".join(words[count:]).strip()
    return None, text


@lru_cache(maxsize=8)  # each question of a passage asks again
def said_in(text: str, symbols: Symbols) -> tuple[StatedAnswer, ...]:
    """Everything a text says about what should be and what is, in order."""
    found: dict[int, StatedAnswer] = {}
    for match in (*wording.EXPECT_TO.finditer(text), *wording.BEFORE.finditer(text)):
        _keep(found, match.start("expected"), "expected", match["expected"], symbols)
    within = [match.span() for match in wording.EXPECT_TO.finditer(text)]
    for match in wording.SAID.finditer(text):
        name = str(match.lastgroup)  # expected, few, colon, actual or other
        inside = any(start <= match.start() < end for start, end in within)
        if inside or (name == "few" and literal(match[name].strip("`")) is ...):
            continue
        told_of = wording.TOLD_OF.match(text, match.start(name))
        if told_of and literal(told_of[1]) is ... and not symbols.is_error(told_of[1]):
            continue
        about = "expected" if name in ("few", "colon") else name
        if about == "expected" and wording.AS_FOR.search(text, match.start(), match.start(name)):
            if so := wording.SO.match(text, match.end(name)):  # "the same as for `[3]`, so `1`"
                _keep(found, so.start(1), about, so[1], symbols)
            continue
        told_in = text[_clause(text, match.start()) : match.start(name)]
        clause = re.sub(wording.TICKED, " ", told_in)[-60 - match.start(name) + match.start() :]
        known = wording.MODEL.search(text[: match.start()][-60:]) or wording.SAYS.search(clause)
        if name == "other":
            about = _turned(found, text, match.start())
            if about == "expected" and (came := _VALUE_ENDS.search(text[: match.start()][-300:])):
                _keep(found, match.start() - len(came[0]), "actual", came[1], symbols)
        elif known and name == "actual" and re.match("rais|return|give|throw", match["does"], re.I):
            about = "expected"
        elif not wording.ASKING.match(clause) and wording.NOT.search(
            re.sub(wording.RELATIVE, "", clause.rpartition(",")[2])
        ):
            if not isinstance(answer(match[name], symbols), Raised):
                continue  # "should not be 3" says what is, and not what should be
            about = "actual" if wording.MODAL.search(clause) else "expected"
        elif name == "actual" and (
            wording.THEN.search(before := text[: match.start()][-60:])
            or re.search(r"\b\d+(?:\.\d+)+\s*$", before)
        ):
            continue  # what came in another version, or would come
        shown = wording.AND_SHOWN.match(text, match.end(name)) if "mpty " in match[name] else None
        at, value = (shown.start(1), shown[1]) if shown else (match.start(name), match[name])
        _keep(found, at, about, value, symbols)
        more = wording.MORE.match(text, match.end(name)) if about == "expected" else None
        while more and literal(more[1].strip("`")) is not ...:
            _keep(found, more.start(1), about, more[1], symbols)
            more = wording.MORE.match(text, more.end(1))
    for match in wording.AS_IT_WAS.finditer(text):
        start = _clause(text, match.start())
        sentence = text[start : match.start()]
        end = start + len(sentence_at(text, match.start()))
        own = any(start <= each.at < end for each in found.values())  # it says what
        own = own or bool(_values(text[match.end() : end]))
        modal = wording.MODAL.search(sentence)
        clause = sentence[sentence.rfind(",", 0, modal.start()) + 1 :] if modal else ""
        if modal and not (own or wording.NOT.search(clause)):
            found[match.start()] = StatedAnswer(match.start(), "expected", UNCHANGED)
    errors = {at for at, each in found.items() if isinstance(each.answer, Raised)}
    held = {at for at in errors if wording.HELD.search(sentence_at(text, at))}
    return tuple(found[at] for at in sorted(found.keys() - held))


def _keep(found: dict[int, StatedAnswer], at: int, about: str, text: str, symbols: Symbols) -> None:
    """Unless it was read there before, or is no value."""
    value = answer(text, symbols)
    ticked = text.startswith("`")
    if isinstance(value, Shown) and value.node is None:
        # A text between backticks may be what is printed; a type is none, and a call of the
        # checkout is a question.
        is_name = value.text in symbols.names or hasattr(builtins, value.text)
        if not ticked or is_name or _questions(value.text, symbols):
            value = None
    if about and value is not None:
        found.setdefault(at, StatedAnswer(at, about, value))


def _turned(found: dict[int, StatedAnswer], text: str, at: int) -> str:
    """What "instead of" is about: the opposite of what its sentence said before."""
    start = _clause(text, at)
    before = [each for each in found.values() if start <= each.at < at]
    if not before:
        return "expected"
    return "actual" if max(before, key=lambda each: each.at).about == "expected" else "expected"


def _clause(text: str, at: int) -> int:
    """Where the sentence begins that ``at`` stands in."""
    return max(
        (m.end() for m in wording.SENTENCE_ENDS.finditer(text, max(0, at - 400), at)), default=0
    )


def sentence_at(text: str, at: int) -> str:
    """That which ``at`` stands in."""
    end = wording.SENTENCE_ENDS.search(text, at)
    return text[_clause(text, at) : end.start() if end else len(text)]


def announced(
    passage: Passage, symbols: Symbols, asked: str, *, alone: bool = True
) -> Answer | None:
    """The value of a passage whose heading says what it is; the only one of its prose is it where
    it may stand ``alone``. ``asked`` is the code it is told of."""
    text = passage.text.strip("\n")
    if passage.code:
        if is_session(text) or (_questions(text, symbols) and expression(text)):
            return None
        return error_in(text, symbols) or answer(text, symbols)
    found: dict[int, StatedAnswer] = {}
    if first := re.match(rf"(?:an?\s+|the\s+)?({wording.VALUE}){wording.ENDS}", text.strip()):
        _keep(found, 0, "said", first[1], symbols)
    said = [
        e for e in said_in(text, symbols) if not is_another(text[_clause(text, e.at) : e.at], asked)
    ]
    for each in (*found.values(), *(e for e in said if e.about == passage.about), *said):
        return each.answer
    whole = answer(text.strip().rstrip("."), symbols)
    if isinstance(whole, Raised) or (isinstance(whole, Shown) and whole.node is not None):
        return whole
    spans = re.findall(wording.TICKED, text) if alone else []
    bare = re.match(rf"(?:an?\s+|the\s+)?(?:\w+:\s*)?({wording.BARE}{wording.ENDS})", text.strip())
    if len(spans) == 1 or (bare and not spans):
        span = spans[0] if spans else ""
        named = literal(span.strip("`")) is ... and len(text.replace(span, "").split()) > 3
        if not (span and named):  # of "`trace` is left out" it is what is spoken of
            _keep(found, 0, "said", span or (bare[1] if bare else ""), symbols)
    return found[0].answer if found else None


def error_in(text: str, symbols: Symbols) -> Raised | None:
    """The exception a traceback ends with."""
    if not wording.FRAME.search(text):
        whole = answer(text, symbols) if text.count("\n") < 2 else None
        return whole if isinstance(whole, Raised) and ":" in text else None
    for match in reversed(list(wording.LAST_LINE.finditer(text))):
        name = match[1].rpartition(".")[2]
        if symbols.is_error(name) or name.endswith(("Error", "Exception")):
            return Raised(name, (match[2] or "").strip())
    return None


def nearest(
    spot: Spot, about: str, span: tuple[int, int] = (0, 0), asked: Sequence[int] = ()
) -> Answer | None:
    """What is said about a question that stands at ``span`` of a passage, which asks at ``asked``.

    What a heading announces comes first, what follows before what leads up; then its own passage,
    the text that follows, and the paragraph that leads up to a block.
    """
    others = [n for n, each in enumerate(spot.parts) if each.about == about and n != spot.index]
    ends = [steps_of(each.text)[-1:] if is_session(each.text) else [] for each in spot.parts]
    answered = [n for n, steps in enumerate(ends) if any(step.shown for step in steps)]
    others = [n for n in others if n > spot.index or min(answered, default=n) >= n]  # of one above
    others = [n for n in others if not _of_another(spot, n)]
    own = spot.passage.text[slice(*span)] or spot.passage.text
    for alone, n in product((False, True), sorted(others, key=lambda n: (n < spot.index, n))):
        found = announced(spot.parts[n], spot.symbols, own, alone=alone)
        if found is not None and not spot.names(found):
            return found
    return next((each.answer for each in _told(spot, span, asked) if each.about == about), None)


def _of_another(spot: Spot, n: int) -> bool:
    """Whether a block is what a call with other values gives: "as `f('b')` has it:"."""
    lead = spot.parts[n - 1].text.rstrip() if n and spot.parts[n].code else ""
    told = wording.AS_ANOTHER.search(lead)
    nodes = ast.walk(node) if told and (node := expression(told[1].strip("`"))) else ()
    values = [str(each.value) for each in nodes if isinstance(each, ast.Constant)]
    return any(value not in spot.passage.text for value in values)


def _told(spot: Spot, span: tuple[int, int], asked: Sequence[int]) -> Iterator[StatedAnswer]:
    """What is said around a question, the likeliest to be about it first."""
    if not spot.passage.code:
        yield from _beside(spot.passage.text, span, spot.symbols, asked)
    for passage in spot.parts[spot.index + 1 : spot.index + 1 + _AHEAD]:
        shown = passage.text if passage.code else passage.text.strip().partition("\n\n")[0]
        error = error_in(shown, spot.symbols)
        if error is not None:
            yield StatedAnswer(0, "actual", error)
        if passage.language == "row" or (passage.code and is_session(passage.text)):
            break
        others = [] if passage.code else _questions(passage.text, spot.symbols)
        end = min(others, default=0 if passage.code else len(passage.text))
        told = _of_it(passage.text[:end], spot.symbols, spot.passage.text)
        first = next(told, None)  # "**Expected**: it returns 1" is what its heading says
        if first and not (passage.about == "expected" and first.about == "actual"):
            yield first
        yield from told
        if others:
            break
    if spot.passage.code and spot.index and not spot.parts[spot.index - 1].code:
        text = spot.parts[spot.index - 1].text
        last = max([*_questions(text, spot.symbols), text.rfind("\n\n")])
        yield from reversed(
            [each for each in _of_it(text, spot.symbols, spot.passage.text) if each.at > last]
        )


def _of_it(
    text: str, symbols: Symbols, asked: str = "", span: tuple[int, int] = (-1, -1)
) -> Iterator[StatedAnswer]:
    """What a text says in the sentence of a question, in those that name the checkout's or a number
    of the question's own, and in others that begin with no subject: "The page should be 3" is
    about the page."""
    asked = text[slice(*span)] if span[0] >= 0 else asked
    words = symbols.names.keys() | set(re.findall(r"\d{2,9}", asked if span[0] >= 0 else ""))
    told = said_in(text, symbols)
    answers = {each.answer.text.strip("'\"") for each in told if isinstance(each.answer, Shown)}
    for each in told:
        start = _clause(text, each.at)
        own = start <= span[0] <= each.at
        others = {value.strip("'\"") for value in _values(sentence_at(text, each.at))} - answers
        if not own and any(value not in asked for value in others):
            continue  # it tells what it asks with, and that is another question
        if is_another(text[start : each.at], asked or text) or (
            not own and has_other_options(text[: each.at], asked or text)
        ):
            continue
        if own or each.answer is UNCHANGED or speaks_of_it(text[start : each.at], words):
            yield each


def _values(text: str) -> list[str]:
    """Literals between backticks, brackets or quotes."""
    found = (match[0].strip("`") for match in _HELD.finditer(text))
    return [value for value in found if literal(value) is not ...]


def _beside(
    text: str, span: tuple[int, int], symbols: Symbols, asked: Sequence[int]
) -> Iterator[StatedAnswer]:
    """What a text says of its own question: up to the next one, else since the one before."""
    others = [at for at in (*_questions(text, symbols), *asked) if not span[0] <= at < span[1]]
    later = min((at for at in others if at >= span[1]), default=len(text))
    before = max([text.rfind("\n\n", 0, span[0]), *(at for at in others if at < span[0])])
    told = list(_of_it(text, symbols, span=span))
    yield from (each for each in told if span[1] <= each.at < later)
    earlier = [each for each in told if before < _clause(text, each.at) and each.at < span[0]]
    yield from reversed(earlier)
    for each in told:  # "they should come back unchanged", of all that were asked before
        if re.search(r"\b(?:they|all|both|these)\b", text[_clause(text, each.at) : each.at], re.I):
            yield each


def _questions(text: str, symbols: Symbols) -> list[int]:
    """Where a text asks something of its own: what follows there is about that."""
    calls = [(match.start(), match[1]) for match in wording.ASKS.finditer(text)]
    asked = [at for at, name in calls if name in symbols.names and not name[:1].isupper()]
    spans = [(match.start(), match[0].strip("`")) for match in re.finditer(wording.TICKED, text)]
    held = [(at, re.match(r"([a-z_][\w.]*)\(.*\b[A-Z]\w*\(", code)) for at, code in spans]
    others = [at for at, call in held if call and call[1].rpartition(".")[2] not in MAKERS]
    return [*asked, *others]  # `dumps(Point(1))`


def resolved(told: Answer | None, question: ast.AST) -> Answer | None:
    """``told``; what comes back unchanged is the question's first argument, and of none nothing."""
    if told is UNCHANGED:
        first = question.args[0] if isinstance(question, ast.Call) and question.args else None
        return Shown(ast.unparse(first), first) if first else None
    return told
