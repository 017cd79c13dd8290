"""What only the sandboxes on this machine promise."""

import asyncio
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from documents import ROOT
from sleeps import a_sleep, begun, ended

from bot.adapters.sandboxes import cgroups, isolation, processes, state
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.errors import ConfigError, NotFound, Unavailable
from bot.domain.ports import Limits

LABELS = {"repository": "acme/shop"}
needs_walls = pytest.mark.skipif(isolation.way() is None, reason="no working bubblewrap here")


@pytest.fixture(params=["walls", "trusted"])
async def sandbox(request, tmp_path):
    if request.param == "walls" and isolation.way() is None:
        pytest.skip("no working bubblewrap here")
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), isolate=request.param == "walls"
    )
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    yield sandbox
    await sandbox.kill()


async def test_without_isolation_only_trusted_repositories_run(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}), isolate=False)
    assert adapter.isolation == "none"
    for labels in ({"repository": "eve/shop"}, {}, None):
        with pytest.raises(ConfigError, match="bubblewrap"):
            await adapter.open(template="", limits=Limits(), key="k", labels=labels)
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    assert (await sandbox.run("echo hi", timeout=10)).stdout == "hi\n"
    await sandbox.kill()


@needs_walls
@pytest.mark.parametrize("ours", [False, True])
async def test_of_our_packages_a_fresh_pytest_is_seen_or_all(tmp_path, ours):
    adapter = LocalSandboxes(tmp_path, our_packages=ours)
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    seen = "import pytest, pluggy, pip; import importlib.util as u; print(bool(u.find_spec('rq')))"
    done = await sandbox.run(f'python -c "{seen}"', timeout=30)
    assert done.stdout == f"{ours}\n", done.stderr
    touched = f"touch {sysconfig.get_path('purelib')}/x"
    assert (await sandbox.run(touched, timeout=10)).exit_code
    await sandbox.kill()


async def test_a_trusted_commit_is_no_trusted_repository(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop@c0ffee"}), isolate=False)
    for commit in ("", "badcafe"):
        with pytest.raises(ConfigError, match=r"tests of acme/shop.*install bubblewrap"):
            await adapter.open(
                template="", limits=Limits(), key="k", labels={**LABELS, "commit": commit}
            )
    labels = {**LABELS, "commit": "c0ffee"}
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=labels)
    await sandbox.kill()


