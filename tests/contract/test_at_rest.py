"""No other user of the machine reads what we keep."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from bot.context import open_context
from bot.domain.errors import ConfigError
from bot.settings import Settings
from bot.storage.inbox import Delivery
from bot.storage.private import keep_private


def readable(folder: Path) -> list[str]:
    """What group or others may do anything with, below and including ``folder``."""
    found = [folder, *folder.rglob("*")]
    return [
        str(path.relative_to(folder))
        for path in found
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]


@pytest.fixture
def loose_umask():
    """As shells and systemd have it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


async def test_a_new_data_folder_is_ours_alone(tmp_path: Path, loose_umask: None) -> None:
    folder = tmp_path / "data"
    settings = Settings(soulcaster_data_dir=folder, soulcaster_embedder="hashing")
    async with open_context(settings) as ctx:
        await ctx.redis.set("a", "b")
        await ctx.vault.open_hook(1, "feedback")
        await ctx.spool.put([Delivery("hear_alert", {}, b"{}", 1.0)])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for name in ("redis/appendonlydir", "vault.key"):
            assert stat.S_IMODE((folder / name).stat().st_mode) & 0o077 == 0
        assert [path for path in readable(folder / "redis") if ".aof" in path] == []
        # What Python made under this umask is closed at the next start.
    async with open_context(settings):
        assert [path for path in readable(folder) if "lock" not in path and "pid" not in path] == []


def test_what_was_open_is_closed_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "redis").mkdir(parents=True, mode=0o755)
    (folder / "sandboxes" / "one").mkdir(parents=True)
    tool = folder / "sandboxes" / "one" / "run.sh"
    for path in (folder / "spool.db", folder / "redis" / "a.aof", tool):
        path.write_text("x")
        path.chmod(0o755)
    (folder / "away").symlink_to("/etc/passwd")
    for path in (folder, folder / "redis", folder / "sandboxes", folder / "sandboxes" / "one"):
        path.chmod(0o755)
    keep_private(folder, leave=frozenset({"sandboxes"}))
    assert readable(folder) == ["sandboxes/one", "sandboxes/one/run.sh"]
    assert stat.S_IMODE((folder / "spool.db").stat().st_mode) == 0o700
    assert Path("/etc/passwd").stat().st_mode & 0o044


def test_a_folder_of_everybody_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigError, match="everybody uses"):
        keep_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
def test_what_cannot_be_closed_is_one_line() -> None:
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "of-somebody").write_text("x")
        for path in (Path(folder), Path(folder) / "of-somebody"):
            path.chmod(0o755)
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            with pytest.raises(ConfigError, match=r"Other users can read .*of-somebody.*chown it"):
                keep_private(Path(folder))
        finally:
            os.seteuid(before)
