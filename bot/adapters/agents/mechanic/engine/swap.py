"""Candidates that change nothing but functions, run without importing the code under repair again.

A holder has imported it and collected the tests. For each candidate it forks, as the fork server of
AFL does (https://lcamtuf.blogspot.com/2014/10/fuzzing-binaries-without-execve.html), and the child
puts new code into the functions that are there and runs the tests. What an import computes with an
edited function stays as it was, so whoever asks leaves such edits out.
"""

from __future__ import annotations
import __future__

import contextlib
import gc
import inspect
import json
import os
import signal
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from bot.adapters.agents.mechanic.engine import limits
from bot.adapters.agents.mechanic.engine.report import RunReport

if TYPE_CHECKING:
    Functions = dict[tuple[str, str, int], list[FunctionType]]  # file, name, first line


def hold(orders: int, report: RunReport) -> None:
    """Fork for every order and return in the child; does not return in the holder itself."""
    functions, before = _functions(report.tree), _Before(report.tree)
    gc.collect()
    gc.freeze()
    report.write(holding=True)
    for line in os.fdopen(orders, "rb"):
        order = json.loads(line)
        pairs = [(before.of(part), part) for part in order["parts"]]
        child = os.fork()
        if child == 0:
            os.setsid()
            limits.confine(order["wall"])
            if all(_swapped(functions, *pair, report.tree) for pair in pairs):
                return
            report.write(finished=True, unswapped=True)
            os._exit(0)
        report.write(forked=child)
        os.waitpid(child, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        report.write(gone=child)
    os._exit(0)


class _Before:
    """The code as it is, compiled once a statement."""

    def __init__(self, tree: str) -> None:
        self._tree = tree
        self._known: dict[tuple[str, int], CodeType] = {}

    def of(self, part: dict[str, Any]) -> CodeType:
        key = part["path"], part["line"]
        if key not in self._known:
            self._known[key] = _compiled(part, part["old"], self._tree)
        return self._known[key]


def _compiled(part: dict[str, Any], text: str, tree: str) -> CodeType:
    flags = __future__.annotations.compiler_flag if part["lazy"] else 0
    whole = "\n" * (part["line"] - 1) + text
    code: CodeType = compile(whole, tree + part["path"], "exec", flags=flags, dont_inherit=True)
    return code


def _functions(tree: str) -> Functions:
    """Every function of the checkout that there is."""
    found: Functions = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename.startswith(tree):
            found.setdefault(_key(each.__code__), []).append(each)
    return found


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_name, code.co_firstlineno


def _swapped(functions: Functions, was: CodeType, part: dict[str, Any], tree: str) -> bool:
    """Put the new code in place; False where more than functions that are there has changed."""
    try:
        pairs = code_pairs(was, _compiled(part, part["new"], tree))
    except (SyntaxError, ValueError):
        return False
    count = 0
    for old, new in pairs or ():
        if old.co_freevars != new.co_freevars:
            return False
        for function in functions.get(_key(old), ()):
            if function.__code__.co_code == old.co_code:
                function.__code__ = new
                count += 1
    return count > 0


def code_pairs(was: CodeType, now: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Functions that differ, old and new; None where what stands outside them does."""
    is_function = bool(was.co_flags & inspect.CO_OPTIMIZED)
    if _own(was) != _own(now):
        return [(was, now)] if is_function else None
    found: list[tuple[CodeType, CodeType]] = []
    for below in map(code_pairs, _inner(was), _inner(now)):
        if below is None:
            return [(was, now)] if is_function else None
        found += below
    return [*found, (was, now)] if found and is_function else found  # it makes its own anew


def _own(code: CodeType) -> tuple[object, ...]:
    """What a code does, without those inside it and without places."""
    plain = [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
    ways = getattr(code, "co_exceptiontable", b""), len(_inner(code)), plain
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return (code.co_name, code.co_code, code.co_flags, code.co_argcount, *names, *ways)


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]
