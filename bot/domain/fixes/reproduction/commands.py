"""A command line with its output, as a test that runs the checkout's own program."""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.reproduction.answers import nearest
from bot.domain.fixes.reproduction.reading import Passage, passages
from bot.domain.fixes.reproduction.records import BugReport, Raised, Reason, Reproduction, Shown
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.fixes.reproduction.writing import headed
from bot.domain.fixes.testplan import Style

_PROMPT = re.compile(r"^\s*(?:\$|%|>(?!>)|PS [^>]*>)\s+(?P<command>\S.*)$")
_ARGUMENT = re.compile(r"[^\0\n]{0,300}")
_SHELL = re.compile(r"[|;&<>`$\\]")
SECONDS = 60


def command_lines(
    report: BugReport, tree: Tree, symbols: Symbols, *, style: Style, path: str
) -> Iterator[tuple[int, Reproduction]]:
    """Tests of the checkout's own programs that a report runs, and how plainly it tells each."""
    parts = passages(report.title, report.body)
    for index, passage in enumerate(parts):
        for command, output in _shown(passage):
            found = _program(command, tree, symbols)
            if found is None:
                continue
            argv, subject = found
            told = nearest(parts, index, 0, "expected", symbols)
            error = nearest([Passage(output, code=True)] * 2, 0, 0, "actual", symbols)
            expected = told.text.strip("\n") if isinstance(told, Shown) else None
            if isinstance(error, Raised):
                actual = error.name
            elif expected is not None:
                actual = output.strip().splitlines()[-1] if output.strip() else ""
            else:
                continue
            ends = (
                "ends with a traceback" if expected is None else "does not print what is expected"
            )
            code, test = _code(argv, subject, expected, style)
            yield (
                3 if expected is None else 4,
                Reproduction(
                    kind="command line",
                    path=path,
                    source=headed(subject, (report.number,), code),
                    test=test,
                    subject=subject,
                    says=f"{subject} {ends}",
                    reason=Reason(exception="AssertionError", actual=actual),
                    items=(report.number,),
                ),
            )


def _shown(passage: Passage) -> Iterator[tuple[str, str]]:
    """Commands and what follows them."""
    if not passage.code:
        return
    command, output = "", list[str]()
    for line in passage.text.splitlines():
        prompt = _PROMPT.match(line)
        if prompt:
            if command:
                yield command, "\n".join(output)
            command, output = prompt["command"], []
        else:
            output.append(line)
    if command:
        yield command, "\n".join(output)


def _program(command: str, tree: Tree, symbols: Symbols) -> tuple[tuple[str, ...], str] | None:
    """Arguments for our interpreter; None for anything but a program of the checkout."""
    if _SHELL.search(command):
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if not words or not all(_ARGUMENT.fullmatch(word) for word in words):
        return None
    if re.fullmatch(r"python[\d.]*|py", words[0]) and len(words) > 1:
        if words[1] == "-m" and len(words) > 2:
            module = words[2]
            if module in symbols.modules or f"{module}.__main__" in symbols.modules:
                return tuple(words[1:]), module
            return None
        path = posixpath.normpath(words[1])
        return ((path, *words[2:]), path) if path in tree and path.endswith(".py") else None
    entry = _scripts(tree).get(words[0], "")
    module, _, function = entry.partition(":")
    if module in symbols.modules and function.isidentifier():
        code = f"import sys; from {module} import {function}; sys.exit({function}())"
        return ("-c", code, *words[1:]), f"{module}.{function}"
    return None


def _scripts(tree: Tree) -> dict[str, str]:
    try:
        project = tomllib.loads(text_of(tree.get("pyproject.toml"))).get("project", {})
    except tomllib.TOMLDecodeError:
        return {}
    return {
        name: value
        for name, value in project.get("scripts", {}).items()
        if re.fullmatch(r"[\w.]+:\w+", str(value))
    }


def _code(
    argv: tuple[str, ...], subject: str, expected: str | None, style: Style
) -> tuple[str, str]:
    """A test file below its first line, and the name of its test.

    ``argv`` comes after the interpreter; ``expected`` is the output, or None for no traceback.
    """
    name = f"test_{re.sub(r'[^a-z0-9]+', '_', subject.lower()).strip('_')}_as_reported"
    words = ", ".join(ast.unparse(ast.Constant(word)) for word in argv)
    check = (
        f"assert done.stdout.strip() == {ast.unparse(ast.Constant(expected))}, done.stderr"
        if expected is not None
        else 'assert "Traceback" not in done.stderr, done.stderr'
    )
    body = [
        f"def {name}({'self' if style == 'unittest' else ''}):",
        "    done = subprocess.run(",
        f"        [sys.executable, {words}],",
        "        capture_output=True,",
        "        text=True,",
        f"        timeout={SECONDS},",
        '        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},',
        "    )",
        f"    {check}",
    ]
    imports = ["import os", "import subprocess", "import sys"]
    if style == "unittest":
        imports.append("import unittest")
        body = ["class AsReported(unittest.TestCase):", *(f"    {each}" for each in body)]
    return "\n".join(["", *imports, "", "", *body, ""]), name
