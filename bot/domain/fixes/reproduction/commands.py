"""A command line with its output, as a test that runs the checkout's own program."""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.fixes.patch import Tree
from bot.domain.fixes.reproduction.answers import nearest
from bot.domain.fixes.reproduction.reading import Passage, passages
from bot.domain.fixes.reproduction.records import BugReport, Raised, Reason, Shown
from bot.domain.fixes.reproduction.symbols import Symbols

_PROMPT = re.compile(r"^\s*(?:\$|%|>(?!>)|PS [^>]*>)\s+(?P<command>\S.*)$")
_ARGUMENT = re.compile(r"[^\0\n]{0,300}")
_SHELL = re.compile(r"[|;&<>`$\\]")
SECONDS = 60


@dataclass(frozen=True, slots=True)
class CommandLine:
    """``argv`` after the interpreter; ``expected`` is the output, or None for no traceback."""

    argv: tuple[str, ...]
    subject: str
    expected: str | None
    reason: Reason
    sure: int


def command_lines(report: BugReport, tree: Tree, symbols: Symbols) -> Iterator[CommandLine]:
    """Commands of the checkout's own programs that a report shows."""
    parts = passages(report.title, report.body)
    for index, passage in enumerate(parts):
        for command, output in _shown(passage):
            found = _program(command, tree, symbols)
            if found is None:
                continue
            argv, subject = found
            expected = nearest(parts, index, 0, "expected", symbols)
            error = nearest([Passage(output, code=True)] * 2, 0, 0, "actual", symbols)
            if isinstance(expected, Shown):
                actual = output.strip().splitlines()[-1] if output.strip() else ""
                reason = (
                    Reason(exception="AssertionError", actual=error.name)
                    if isinstance(error, Raised)
                    else Reason(exception="AssertionError", actual=actual)
                )
                yield CommandLine(argv, subject, expected.text.strip("\n"), reason, 4)
            elif isinstance(error, Raised):
                reason = Reason(exception="AssertionError", actual=error.name)
                yield CommandLine(argv, subject, None, reason, 3)


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
    entry = tree.get("pyproject.toml")
    try:
        project = tomllib.loads((entry.text or "") if entry else "").get("project", {})
    except tomllib.TOMLDecodeError:
        return {}
    return {
        name: value
        for name, value in project.get("scripts", {}).items()
        if re.fullmatch(r"[\w.]+:\w+", str(value))
    }


def source_of(line: CommandLine, items: tuple[int, ...], style: str) -> tuple[str, str]:
    """The test file, and the name of its test."""
    named = ", ".join(f"I-{number}" for number in items)
    name = f"test_{re.sub(r'[^a-z0-9]+', '_', line.subject.lower()).strip('_')}_as_reported"
    argv = ", ".join(ast.unparse(ast.Constant(word)) for word in line.argv)
    check = (
        f"assert done.stdout.strip() == {ast.unparse(ast.Constant(line.expected))}, done.stderr"
        if line.expected is not None
        else 'assert "Traceback" not in done.stderr, done.stderr'
    )
    body = [
        f"def {name}({'self' if style == 'unittest' else ''}):",
        "    done = subprocess.run(",
        f"        [sys.executable, {argv}],",
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
    head = f'"""As reported in {named}: {line.subject}."""'
    return "\n".join([head, "", *imports, "", "", *body, ""]), name
