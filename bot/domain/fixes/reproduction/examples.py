"""The examples in a report: scripts, sessions, calls in sentences, tracebacks."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from bot.domain.fixes.python import literal
from bot.domain.fixes.reproduction import (
    answers,
    completing,
    guessing,
    reading,
    records,
    sentences,
    sessions,
    several,
    traces,
    wording,
)
from bot.domain.fixes.reproduction.keeping import kept_in
from bot.domain.fixes.reproduction.reading import Spot
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown, same
from bot.domain.fixes.reproduction.subjects import speaks_of_it
from bot.domain.fixes.reproduction.symbols import Symbols

_FRAME = re.compile(
    r'^\s*File "(?P<path>[^"\n]*)", line \d+, in \S+\n\s+(?P<code>\S.*)$', re.MULTILINE
)
_PYTHON = ("", "python", "py", "python3", "pycon", "text", "ipython", "console")
_WITH_VALUES = re.compile(r"\w\([^)\n]+\)")
# An error is wanted: "should be rejected", "instead of a proper message".
_AN_ERROR = re.compile(
    r"\b(?:should|must|would|expect\w*|want\w*|catch\w*|instead\s+of|rather\s+than)\b[^.!?]{0,80}"
    r"\b(?:errors?|exceptions?|message|reject\w*|refuse\w*|complain\w*|invalid|raised?|fail)\b"
    r"|\b(?:should|must|ought\s+to)\s+(?:say|tell|mention|report|name)\b",
    re.IGNORECASE,
)
_NO_ERROR = re.compile(
    r"\b(?:no|without(?:\s+an|\s+any)?|not\s+\w+\s+(?:an|any))\s+(?:\w+\s+)?(?:errors?|exceptions?)\b"
    r"|\b(?:should|must)(?:\s+not|n['’]t)\s+(?:raise|throw|fail|crash|be\s+(?:rejected|refused))\b",
    re.IGNORECASE,
)
MAX_EXAMPLES = 60


def examples_in(report: records.BugReport, symbols: Symbols) -> list[Example]:
    """Every example of a report, in no order of worth."""
    parts = reading.passages(report.title, report.body)
    parts = [_kind_of(parts, index, symbols) for index in range(len(parts))]
    found: list[Example] = []
    came = sentences.tells_what_came(parts, symbols)
    spots = [Spot(parts, index, symbols, came) for index in range(len(parts))]
    for spot, passage in zip(spots, parts, strict=True):
        if not passage.code:
            found += several.together(list(sentences.spoken(spot)))
            codes = (code for *_, code in sentences.calls_in(passage.text, symbols) if "#" in code)
            for step in (step for code in codes for step in reading.steps_of(code)):
                found += _judged(spot, (), step)
        elif reading.is_session(passage.text) or (
            passage.language in _PYTHON and not passage.about
        ):
            found += _block(spot)
        if (error := answers.error_in(passage.text, symbols)) is not None:
            wanted = answers.nearest(spot, "expected")
            for match in _FRAME.finditer(passage.text):
                found += traces.called(match["code"], error, spot, wanted, match["path"])
                wanted = None  # it is said of the reporter's own call, the outermost
    texts = [answers.answer(spot.passage.text, symbols) for spot in spots if not spot.passage.code]
    for error in [told for told in texts if isinstance(told, Raised)][:1]:
        for frame in report.frames:
            found += traces.called(frame.code, error, spots[0], None, frame.path)
    found += guessing.guesses(spots[0]) if spots else ()
    defined = completing.definitions(parts, symbols)
    found = [completing.completed(one, defined, parts, symbols) for one in found[:MAX_EXAMPLES]]
    found += [text for one in found for text in _as_text(one)]
    return [each for one in found for each in _unless_meant(several.in_place(one), spots[0])]


def _as_text(one: Example) -> Iterator[Example]:
    """Of what is printed nobody knows whether it is a number or a text that shows one, nor of a
    number as long as those of goods and accounts."""
    told = one.expected
    if not isinstance(told, Shown) or one.sure <= 1:
        return
    either = one.printed or re.fullmatch(r"\d{8,}", told.text)
    if either and isinstance(literal(told.node), int):
        came = Shown(one.actual.text) if isinstance(one.actual, Shown) else one.actual
        yield replace(one, expected=Shown(told.text), actual=came, sure=1)


def _unless_meant(one: Example, spot: Spot) -> Iterator[Example]:
    """Where the report wants another error than comes, that one; where it does not say which, that
    one comes is all it shows."""
    if not isinstance(one.actual, Raised):
        yield one
        return
    text, none = _NO_ERROR.subn("", "\n".join(spot.prose))
    others = guessing.other_errors(text, one.actual, spot.symbols)
    # of two errors that are told apart from a call nobody knows which is its own
    unclear = one.kind == "traceback" and len(others) > 1
    if one.expected is not None and not (unclear and isinstance(one.expected, Raised)):
        yield one
        return
    wanted = guessing.other_errors(text, one.actual, spot.symbols, wanted=True)
    for other in [] if unclear or none else wanted:  # "a BadUrl and no exception" comes back
        yield replace(one, expected=other, sure=min(one.sure, 2))
    if others or _AN_ERROR.search(text):
        if one.actual.name:
            yield replace(one, expected=one.actual, actual=None, sure=0)
    else:
        yield one


def _kind_of(parts: Sequence[reading.Passage], index: int, symbols: Symbols) -> reading.Passage:
    """A block that asks nothing shows what came, or should come; lines with arrows are told."""
    passage = parts[index]
    if not passage.code or passage.about:
        return passage
    if reading.is_session(passage.text):
        again = reading.announcing(parts, index) == "expected" and _asks_again(parts, index)
        return replace(passage, about="expected") if again else passage
    steps = reading.steps_of(passage.text)
    if not steps and any(sentences.calls_in(passage.text, symbols)):
        return replace(passage, code=answers.error_in(passage.text, symbols) is not None)
    heads = {name.partition(".")[0] for name in symbols.modules}
    nodes = [step.node for step in steps if isinstance(step.node, ast.Import | ast.ImportFrom)]
    names = [getattr(node, "module", None) or one.name for node in nodes for one in node.names]
    imported = {name.partition(".")[0] for name in names}
    if not imported & heads and not any(sentences.calls_it(step.node, symbols) for step in steps):
        return replace(passage, about=reading.announcing(parts, index))
    return passage


def _asks_again(parts: Sequence[reading.Passage], index: int) -> bool:
    """Whether a session shows another answer to what one before it asked."""
    sessions = [part.text for part in parts[:index] if part.code and reading.is_session(part.text)]
    before = {ast.dump(s.node): s.shown for text in sessions for s in reading.steps_of(text)}
    shown = [(ast.dump(s.node), s.shown) for s in reading.steps_of(parts[index].text) if s.shown]
    return any(before.get(asked, told) not in ("", told) for asked, told in shown)


def _block(spot: Spot) -> Iterator[Example]:
    """What was typed: its asserts, its lines with an answer, its output, its last expression."""
    steps = reading.steps_of(spot.passage.text)
    body = [step.node for step in steps]
    told = sessions.expected_of(_texts_beside(spot), steps, spot.symbols)
    own = [*_ready_made(body), *_said_to_raise(spot, steps), *(told or ())]
    yield from kept_in(steps, spot.symbols)
    last = max((n for n, step in enumerate(steps) if step.shown), default=-1)
    for n, step in enumerate(steps):
        before = tuple(node for node in body[:n] if not isinstance(node, ast.Assert))
        if isinstance(step.node, ast.Assert):
            actual = answers.nearest(spot, "actual")
            own.append(Example("assertion", before, step.node, None, actual, 5))
        elif step.shown or step.comment:
            own += _judged(spot, before, step, n == last and told == [])
    yield from own
    several = ast.unparse(ast.Module(body, [])).count("print(") > 1
    ends = steps and steps[-1].shown and reading.is_session(spot.passage.text)
    if steps and not ends and told is not None and (several or not own):
        yield from _whole(spot, body)
    for n in range(len(steps) if spot.passage.about != "expected" else 0):
        yield from sessions.as_shown(steps, n, spot.symbols)


def _whole(spot: Spot, body: list[ast.stmt]) -> Iterator[Example]:
    """A script without a word in it: what is told of its output, or of its last expression."""
    expected = answers.nearest(spot, "expected") or _as_printed(spot, "expected", "actual")
    actual = answers.nearest(spot, "actual") or _as_printed(spot, "actual", "expected")
    asked, script = sentences.asked_in(body[-1]), ast.Module(body, [])
    prints = ast.unparse(script).count("print(")
    blocks = sum(each.code and each.about == "expected" for each in spot.parts)
    if prints > 1 and blocks > 1:
        return  # each shows what one of them should print
    if prints > 1 or asked is None:
        expected = several.of_lines(answers.resolved(expected, script), actual)
        lines = len(expected.text.strip().splitlines()) if isinstance(expected, Shown) else 0
        plain = (lines and prints) or (isinstance(actual, Raised) and not expected)
        if plain and not same(expected, actual):
            came = len(actual.text.strip().splitlines()) if isinstance(actual, Shown) else 0
            if lines == 1 < prints and not came and not isinstance(actual, Raised):
                return  # of which line it is told, only what came says
            actual = actual if lines != 1 or came == 1 else None
            yield Example("snippet", (), script, expected, actual, 5)
    elif asked is not None and not (
        isinstance(expected, Raised) and not isinstance(actual, Raised)
    ):  # that, a sentence says of a call
        expected = answers.resolved(expected, asked[0])
        one = Example("snippet", tuple(body[:-1]), asked[0], expected, actual, 4, asked[1])
        said = " ".join([*spot.prose, *reading.comments(spot.passage.text).values()])
        asks = any(sentences.calls_it(node, spot.symbols) for node in body)
        if actual is None and asks and wording.HANGS.search(said):
            yield replace(one, sure=3, hangs=True)
        elif isinstance(expected, Shown) and not actual and spot.tells_what_came:
            return  # of something else
        elif (expected is not None or isinstance(actual, Raised)) and not same(expected, actual):
            yield one


def _as_printed(spot: Spot, about: reading.About, other: reading.About) -> Shown | None:
    """Lines below a heading that stand in no fence, where as many stand below the other one."""
    told = {each.about: each.text.strip() for each in reversed(spot.parts) if not each.code}
    lines = told.get(about, "").count("\n"), told.get(other, "").count("\n")
    return Shown(told[about]) if lines[0] and lines[0] == lines[1] else None


def _judged(
    spot: Spot, setup: tuple[ast.stmt, ...], step: reading.Step, last: bool = True
) -> Iterator[Example]:
    """Which of what a step shows, its comment says and the text tells of the last one is which."""
    about, asked = spot.passage.about, sentences.asked_in(step.node)
    if asked is None and not (step.shown and "print(" in ast.unparse(step.node)):
        return
    question, printed = asked or (ast.Module([*setup, step.node], []), False)
    remarks = answers.said_in(step.comment, spot.symbols)
    told: dict[str, Answer | None] = {each.about: each.answer for each in reversed(remarks)}
    if "expected" not in told and sentences.is_fine(step.comment):
        return
    shown = _answer(step.shown, spot.symbols) if asked else Shown(step.shown)
    value, remark = answers.leading(step.comment, spot.symbols)
    sure = 5
    if isinstance(value, Shown) and "expected" not in told:
        if re.search(r"\bbut\b", remark):
            told = {"expected": value, "actual": remarks[-1].answer if remarks else None}
        elif not told and not step.shown and not remark:
            told, sure = {"expected": value}, 2
    elif isinstance(value, Raised) and not (told or step.shown):
        told = {"actual": value}
    elif isinstance(value, Shown):
        told["actual"] = value
    if step.shown and last:
        said = {each: answers.nearest(spot, each) for each in ("expected", "actual")}
        another = several.of_another(said["actual"], shown)
        another = another or several.is_one_line(said["expected"], shown)
        if said["expected"] is None or not another:
            told = said | told
    other = _elsewhere(spot, step.node) if step.shown else None
    expected, actual = told.get("expected"), told.get("actual")
    expected = answers.resolved(expected, question)
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
    kind: records.Kind = "doctest" if step.shown else "snippet"
    yield Example(kind, setup if asked else (), question, expected, actual, sure, printed)


def _answer(text: str, symbols: Symbols) -> Answer | None:
    return answers.error_in(text, symbols) or answers.answer(text, symbols)


def _texts_beside(spot: Spot) -> list[str]:
    """The text that follows a block up to the next session, and that leads up to it: of what
    follows another session the last sentence."""
    later = spot.parts[spot.index + 1 : spot.index + 4]
    after = takewhile(lambda part: not reading.is_session(part.text), later)
    texts = [part.text for part in after if not part.code and part.about != "actual"]
    for part in spot.parts[max(0, spot.index - 1) : spot.index]:
        if not part.code and part.about != "actual":
            before = spot.parts[spot.index - 2] if spot.index > 1 else part
            of_another = before.code and reading.is_session(before.text)
            sentences_of = wording.SENTENCES.split(part.text.strip()) if of_another else [part.text]
            texts.append(sentences_of[-1])
    return texts


def _elsewhere(spot: Spot, node: ast.stmt) -> Answer | None:
    """What the same question shows in the block that says the opposite: expected, and actual."""
    for part in spot.parts:
        if part.code and part.about != spot.passage.about and reading.is_session(part.text):
            for step in reading.steps_of(part.text):
                if step.shown and ast.dump(step.node) == ast.dump(node):
                    return _answer(step.shown, spot.symbols)
    return None


def _ready_made(body: list[ast.stmt]) -> Iterator[Example]:
    """A test function of the reporter's: its asserts are the test."""
    tests = [n for n in body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]
    for test in tests:
        asks = any(isinstance(part, ast.Assert | ast.With) for part in test.body)
        if asks and not test.args.args and not test.decorator_list:
            script = [*(node for node in body if node not in tests), *test.body]
            yield Example("assertion", (), ast.Module(script, []), None, None, 6)


