"""Of a slow suite, the test files that speak of what the failing tests run."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import replace

from bot.adapters.agents.mechanic.engine.commands import RunnerCommand
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS
from bot.adapters.agents.mechanic.engine.task import Task
from bot.adapters.agents.mechanic.engine.tree import files_of

_FILES = 6


def near(
    suite: RunnerCommand, task: Task, tree: str, ran: set[tuple[str, int]]
) -> RunnerCommand | None:
    """The suite's command with test files for its targets; None when none speaks of it.

    ``ran`` are (path, line). A file counts for each function and module of these lines that it
    names, the rarer a name the more, and for being named like the module.
    """
    texts = {path: _text(tree, path) for path in files_of(tree) if _is_of(suite, task, path)}
    modules = {os.path.basename(path).removesuffix(".py") for path, _ in ran}
    worth = {path: float(_stem(path) in modules) for path in texts}
    for name in _names(tree, ran, task):
        found = re.compile(rf"\b{re.escape(name)}\b")
        naming = [path for path, text in texts.items() if found.search(text)]
        for path in naming:
            worth[path] += 1 / len(naming)
    best = sorted(filter(worth.get, worth), key=lambda p: (-worth[p], p.count("/"), p))[:_FILES]
    cwd = suite.session.cwd
    return replace(suite, targets=tuple(os.path.relpath(p, cwd) for p in best)) if best else None


def _is_of(suite: RunnerCommand, task: Task, path: str) -> bool:
    """Whether the suite would collect the file, as far as its targets say."""
    name = os.path.basename(path)
    if not (task.is_test(path) and re.fullmatch(r"test_.*\.py|.*_test\.py|tests?\.py", name)):
        return False
    targets = [os.path.normpath(os.path.join(suite.session.cwd, t)) for t in suite.targets]
    return not targets or any(
        t == "." or path == t or path.startswith(t.rstrip("/") + "/") for t in targets
    )


def _names(tree: str, ran: set[tuple[str, int]], task: Task) -> set[str]:
    """Of the functions, the classes of methods, and the modules (``package.module``) that hold
    these lines."""
    lines: dict[str, set[int]] = {}
    for path, line in ran:
        if not task.is_test(path):
            lines.setdefault(path, set()).add(line)
    names = {".".join(path.removesuffix(".py").split("/")[-2:]) for path in lines}
    for path, wanted in lines.items():
        try:
            module = ast.parse(_text(tree, path))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(module):
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and any(
                node.lineno <= line <= (node.end_lineno or node.lineno) for line in wanted
            ):
                names.add(node.name)
    return {name for name in names if not name.startswith("__")}


def _stem(path: str) -> str:
    """What a test file is named after."""
    return re.sub(r"^tests?_|_tests?$", "", os.path.basename(path).removesuffix(".py"))


def _text(tree: str, path: str) -> str:
    try:
        with open(os.path.join(tree, path), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
