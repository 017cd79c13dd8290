"""``soulcaster fix PATH`` as somebody runs it: from anywhere, with nothing but a folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from forks import run

import handlers

OURS = str(Path(handlers.__file__).parents[1])
CALC = "def last_page(total, per_page):\n    return total // per_page + 1\n"
TEST = "from calc import last_page\n\n\ndef test_pages():\n    assert last_page(21, 10) == 3\n"
REPORT = "# One page too many\n\n`calc.last_page(20, 10)` returns 3, expected 2.\n"
KEYS = [
    "verdict",
    "reason",
    "reproduced",
    "grade",
    "changes",
    "reading",
    "red",
    "green",
    "suite_before",
    "suite_after",
    "environment",
    "seconds",
    "agent",
    "steps",
]


def _environment(home: Path) -> dict[str, str]:
    """No account is in it."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": OURS}


def fix(cwd: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return run("fix", *arguments, cwd=cwd, env=_environment(cwd) | more)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "tests").mkdir(parents=True)
    (folder / "conftest.py").write_text("")
    (folder / "calc.py").write_text(CALC)
    (folder / "tests" / "test_calc.py").write_text(TEST)
    return folder


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(REPORT)
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_proved(repository: Path, report: Path, tmp_path: Path) -> None:
    before, out = files_of(repository), tmp_path / "here" / "out"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "handlers.cli", "fix", "repository"),
            *("--report", str(report), "--out", "here/out", "--timeout", "5m"),
        ],
        cwd=tmp_path,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert files_of(repository) == before
    proof = json.loads((out / "proof.json").read_text())
    assert list(proof) == KEYS
    assert (proof["verdict"], proof["agent"]) == ("proved", "mechanic")
    assert (proof["reproduced"], proof["grade"]) == ("as reported", "proved")
    assert proof["red"]["exit_code"] == 1
    assert proof["green"]["exit_code"] == 0
    assert proof["red"]["command"] == proof["green"]["command"]
    assert proof["suite_before"]["exit_code"] == proof["suite_after"]["exit_code"] == 0
    assert proof["steps"] > 0
    assert proof["seconds"] > 0
    assert "Proved" in done.stdout
    assert done.stdout.count("✔") == 6
    # The patch is what it says: it applies, and it mends the program for other numbers too.
    subprocess.run(["git", "apply", str(out / "patch.diff")], cwd=repository, check=True)
    answer = "from calc import last_page as p; print(p(30, 10), p(31, 10), p(1, 10))"
    said = subprocess.run(
        [sys.executable, "-B", "-c", answer], cwd=repository, capture_output=True, text=True
    )
    assert said.stdout.split() == ["3", "4", "1"]


def test_not_reproduced(repository: Path, tmp_path: Path) -> None:
    vague = tmp_path / "vague.md"
    vague.write_text("It is all wrong somehow.\n")
    out = tmp_path / "out"
    out.mkdir()
    (out / "patch.diff").write_text("from an earlier run")
    done = fix(tmp_path, repository, "--report", vague, "--out", out)
    assert done.returncode == 1
    assert json.loads((out / "proof.json").read_text())["verdict"] == "not reproduced"
    assert not (out / "patch.diff").exists()
    assert "no example that can be run" in done.stdout


def test_not_repaired_keeps_the_failing_test(repository: Path, tmp_path: Path) -> None:
    hard = tmp_path / "hard.md"
    hard.write_text("`calc.last_page(20, 10)` returns 3, expected 'a palindrome, reversed'.\n")
    out = tmp_path / "out"
    arguments = ("--report", hard, "--out", out, "--agent", "command")
    done = fix(tmp_path, repository, *arguments, SOULCASTER_AGENT_COMMAND="echo I see no way")
    assert done.returncode == 1
    proof = json.loads((out / "proof.json").read_text())
    assert proof["verdict"] == "reproduced, not repaired"
    assert "It said: I see no way" in " ".join(done.stdout.split())
    assert not (out / "patch.diff").exists()
    assert "a palindrome, reversed" in (out / "reproduction.diff").read_text()


