"""An example as a test file in the repository's own style."""

import ast
import math
import re
from collections.abc import Sequence
from textwrap import indent
from typing import NamedTuple

from bot.domain.fixes.python import literal, names_in, parsed
from bot.domain.fixes.reproduction.completing import surrounded
from bot.domain.fixes.reproduction.importing import import_block
from bot.domain.fixes.reproduction.records import (
    Answer,
    Example,
    Kind,
    Raised,
    Reason,
    Reproduction,
    Shown,
)
from bot.domain.fixes.reproduction.resolving import NotPlain, Resolver
from bot.domain.fixes.testplan import Style

MAX_SHOWN = 200
SECONDS = 10
# What hangs is red in seconds, not when the time of the whole run is over.
_TOO_LONG = f"""

def too_long(signum, frame):
    raise TimeoutError('not done within {SECONDS} s')
"""
_IN_TIME = """\
signal.signal(signal.SIGALRM, too_long)
signal.alarm({seconds})
try:
{body}
finally:
    signal.alarm(0)"""
_CAUGHT = """\
output = io.StringIO()
with contextlib.redirect_stdout(output):
{body}
{check}"""
_OF_OTHERS = "nothing of the checkout is asked"
_FIXTURES = {"monkeypatch"}
_OURS = ("contextlib", "io", "os", "signal", "subprocess", "sys")


class Place(NamedTuple):
    """Where a test is written, how, and for which report."""

    path: str
    style: Style
    number: int


def write(example: Example, resolver: Resolver, place: Place) -> Reproduction:
    """The test of ``example``. Raises NotPlain for what we do not let in."""
    given = surrounded(example.setup)
    fixtures = {name for node in given for name in names_in(node)} & _FIXTURES
    if fixtures and place.style == "unittest":
        raise NotPlain("it sets what a test case of unittest cannot")
    resolver.bound |= fixtures
    setup = _code_of(resolver.statements(given))
    check, reason, says = _check(example, resolver, place.style)
    body = f"{setup}\n{check}".strip("\n")
    if example.hangs:
        body = _IN_TIME.format(seconds=SECONDS, body=indent(body, "    "))
        reason, says = Reason(exception="TimeoutError"), "never returns"
    if not resolver.subjects:
        raise NotPlain(_OF_OTHERS)
    calls = [part.func for part in ast.walk(example.question) if isinstance(part, ast.Call)]
    asked = [ast.unparse(call).rpartition(".")[2] for call in calls]
    ours = (each for each in resolver.subjects if each.rpartition(".")[2] in asked)
    subject = next(ours, resolver.subjects[-1])
    found = finished(example.kind, body, resolver, place, subject, says, reason)
    if example.sure:
        return found
    came = example.expected
    gives = (
        f"gives {_short(came.text)}" if isinstance(came, Shown) else f"raises {came and came.name}"
    )
    return found.model_copy(update={"says": f"`{_short(ast.unparse(example.question))}` {gives}"})


def finished(
    kind: Kind, body: str, resolver: Resolver, place: Place, subject: str, says: str, why: Reason
) -> Reproduction:
    """The test file around ``body``."""
    short = subject if "/" in subject else subject.rpartition(".")[2]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", short).lower()
    name = f"test_{re.sub(r'[^a-z0-9]+', '_', snake)[:60]}_as_reported"
    items = (place.number,)
    source = headed(subject, items, _file(name, body, resolver, place.style))
    return Reproduction(
        kind=kind,
        path=place.path,
        source=source,
        test=name,
        subject=subject,
        says=f"{subject} {says}",
        reason=why,
        items=items,
    )


def headed(subject: str, items: Sequence[int], code: str) -> str:
    """A test file; its first line names the reports it came from."""
    return (
        f'"""As reported in {", ".join(f"I-{number}" for number in items)}: {subject}."""\n{code}'
    )


def _code_of(body: Sequence[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module([*body], [])))


