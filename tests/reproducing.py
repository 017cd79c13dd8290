"""Run the tests that reports became: many small checkouts in one process, each for itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.domain.fixes.patch import Entry
from bot.domain.fixes.reproduction import BugReport, Grade, Reproduction, attempts, graded

_RUNNER = """
import contextlib, gc, io, json, os, sys
import pytest
gc.freeze()  # each run searches for garbage five times as it ends
said = []
for folder, path in json.load(sys.stdin):
    there = list(sys.path)
    os.chdir(folder)
    sys.path[:0] = [folder, os.path.join(folder, "src")]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = pytest.main(["-rA", "--tb=short", "-p", "no:cacheprovider", "-c", os.devnull,
                            "--rootdir", folder, path])
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]
    sys.path[:] = there
    said.append([int(code), out.getvalue()])
print(json.dumps(said))
"""


def of_files(files: Mapping[str, str]) -> dict[str, Entry]:
    return {path: Entry(data=text.encode()) for path, text in files.items()}


def reported(text: str, files: Mapping[str, str]) -> list[Reproduction]:
    """What a report, its title in the first line, offers."""
    title, _, body = text.strip("\n").partition("\n")
    report = BugReport(number=1, title=title.lstrip("# "), body=body)
    return attempts([report], of_files(files), name="C-1").tests


def outcomes_of(
    tmp_path: Path, tried: Sequence[tuple[Mapping[str, str], Reproduction]]
) -> list[tuple[bool, Grade | None]]:
    """Whether each test fails on its files, and with which grade."""
    asked = []
    for number, (files, one) in enumerate(tried):
        folder = tmp_path / f"checkout{number}"
        # a limit of ten seconds is the product's; here one shows the same
        source = one.source.replace("signal.alarm(10)", "signal.alarm(1)")
        for path, text in {**files, one.path: source}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        asked.append((str(folder), one.path))
    done = subprocess.run(
        [sys.executable, "-B", "-c", _RUNNER],
        input=json.dumps(asked),
        env={"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [
        (code != 0, graded(output, one.test, one.reason))
        for (code, output), (_, one) in zip(json.loads(done.stdout), tried, strict=True)
    ]