def test_an_agent_that_is_not_installed_is_told_of(
    repository: Path, report: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("--report", report, "--out", out, "--agent", "claude")
    fix(tmp_path, repository, *arguments, ANTHROPIC_API_KEY="x")
    proof = json.loads((out / "proof.json").read_text())
    assert proof["verdict"] == "reproduced, not repaired"
    assert "`make agents ARGS=claude`" in proof["reason"]


def test_tests_that_do_not_run(repository: Path, report: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = fix(tmp_path, repository, "--report", report, "--out", out, "--test", "no-such-tool")
    assert done.returncode == 1
    assert json.loads((out / "proof.json").read_text())["verdict"] == "tests do not run here"
    assert "no-such-tool" in done.stdout


def test_tests_that_can_not_be_imported(repository: Path, report: Path, tmp_path: Path) -> None:
    (repository / "calc.py").write_text("import a_package_that_is_not_here\n" + CALC)
    done = fix(tmp_path, repository, "--report", report, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "Tests do not run here" in done.stdout
    assert "No module named 'a_package_that_is_not_here'" in done.stdout


def test_the_packages_of_the_checkout(repository: Path, report: Path, tmp_path: Path) -> None:
    """Its own virtual environment is seen, where it can run the tests."""
    (repository / "calc.py").write_text("import only_here\n" + CALC)
    environment = repository / ".venv"
    venv.create(environment, with_pip=False)
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "only_here.py").write_text("")
    (packages / "pytest").mkdir()
    (packages / "pytest" / "__init__.py").write_text("")
    runner = "print('PASSED tests/test_calc.py::test_pages')\nimport only_here\n"
    (packages / "pytest" / "__main__.py").write_text(runner)
    out = tmp_path / "out"
    done = fix(tmp_path, repository, "--report", report, "--out", out)
    assert done.returncode == 1
    proof = json.loads((out / "proof.json").read_text())
    assert proof["suite_before"]["exit_code"] == 0
    assert proof["suite_before"]["tail"] == "PASSED tests/test_calc.py::test_pages"


def test_a_folder_without_tests(report: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "notes.txt").write_text("nothing to test\n")
    done = fix(tmp_path, bare, "--report", report, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "Repairs without a model are for Python" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout + done.stderr


def test_time_is_up(repository: Path, report: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--out", out, "--timeout", "5s", "--test", "sleep 60; python -m pytest")
    done = fix(tmp_path, repository, "--report", report, *arguments)
    assert done.returncode == 1
    assert json.loads((out / "proof.json").read_text())["verdict"] == "limit reached"


def test_interrupted(repository: Path, report: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "handlers.cli", "fix", str(repository)),
            *("--report", str(report), "--out", str(out), "--test", "sleep 60"),
        ],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert "Fetch" in running.stdout.readline()
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=20)
    assert running.returncode == 1
    assert "Stopped by you." in said
    assert json.loads((out / "proof.json").read_text())["verdict"] == "stopped"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("missing", "--report", "report.md"), "missing is no folder."),
        (("report.md", "--report", "report.md"), "report.md is no folder."),
        (("repository", "--report", "nothing.md"), "There is no report nothing.md."),
        (("repository", "--report", "empty.md"), "The report empty.md is empty"),
        (("repository", "--report", "binary.md"), "can't be read as text"),
        (("repository", "--report", "report.md", "--timeout", "soon"), "wants a duration"),
        (("repository", "--report", "report.md", "--agent", "nobody"), "no agent ~nobody"),
        (("repository", "--report", "report.md", "--out", "report.md"), "is no folder"),
    ],
)
def test_one_line_says_what_is_wrong(
    repository: Path, report: Path, tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    (tmp_path / "empty.md").write_text(" \n")
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    done = fix(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("soulcaster: ")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1
