"""What a build installs, and what it may reach meanwhile: against every sandbox adapter."""

import io
import json
import os
import shutil
import tarfile

import pytest
from aiohttp import web
from e2b_wire import E2BWire
from registry_double import RegistryDouble, wheel

from bot.adapters import choose
from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.environments import Environments
from bot.domain.errors import TooLarge, Unavailable
from bot.domain.ports import Limits

API_KEY = "e2b_" + "0" * 40
NAME = "a" * 40
GREETER = wheel("greeter", "1.2", {"greeter.py": "WORDS = 'good day'\n"})


@pytest.fixture(params=[False, True], ids=["json", "html"])
def registry(request):
    return RegistryDouble([GREETER], html=request.param)


def choices(tmp_path, **more):
    return choose.AdapterChoices(tmp_path, tmp_path, **more)


@pytest.fixture
async def local(serve, registry, tmp_path):
    if isolation.way() is None:
        pytest.skip("local: this machine has no working bubblewrap")
    server = await serve(registry.app())
    made = choose.SANDBOXES["local"](
        choices(tmp_path, registries={"python": str(server.make_url("/simple"))})
    )
    yield made
    for sandbox in await made.alive():
        await made.kill(sandbox)


@pytest.fixture(params=choose.SANDBOXES)
async def sandboxes(request, serve, tmp_path):
    if request.param == "local" and isolation.way() is None:
        pytest.skip("local: this machine has no working bubblewrap")
    wire = E2BWire(tmp_path / "machines", API_KEY)
    url = str((await serve(wire.app())).make_url("/")).rstrip("/")
    listed = await serve(RegistryDouble([wheel("pip", "1", {})]).app())
    adapter = choose.SANDBOXES[request.param](
        choices(
            tmp_path,
            e2b_key=API_KEY,
            e2b_url=url,
            e2b_sandbox_url=url,
            registries={"python": str(listed.make_url("/simple")), "npm": "http://127.0.0.1:9/"},
        )
    )
    yield adapter
    for sandbox in await adapter.alive():
        await adapter.kill(sandbox)
    wire.stop()


@pytest.fixture
async def building():
    """``await building(sandboxes)`` opens one for a build; it ends with the test."""
    opened = []

    async def build(sandboxes):
        made = await sandboxes.open(template="", limits=Limits(), key="build", build=True)
        opened.append(made)
        return made

    yield build
    for each in opened:
        await each.kill()


async def using(sandboxes, key="use"):
    return await sandboxes.open(template="", limits=Limits(), key=key, environment=NAME)


async def test_what_is_installed_once_is_there_for_all(sandboxes, building):
    assert not await sandboxes.keeps(NAME)
    build = await building(sandboxes)
    install = 'mkdir -p "$VIRTUAL_ENV/bin" && cd "$VIRTUAL_ENV/bin" && printf "%s" '
    greet = "'#!/bin/sh\necho good day\n' > greet && chmod +x greet"
    done = await build.run(install + greet, timeout=20)
    assert done.exit_code == 0, done.stderr
    await build.keep(NAME)
    assert await sandboxes.keeps(NAME)
    assert await sandboxes.alive() == {}
    for key in ("one", "two"):
        sandbox = await using(sandboxes, key)
        done = await sandbox.run("greet", timeout=20)
        assert (done.exit_code, done.stdout) == (0, "good day\n"), done.stderr


async def test_nobody_changes_it_afterwards(sandboxes, building):
    if os.geteuid() == 0 and sandboxes.id == "e2b":
        pytest.skip("the double's machines run as root, whom no mode holds")
    build = await building(sandboxes)
    # Where each sandbox is a user of its own, what all may write is what shows it.
    own = 'touch "$VIRTUAL_ENV/kept" && chmod a+w "$VIRTUAL_ENV/kept"'
    await build.run(own if sandboxes.id == "local" else own.partition(" && ")[0], timeout=20)
    await build.keep(NAME)
    sandbox = await using(sandboxes)
    done = await sandbox.run('echo more >> "$VIRTUAL_ENV/kept"', timeout=20)
    assert done.exit_code != 0
    again = await using(sandboxes, "again")
    assert (await again.run('cat "$VIRTUAL_ENV/kept"', timeout=20)).stdout == ""


async def test_what_was_not_kept_is_not_there(sandboxes, building):
    build = await building(sandboxes)
    await build.run('touch "$VIRTUAL_ENV/half"', timeout=20)
    await build.kill()
    assert not await sandboxes.keeps(NAME)
    with pytest.raises(Unavailable, match="environment"):
        await (await using(sandboxes)).run("true", timeout=20)


