"""Calls tried one by one, and what each gives: ``mechanic.pyz calls calls.json``.

A line a call: ``[code, "gave" | "raised" | "slow" | "died", text]``. Each has a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import json
import os
import signal
import sys
import time
from typing import Any

SECONDS, ALTOGETHER = 2.0, 60.0
LONGEST = 2_000


def try_calls(path: str) -> None:
    """Every call of the file, as long as the time lasts."""
    with open(path, encoding="utf-8") as stream:
        calls = json.load(stream)
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.path[0] = os.getcwd()
    ends = time.monotonic() + ALTOGETHER
    for code, imports in calls.items():
        names: dict[str, Any] = {}
        with contextlib.suppress(Exception, SystemExit):
            exec("\n".join(imports), names)  # noqa: S102
        kind, text = tried(code, names)
        if kind == "gave" and tried(code, names) != (kind, text):
            text = "a value"  # another one each time
        print(json.dumps([code, kind, text]), file=out, flush=True)
        if time.monotonic() > ends:
            break


def tried(code: str, names: dict[str, Any]) -> tuple[str, str]:
    """What became of one call. A signal ends it, which no code can catch."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        os.write(writer, json.dumps(answer(code, names)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    died = ("slow" if status == signal.SIGALRM else "died", "")
    kind, text = json.loads(data) if status == 0 and data else died
    return kind, text


def answer(code: str, names: dict[str, Any]) -> tuple[str, str]:
    """The value, or the exception's name; what iterates or is awaited is taken to its end."""
    try:
        value = eval(code, names)  # noqa: S307
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
        if hasattr(type(value), "__next__"):  # where Python looks, too
            value = list(itertools.islice(value, LONGEST))
        text = repr(value)[:LONGEST]
    except BaseException as error:
        return "raised", type(error).__name__
    return "gave", "a value" if " at 0x" in text else text
