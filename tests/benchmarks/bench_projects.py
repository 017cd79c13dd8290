"""What a fix of real projects takes: environment, first candidate, whole run, and memory.

    python tests/benchmarks/bench_projects.py FOLDER [SECONDS]

FOLDER holds checkouts, and beside each ``NAME`` a report ``NAME.md``. Each is repaired twice by
``mechanic``: cold with an empty data folder, then warm with what the first run has kept.
SECONDS is what a run may take, 240 by default. Memory is the sum of the resident
sets of all processes of a run, sandboxes included: what they share counts more than once.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PAGE = os.sysconf("SC_PAGE_SIZE") / 1e6
_LINE = re.compile(r"^(\d\d):(\d\d):(\d\d) (.*)$", re.MULTILINE)
# As workers/fixes/steps/environment.py logs its end, cold and warm.
_INSTALLED = ('$ rm -rf "$VIRTUAL_ENV/.cache"', "the environment of ")


def resident(root: int) -> float:
    """MB that a process and its descendants hold."""
    children, held = defaultdict(list), {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        children[int(fields[1])].append(pid)
        held[pid] = int(fields[21]) * _PAGE
    found, asked = 0.0, [root]
    while asked:
        pid = asked.pop()
        found += held.get(pid, 0.0)
        asked += children[pid]
    return found


def seconds_until(log: str, began: str, *ends: str) -> str:
    """Between the first line that begins with one and the first after it with another."""
    lines = [(int(h) * 3600 + int(m) * 60 + int(s), said) for h, m, s, said in _LINE.findall(log)]
    start = next((n for n, (_, said) in enumerate(lines) if said.startswith(began)), len(lines))
    end = next((at for at, said in lines[start:] if said.startswith(ends)), None)
    return "-" if end is None else str((end - lines[start][0]) % 86_400)


def measured(checkout: Path, report: Path, data: Path, seconds: str) -> list[str]:
    """The cells of one run."""
    with tempfile.TemporaryDirectory() as out:
        words = ["fix", str(checkout), "--report", str(report), "--agent", "mechanic"]
        words += ["--timeout", f"{seconds}s", "--out", out]
        began, most = time.monotonic(), 0.0
        run = subprocess.Popen(
            [sys.executable, "-m", "handlers.cli", *words],
            cwd=ROOT,
            env={**os.environ, "SOULCASTER_DATA_DIR": str(data)},
            stdout=subprocess.DEVNULL,
        )
        while run.poll() is None:
            most = max(most, resident(run.pid))
            time.sleep(0.1)
        whole = time.monotonic() - began
        log = Path(out, "run.log").read_text()
        verdict = json.loads(Path(out, "proof.json").read_text())["verdict"]
    return [
        seconds_until(log, "step reproduce", *_INSTALLED),
        seconds_until(log, "step repair", "tried "),
        f"{whole:.0f}",
        f"{most:.0f}",
        verdict,
    ]


def main(arguments: list[str]) -> None:
    """The table, a line a run."""
    if not arguments:
        print("no folder with projects was named: nothing to measure")
        return
    folder, seconds = (*arguments, "240")[:2]
    print("project | | environment s | first candidate s | whole s | peak MB | verdict")
    for report in sorted(Path(folder).glob("*.md")):
        with tempfile.TemporaryDirectory() as data:
            for how in ("cold", "warm"):
                cells = measured(report.with_suffix(""), report, Path(data), seconds)
                print(" | ".join([report.stem, how, *cells]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
