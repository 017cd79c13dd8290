"""The sandbox port: one suite, run against every adapter."""

import asyncio
import contextlib
import io
import os
import tarfile

import pytest
from e2b_wire import E2BWire
from sleeps import a_sleep, begun, ended

from bot.adapters import choose
from bot.adapters.sandboxes import isolation
from bot.domain.errors import BadPayload, NotFound, SoulcasterError, TooLarge, Unavailable
from bot.domain.fixes.patch import Entry, tar_from_tree, tree_from_tar
from bot.domain.ports import Limits

API_KEY = "e2b_" + "0" * 40
LABELS = {"repository": "acme/shop", "run": "F-7"}


@pytest.fixture(params=choose.SANDBOXES)
async def sandboxes(request, tmp_path, serve):
    if request.param == "local" and isolation.way() is None:
        pytest.skip("local: this machine has no working bubblewrap")
    wire = E2BWire(tmp_path / "machines", API_KEY)
    server = await serve(wire.app())
    url = str(server.make_url("/")).rstrip("/")
    choices = choose.AdapterChoices(
        tmp_path, tmp_path, e2b_key=API_KEY, e2b_url=url, e2b_sandbox_url=url
    )
    adapter = choose.SANDBOXES[request.param](choices)
    assert adapter.id == request.param
    yield adapter
    for sandbox_id in await adapter.alive():
        await adapter.kill(sandbox_id)
    await adapter.close()
    wire.stop()


@pytest.fixture
async def sandbox(sandboxes):
    return await sandboxes.open(template="", limits=Limits(), key="test", labels=LABELS)


async def files(sandbox):
    tree = tree_from_tar(await sandbox.download())
    return {path: entry.data for path, entry in tree.items()}


