"""Break every guard once, alone, and see that its tests fail: ``python tests/mutants [WORD]``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from guards import GUARDS, Guard

PROJECT = Path(__file__).parents[2]
WORKERS = 2
_PYTEST = (
    *(sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"),
    # A mutant may wait for ever, and how small an example is does not matter.
    *("--timeout", "120", "--hypothesis-profile", "mutants"),
)
_NOTICED = re.compile(r"^(?:FAILED|ERROR) (?:\S*::)?(.+?)(?: - .*)?$", re.MULTILINE)


def copied(into: Path) -> Path:
    """The project's files as git knows them."""
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        # A link of ours leads to a file or a folder that is copied, too.
        if (PROJECT / name).is_file() or (PROJECT / name).is_symlink():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, into / name, follow_symlinks=False)
    return into


def outcome(guard: Guard, there: Path) -> str:
    """``caught by`` a test, or what is wrong. ``there`` is a copy that is as it was afterwards."""
    broken = there / guard.path
    whole = broken.read_text()
    if whole.count(guard.before) != 1:
        return f"STANDS {whole.count(guard.before)} TIMES in {guard.path}"
    broken.write_text(whole.replace(guard.before, guard.after))
    try:
        command = [*_PYTEST, *guard.tests.split()]
        # The processes that a test starts look for ours where they are told, not where they are.
        env = {**os.environ, "PYTHONPATH": str(there)}
        done = subprocess.run(command, cwd=there, env=env, capture_output=True, text=True)
    finally:
        broken.write_text(whole)
    # 1 is a test that failed, 2 a module that could no longer be imported.
    noticed = _NOTICED.search(done.stdout)
    if done.returncode in (1, 2) and noticed:
        return f"caught by {noticed[1]}"
    if done.returncode < 0:
        return f"NOT JUDGED (signal {-done.returncode} ended pytest)"
    return f"SURVIVED (pytest ended with {done.returncode})"


@contextmanager
def judging() -> Iterator[Callable[[Guard], str]]:
    """``outcome`` in a copy that nobody else has at the time."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            free.put(copied(Path(folder, str(number))))

        def judge(guard: Guard) -> str:
            there = free.get()
            try:
                return outcome(guard, there)
            finally:
                free.put(there)

        yield judge


def main() -> int:
    """Print a line a guard; 1 when one survived."""
    wanted = [g for g in GUARDS if not sys.argv[1:] or sys.argv[1] in f"{g.what} {g.path}"]
    missed = 0
    with judging() as judge, ThreadPoolExecutor(WORKERS) as pool:
        for guard, found in zip(wanted, pool.map(judge, wanted), strict=True):
            missed += not found.startswith("caught")
            print(f"{guard.what} ({guard.path}): {found}", flush=True)
    print(f"{len(wanted) - missed} of {len(wanted)} caught")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
