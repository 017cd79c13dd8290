"""Reports become tests, red on the bug and green on its repair: each kind, and thirty more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from reproducing import outcomes_of, reported
from told_reports import CASES, LATER

SHARED = Path(os.environ.get("SOULCASTER_SHARED", "../shared")) / "cases" / "fix"
NOTHING = {"tests/test_nothing.py": "def test_nothing():\n    pass\n"}
# Of each case of the shared folder: what the repair replaces, by what, and the grade.
REPAIRS = {
    "01": ("prices.py", "prices[1:]", "prices", "as reported"),
    "02": ("sizes.py", "size >= 1000", "size >= 999.95", "as reported"),
    "03": ("width.py", "value > 2**bits", "value >= 2**bits", "fails"),
    "04": ("words.py", 'endswith("s")', 'endswith("s") and word[-2] != "s"', "as reported"),
    "05": ("months.py", "!= 0 else", "!= 0 or year % 400 == 0 else", "fails"),
    "06": ("lists/cutting.py", "len(items) - size + 1", "len(items)", "as reported"),
    "07": ("prices.py", "prices[1:]", "prices", "as reported"),
    "08": (
        "powers.py",
        "return base * power(base, exponent)",
        "return base * half * half",
        "fails",
    ),
    "09": ("collatz.py", "3 * number + 3", "3 * number + 1", "as reported"),
    "16": ("columns.py", "max(1, width - len(text) - 1)", "(width - len(text))", "as reported"),
    "17": ("prices.py", "prices[1:]", "prices", "as reported"),
    "20": ("paths.py", "return []\n    for", "return [end]\n    for", "as reported"),
}


def test_the_shared_cases(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here")
    red, green = [], []
    for number, (path, bug, repair, _) in REPAIRS.items():
        (folder,) = SHARED.glob(f"{number}-*")
        repo = folder / "repo"
        files = {str(p.relative_to(repo)): p.read_text() for p in repo.rglob("*.py")}
        assert bug in files[path], number
        best = reported((folder / "report.md").read_text(), files)[0]
        red.append((files, best))
        green.append(({**files, path: files[path].replace(bug, repair)}, best))
    grades = [grade if failed else "green" for failed, grade in outcomes_of(tmp_path / "a", red)]
    assert dict(zip(REPAIRS, grades, strict=True)) == {n: each[3] for n, each in REPAIRS.items()}
    after = [failed for failed, _ in outcomes_of(tmp_path / "b", green)]
    assert after == [False] * len(REPAIRS)


def test_thirty_reports(tmp_path: Path) -> None:
    """None is reproduced wrongly; how many are at all, by half: the even ones were never tuned."""
    tried = [
        (number, {f"{module}.py": source, **NOTHING}, one)
        for number, (report, module, source, *_) in enumerate(CASES, 1)
        for one in reported(report, {f"{module}.py": source, **NOTHING})
    ]
    outcomes = outcomes_of(tmp_path / "a", [(files, one) for _, files, one in tried])
    found = {}
    for (number, _, one), (failed, grade) in zip(tried, outcomes, strict=True):
        if failed and grade:
            found.setdefault(number, one)
    repaired = []
    for number, one in found.items():
        _, module, source, bug, repair = CASES[number - 1]
        assert bug, f"{number} tells nothing, and became {one.source}"
        repaired.append(({f"{module}.py": source.replace(bug, repair), **NOTHING}, one))
    after = outcomes_of(tmp_path / "b", repaired)
    wrong = [number for number, (failed, _) in zip(found, after, strict=True) if failed]
    assert wrong == []
    odd, even = (len([n for n in found if n % 2 == half]) for half in (1, 0))
    print(f"reproduced as told: {odd} of 15 that were looked at, {even} of 14 that were not")
    assert (odd, even) >= (14, 7)


def test_kinds_of_a_real_project(tmp_path: Path) -> None:
    """All that is made of them is red on the bug and green on its repair."""
    tried = [
        ({f"{module}.py": text, **NOTHING}, one)
        for report, module, text, *_ in LATER
        for one in reported(report, {f"{module}.py": text, **NOTHING})
    ]
    assert len(tried) >= len(LATER)
    assert all(failed and grade for failed, grade in outcomes_of(tmp_path / "a", tried))
    repaired = [
        ({f"{module}.py": text.replace(bug, repair), **NOTHING}, one)
        for report, module, text, bug, repair in LATER
        for one in reported(report, {f"{module}.py": text, **NOTHING})
    ]
    after = [failed for failed, _ in outcomes_of(tmp_path / "b", repaired)]
    assert after == [False] * len(repaired)