async def test_a_command_runs_to_its_end(sandbox):
    done = await sandbox.run("echo out; echo err >&2; exit 3", timeout=20)
    assert (done.exit_code, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert not done.timed_out
    assert not done.truncated
    assert done.seconds > 0


async def test_files_stay_between_commands(sandbox):
    await sandbox.run("mkdir -p a && echo one > a/b", timeout=20)
    assert (await sandbox.run("cat b", timeout=20, cwd="a")).stdout == "one\n"
    assert await files(sandbox) == {"a/b": b"one\n"}


async def test_output_is_heard_as_it_comes(sandbox):
    """The command goes on only after its first line was heard."""
    heard: list[str] = []
    first = asyncio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        first.set()

    command = "echo first; until [ -e go ]; do sleep 0.02; done; echo second"
    running = asyncio.create_task(sandbox.run(command, timeout=20, on_output=hear))
    await asyncio.wait_for(first.wait(), 20)
    await sandbox.write("go", b"")
    assert (await running).exit_code == 0
    assert "".join(heard) == "first\nsecond\n"


async def test_a_command_gets_the_environment_it_is_given(sandbox):
    done = await sandbox.run('echo "$GREETING"', timeout=20, env={"GREETING": "a 'b' \"c\" $d"})
    assert done.stdout == "a 'b' \"c\" $d\n"


async def test_no_credential_is_in_the_environment(sandbox):
    os.environ["CANARY_TOKEN"] = "canary-4711"
    try:
        done = await sandbox.run(
            "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'", timeout=20
        )
    finally:
        del os.environ["CANARY_TOKEN"]
    own = await sandbox.run("env", timeout=20)
    names = {line.partition("=")[0] for line in own.stdout.splitlines()}
    assert API_KEY not in done.stdout
    assert "canary-4711" not in own.stdout
    assert names <= {
        *("CI", "HOME", "LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "TERM", "TMPDIR", "USER", "_"),
        *("JAVA_TOOL_OPTIONS", "PYTHONHASHSEED", "PYTHONUNBUFFERED"),
    }


async def test_there_is_no_network(sandbox):
    done = await sandbox.run("wc -l < /proc/net/dev; cat < /dev/tcp/1.1.1.1/80", timeout=20)
    assert done.stdout.strip() == "3"  # two header lines, and loopback
    assert done.exit_code != 0
    assert "unreachable" in done.stderr


async def test_a_timeout_ends_the_command(sandbox):
    sleep = a_sleep()
    done = await sandbox.run(f"echo before; {sleep}; echo after", timeout=1)
    assert (done.exit_code, done.timed_out, done.stdout) == (124, True, "before\n")
    assert await ended(sleep)


async def test_a_timeout_ends_what_ignores_it(sandbox):
    sleep = a_sleep()
    done = await sandbox.run(f"trap '' TERM; echo before; {sleep}; echo after", timeout=1)
    assert (done.exit_code, done.timed_out, done.stdout) == (124, True, "before\n")
    assert await ended(sleep)


async def test_being_cancelled_ends_the_command(sandbox):
    heard: list[str] = []
    sleep = a_sleep()
    running = await _sleeper(sandbox, heard, sleep)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await ended(sleep)
    assert "".join(heard) == "go\n"
    assert (await sandbox.run("echo on", timeout=20)).stdout == "on\n"


async def _sleeper(sandbox, heard: list[str], sleep: str) -> asyncio.Task:
    """A command that has said ``go``, and says ``over`` if it is let live for a minute."""
    said = asyncio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        said.set()

    running = asyncio.create_task(
        sandbox.run(f"echo go; {sleep}; echo over", timeout=90, on_output=hear)
    )
    await asyncio.wait_for(asyncio.gather(said.wait(), begun(sleep)), 20)
    return running


async def test_output_is_capped(sandboxes):
    limits = Limits(output_bytes=10_000)
    sandbox = await sandboxes.open(template="", limits=limits, key="cap")
    heard: list[str] = []
    done = await sandbox.run(
        "echo START; yes | head -c 3000000; echo END", timeout=30, on_output=heard.append
    )
    assert done.truncated
    assert done.exit_code == 0
    assert done.stdout.startswith("START")
    assert done.stdout.endswith("END\n")
    assert len(done.stdout) < 11_000
    assert len("".join(heard)) <= 10_000


async def test_output_need_not_be_text(sandbox):
    done = await sandbox.run(r"printf '\377\376 grüße\n'", timeout=20)
    assert done.stdout.endswith(" grüße\n")


async def test_memory_is_limited(sandboxes):
    sandbox = await sandboxes.open(template="", limits=Limits(memory_mb=200), key="memory")
    done = await sandbox.run("python3 -c 'x = bytearray(800_000_000); print(len(x))'", timeout=30)
    assert done.exit_code != 0
    assert "800000000" not in done.stdout


async def test_write_and_read(sandbox):
    await sandbox.write("a/b/run.sh", b"#!/bin/sh\necho hi \xc3\xbc\n")
    assert (await sandbox.run("sh run.sh", timeout=20, cwd="a/b")).stdout == "hi ü\n"
    await sandbox.write("a/b/run.sh", b"shorter")
    await sandbox.write("odd 'name' $x.txt", b"\0\1")
    await sandbox.run("echo more >> a/b/run.sh", timeout=20)
    assert await files(sandbox) == {"a/b/run.sh": b"shortermore\n", "odd 'name' $x.txt": b"\0\1"}
    with pytest.raises(NotFound):
        await sandbox.run("true", timeout=20, cwd="nowhere")


async def test_a_tree_goes_in_and_comes_out(sandbox):
    tree = {
        "a.py": Entry(data=b"x = 1\n"),
        "bin/run": Entry(mode=0o100755, data=b"#!/bin/sh\n"),
        "deep/er/data.bin": Entry(data=bytes(range(256)) * 4000),
        "link": Entry(mode=0o120000, data=b"a.py"),
        "ünï cödé.txt": Entry(data=b""),
    }
    await sandbox.upload(tar_from_tree(tree))
    assert (await sandbox.run("cat link", timeout=20)).stdout == "x = 1\n"
    await sandbox.run("mkdir bin/node_modules; touch bin/node_modules/x", timeout=20)
    assert tree_from_tar(await sandbox.download(exclude=["node_modules"])) == tree
    with pytest.raises(TooLarge):
        await sandbox.download(max_bytes=20_000)


@pytest.mark.parametrize("path", ["../escape", "/etc/escape", "a/../../escape", "a\0b"])
async def test_paths_cannot_leave(sandbox, path):
    for attempt in (
        sandbox.write(path, b"x"),
        sandbox.run("true", timeout=5, cwd=path),
    ):
        with pytest.raises(BadPayload):
            await attempt


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../up", "file"), ("/abs", "file"), ("a/../../up", "file"), ("dev", "device")],
)
async def test_hostile_tarballs_are_refused(sandbox, name, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.type = tarfile.CHRTYPE if kind == "device" else tarfile.REGTYPE
        tar.addfile(info)
    with pytest.raises(BadPayload):
        await sandbox.upload(buffer.getvalue())


async def test_links_lead_nowhere(sandbox, tmp_path):
    """A link made inside must not make us read or write outside."""
    secret = tmp_path / "secret"
    secret.write_text("canary")
    await sandbox.upload(tar_from_tree({"link": Entry(mode=0o120000, data=str(secret).encode())}))
    await sandbox.run(f"ln -s {tmp_path} folder", timeout=20)
    with contextlib.suppress(SoulcasterError):
        await sandbox.write("folder/planted", b"x")
    with contextlib.suppress(SoulcasterError):
        await sandbox.upload(tar_from_tree({"folder/planted": Entry(data=b"x")}))
    await sandbox.write("link", b"mine")
    assert b"canary" not in await sandbox.download()
    if sandbox.id.startswith("local-"):
        assert not (tmp_path / "planted").exists()
        assert secret.read_text() == "canary"


async def test_the_same_key_is_the_same_sandbox(sandboxes, sandbox):
    again = await sandboxes.open(template="", limits=Limits(), key="test", labels=LABELS)
    other = await sandboxes.open(template="", limits=Limits(), key="other", labels=LABELS)
    assert again.id == sandbox.id != other.id
    await sandbox.write("a", b"1")
    assert (await files(again), await files(other)) == ({"a": b"1"}, {})


async def test_racers_get_one_sandbox(sandboxes):
    opened = await asyncio.gather(
        *(sandboxes.open(template="", limits=Limits(), key="race") for _ in range(6))
    )
    assert len({sandbox.id for sandbox in opened}) == 1
    assert len(await sandboxes.alive()) == 1


async def test_alive_and_kill(sandboxes):
    opened = [
        await sandboxes.open(template="", limits=Limits(), key=f"k{n}", labels={"run": f"F-{n}"})
        for n in range(5)
    ]
    alive = await sandboxes.alive()
    assert {name: labels["run"] for name, labels in alive.items()} == {
        sandbox.id: f"F-{n}" for n, sandbox in enumerate(opened)
    }
    await sandboxes.kill(opened[0].id)
    await sandboxes.kill(opened[0].id)
    await sandboxes.kill("nobody")
    await sandboxes.kill("../../etc")
    await opened[1].kill()
    await opened[1].kill()
    assert set(await sandboxes.alive()) == {sandbox.id for sandbox in opened[2:]}


async def test_what_was_killed_is_gone(sandboxes, sandbox):
    await sandbox.write("a", b"1")
    await sandbox.kill()
    for attempt in (
        sandbox.run("true", timeout=5),
        sandbox.write("a", b"1"),
        sandbox.download(),
        sandbox.upload(tar_from_tree({"a": Entry()})),
    ):
        with pytest.raises(Unavailable):
            await attempt
    fresh = await sandboxes.open(template="", limits=Limits(), key="test", labels=LABELS)
    assert await files(fresh) == {}


async def test_killing_ends_a_running_command(sandboxes, sandbox):
    heard: list[str] = []
    running = await _sleeper(sandbox, heard, a_sleep())
    await sandboxes.kill(sandbox.id)
    # its exit code would say nothing of the command
    with pytest.raises(Unavailable):
        await running
    assert "".join(heard) == "go\n"


async def test_its_time_is_limited(sandboxes):
    sandbox = await sandboxes.open(template="", limits=Limits(seconds=2), key="short")
    done = None
    with contextlib.suppress(Unavailable):
        done = await sandbox.run("sleep 60", timeout=60)
    assert done is None or done.timed_out
    await asyncio.sleep(0.3)
    with pytest.raises(Unavailable):
        await sandbox.run("true", timeout=5)
    assert await sandboxes.alive() == {}


async def test_many_at_once(sandbox):
    ended = await asyncio.gather(*(sandbox.run(f"echo {n}", timeout=60) for n in range(12)))
    assert [done.stdout for done in ended] == [f"{n}\n" for n in range(12)]
