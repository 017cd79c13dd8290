"""What is built for pipx holds all that the program reads, wherever it is installed."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from documents import ROOT

ROOMS = ("bot", "workers", "handlers")
# What README.md shows, and nothing reads.
LEFT_OUT = ("handlers/demo/screenshots/",)


def files() -> set[str]:
    """Whatever stands in the rooms, through links too."""
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for part in (ROOT / room, *(p for p in (ROOT / room).rglob("*") if p.is_symlink()))
        for path in part.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found |= {str(p.relative_to(ROOT)) for r in ROOMS for p in (ROOT / r).rglob("*") if p.is_file()}
    return {name for name in found if "__pycache__" not in name and not name.startswith(LEFT_OUT)}


@pytest.mark.parametrize("what", ["wheel", pytest.param("sdist", marks=pytest.mark.long)])
def test_every_file_of_the_rooms_is_built_in(tmp_path: Path, what: str) -> None:
    tree = tmp_path / "tree"
    for name in (*ROOMS, "docs"):
        kept_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=kept_out)
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, tree)
    program = f"from setuptools import build_meta as b; b.build_{what}({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if what == "wheel":
        [wheel] = tmp_path.glob("*.whl")
        assert files() - set(ZipFile(wheel).namelist()) == set()
        return
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        unpacked = {name.partition("/")[2] for name in packed.getnames()}
    needed = {"app.yml", "requirements.lock", "README.md", "LICENSE", "bot/shipped/app.yml"}
    assert (files() | needed) - unpacked == set()
