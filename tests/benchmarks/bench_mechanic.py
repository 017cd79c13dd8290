"""Repairs by ``mechanic``: proved, still right under tests it did not see, and how long it took.

    python tests/benchmarks/bench_mechanic.py [NAME ...]

SOULCASTER_QUIXBUGS may name a folder laid out like the QuixBugs repository
(https://github.com/jkoppel/QuixBugs): python_programs/, json_testcases/, python_testcases/. The
search then sees about half of the cases of each program, and the other half judges. Without it
the programs in ``planted`` are repaired, each a checkout with visible tests and a held-out file.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns

from length import FULL, announce

from bot.adapters.agents.mechanic.archive import engine_archive

PLANTED = Path(__file__).parent / "planted"
SECONDS = float(os.environ.get("SOULCASTER_BENCH_SECONDS", "120"))
QUIXBUGS = [
    "breadth_first_search",
    "bucketsort",
    "depth_first_search",
    "detect_cycle",
    "find_in_sorted",
    "flatten",
    "hanoi",
    "is_valid_parenthesization",
    "knapsack",
    "kth",
    "lcs_length",
    "levenshtein",
    "lis",
    "longest_common_subsequence",
    "max_sublist_sum",
    "mergesort",
    "next_palindrome",
    "powerset",
    "reverse_linked_list",
    "rpn_eval",
    "shortest_path_length",
    "sqrt",
    "topological_ordering",
    "wrap",
]
TEST = """\
import json

import pytest
from {name} import {name}

CASES = {cases}


@pytest.mark.parametrize(("arguments", "expected"), CASES)
def test_{name}(arguments, expected):
    found = {name}(*arguments)
    found = list(found) if hasattr(found, "__next__") else found
    found = json.loads(json.dumps(found))  # tuples as the lists of the cases
    assert found == {expected}
