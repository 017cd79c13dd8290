"""What is wrong with a setting is one line, whatever the command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import forks
import pytest
from outlive_kit import RedisServer, settings_of_nobody

from handlers.demo.stage import free_port

COMMANDS = (["web"], ["worker"], ["clock"], ["up"], ["doctor"], ["say", "status"])


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    told = {"SOULCASTER_EMBEDDER": "hashing", "COLUMNS": "300"}
    return forks.run(*arguments, cwd=folder, env=settings_of_nobody() | told | settings)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_redis_url_without_a_scheme(tmp_path: Path, command: list[str]) -> None:
    ended = run(tmp_path, *command, REDIS_URL="localhost:6379")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "soulcaster: REDIS_URL: wants redis://, rediss:// or unix://, then host and port; "
        "see .env.example"
    ]


@pytest.mark.parametrize("command", [["web"], ["worker"]], ids=lambda command: command[0])
def test_a_data_folder_that_cannot_be_written(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").touch()
    ended = run(tmp_path, *command, SOULCASTER_DATA_DIR=str(tmp_path / "file"))
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"soulcaster: Nothing can be written to {tmp_path / 'file'}")


def test_a_redis_that_is_not_there(tmp_path: Path) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    ended = run(tmp_path, "say", "status", REDIS_URL=url)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith("soulcaster: Redis does not do its work, see REDIS_URL: ")
    told = run(tmp_path, "doctor", REDIS_URL=url, SOULCASTER_AGENT="nobody", GITHUB_APPID="1")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    for words in ("There is no agent ~nobody.", "GITHUB_APPID: GITHUB_APP_ID?", "connecting to"):
        assert words in told.stdout, told.stdout


def test_a_redis_elsewhere_without_keys(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis")
    server.start()
    try:
        ended = run(tmp_path, "say", "source list", REDIS_URL=server.url)
    finally:
        server.stop()
    told, asked = ended.stderr.splitlines()
    assert "no SOULCASTER_VAULT_KEYS: other machines cannot work with this Redis" in told
    assert "vault.key" in told
    assert asked.startswith("soulcaster: Which repository? Say --project owner/repo.")
