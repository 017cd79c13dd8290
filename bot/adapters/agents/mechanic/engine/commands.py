"""Shell commands as we were given them, read as runs of a test framework we can drive."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass

_SHELL = re.compile(r"[|;<>`$(){}&\n]")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
_PYTHON = re.compile(r"^(python|pypy)\d*(\.\d+)*$")
_WRAPPERS = {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("hatch", "run")}
_WITH_VALUE = {
    "-k", "-m", "-p", "-c", "-o", "-W", "-n", "--rootdir", "--confcutdir", "--maxfail", "--tb",
    "--durations", "--ignore", "--deselect", "--timeout", "--dist", "--numprocesses", "--capture",
    "--import-mode", "--junitxml", "--basetemp", "--cov", "--cov-report", "--log-level", "--color",
}  # fmt: skip
_DROPPED = re.compile(
    r"^(-x|--exitfirst|--maxfail|-n\d*|-nauto|--numprocesses|--dist|--cov.*|--no-cov|--junitxml"
    r"|--durations|--lf|--last-failed|--ff|--failed-first|--nf|--sw|--stepwise|--pdb|--basetemp"
    r"|-[qv]+|--quiet|--verbose|-s|--capture|--tb|--color|-r[a-zA-Z]*)(=.*)?$"
)


@dataclass(frozen=True)
class Session:
    """How a framework is started; commands with an equal session share one warm server.

    ``kind`` is pytest, unittest or shell; ``cwd`` is relative to the root.
    """

    kind: str
    interpreter: tuple[str, ...]
    cwd: str = "."
    env: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    as_module: bool = False


@dataclass(frozen=True)
class RunnerCommand:
    """One command: its text, the session it runs in, and what it asks of that session."""

    text: str
    session: Session
    targets: tuple[str, ...]


def read_command(text: str, root: str) -> RunnerCommand:
    """What ``text``, run by a shell in ``root``, does. Anything unknown is kind ``shell``."""
    shell = RunnerCommand(text, Session("shell", (_python(root, "python3"),)), (text,))
    cwd, rest = ".", text.strip()
    moved = re.match(r"cd\s+([\w./-]+)\s*&&\s*(.*)$", rest, re.S)
    if moved:
        cwd, rest = os.path.relpath(os.path.join(root, moved[1]), root), moved[2]
    try:
        words = shlex.split(rest)
    except ValueError:
        return shell
    env: list[tuple[str, str]] = []
    if words and words[0] == "env":
        words = words[1:]
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        env.append((name, value))
    if tuple(words[:2]) in _WRAPPERS:
        words = words[2:]
    if words[:1] == ["timeout"] and len(words) > 2:
        words = words[2:]
    quoted = any(word in ("-c", "-k", "-m") for word in words)
    if not words or (_SHELL.search(rest) and not quoted) or cwd.startswith(".."):
        return shell
    found = _framework(words, os.path.join(root, cwd), root)
    if found is None:
        return shell
    kind, interpreter, options, targets, as_module = found
    if not os.path.isabs(interpreter[0]):
        return shell
    session = Session(kind, tuple(interpreter), cwd, tuple(env), tuple(options), as_module)
    return RunnerCommand(text, session, tuple(targets))


_Framework = "tuple[str, list[str], list[str], list[str], bool]"


def _framework(words: list[str], cwd: str, root: str) -> _Framework | None:  # type: ignore[valid-type]
    program, rest = os.path.basename(words[0]), words[1:]
    if program in ("pytest", "py.test"):
        options, targets = _pytest_words(rest, cwd)
        return "pytest", [_python_of_script(words[0], cwd, root)], options, targets, False
    if program == "coverage" and rest[:2] == ["run", "-m"]:
        return _framework(["python3", *rest[1:]], cwd, root)
    if not _PYTHON.match(program):
        return None
    interpreter = [_python(root, words[0], cwd)]
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        interpreter.append(rest.pop(0))
        if interpreter[-1] in ("-W", "-X") and rest:
            interpreter.append(rest.pop(0))
    if rest[:1] != ["-m"]:
        return None
    module, rest = (rest[1] if len(rest) > 1 else ""), rest[2:]
    if module == "coverage" and rest[:2] == ["run", "-m"]:
        return _framework([words[0], *rest[1:]], cwd, root)
    if module in ("pytest", "py.test"):
        options, targets = _pytest_words(rest, cwd)
        return "pytest", interpreter, options, targets, True
    if module == "unittest":
        quiet = {"-v", "--verbose", "-q", "--quiet", "-f", "--failfast", "-b", "--buffer"}
        return "unittest", interpreter, [], [word for word in rest if word not in quiet], True
    return None


def _pytest_words(words: list[str], cwd: str) -> tuple[list[str], list[str]]:
    """Options to keep and the targets; options about output or stopping are left out."""
    options: list[str] = []
    targets: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        taken = 2 if word in _WITH_VALUE else 1
        if not word.startswith("-"):
            targets.append(word)
        elif not _DROPPED.match(word):
            options.extend(words[position : position + taken])
        position += taken
    return options, targets


def _python(root: str, name: str, cwd: str = "") -> str:
    """The interpreter that ``name`` starts; the checkout's own environment for a bare name."""
    if os.sep in name:
        return os.path.normpath(os.path.join(cwd or root, name))
    found = shutil.which(name)
    if os.environ.get("VIRTUAL_ENV") is None:
        for folder in (".venv", "venv"):
            own = os.path.join(root, folder, "bin", "python")
            if os.path.exists(own):
                return own
    return found or sys.executable


def _python_of_script(program: str, cwd: str, root: str) -> str:
    """The interpreter in the first line of an installed script."""
    path = os.path.join(cwd, program) if os.sep in program else shutil.which(program)
    try:
        with open(path or "", "rb") as stream:
            first = stream.readline(500).decode("utf-8", "replace").strip()
    except OSError:
        return _python(root, "python3")
    interpreter = first[2:].strip().split(" ")[0] if first.startswith("#!") else ""
    if os.path.basename(interpreter).startswith("python") and os.path.exists(interpreter):
        return interpreter
    return _python(root, "python3")
