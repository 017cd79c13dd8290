"""The limits of the sandboxes on this machine: what is tried against each, and that work goes on.

With control groups and without, in each way this machine has to isolate; ``soulcaster doctor``
tries the same.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bot.adapters.sandboxes import cgroups, isolation, state
from bot.adapters.sandboxes.local import WATCHDOG, LocalSandboxes
from bot.adapters.sandboxes.trials import LIMITS, TRIALS
from bot.domain.ports import Blocked, Limits

BOMB = "bomb() { bomb | bomb & }; bomb; sleep 1; test $(ls -d /proc/[0-9]* | wc -l) -gt 48"


@pytest.fixture(params=["root, cgroup", "user, cgroup", "user, no cgroup"])
def sandboxes(request, tmp_path):
    way, groups = request.param.split(", ")
    if way not in isolation.ways():
        pytest.skip(f"{request.param}: this machine can't isolate in this way")
    if groups == "cgroup" and not cgroups.writable():
        pytest.skip(f"{request.param}: no control group is writable here")
    return LocalSandboxes(tmp_path / "sandboxes", isolate=way, groups=groups == "cgroup")


async def run(sandboxes, command, limits=LIMITS, **options):
    sandbox = await sandboxes.open(template="", limits=limits, key="limits")
    try:
        return await sandbox.run(command, timeout=60, **options), sandbox.blocked
    finally:
        await sandbox.kill()


@pytest.mark.parametrize(
    ("limit", "tried"), [(limit, tried) for limit in TRIALS for tried in TRIALS[limit]]
)
async def test_the_limit_holds(sandboxes, limit, tried):
    done, _ = await run(sandboxes, TRIALS[limit][tried])
    assert done.exit_code not in (0, 126, 127), done
    assert not done.timed_out


@pytest.mark.parametrize(
    ("limit", "tried"), [(limit, tried) for limit in TRIALS for tried in TRIALS[limit]]
)
def test_what_is_tried_succeeds_where_nothing_stops_it(limit, tried, tmp_path):
    """Or it would prove nothing. The network and what needs a host are not tried here."""
    if limit == "network" or tried == "the host of a virtual machine":
        pytest.skip("needs what this machine need not have")
    if "user" in tried and subprocess.run(["unshare", "--user", "true"]).returncode:
        pytest.skip("this machine has no user namespaces")
    command = TRIALS[limit][tried]
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done


async def test_a_fork_bomb_ends(sandboxes):
    if sandboxes.limits["processes"] == WATCHDOG:
        pytest.skip("the kernel counts no processes in this way: root itself is exempt")
    done, _ = await run(sandboxes, BOMB)
    assert done.exit_code != 0


async def test_whoever_takes_too_much_is_told(sandboxes):
    for limit, tried, says in (
        ("memory", "many small processes", "[killed: more than 128 MB of memory]"),
        ("disk", "many files", "[killed: more than 64 MB of disk]"),
    ):
        done, _ = await run(sandboxes, TRIALS[limit][tried])
        assert says in done.stderr
        assert done.exit_code == 137


async def test_cores_are_limited(sandboxes):
    if "cgroup" not in sandboxes.limits["processes"]:
        pytest.skip("only a control group limits them")
    busy = "import os, time; end = time.monotonic() + 2\nwhile time.monotonic() < end: pass\n"
    done, _ = await run(sandboxes, f"python3 -c '{busy}print(sum(os.times()[:2]))'")
    assert float(done.stdout) < 1.6  # half a core of two seconds, and what a period lets through


async def test_blocked_attempts_are_counted_and_named(sandboxes):
    quiet, nothing = await run(sandboxes, "echo 'Could not resolve host: pypi.org'")
    assert (quiet.exit_code, nothing) == (0, Blocked())
    _, blocked = await run(
        sandboxes,
        "cat < /dev/tcp/1.1.1.1/80; python3 -c 'import socket;"
        ' socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("9.9.9.9", 53))\';'
        " curl -sS https://pypi.org/simple; cat < /dev/tcp/localhost/9",
    )
    assert blocked.attempts >= 3
    assert blocked.hosts == ("1.1.1.1", "pypi.org")


async def test_attempts_are_counted_of_a_command_that_is_killed(sandboxes):
    sandbox = await sandboxes.open(template="", limits=LIMITS, key="limits")
    done = await sandbox.run("cat < /dev/tcp/1.1.1.1/80; sleep 60", timeout=2)
    assert done.timed_out
    assert sandbox.blocked == Blocked(1, ("1.1.1.1",))
    await sandbox.kill()


HONEST = {
    "pytest": (
        "printf 'def test(tmp_path):\\n assert tmp_path.exists()\\n' > test_a.py && pytest -q"
    ),
    "threads and processes": (
        "python3 -c 'from concurrent.futures import *\n"
        "def double(n): return 2 * n\n"
        'if __name__ == "__main__":\n'
        "  for pool in (ThreadPoolExecutor, ProcessPoolExecutor):\n"
        "    with pool(4) as p: assert sum(p.map(double, range(9))) == 72'"
    ),
    "subprocesses": "python3 -c 'import subprocess; subprocess.run([\"true\"], check=True)'",
    "shared memory": (
        'python3 -c \'from multiprocessing import Array, Value\nValue("i"), Array("i", 9)\''
    ),
    "loopback": (
        "python3 -c 'import asyncio\n"
        "async def main():\n"
        '  server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)\n'
        "  await asyncio.open_connection(*server.sockets[0].getsockname())\n"
        "asyncio.run(main())'"
    ),
    "a closed folder": "mkdir a && chmod 000 a",
    "a pseudo-terminal": "python3 -c 'import pty; pty.openpty()'",
    "git": "git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a",
    "node": "node -e 'setTimeout(() => process.exit(0), 10)'",
}


@pytest.mark.parametrize("work", HONEST)
async def test_honest_work_goes_on(sandboxes, work):
    if not shutil.which(work, path="/usr/local/bin:/usr/bin:/bin") and work in ("git", "node"):
        pytest.skip(f"no {work} here")
    done, blocked = await run(sandboxes, HONEST[work], Limits(seconds=120))
    assert done.exit_code == 0, done
    assert blocked == Blocked()


async def test_no_group_is_left_behind(sandboxes, tmp_path):
    sandbox = await sandboxes.open(template="", limits=LIMITS, key="limits")
    group = state.load(tmp_path / "sandboxes", sandbox.id).group
    assert bool(group) == ("cgroup" in sandboxes.limits["memory"])
    await sandbox.run("sleep 60 & setsid sleep 61 &", timeout=20)
    await sandbox.kill()
    assert not any(folder.exists() for folder in group)
