"""The task file: what is broken, what must turn green, and how long we have."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any

_TEST_NAME = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests?|conftest)\.py$")
_TEST_FOLDER = re.compile(r"(^|/)(tests?|testing)/")
_MENTION = re.compile(r"[\w./-]+\.py(?::\d+)?|\b[A-Za-z_]\w*(?=\(\))")


@dataclass(frozen=True)
class Task:
    """A repair task as the engine sees it; the fields of ``RepairTask`` and the limits."""

    root: str
    failing: tuple[str, ...]
    suite: str = ""
    probes: str = ""
    test_files: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    learnt: str = ""
    seconds: float = 900.0
    jobs: int = 2
    max_tries: int = 0

    def is_test(self, path: str) -> bool:
        """Whether ``path`` (relative to the root) is a test, and so never edited."""
        named = any(
            path == name or path.startswith(name.rstrip("/") + "/")
            for name in (entry.lstrip("./") for entry in self.test_files)
        )
        return named or bool(_TEST_NAME.search(path) or _TEST_FOLDER.search(path))


def load_task(path: str) -> Task:
    """Read a task file. Raises OSError, or ValueError when it is not a task."""
    with open(path, encoding="utf-8") as stream:
        fields: dict[str, Any] = json.load(stream)
    if not isinstance(fields, dict) or "root" not in fields:
        raise ValueError("a task is a JSON object with at least root and failing")
    prose = " ".join(
        str(text)
        for text in [
            fields.get("evidence", ""),
            fields.get("plan", ""),
            *fields.get("steering", ()),
        ]
    )
    return Task(
        root=os.path.realpath(fields["root"]),
        failing=tuple(command for command in fields.get("failing", ()) if command.strip()),
        suite=str(fields.get("suite", "")),
        probes=str(fields.get("probes", "")),
        test_files=tuple(fields.get("test_files", ())),
        suspects=tuple(fields.get("suspects", ())),
        mentions=tuple(sorted(set(_MENTION.findall(prose)))),
        learnt=str(fields.get("learnt", "")),
        seconds=float(fields.get("seconds", 900)),
        jobs=max(1, int(fields.get("jobs", 2))),
        max_tries=int(fields.get("max_tries", 0)),
    )
