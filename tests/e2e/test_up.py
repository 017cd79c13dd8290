"""``soulcaster up``: all processes in one command, restarted when they die, ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outlive_kit import PROCFILE, settings_of_nobody, until

from handlers.demo.stage import free_port
from handlers.stack import PROCESSES


@contextmanager
def up(folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "handlers.cli", "up"],
            env={**settings_of_nobody(), "SOULCASTER_EMBEDDER": "hashing", **settings},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def children(pid: int) -> dict[str, int]:
    """Which of the Procfile's processes run below a process."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {p: Path(f"/proc/{p}/cmdline").read_text().split("handlers.cli\0")[-1] for p in found}
    words = {line.replace("\0", " ").strip(): int(pid) for pid, line in lines.items()}
    return {name: words[line] for name, line in PROCFILE.items() if line in words}


def alive(processes: dict[str, int]) -> list[str]:
    return [name for name, pid in processes.items() if Path(f"/proc/{pid}").exists()]


def test_it_starts_what_the_procfile_names() -> None:
    assert {name: " ".join(args) for name, args in PROCESSES.items()} == PROCFILE


async def test_who_dies_is_started_again_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    def said() -> str:
        return (tmp_path / "log").read_text()

    async def running() -> bool:
        return "web    | " in said() and said().count("working") == 2 and "clock runs" in said()

    async def again() -> bool:
        return said().count("working") == 3

    with up(tmp_path, PORT=str(free_port())) as process:
        await until("all of it", running)
        first = children(process.pid)
        assert set(first) == set(PROCFILE)
        os.kill(first["worker"], signal.SIGKILL)
        await until("another worker", again)
        second = children(process.pid)
        assert second == {**first, "worker": second["worker"]}
        assert second["worker"] != first["worker"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, said()
    assert alive(second) == []
    assert "Traceback" not in said()


def test_a_port_in_use_is_one_line_and_ends_it(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with up(tmp_path, PORT=str(other.getsockname()[1])) as process:
            assert process.wait(60) == 2
    said = (tmp_path / "log").read_text()
    assert said.count("cannot be had (Address already in use): set PORT") == 1, said
    assert "Traceback" not in said
