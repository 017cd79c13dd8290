"""What ``soulcaster doctor`` says of the sandboxes, as somebody runs it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from documents import ROOT
from forks import run
from test_at_rest import readable

from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.trials import TRIALS


def doctor(folder: Path, **more: str) -> str:
    """Its table, a row a line; with a Redis server of its own, which ends with it."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "600"}
    env |= {"SOULCASTER_DATA_DIR": str(folder / "data"), "SOULCASTER_EMBEDDER": "hashing"}
    done = run("doctor", cwd=folder, env=env | {"PYTHONPATH": str(ROOT), **more})
    assert done.stdout, done.stderr
    return done.stdout


def row(table: str, name: str) -> str:
    return next(line for line in table.splitlines() if name in line)


@pytest.mark.skipif(isolation.way() is None, reason="no working bubblewrap here")
def test_each_limit_is_tried(tmp_path: Path) -> None:
    table = doctor(tmp_path)
    for limit, tried in TRIALS.items():
        said = row(table, f"sandbox {limit}")
        assert "held by" in said
        assert all(each in said for each in tried), said
    # Redis, sandboxes and keys were written on the way, by a process that a shell started.
    assert {each.name for each in (tmp_path / "data").iterdir()} >= {"redis", "sandboxes"}
    assert readable(tmp_path / "data") == []


def test_without_isolation_it_says_what_that_means(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("setpriv", "prlimit", "unshare", "grep", "git"):
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    trusted = "acme/shop"
    table = doctor(tmp_path, PATH=str(tools), SOULCASTER_TRUSTED_REPOSITORIES=trusted)
    assert "held by nobody" in row(table, "sandbox network")
    assert "bubblewrap" in row(table, "sandbox memory")
    said = row(table, "trusted repositories")
    assert "acme/shop" in said
    assert "can read its files" in said
