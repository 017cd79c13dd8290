"""The embedded server: kept alive, shared, durable, stopped by the last."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from bot.domain.errors import ConfigError
from bot.storage.embedded import EmbeddedRedis


def client(server: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def pid(server: EmbeddedRedis) -> int:
    return int((server.folder / "pid").read_text())


def until(happened, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(server: EmbeddedRedis) -> bool:
    try:
        return bool(client(server).ping())
    except redis.RedisError:
        return False


def test_a_killed_server_comes_back_with_everything(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    try:
        client(server).set("kept", "yes")
        before = pid(server)
        os.kill(before, signal.SIGKILL)
        until(lambda: pid(server) != before and answers(server))
        assert client(server).get("kept") == b"yes"
    finally:
        server.stop()


def test_two_processes_share_one_server_and_the_last_stops_it(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    first.start()
    second.start()
    assert first.url == second.url
    server = pid(first)
    first.stop()
    assert answers(second)
    assert pid(second) == server
    second.stop()
    assert not answers(second)


def test_who_stays_takes_over_when_the_owner_leaves(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    first.start()
    second.start()
    first.stop()
    try:
        before = pid(second)
        os.kill(before, signal.SIGKILL)
        until(lambda: pid(second) != before and answers(second))
    finally:
        second.stop()


def test_it_syncs_every_write_and_listens_on_no_port(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    try:
        config = client(server).config_get("*")
        assert config["appendonly"] == "yes"
        assert config["appendfsync"] == "always"
        assert config["port"] == "0"
        assert config["maxmemory-policy"] == "noeviction"
        assert int(config["maxmemory"]) == 512 * 1024 * 1024
    finally:
        server.stop()


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.socket.parent.mkdir()
    server.socket.parent.chmod(0o777)
    try:
        with pytest.raises(ConfigError, match="not ours alone"):
            server.start()
    finally:
        server.socket.parent.rmdir()


def test_the_last_to_leave_takes_the_socket_folder_along(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    assert server.socket.parent.is_dir()
    server.stop()
    assert not server.socket.parent.exists()