async def test_egress_to_hosts_is_refused_not_widened(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    with pytest.raises(ConfigError, match=r"packages\.example"):
        await adapter.open(
            template="", limits=Limits(), egress=["packages.example"], key="k", labels=LABELS
        )
    assert await adapter.alive() == {}


@needs_walls
async def test_the_walls(tmp_path):
    assert isolation.way() is not None
    secret = tmp_path / "secret"
    secret.write_text("canary")
    secret.chmod(0o644)
    sandbox = await LocalSandboxes(tmp_path / "s").open(template="", limits=Limits(), key="k")

    async def fails(command: str) -> None:
        done = await sandbox.run(command, timeout=10)
        assert done.exit_code != 0, (command, done)

    await fails(f"cat {secret}")
    await fails(f"ls {Path.home()}/.ssh {Path.home()}/.bashrc {Path.home()}/.profile")
    await fails("cat /etc/shadow")
    await fails("touch /usr/x")
    await fails("touch /etc/x")
    await fails("touch /x")
    await fails("test -w /proc/sys/kernel/core_pattern")
    await fails("test -w /proc/sysrq-trigger")
    await fails("mount -t tmpfs none /sandbox/home")
    await fails(f"kill -0 {os.getpid()}")
    await fails("test $(id -u) -eq 0")
    await fails("ls /dev/sda /dev/vda /dev/mem /dev/kmsg")
    await fails(f"touch {sys.prefix}/x")
    await fails("test $(wc -l < /proc/net/dev) -ne 3")
    seen = await sandbox.run("ls -d /proc/[0-9]* | wc -l", timeout=10)
    assert int(seen.stdout) < 10
    assert str(tmp_path) not in (await sandbox.run("cat /proc/self/environ", timeout=10)).stdout
    await sandbox.kill()


@needs_walls
async def test_sandboxes_cannot_see_each_other(tmp_path):
    adapter = LocalSandboxes(tmp_path)
    one, two = [await adapter.open(template="", limits=Limits(), key=key) for key in "ab"]
    await one.run("echo canary | tee /tmp/note ~/note note", timeout=10)
    done = await two.run("cat /tmp/note ~/note note; ls -a /tmp ~", timeout=10)
    assert "canary" not in done.stdout
    assert (await one.run("cat /tmp/note ~/note", timeout=10)).stdout == "canary\ncanary\n"
    await one.kill()
    await two.kill()


async def test_pytest_is_there_without_any_network(sandbox):
    await sandbox.write("shop.py", b"def total(xs):\n    return sum(xs)\n")
    await sandbox.write(
        "test_shop.py",
        b"from shop import total\ndef test_total():\n    assert total([1, 2]) == 3\n",
    )
    done = await sandbox.run("python -m pytest -q && pytest -q", timeout=60)
    assert done.exit_code == 0, done
    assert done.stdout.count("1 passed") == 2
    assert "sleep 60" not in done.stdout


async def test_nothing_outlives_its_command(sandbox):
    one, two, three = a_sleep(), a_sleep(), a_sleep()
    done = await sandbox.run(f"{one} & (setsid {two} &) ; nohup {three} & echo started", timeout=20)
    assert done.stdout == "started\n"
    assert await ended(one, two, three)


# The watchdog with all that this machine has beside it, and alone.
ALONE = pytest.mark.parametrize("alone", [False, True], ids=["beside", "alone"])


@ALONE
async def test_too_many_processes(tmp_path, alone):
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), isolate=not alone, groups=not alone
    )
    limits = Limits(processes=30)
    sandbox = await adapter.open(template="", limits=limits, key="k", labels=LABELS)
    sleep = a_sleep()
    done = await sandbox.run(f"for i in $(seq 300); do {sleep} & done; wait", timeout=20)
    assert (done.exit_code != 0, done.timed_out) == (True, False)
    assert await ended(sleep)
    assert (await sandbox.run("echo still here", timeout=10)).exit_code == 0
    await sandbox.kill()


@ALONE
async def test_memory_counts_together(tmp_path, alone):
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), isolate=not alone, groups=not alone
    )
    limits = Limits(memory_mb=150)
    sandbox = await adapter.open(template="", limits=limits, key="k", labels=LABELS)
    hold = "python -c 'import time; x = b\"x\" * 70_000_000; time.sleep(20)' &"
    done = await sandbox.run(f"{hold} {hold} {hold} wait", timeout=30)
    assert done.exit_code == 137
    assert "more than 150 MB" in done.stderr
    await sandbox.kill()