async def test_a_package_comes_through_the_mirror(local, registry, building):
    build = await building(local)
    done = await build.run(
        'uv venv -q --allow-existing --python python3 "$VIRTUAL_ENV" && '
        "uv pip install greeter && python -c 'import greeter; print(greeter.WORDS)'",
        timeout=60,
    )
    assert done.stdout.endswith("good day\n"), done.stderr
    fetched = await build.keep(NAME)
    assert fetched[0] == "/python/greeter/"
    assert any(path.startswith("/file/") and path.endswith(GREETER[0]) for path in fetched)
    assert all(each.startswith("GET ") for each in registry.asked)
    sandbox = await using(local)
    asked = len(registry.asked)
    done = await sandbox.run(
        "python -c 'import greeter; print(greeter.WORDS)'; uv pip install --reinstall greeter",
        timeout=60,
    )
    assert done.stdout == "good day\n"
    assert done.exit_code != 0  # no network, and nothing to write to
    assert len(registry.asked) == asked


async def test_npm_keeps_to_a_lock_whatever_host_that_names(serve, tmp_path, building):
    if isolation.way() is None or not shutil.which("npm", path="/usr/local/bin:/usr/bin:/bin"):
        pytest.skip("local: this machine has no working bubblewrap, or no npm in it")
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz") as tar:
        files = {
            "package.json": '{"name": "left", "version": "1.0.0"}',
            "index.js": "module.exports = 7",
        }
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.Response(body=package.getvalue(), content_type="application/octet-stream")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    url = str((await serve(app)).make_url("/"))
    build = await building(choose.SANDBOXES["local"](choices(tmp_path, registries={"npm": url})))
    wants = {"name": "a", "version": "1.0.0", "dependencies": {"left": "1.0.0"}}
    left = {"version": "1.0.0", "resolved": "https://elsewhere.invalid/left/-/left-1.0.0.tgz"}
    lock = {"lockfileVersion": 3, "packages": {"": wants, "node_modules/left": left}}
    await build.write("package.json", json.dumps(wants).encode())
    await build.write("package-lock.json", json.dumps({**wants, **lock}).encode())
    done = await build.run("npm ci --silent && node -p 'require(\"left\")'", timeout=100)
    assert done.stdout == "7\n", done.stderr
    assert asked == ["/left/-/left-1.0.0.tgz"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("-X POST -d secret {base}/python/greeter/", "405"),
        ("-X PUT -d secret {base}/npm/greeter", "405"),
        ("{base}/secret", "404"),
        ("{base}/python/greeter/..%2f..%2fsecret", "404"),
        ("{base}/file/" + "0" * 32 + "/secret", "404"),
        ("-x {base} http://example.com/", "404"),
        ("-p -x {base} https://example.com/", "000"),
    ],
)
async def test_nothing_else_is_passed_on(local, registry, asked, answer, building):
    """A build is other people's code, and may hold what is private."""
    build = await building(local)
    command = "curl -s -o /dev/null -w '%{http_code}' " + asked.format(base="127.0.0.1:3141")
    assert (await build.run(command, timeout=20)).stdout == answer
    assert registry.asked == []
    blocked = await build.run("cat < /dev/tcp/127.0.0.1/9", timeout=20)
    assert blocked.exit_code != 0


async def test_a_registry_that_is_away_is_said(tmp_path, building):
    if isolation.way() is None:
        pytest.skip("local: this machine has no working bubblewrap")
    away = choose.SANDBOXES["local"](
        choices(tmp_path, registries={"python": "http://127.0.0.1:9/simple"})
    )
    build = await building(away)
    done = await build.run("curl -s http://127.0.0.1:3141/python/greeter/", timeout=20)
    assert "the registry can't be reached" in done.stdout
    await build.kill()


def test_the_least_used_goes_first(tmp_path):
    kept = Environments(tmp_path / "kept", 1_000)
    for number, name in enumerate(("a" * 16, "b" * 16, "c" * 16)):
        made = tmp_path / "made"
        made.mkdir()
        (made / "file").write_bytes(b"x" * 400)
        kept.take(name, made)
        if path := kept.find(name):
            os.utime(path, (number + 1, number + 1))
    assert kept.find("a" * 16) is None
    assert kept.find("b" * 16)
    assert kept.find("c" * 16)
    (tmp_path / "large").write_bytes(b"x" * 1_001)
    with pytest.raises(TooLarge):
        kept.take("d" * 16, tmp_path / "large")


@pytest.mark.parametrize("name", ["", "..", "../../etc", "A" * 40, "a" * 8])
def test_no_name_leads_elsewhere(tmp_path, name):
    kept = Environments(tmp_path, 1_000)
    assert kept.find(name) is None
    (tmp_path / "made").write_bytes(b"")
    with pytest.raises(ValueError, match="no name"):
        kept.take(name, tmp_path / "made")
