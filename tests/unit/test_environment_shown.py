"""``soulcaster fix PATH --dry-run``: what would be installed and run, by whose word."""

import io
import json

import pytest
from rich.console import Console

from bot.domain.errors import TooLarge
from bot.settings import Settings
from handlers.local_fix import Wanted, fix_here, show_environment

PROJECT = """\
[build-system]
requires = ["flit"]
[project]
name = "a"
[project.optional-dependencies]
docs = ["spare>=1"]
[dependency-groups]
test = ["pytest"]
"""


def shown(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    console = Console(file=io.StringIO())
    known = show_environment(folder, "", console)
    return known, console.file.getvalue().splitlines()


def test_what_would_be_installed_and_which_files_say_so(tmp_path):
    test = "import spare, driver\n\n\ndef test_a():\n    pass\n"
    submodule = '[submodule "b"]\n\tpath = b\n\turl = ../b\n'
    files = {"pyproject.toml": PROJECT, "tests/test_a.py": test, ".gitmodules": submodule}
    known, (suite, *lines) = shown(tmp_path, files)
    assert known
    assert suite.startswith("Tests: python -m pytest ")
    assert suite.endswith("(tests/test_a.py is a pytest file)")
    assert lines == [
        "Environment: as pyproject.toml, pyproject.toml (group test) says",
        "  uv pip install pytest -e . --group test",
        "Tests import what no file names (packages may): driver",
        "Not there: submodules that are not fetched: b",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"pyproject.toml", "tests", ".gitmodules"}


def test_nothing_to_run_is_said(tmp_path):
    known, lines = shown(tmp_path, {"README.md": "# A"})
    assert not known
    assert lines == [
        "Tests: none found; say how they run: fix.tests.command in .github/soulcaster.yml",
        "Environment: nothing is to be installed",
    ]


async def test_what_is_too_large_is_said_in_its_proof_too(tmp_path):
    (tmp_path / "repo").mkdir()
    with (tmp_path / "repo" / "data.bin").open("wb") as data:
        data.truncate(500_000_001)
    (tmp_path / "report.md").write_text("`f(1)` returns 2, expected 3")
    out = tmp_path / "out"
    wanted = Wanted(path=tmp_path / "repo", report=tmp_path / "report.md", out=out)
    with pytest.raises(TooLarge, match="500 MB"):
        await fix_here(Settings.load({}), wanted, Console(file=io.StringIO()))
    proof = json.loads((out / "proof.json").read_text())
    assert proof["verdict"] == "limit reached"
    assert "500 MB" in proof["reason"]
