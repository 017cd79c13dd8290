"""Which lines of the checkout's own code a test runs, and the types its names hold."""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType
from typing import Any

_SAMPLES = 60  # calls of one function whose types are looked at
_Lines = "Set[Tuple[str, int]]"

RETURNED = "<returned>"  # stands among the names for what a function gives back


class Trace:
    """Collects lines by test, and types by function.

    ``types[path][first line of the function][name]`` is a set of type names; attributes of
    objects of the checkout's own classes appear as ``name.attribute``.
    """

    def __init__(self, tree: str, skipped: frozenset[str]) -> None:
        self.tree = tree.rstrip("/") + "/"
        self.skipped = skipped
        self.lines: set[tuple[str, int]] = set()
        self.types: dict[str, dict[int, dict[str, set[str]]]] = {}
        self._paths: dict[CodeType, str] = {}
        self._samples: dict[CodeType, int] = {}

    def start(self) -> None:
        """Trace this thread and those started from now on."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> None:
        """Stop tracing."""
        sys.settrace(None)
        threading.settrace(None)

    def take(self) -> set[tuple[str, int]]:
        """The lines since the last take."""
        taken, self.lines = self.lines, set()
        return taken

    def _path(self, code: CodeType) -> str:
        path = self._paths.get(code)
        if path is None:
            name = code.co_filename
            path = name[len(self.tree) :] if name.startswith(self.tree) else ""
            if path in self.skipped or "site-packages/" in path:
                path = ""
            self._paths[code] = path
        return path

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not self._path(frame.f_code):
            return None
        if frame.f_code.co_name != "<module>":
            self.lines.add((self._path(frame.f_code), frame.f_lineno))
        return self._line

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines.add((self._paths[frame.f_code], frame.f_lineno))
        elif event == "return":
            self._sample(frame)
            if arg is not None:
                self._note(frame.f_code, RETURNED, arg)
        return self._line

    def _sample(self, frame: FrameType) -> None:
        code = frame.f_code
        by_function = self.types.setdefault(self._paths[code], {})
        by_function.setdefault(code.co_firstlineno, {})
        seen = self._samples.get(code, 0)
        if seen >= _SAMPLES:
            return
        self._samples[code] = seen + 1
        names = self.types[self._paths[code]][code.co_firstlineno]
        for name, value in list(frame.f_locals.items()):
            names.setdefault(name, set()).add(type(value).__name__)
            if self._is_own(type(value)):
                for attribute, held in list(getattr(value, "__dict__", {}).items()):
                    names.setdefault(f"{name}.{attribute}", set()).add(type(held).__name__)

    def _note(self, code: CodeType, name: str, value: Any) -> None:
        names = self.types[self._paths[code]][code.co_firstlineno]
        names.setdefault(name, set()).add(type(value).__name__)

    def _is_own(self, kind: type) -> bool:
        module = sys.modules.get(kind.__module__)
        return str(getattr(module, "__file__", "") or "").startswith(self.tree)