def _said_to_raise(spot: Spot, steps: Sequence[reading.Step]) -> list[Example]:
    """`Field` should raise ValueError: the last call of what the sentence names, it alone; all of
    a line that shows a value instead, which raises wherever in it the error comes."""
    body = [step.node for step in steps]
    asked = [(at, node) for at, node in enumerate(body) if isinstance(node, ast.Expr | ast.Assign)]
    calls = [(at, c) for at, node in asked for c in ast.walk(node) if isinstance(c, ast.Call)]
    near = spot.parts[max(0, spot.index - 1) : spot.index + 3]
    texts = [part.text for part in near if not part.code]
    for text, said in ((t, said) for t in texts for said in answers.said_in(t, spot.symbols)):
        sentence = answers.sentence_at(text, said.at)
        start = text.rfind(sentence, 0, said.at + len(sentence))
        before = text[start : said.at].removesuffix("`")
        own = _WITH_VALUES.search(before)  # it names its own call, and is read as a sentence
        if said.about == "expected" and isinstance(said.answer, Raised) and not own:
            words = set(re.findall(r"[A-Za-z_]\w*", before))
            spans = {span["two"] or span["one"] for span in sentences.SPAN.finditer(sentence)}
            whole = [(at, node.value) for at, node in asked if node.value is not None]
            named = [(at, value) for at, value in whole if ast.unparse(value) in spans]
            named += [(at, c) for at, c in calls if ast.unparse(c.func).split(".")[-1] in words]
            alone: list[tuple[int, ast.expr]] = []
            if len({at for at, _ in calls}) == 1 and steps[calls[0][0]].shown:
                alone += calls
            subject = bool(re.sub(r"\W", "", before)) and not speaks_of_it(before, set())
            shown = [(at, value) for at, value in whole if steps[at].shown]
            named = named or (alone if subject else alone or shown)
            error = re.escape(said.answer.name)
            others = [span for span in spans if not re.search(rf"\b{error}\b", span)]
            only = calls if len(calls) == 1 and not others else []  # "`True` -> `True`", of another
            for at, call in (named or only)[-1:]:
                line = sentences.asked_in(body[at])
                question = line[0] if line and steps[at].shown else call
                return [Example("snippet", tuple(body[:at]), question, said.answer, None, 5)]
    return []