def _check(example: Example, resolver: Resolver, style: Style) -> tuple[str, Reason, str]:
    """The lines that ask, why they must fail, and a clause about it."""
    expected, actual = example.expected, example.actual
    if isinstance(example.question, ast.Module):
        return _script(example, example.question, resolver, style)
    if isinstance(example.question, ast.Assert):
        asked = _code_of(resolver.statements([example.question]))
        return asked, _reason(actual), "does not hold as reported"
    question = resolver.expression(example.question)
    match question:
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if (
            name in resolver.symbols.needy and name not in resolver.bound
        ):
            raise NotPlain("the call lacks its arguments")
    if not resolver.subjects:  # whatever should come: that is ours and is asked of another's
        raise NotPlain(_OF_OTHERS)
    asked = ast.unparse(question)
    if expected is None:
        if isinstance(actual, Raised):
            return asked, _reason(actual), f"raises {actual.name or _short(actual.message)}"
        if not example.hangs:
            raise NotPlain("neither what should come nor an error is told")
        return asked, _reason(None), ""
    if isinstance(expected, Raised):
        error = ast.unparse(resolver.expression(ast.Name(expected.name, ast.Load())))
        waits = "self.assertRaises" if style == "unittest" else "pytest.raises"
        came = actual if isinstance(actual, Raised) else Raised("DID NOT RAISE")
        code = f"with {waits}({error}):\n    {asked}"
        if example.exact:
            told = "str(caught.exception)" if style == "unittest" else "str(caught.value)"
            code = f"with {waits}({error}) as caught:\n    {asked}"
            code += f"\nassert {expected.message!r} in {told}"
        as_told = " with the message that it should have" if example.exact else ""
        return code, _reason(came), f"does not raise {expected.name}{as_told}"
    head = getattr(question, "func", None)
    made = getattr(head, "id", getattr(head, "attr", ""))
    value = literal(expected.node)
    # what a class makes is no other class's one and only value, however it compares
    single = made in resolver.symbols.classes and (value is None or isinstance(value, bool))
    if single or (made in resolver.symbols.plain and value is not ...):
        raise NotPlain(f"no {made} is {_short(expected.text)}")
    if part := _part_of(example, expected):
        shown = repr(part)
        check = f"self.assertIn({shown}, {asked})" if style == "unittest" else ""
        check = check or f"assert {shown} in {asked}"
        return check, _reason(actual), f"should hold {_short(part)}"
    left, right = _compared(question, example, expected, resolver)
    says = f"should give {_short(ast.unparse(right))}"
    if isinstance(actual, Raised):
        says += f", raises {actual.name}"
    elif actual is not None:
        says += f", gives {_short(actual.text)}"
    check = _assertion(left, right, style)
    if isinstance(question, ast.BinOp) and "result" not in resolver.bound:
        # a log shows the value, and not what it was made of
        check = f"result = {left}\n{_assertion('result', right, style)}"
    return check, _reason(actual), says


def _part_of(example: Example, expected: Shown) -> str:
    """What should stand within the text that a session shows: it is told without its quotes."""
    came = literal(example.actual.text) if isinstance(example.actual, Shown) else ...
    plain = example.kind == "doctest" and expected.node is None and not example.printed
    return expected.text.strip() if plain and isinstance(came, str) else ""


def _reason(actual: Answer | None) -> Reason:
    """What must come: what was told, else anything but what should."""
    if isinstance(actual, Raised):
        return Reason(exception=actual.name, message=actual.message[:MAX_SHOWN])
    text = actual.text.strip()[:MAX_SHOWN] if actual else ""
    return Reason(exception="AssertionError" if text else "", actual=text)


def _script(
    example: Example, script: ast.Module, resolver: Resolver, style: Style
) -> tuple[str, Reason, str]:
    """The whole of it; what it prints is caught, and compared line by line."""
    body = _code_of(resolver.statements(script.body))
    expected, actual = example.expected, example.actual
    if example.kind == "assertion":
        return body, _reason(actual), "does not hold as reported"
    if not isinstance(expected, Shown):
        if not isinstance(actual, Raised) or expected is not None:
            raise NotPlain("what the script should print is not told")
        return body, _reason(actual), f"raises {actual.name}"
    if resolver.bound & {"output", "io", "contextlib"}:
        raise NotPlain("it uses a name of the test's own")
    # No report shows empty lines at its ends.
    printed = "output.getvalue().strip('\\n').splitlines()"
    check = _assertion(printed, lines := _lines(expected), style)
    shown = ast.unparse(_lines(actual)) if isinstance(actual, Shown) else ""
    if isinstance(lines, ast.List) and len(lines.elts) == 1:  # one line of them is told
        check = f"assert {ast.unparse(lines.elts[0])} in {printed}"
        shown = repr(actual.text.strip()) if isinstance(actual, Shown) else ""
    actual = Shown(shown) if shown else actual
    code = _CAUGHT.format(body=indent(body, "    "), check=check)
    return code, _reason(actual), "does not print what is expected"


def _lines(shown: Shown) -> ast.expr:
    return ast.parse(repr(shown.text.strip("\n").splitlines()), mode="eval").body


