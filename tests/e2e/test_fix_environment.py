"""``soulcaster fix`` on projects whose tests need what is not here."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from forks import run
from registry_double import RegistryDouble, wheel, wheel_of

import handlers
from bot.adapters.sandboxes import isolation

if isolation.way() is None:
    pytest.skip("nothing is installed where nothing is isolated", allow_module_level=True)

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "backend"
backend-path = ["."]
[project]
name = "pager"
version = "1.0"
dependencies = ["rounding"]
[project.optional-dependencies]
docs = ["spare"]
[dependency-groups]
test = ["pytest==1.0", "py==1", "strictness"]
[tool.pytest.ini_options]
addopts = "--strictness=high"
"""
# Makes a file that the tests need and git ignores, as hatch-vcs and setuptools-scm do.
BACKEND = """\
import pathlib, zipfile
__import__("pkg" "_resources")  # not read: what the checkout names is installed for its tests, too
def build_editable(folder, config_settings=None, metadata_directory=None):
    pathlib.Path("src/pager/_version.py").write_text("VERSION = '1.0'\\n")
    name = "pager-1.0-py3-none-any.whl"
    about = "pager-1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as made:
        made.writestr("pager.pth", str(pathlib.Path("src").absolute()))
        made.writestr(f"{about}/METADATA",
            "Metadata-Version: 2.1\\nName: pager\\nVersion: 1.0\\nRequires-Dist: rounding\\n")
        made.writestr(f"{about}/WHEEL",
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        made.writestr(f"{about}/RECORD", "")
    return name
"""
PAGER = """\
from rounding import down
from pager._version import VERSION


def pages(total, size):
    return down(total, size) + 1
"""
MENDS = "sed -i 's/down(total, size) + 1/down(total - 1, size) + 1/' src/pager/__init__.py"
# Makes another one, in a step of its own, and sets what its tests ask for.
CI = """\
env:
  PAGES: few
  KEY: ${{ secrets.KEY }}
jobs:
  test:
    steps:
      - run: python -c "open('src/pager/_rows.py', 'w').write('ROWS = 2')"
      - run: pytest
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    ".github/workflows/ci.yml": CI,
    "backend.py": BACKEND,
    ".gitignore": "_version.py\n_rows.py\n",
    "src/pager/__init__.py": PAGER,
    "tests/test_pager.py": "import os\nimport pager\nimport spare\nfrom pager._rows import ROWS\n"
    "def test_odd(strict):\n    assert (strict, ROWS) == ('high', 2)\n"
    "    assert pager.pages(21, 10) == 3\n    assert os.environ['PAGES'] == 'few'\n",
    "tests/test_needs_a_server.py": "import a_database_driver\n\n\ndef test_it():\n    pass\n",
}
PLUGIN = """\
import pkg_resources
import pytest
def pytest_addoption(parser):
    parser.addoption("--strictness")
@pytest.fixture
def strict(request):
    return request.config.getoption("--strictness")
"""
PARTS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "pip")


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """Its URL; in a thread, since the runs are processes that we wait for."""
    plugin = {
        "strictness.py": PLUGIN,
        "strictness-1.dist-info/entry_points.txt": "[pytest11]\nstrictness = strictness\n",
    }
    double = RegistryDouble(
        [
            *map(wheel_of, PARTS),
            wheel("strictness", "1", plugin),
            wheel("pytest", "1.0", {"pytest.py": "import UserDict"}),
            wheel("py", "1", {}),
            wheel("py", "2", {}),
            wheel("setuptools", "80", {"pkg_resources.py": ""}),
            wheel("setuptools", "81", {}),
            wheel("spare", "1", {"spare.py": ""}),
            wheel("rounding", "2", {"rounding.py": "def down(a, b):\n    return a // b\n"}),
            wheel("rounding", "3", {"rounding.py": "def floor(a, b):\n    return a // b\n"}),
        ],
        young=["rounding-3-py3-none-any.whl"],
    )
    loop, runner = asyncio.new_event_loop(), web.AppRunner(double.app())

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()

    loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/simple"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def fix(
    folder: Path, registry: str, report: str, *, repository: str = "repo", agent: str = "mechanic"
) -> subprocess.CompletedProcess[str]:
    (folder / "report.md").write_text(report)
    return run(
        *("fix", repository, "--report", "report.md", "--out", "out"),
        *("--timeout", "5m", "--agent", agent),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(Path(handlers.__file__).parents[1]),
            "SOULCASTER_AGENT_COMMAND": MENDS,
            "SOULCASTER_REGISTRIES": f"python={registry}",
        },
        timeout=280,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text)
    who = {
        f"GIT_{role}_{what}": "ana"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(
            ["git", *words],
            cwd=tmp_path / "repo",
            env={**os.environ, **who, "GIT_COMMITTER_DATE": "2025-06-01T12:00:00Z"},
            check=True,
        )
    return tmp_path


def test_their_dependencies_plugins_and_generated_files(folder: Path, registry: str) -> None:
    """Installed through the mirror, kept, and no part of the patch."""
    report = "# One page too many\n\n`pager.pages(20, 10)` returns 3, expected 2.\n"
    done = fix(folder, registry, report)
    log = (folder / "out" / "run.log").read_text()
    assert done.returncode == 0, done.stdout + done.stderr + log
    patch = (folder / "out" / "patch.diff").read_text()
    assert "_version.py" not in patch
    assert "_rows.py" not in patch
    assert "src/pager/__init__.py" in patch
    said = "pyproject.toml, pyproject.toml (group test), .github/workflows/ci.yml says"
    assert f"installing what the tests need, as {said}" in log
    assert "rounding-2" in log
    assert "py-2" in log  # with pytest what that once stood on is of today
    assert "spare-1" in log  # of an extra for documents, because a test imports it
    assert "`a_database_driver`: tests import that, and no file says" in " ".join(
        done.stdout.split()
    )
    assert "`pytest==1.0`: it does not start with what is here; another one runs" in " ".join(
        done.stdout.split()
    )
    assert "`what came after 2025-06-01`: tests can't be collected with it" in " ".join(
        done.stdout.split()
    )
    assert "1 passed" in log
    again = fix(folder, "http://127.0.0.1:9/simple", report, agent="command")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "is kept" in (folder / "out" / "run.log").read_text()
    # A build runs its repository's code: with equal needs another's tests must not meet it.
    shutil.copytree(folder / "repo", folder / "other")
    other = fix(folder, "http://127.0.0.1:9/simple", report, repository="other")
    assert "is kept" not in (folder / "out" / "run.log").read_text()
    assert "Tests do not run here" in other.stdout


def test_a_registry_that_is_away_is_why_they_do_not_run(folder: Path) -> None:
    done = fix(folder, "http://127.0.0.1:9/simple", "# x\n\n`pager.pages(20, 10)` is 3, not 2.\n")
    assert done.returncode != 0
    assert "Tests do not run here" in done.stdout
    assert "not installed" in " ".join(done.stdout.split())
