"""What running text says: its calls with their answers."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from bot.domain.fixes.python import expression, names_in
from bot.domain.fixes.reproduction import answers, several
from bot.domain.fixes.reproduction.reading import Passage, Spot, comments, is_session, steps_of
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown, same
from bot.domain.fixes.reproduction.several import applied, of_another
from bot.domain.fixes.reproduction.subjects import has_other_options
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.fixes.reproduction.wording import HANGS, SENTENCES

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
MAX_ASKED = 60  # of one passage
COUNTS = ("empty", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FORMS = re.compile(
    r"\b(?:should|must|ought\s+to|ha(?:s|ve)\s+to|expect\w*|want\w*)\b(?!\s+not\b|n)(?:"
    r"[^.\n]{0,80}?\b(?:same\s+(?:\w+\s+)?as|equal\s+to|identical\s+to|just\s+like|like|as)\s+(?:\w+\s+){0,6}`(?P<like>[^`\n]+)`"
    rf"|[^.`\n]{{0,30}}?\b(?P<count>\d{{1,4}}|{'|'.join(COUNTS[1:])})\s+(?:\w+\s+)?"
    r"(?:element|item|entry|entrie|row|character|key|value|pair|part|line|field)s?\b"
    r"|\s+(?:\w+\s+){0,2}(?P<empty>empty)(?=\s*(?:$|[.,;:!?)])))",
    re.IGNORECASE,
)
ORDINALS = ("first", "second", "third", "former", "other", "third one", "latter", "last")
_ORDINAL = re.compile(r"\bthe\s+(?P<which>first|second|third|former|latter|last|other)\b", re.I)
# What a remark says of a line that is right.
FINE = re.compile(
    r"\b(?:ok(?:ay)?|correct(?:ly)?|right|fine|good|works?|workarounds?|as\s+expected|as\s+it\s+should)\b"
    r"|^expected$",
    re.IGNORECASE,
)
# What a sentence says of something else than that a call is right.
_YET = re.compile(
    r"\b(?:not|never|but|except|instead|expect\w*|should|must|would|want\w*|cannot)\b|n['’]t\b",
    re.I,
)


def is_fine(text: str) -> bool:
    """Whether a remark or a sentence says of what it speaks of that it is right."""
    return FINE.search(text) is not None and _YET.search(text) is None


def as_is(one: Example) -> Iterator[Example]:
    """``one``, whose answer is right, where it is a value or an error."""
    value = one.expected
    if isinstance(value, Raised) or (isinstance(value, Shown) and value.node is not None):
        yield one


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
    text, asks = spot.passage.text, list(islice(_asked(spot), MAX_ASKED))
    said = {each.at: each for each in answers.said_in(text, spot.symbols)}
    # "the second should raise ValueError"
    counted: dict[int, Answer | None] = {}
    for match in _ORDINAL.finditer(text) if len(asks) > 1 else ():
        later = [at for at in said if match.end() <= at < match.end() + 60]
        index = ORDINALS.index(match["which"].lower()) % 3 if later else len(asks)
        index = len(asks) - 1 if match["which"].lower() in ("last", "latter") else index
        if later and said[min(later)].about == "expected" and index < len(asks):
            counted.setdefault(index, said[min(later)].answer)
    counted |= several.side_by_side(text, [end for _, end, *_ in asks], said.values())
    wanted = [each.at for each in said.values() if each.about == "expected"]
    starts = [start for start, *_ in asks]
    hanging = len(asks) == 1 and HANGS.search("\n".join(spot.prose)) is not None
    for index, (start, end, before, question, printed) in enumerate(asks):
        if isinstance(question, ast.Assert):
            if _FAILS.match(text[end:]):
                yield Example("assertion", before, question, None, None, 4)
            continue
        if isinstance(said[start].answer if start in said else None, Shown):
            continue  # "gives `Point(1)`" asks nothing
        sentence = answers.sentence_at(text, start)
        actual = answers.nearest(spot, "actual", (start, end), starts)
        if is_fine(sentence):  # told to compare with, as the one that is right
            if not any(sentence in answers.sentence_at(text, at) for at in wanted):
                yield from as_is(Example("sentence", before, question, actual, None, -1, printed))
            continue
        endless = hanging or HANGS.search(sentence) is not None
        told = counted.get(index)
        if not counted:
            told = answers.nearest(spot, "expected", (start, end), starts)
        expected = answers.resolved(told, question)
        if (expected is not None or isinstance(actual, Raised)) and not same(expected, actual):
            sure = 5 if expected is not None and actual is not None else 3
            elsewhere = isinstance(expected, Shown) and expected.text not in sentence
            if sure == 3 and elsewhere and spot.tells_what_came:
                continue  # that is of what it says came
            one = Example("sentence", before, question, expected, actual, sure, printed)
            yield replace(one, hangs=endless and actual is None)
        elif isinstance(actual, Shown) and expected is None:
            shown = Example("sentence", before, question, actual, None, 0, printed)
            for sentence in SENTENCES.split(text[end:]):
                if has_other_options(sentence, text[start:end]):
                    break  # and what follows is told of that
                for _, value in told_in(sentence, spot.symbols, [shown]):
                    yield from applied(value, [shown], spot.symbols)
            yield Example("sentence", before, question, actual, None, 0, printed)
        elif endless and isinstance(question, ast.Call):
            yield Example("sentence", before, question, None, None, 2, hangs=True)


def tells_what_came(parts: Sequence[Passage], symbols: Symbols) -> bool:
    """Whether a report shows or says of any question what came."""
    for part in parts:
        said = answers.said_in(part.text, symbols) if not part.code else ()
        told = any(each.about == "actual" and isinstance(each.answer, Shown) for each in said)
        remarks = comments(part.text).values() if part.code else ()
        beside = any(answers.leading(each, symbols)[0] for each in remarks)
        if told or beside or part.about == "actual" or (part.code and is_session(part.text)):
            return True
    return False


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
        outer = getattr(getattr(node, "value", None), "func", None)
        if outer and ast.unparse(outer).rpartition(".")[2] in answers.MAKERS:
            continue  # a value
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


def told_in(
    sentence: str, symbols: Symbols, seen: Sequence[Example]
) -> Iterator[tuple[int, Shown | int]]:
    """Values, expressions that give what should come, and numbers of elements."""
    said = answers.said_in(sentence, symbols)
    came = [each.answer for each in said if each.about == "actual"]
    if came and all(of_another(each, one.expected) for each in came for one in seen):
        return
    for each in said:
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
