"""Break every guard once, alone, and see that its tests fail: ``python tests/mutants [WORD]``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from guards import GUARDS, Guard

PROJECT = Path(__file__).parents[2]


def copied(into: Path) -> Path:
    """The project's files as git knows them."""
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        if (PROJECT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, into / name)
    return into


def outcome(guard: Guard) -> str:
    """``caught``, or what is wrong."""
    text = (PROJECT / guard.path).read_text()
    if text.count(guard.before) != 1:
        return f"stands {text.count(guard.before)} times in {guard.path}"
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        there = copied(Path(folder))
        (there / guard.path).write_text(text.replace(guard.before, guard.after))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", *guard.tests.split()]
        done = subprocess.run(command, cwd=there, capture_output=True, text=True)
    # 1 is a test that failed, 2 a module that could no longer be imported.
    return (
        "caught" if done.returncode in (1, 2) else f"SURVIVED (pytest ended with {done.returncode})"
    )


def main() -> int:
    """Print a line a guard; 1 when one survived."""
    wanted = [g for g in GUARDS if not sys.argv[1:] or sys.argv[1] in f"{g.what} {g.path}"]
    missed = 0
    with ThreadPoolExecutor(2) as pool:
        for guard, found in zip(wanted, pool.map(outcome, wanted), strict=True):
            missed += found != "caught"
            print(f"{found:8} {guard.what} ({guard.path})", flush=True)
    print(f"{len(wanted) - missed} of {len(wanted)} caught")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
