"""An example as a test file in the repository's own style."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from contextlib import suppress

from bot.domain.fixes.reproduction.records import (
    Answer,
    Example,
    Raised,
    Reason,
    Reproduction,
    Shown,
)
from bot.domain.fixes.reproduction.resolving import NotPlain, Resolver
from bot.domain.fixes.testplan import Style

MAX_SHOWN = 200


def write(
    example: Example, resolver: Resolver, *, style: Style, path: str, number: int
) -> Reproduction:
    """The test of ``example`` of report ``number``. Raises NotPlain for what we do not let in."""
    setup = resolver.statements(example.setup)
    check, reason, says = _check(example, resolver, style)
    subject = resolver.subjects[-1] if resolver.subjects else ""
    if not subject:
        raise NotPlain("nothing of the checkout is asked")
    subject = _asked_about(example, resolver) or subject
    name = f"test_{_identifier(subject.rpartition('.')[2])}_as_reported"
    function = ast.FunctionDef(
        name=name,
        args=ast.arguments(
            [], [ast.arg("self")] if style == "unittest" else [], None, [], [], None, []
        ),
        body=[*setup, *check],
        decorator_list=[],
        lineno=0,
    )
    return Reproduction(
        kind=example.kind,
        path=path,
        source=headed(subject, (number,), _code(function, resolver, style)),
        test=name,
        subject=subject,
        says=f"{subject} {says}",
        reason=reason,
        items=(number,),
    )


def headed(subject: str, items: Sequence[int], code: str) -> str:
    """A test file; its first line names the reports it came from."""
    return (
        f'"""As reported in {", ".join(f"I-{number}" for number in items)}: {subject}."""\n{code}'
    )


def _asked_about(example: Example, resolver: Resolver) -> str:
    """The function that the question calls, as a dotted name."""
    node = example.question.test if isinstance(example.question, ast.Assert) else example.question
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func).rpartition(".")[2]
            for subject in resolver.subjects:
                if subject.endswith(f".{name}"):
                    return subject
    return ""


def _identifier(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return re.sub(r"\W", "_", snake)[:60]


def _check(
    example: Example, resolver: Resolver, style: Style
) -> tuple[list[ast.stmt], Reason, str]:
    """The statements that ask, why they must fail, and a clause about it."""
    actual = example.actual
    if isinstance(example.question, ast.Assert):
        (asked,) = resolver.statements([example.question])
        return [asked], _reason("AssertionError", actual), "does not hold as reported"
    question = resolver.expression(example.question)
    expected = example.expected
    if expected is None:
        if not isinstance(actual, Raised):
            raise NotPlain("neither expected nor actual")
        return [ast.Expr(question)], Reason(exception=actual.name), f"raises {actual.name}"
    if isinstance(expected, Raised):
        error = resolver.expression(ast.Name(expected.name, ast.Load()))
        context = _call("self.assertRaises" if style == "unittest" else "pytest.raises", error)
        body: list[ast.stmt] = [ast.Expr(question)]
        check = ast.With([ast.withitem(context)], body, lineno=0)
        name = actual.name if isinstance(actual, Raised) else "DID NOT RAISE"
        return [check], Reason(exception=name), f"does not raise {expected.name}"
    left, right = _compared(question, expected, resolver, example.printed)
    says = f"should give {_short(ast.unparse(right))}"
    if isinstance(actual, Raised):
        says += f", raises {actual.name}"
    elif actual is not None:
        says += f", gives {_short(actual.text)}"
    return [_assertion(left, right, style)], _reason("AssertionError", actual), says


def _reason(exception: str, actual: Answer | None) -> Reason:
    if isinstance(actual, Raised):
        return Reason(exception=actual.name)
    text = actual.text.strip()[:MAX_SHOWN] if actual else ""
    return Reason(exception=exception, actual=text)


def _short(text: str) -> str:
    line = " ".join("".join(char for char in text if char.isprintable() or char == " ").split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _compared(
    question: ast.expr, expected: Shown, resolver: Resolver, printed: bool
) -> tuple[ast.expr, ast.expr]:
    """Both sides of the comparison: values where we can, their text where we can't."""
    text = ast.Constant(expected.text.strip())
    if expected.node is not None and not _is_word(expected.node, resolver):
        with suppress(NotPlain):
            return question, resolver.expression(expected.node)
    return _call("str" if printed else "repr", question), text


def _is_word(node: ast.expr, resolver: Resolver) -> bool:
    """A bare word of prose that happens to parse as a name."""
    return isinstance(node, ast.Name) and node.id not in resolver.imports


def _assertion(left: ast.expr, right: ast.expr, style: Style) -> ast.stmt:
    is_float = isinstance(right, ast.Constant) and isinstance(right.value, float)
    if style == "unittest":
        name = "assertAlmostEqual" if is_float else "assertEqual"
        return ast.Expr(_call(f"self.{name}", left, right))
    if isinstance(right, ast.Constant) and (right.value is None or isinstance(right.value, bool)):
        return ast.Assert(ast.Compare(left, [ast.Is()], [right]), None)
    if is_float and math.isfinite(right.value):  # type: ignore[attr-defined]
        right = _call("pytest.approx", right)
    return ast.Assert(ast.Compare(left, [ast.Eq()], [right]), None)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(name, mode="eval").body, list(arguments), [])


def _code(function: ast.FunctionDef, resolver: Resolver, style: Style) -> str:
    """Everything below the first line."""
    body: ast.stmt = function
    if style == "unittest":
        body = ast.ClassDef(
            "AsReported", [ast.parse("unittest.TestCase", mode="eval").body], [], [function], []
        )
    code = ast.unparse(ast.fix_missing_locations(ast.Module([body], [])))
    runner = style if style == "unittest" or "pytest." in code else ""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    head = [
        f"import {runner}" if runner else "",
        "\n".join(sorted(_import(name, resolver) for name in resolver.imports if name in used)),
    ]
    return "".join(f"\n{part}\n" for part in head if part) + f"\n\n{code}\n"


def _import(name: str, resolver: Resolver) -> str:
    module, there = resolver.imports[name]
    if not there:
        return f"import {module} as {name}" if module != name else f"import {name}"
    renamed = f" as {name}" if name != there else ""
    return f"from {module} import {there}{renamed}"
