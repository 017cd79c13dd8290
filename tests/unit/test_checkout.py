"""A folder as a tree of files: what git knows of, read without a trace."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.domain.errors import NotFound
from bot.domain.fixes.patch import EXECUTABLE, SYMLINK
from workers.fixes.steps.local import read_checkout, read_submodules


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a repo"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    (folder / "kept.py").write_text("1\n")
    (folder / "gone.py").write_text("2\n")
    (folder / "forced.log").write_text("3\n")
    git(folder, "add", ".gitignore", "kept.py", "gone.py")
    git(folder, "add", "--force", "forced.log")
    git(folder, "commit", "-q", "-m", "Begin")
    (folder / "gone.py").unlink()
    (folder / "kept.py").write_text("changed\n")
    (folder / "new ü.py").write_text("4\n")
    (folder / "noise.log").write_text("5\n")
    (folder / "build").mkdir()
    (folder / "build" / "out.py").write_text("6\n")
    return folder


def test_tracked_and_new_files_as_they_are_now(checkout: Path) -> None:
    tree = read_checkout(checkout)
    assert sorted(tree) == [".gitignore", "forced.log", "kept.py", "new ü.py"]
    assert tree["kept.py"].data == b"changed\n"


def test_a_folder_inside_a_checkout(checkout: Path) -> None:
    (checkout / "part").mkdir()
    (checkout / "part" / "one.py").write_text("1\n")
    assert sorted(read_checkout(checkout / "part")) == ["one.py"]


def test_modes_and_links_are_kept_and_not_followed(checkout: Path) -> None:
    (checkout / "run.sh").write_text("true\n")
    (checkout / "run.sh").chmod(0o755)
    (checkout / "secret").symlink_to("/etc/passwd")
    os.mkfifo(checkout / "pipe")
    tree = read_checkout(checkout)
    assert tree["run.sh"].mode == EXECUTABLE
    assert (tree["secret"].mode, tree["secret"].data) == (SYMLINK, b"/etc/passwd")
    assert "pipe" not in tree


def test_a_folder_without_git(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1\n")
    for dropping in ("__pycache__", "node_modules", ".venv"):
        (tmp_path / dropping).mkdir()
        (tmp_path / dropping / "x.py").write_text("2\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "patch.diff").write_text("3\n")
    assert sorted(read_checkout(tmp_path, leave_out=tmp_path / "out")) == ["a.py"]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no files"):
        read_checkout(tmp_path)


def test_reading_writes_nothing(checkout: Path) -> None:
    def stamps() -> dict[str, int]:
        return {str(path): path.lstat().st_mtime_ns for path in checkout.rglob("*")}

    before = stamps()
    read_checkout(checkout)
    assert stamps() == before


def test_a_repository_can_not_make_us_run_its_programs(checkout: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(hook))
    assert "kept.py" in read_checkout(checkout)
    assert not ran.exists()


def test_submodules_that_are_checked_out_are_read_apart(checkout: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        git(tmp_path, "init", "-q", name)
        (tmp_path / name / f"{name}.py").write_text("1\n")
    git(tmp_path / "one", "add", ".")
    git(tmp_path / "one", "commit", "-q", "-m", "Begin")
    git(
        checkout,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        f"{tmp_path}/one",
        "lib/one",
    )
    with (checkout / ".gitmodules").open("a") as said:
        said.write('[submodule "two"]\n\tpath = two\n[submodule "up"]\n\tpath = out\n')
    (checkout / "two").mkdir()
    (checkout / "out").symlink_to(tmp_path / "two")
    tree = read_checkout(checkout)
    assert not any(path.startswith("lib/") for path in tree)
    assert sorted(read_submodules(checkout, tree)) == ["lib/one/one.py"]