"""


@dataclass
class Outcome:
    name: str
    outcome: str
    proved: bool
    right: bool
    seconds: float
    cpu: float
    tried: int
    note: str


def planted(name: str, folder: Path) -> Path:
    """Lay out one of our own programs; the held-out tests stay outside the checkout."""
    checkout = folder / "checkout"
    ignored = ignore_patterns("held_out.py", "command.txt", "__pycache__", ".pytest_cache")
    copytree(PLANTED / name, checkout, ignore=ignored)
    held_out = folder / "test_held_out.py"
    held_out.write_text((PLANTED / name / "held_out.py").read_text())
    return checkout


def quixbugs(name: str, folder: Path, source: Path) -> Path:
    """Lay out one program of QuixBugs with half of its cases, red and green ones alike."""
    checkout = folder / "checkout"
    checkout.mkdir()
    program = (source / "python_programs" / f"{name}.py").read_text()
    (checkout / f"{name}.py").write_text(program)
    cases = source / "json_testcases" / f"{name}.json"
    if cases.exists():
        lines = [json.loads(line) for line in cases.read_text().splitlines() if line.strip()]
        whole = [_case_test(name, [case]) for case in lines]
    else:
        (checkout / "node.py").write_text((source / "python_testcases" / "node.py").read_text())
        text = (source / "python_testcases" / f"test_{name}.py").read_text()
        lines = _test_names(text)
        whole = [_only(text, [test]) for test in lines]
    red = [not _is_green(checkout, test) for test in whole]
    seen, unseen = [], []
    for colour in (True, False):
        group = [case for case, is_red in zip(lines, red, strict=True) if is_red is colour]
        seen += group[::2]
        unseen += group[1::2]
    join = (lambda part: _case_test(name, part)) if cases.exists() else (lambda p: _only(text, p))
    (checkout / f"test_{name}.py").write_text(join(seen))
    (folder / "test_held_out.py").write_text(join(unseen))
    return checkout


def _case_test(name: str, cases: list[list[object]]) -> str:
    expected = "pytest.approx(expected, abs=arguments[-1])" if name == "sqrt" else "expected"
    pairs = [(a if isinstance(a, list) else [a], b) for a, b in cases]
    return TEST.format(name=name, cases=repr(pairs), expected=expected)


def _test_names(text: str) -> list[str]:
    return [n.name for n in ast.parse(text).body if getattr(n, "name", "").startswith("test")]


def _only(text: str, names: list[str]) -> str:
    lines = text.splitlines(keepends=True)
    for node in reversed(ast.parse(text).body):
        is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test")
        if is_test and node.name not in names:
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def _is_green(checkout: Path, test: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_one.py"
        path.write_text(test)
        return _passes(checkout, path, seconds=20)


def _passes(checkout: Path, tests: Path | None, seconds: float = 60) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += [str(tests), f"--rootdir={tests.parent}"] if tests else []
    places = [str(checkout), str(checkout / "src")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=checkout,
            env=environment,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def repair(name: str, folder: Path, checkout: Path, archive: Path) -> Outcome:
    """Run the engine as the sandbox does, then judge what it left in the checkout."""
    own = PLANTED / name / "command.txt"
    command = own.read_text().strip() if own.exists() else "python -m pytest -q"
    task = folder / "task.json"
    fields = {"root": str(checkout), "failing": [command], "suite": command, "seconds": SECONDS}
    task.write_text(json.dumps(fields))
    before = _contents(checkout)
    start, used = time.perf_counter(), _cpu()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, str(archive), str(task)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    seconds, cpu = time.perf_counter() - start, _cpu() - used
    if not done.stdout.strip():
        raise SystemExit(f"{name}: the engine broke\n{done.stderr}")
    last = json.loads(done.stdout.splitlines()[-1])
    after = _contents(checkout)
    fixed = last["outcome"] == "done" and before != after
    proved = fixed and _is_zero(command, checkout, environment)
    right = proved and _passes(checkout, folder / "test_held_out.py")
    if last["outcome"] != "done" and before != after:
        raise SystemExit(f"{name}: gave up, but left the checkout changed")
    note = last.get("note", "")
    return Outcome(name, last["outcome"], proved, right, seconds, cpu, last.get("tried", 0), note)


def _is_zero(command: str, checkout: Path, environment: dict[str, str]) -> bool:
    done = subprocess.run(
        shlex.split(command),
        cwd=checkout,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _cpu() -> float:
    """CPU seconds of everything started from here that has ended; other load does not count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def main() -> None:
    source = os.environ.get("SOULCASTER_QUIXBUGS", "")
    own = sorted(p.name for p in PLANTED.iterdir() if (p / "held_out.py").exists())
    names = sys.argv[1:] or (QUIXBUGS if source else own)[:: 1 if FULL else 4]
    announce("a minute and a half", "six minutes")
    outcomes = []
    print(
        f"{'program':34} {'proved':>6} {'right':>6} {'seconds':>8} {'cpu':>6} {'tried':>6}  repair"
    )
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            archive = folder / "mechanic.pyz"
            archive.write_bytes(engine_archive())
            checkout = quixbugs(name, folder, Path(source)) if source else planted(name, folder)
            outcome = repair(name, folder, checkout, archive)
        outcomes.append(outcome)
        marks = ["yes" if yes else "no" for yes in (outcome.proved, outcome.right)]
        spent = f"{outcome.seconds:8.1f} {outcome.cpu:6.1f} {outcome.tried:6}"
        print(f"{name:34} {marks[0]:>6} {marks[1]:>6} {spent}  {outcome.note}", flush=True)
    proved = sum(outcome.proved for outcome in outcomes)
    right = sum(outcome.right for outcome in outcomes)
    median = statistics.median(outcome.seconds for outcome in outcomes)
    cpu = statistics.median(outcome.cpu for outcome in outcomes)
    total = len(outcomes)
    print(
        f"{'total':34} {proved:>3}/{total:<2} {right:>3}/{total:<2} {median:8.1f} {cpu:6.1f} median"
    )
    if not sys.argv[1:] and proved < total * 0.8:
        raise SystemExit("fewer than four in five were proved")


if __name__ == "__main__":
    main()