OWNER = """
import asyncio, sys
from pathlib import Path
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.ports import Limits

async def main():
    adapter = LocalSandboxes(
        Path(sys.argv[1]), trusted=frozenset({"acme/shop"}), isolate=sys.argv[2] == "walls"
    )
    sandbox = await adapter.open(
        template="", limits=Limits(), key="k", labels={"repository": "acme/shop"}
    )
    print("opened", flush=True)
    await sandbox.run("{} & setsid {} & {}".format(*sys.argv[3:]), timeout=90, on_output=print)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["walls", "trusted"])
async def test_the_owner_is_killed(tmp_path, how):
    """kill -9 of the worker: with walls nothing is left, and the sweep ends the rest anyway."""
    if how == "walls" and isolation.way() is None:
        pytest.skip("no working bubblewrap here")
    sleeps = [a_sleep() for _ in range(3)]
    owner = subprocess.Popen(  # noqa: ASYNC220 (it is not awaited, it is killed)
        [sys.executable, "-c", OWNER, str(tmp_path), how, *sleeps],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout.readline() == "opened\n"
    await asyncio.wait_for(begun(*sleeps), 20)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    if how == "walls":
        assert await ended(*sleeps)
    sweep = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    assert list((await sweep.alive()).values()) == [LABELS]
    for name in await sweep.alive():
        await sweep.kill(name)
    assert await ended(*sleeps)
    assert await sweep.alive() == {}
    assert list(tmp_path.iterdir()) == []


async def test_a_sandbox_is_taken_up_by_another_process(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    await sandbox.write("a", b"1")
    elsewhere = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    again = await elsewhere.open(template="", limits=Limits(), key="k", labels=LABELS)
    assert (await again.run("cat a", timeout=20)).stdout == "1"
    await again.kill()
    with pytest.raises(Unavailable):
        await sandbox.download()


async def test_a_pid_that_was_given_to_another_is_left_alone(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    bystander = subprocess.Popen(["sleep", "30"])  # noqa: ASYNC220 (only its pid counts)
    try:
        note = tmp_path / sandbox.id / "running" / str(bystander.pid)
        found = processes.process(bystander.pid)
        note.write_text(str(found.started - 1))
        await adapter.kill(sandbox.id)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_a_hostile_tree_is_deleted(sandbox, tmp_path):
    deep = "for i in $(seq 400); do mkdir d && cd d; done"
    await sandbox.run(f"{deep}; mkdir shut; touch shut/x; chmod 000 shut", timeout=30)
    await sandbox.kill()
    assert not list(tmp_path.glob("local-*"))
    assert not list(tmp_path.glob(".gone-*"))


async def test_only_names_of_ours_are_ended(tmp_path):
    other = tmp_path / "precious"
    other.mkdir()
    for name in ("precious", "../precious", ".", "local-../../precious", ""):
        await LocalSandboxes(tmp_path).kill(name)
        state.end(tmp_path, name)
    assert other.exists()


async def test_a_folder_that_became_a_link_is_not_entered(sandbox, tmp_path):
    await sandbox.run("mkdir a && rmdir a && ln -s / a", timeout=20)
    with pytest.raises(NotFound):
        await sandbox.run("ls", timeout=5, cwd="a")
    with pytest.raises(NotFound):
        await sandbox.write("a/tmp/planted", b"x")


BYSTANDER = """
import sys, time
from bot.adapters.sandboxes import processes
processes.hide()
print("hidden", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("isolate", [True, False])
async def test_the_environment_of_our_processes_cannot_be_read(tmp_path, isolate):
    """Not by a trusted repository either, whose tests run as the user of our processes."""
    if isolate and isolation.way() is None:
        pytest.skip("no working bubblewrap here")
    secret = {"CANARY": "canary-of-our-processes", "PYTHONPATH": str(ROOT)}
    ours = subprocess.Popen(  # noqa: ASYNC220 (it is not awaited)
        [sys.executable, "-c", BYSTANDER], env=secret, stdout=subprocess.PIPE, text=True
    )
    try:
        assert ours.stdout.readline() == "hidden\n"
        adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}), isolate=isolate)
        sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
        look = f"cat /proc/{ours.pid}/environ /proc/[0-9]*/environ"
        done = await sandbox.run(look, timeout=30)
        assert "canary-of-our-processes" not in done.stdout
        assert "HOME=" in done.stdout  # what is its own it reads
        await sandbox.kill()
    finally:
        ours.kill()
        ours.wait()
        ours.stdout.close()


async def test_a_trusted_command_has_no_power_of_root(tmp_path):
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}), isolate=False)
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    done = await sandbox.run("grep -E '^(CapEff|NoNewPrivs)' /proc/self/status", timeout=10)
    assert done.stdout.split() == ["CapEff:", "0" * 16, "NoNewPrivs:", "1"]
    await sandbox.kill()


async def test_a_sandbox_whose_group_is_gone_runs_nothing(tmp_path):
    """As after a restart of the machine: what runs without its limits would prove nothing."""
    if not cgroups.writable():
        pytest.skip("no control group is writable here")
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    sandbox = await adapter.open(template="", limits=Limits(), key="k", labels=LABELS)
    cgroups.remove(state.load(tmp_path, sandbox.id).group)
    with pytest.raises(Unavailable):
        await sandbox.run("true", timeout=10)
    await sandbox.kill()
