"""A command line with its output, as a test that runs the checkout's own program."""

import ast
import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.reproduction.answers import error_in, nearest
from bot.domain.fixes.reproduction.reading import Passage, Spot, passages
from bot.domain.fixes.reproduction.records import BugReport, Reason, Reproduction, Shown
from bot.domain.fixes.reproduction.resolving import Resolver
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.fixes.reproduction.writing import Place, finished

_PROMPT = re.compile(r"^\s*(?:\$|%|>(?!>)|PS [^>]*>)\s+(?P<command>\S.*)$")
_ARGUMENT = re.compile(r"[^\0\n]{0,300}")
_SHELL = re.compile(r"[|;&<>`$\\]")
_RUN = """
done = subprocess.run(
    [sys.executable, {words}], capture_output=True, text=True, timeout=60,
    env={{**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}},
)
assert {check}, done.stderr
"""


def command_lines(
    report: BugReport, tree: Tree, symbols: Symbols, place: Place
) -> Iterator[tuple[int, Reproduction]]:
    """Tests of the checkout's own programs that a report runs, and how plainly it tells each."""
    parts = passages(report.title, report.body)
    shown = [(n, *pair) for n, passage in enumerate(parts) for pair in _shown(passage)]
    for index, command, output in shown:
        told, error = nearest(Spot(parts, index, symbols), "expected"), error_in(output, symbols)
        program = _program(command, tree, symbols)
        if program is None or not (error or isinstance(told, Shown)):
            continue
        sure, check, says = 3, "'Traceback' not in done.stderr", "ends with a traceback"
        if isinstance(told, Shown):
            want = ast.unparse(ast.Constant(told.text.strip("\n")))
            sure, check = 4, f"done.stdout.strip() == {want}"
            says = "does not print what is expected"
        actual = error.name if error else (output.strip().splitlines() or [""])[-1]
        words = ", ".join(ast.unparse(ast.Constant(word)) for word in program[0])
        body, resolver = _RUN.format(words=words, check=check), Resolver(symbols)
        reason = Reason(exception="AssertionError", actual=actual)
        yield sure, finished("command line", body, resolver, place, program[1], says, reason)


def _shown(passage: Passage) -> list[tuple[str, str]]:
    """Commands and what follows them."""
    found: list[tuple[str, list[str]]] = []
    for line in passage.text.splitlines() if passage.code else ():
        if prompt := _PROMPT.match(line):
            found.append((prompt["command"], []))
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(output)) for command, output in found]


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