def _short(text: str) -> str:
    line = " ".join("".join(char for char in text if char.isprintable() or char == " ").split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _compared(
    question: ast.expr, example: Example, expected: Shown, resolver: Resolver
) -> tuple[str, ast.expr]:
    """Both sides of the comparison: values, or the text that a session or a print shows."""
    asked = ast.unparse(question)
    # Both as the same class shows itself, which need not be how it is made; of a set, in any order.
    head, shown = expected.text.partition("(")[0], example.actual or expected
    alike = isinstance(shown, Shown) and shown.text.startswith(f"{head}(") and "set" not in head
    as_text = alike and isinstance(expected.node, ast.Call) and example.kind == "doctest"
    if expected.node is not None and not (as_text or _quoted_alike(expected, example.actual)):
        right = resolver.expression(_imported(expected.node, resolver))
        name = ast.unparse(question.func) if isinstance(question, ast.Call) else ""
        if isinstance(question, ast.Compare | ast.BoolOp):
            asked = f"bool({asked})"  # so that a log shows what comes
        elif name.rpartition(".")[2] in resolver.symbols.generators:
            kind = {ast.List: "list", ast.Tuple: "tuple"}.get(type(right), "")
            asked = f"{kind}({asked})" if kind else asked
        return asked, right
    text = ast.Constant(_unescaped(expected.text.strip(), example.actual))
    both = isinstance(example.actual, Shown) and example.actual.node is None
    if example.printed or (both and example.kind != "doctest"):  # neither bears quotes
        # what is printed ends with a line break more, and no report shows those
        ends = ".strip()" if example.printed and literal(str(text.value)) is ... else ""
        return f"str({asked}){ends}", text
    if example.kind == "doctest" or re.match(r"<[\w.]+.*>$", expected.text.strip(), re.DOTALL):
        return f"repr({asked})", text
    raise NotPlain(f"{_short(expected.text)} is no value")


def _quoted_alike(expected: Shown, actual: Answer | None) -> bool:
    """Whether both are as they were printed: what came bears quotes, and is no text of Python's."""
    printed = isinstance(actual, Shown) and actual.node is None and actual.text[:1] in {'"', "'"}
    return printed and isinstance(literal(expected.text), str)


def _imported(node: ast.expr, resolver: Resolver) -> ast.expr:
    """A moment as ``from datetime import datetime`` names it, where the question does so."""
    if resolver.imports.get("datetime") != ("datetime", "datetime"):
        return node
    code = ast.unparse(node).replace("datetime.datetime(", "datetime(")
    return ast.parse(code, mode="eval").body


def _unescaped(text: str, actual: Answer | None) -> str:
    """Text between backticks writes a line break as Python does, unless what came holds a
    backslash."""
    plain = "\\" not in text or (isinstance(actual, Shown) and "\\" in actual.text)
    value = ... if plain or "\n" in text else literal('"' + text.replace('"', '\\"') + '"')
    return value if isinstance(value, str) else text


def _assertion(left: str, right: ast.expr, style: Style) -> str:
    value = right.value if isinstance(right, ast.Constant) else ...
    shown = ast.unparse(right)
    if style == "unittest":
        name = "assertAlmostEqual" if isinstance(value, float) else "assertEqual"
        return f"self.{name}({left}, {shown})"
    if value is None or isinstance(value, bool):
        return f"assert {left} is {shown}"
    if isinstance(value, float) and math.isfinite(value):
        shown = f"pytest.approx({shown})"
    return f"assert {left} == {shown}"


def _file(name: str, body: str, resolver: Resolver, style: Style) -> str:
    """Everything below the first line."""
    given = sorted(resolver.bound & _FIXTURES & set(re.findall(r"\w+", body)))
    given = ["self"] if style == "unittest" else given
    code = f"def {name}({', '.join(given)}):\n{indent(body, '    ')}"
    if style == "unittest":
        code = f"class AsReported(unittest.TestCase):\n\n{indent(code, '    ')}"
    if (module := parsed(code)) is None:
        raise NotPlain("it is no code within a test")
    code, used = ast.unparse(module), names_in(module)
    runners = {"pytest", "unittest"} & used
    ours = {name: (name, "") for name in ({*_OURS} & used) | runners}
    named = {name: resolver.imports[name] for name in used & resolver.imports.keys()}
    head = import_block({**named, **ours})
    return f"\n{head}{_TOO_LONG if 'too_long' in used else ''}\n\n{code}\n"
