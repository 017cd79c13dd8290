"""What only the E2B adapter promises, and how it bears a service that misbehaves."""

import asyncio
from pathlib import Path

import pytest
from e2b.api.client.models import NewSandboxV2
from e2b_wire import E2BWire
from e2b_wire_rules import wrong_body, wrong_message

from bot.adapters.sandboxes import e2b_template
from bot.adapters.sandboxes.e2b import E2BSandboxes
from bot.adapters.sandboxes.environments import Environments
from bot.domain.errors import Rejected, TooLarge, Unavailable
from bot.domain.ports import Blocked, Limits

API_KEY = "e2b_" + "1" * 40
KEPT = Environments(Path("unused"), 1)


@pytest.fixture
async def wire(tmp_path):
    wire = E2BWire(tmp_path, API_KEY)
    yield wire
    wire.stop()


@pytest.fixture
async def url(wire, serve):
    server = await serve(wire.app())
    return str(server.make_url("/")).rstrip("/")


@pytest.fixture
def adapter(url):
    return E2BSandboxes(API_KEY, KEPT, api_url=url, sandbox_url=url, grace=1)


async def test_what_is_asked_of_e2b(adapter, wire):
    await adapter.open(template="tmpl", limits=Limits(seconds=90.5), key="k", labels={"run": "F-7"})
    (asked,) = wire.created
    assert asked["templateID"] == "tmpl"
    assert asked["timeout"] == 91
    assert asked["autoPause"] is False
    assert asked["metadata"]["run"] == "F-7"
    assert asked["metadata"]["soulcaster"] == "yes"
    assert asked["network"]["denyOut"] == ["0.0.0.0/0"]
    assert "allowOut" not in asked["network"]
    assert asked["network"]["allowPublicTraffic"] is False
    assert asked["allow_internet_access"] is False
    assert not asked.get("envVars")


async def test_egress_is_opened_to_the_hosts_named(adapter, wire):
    await adapter.open(template="", limits=Limits(), egress=["packages.example"], key="k")
    (asked,) = wire.created
    assert asked["network"]["allowOut"] == ["packages.example"]
    assert asked["network"]["denyOut"] == ["0.0.0.0/0"]


async def test_a_key_that_is_not_accepted(url):
    adapter = E2BSandboxes("e2b_wrong", KEPT, api_url=url, sandbox_url=url)
    with pytest.raises(Rejected, match="E2B_API_KEY") as caught:
        await adapter.open(template="", limits=Limits(), key="k")
    assert caught.value.status == 401
    assert "e2b_wrong" not in str(caught.value)


async def test_a_busy_service(adapter, wire):
    wire.busy = 1
    with pytest.raises(Unavailable):
        await adapter.open(template="", limits=Limits(), key="k")
    await adapter.open(template="", limits=Limits(), key="k")


async def test_nobody_there():
    adapter = E2BSandboxes(
        API_KEY, KEPT, api_url="http://127.0.0.1:9", sandbox_url="http://127.0.0.1:9"
    )
    with pytest.raises(Unavailable):
        await adapter.alive()


async def test_a_command_whose_end_is_never_told(adapter, wire):
    """The SDK would wait; we do not."""
    sandbox = await adapter.open(template="", limits=Limits(), key="k")
    wire.deaf = True
    done = await sandbox.run("echo before", timeout=1)
    assert (done.exit_code, done.timed_out, done.stdout) == (124, True, "before\n")
    assert await adapter.alive() == {}  # what does not answer is ended


async def test_the_machine_is_ended_when_it_can_not_be_prepared(adapter, wire):
    wire.deaf = True
    opening = asyncio.create_task(adapter.open(template="", limits=Limits(), key="k"))
    await wire.heard_a_command.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert wire.machines == {}


async def test_a_sandbox_that_vanishes(adapter, wire):
    sandbox = await adapter.open(template="", limits=Limits(), key="k")
    wire.stop()
    with pytest.raises(Unavailable):
        await sandbox.run("true", timeout=5)


async def test_a_machine_that_sends_without_end(adapter, wire):
    """What it says of the size of a file is not believed."""
    sandbox = await adapter.open(template="", limits=Limits(), key="k")
    await sandbox.write("a", b"1")
    wire.endless = True
    with pytest.raises(TooLarge):
        await sandbox.download(max_bytes=1_000_000)
    assert wire.sent < 64_000_000


async def test_hosts_are_named_as_output_names_them(adapter, wire):
    sandbox = await adapter.open(template="", limits=Limits(), key="k")
    assert sandbox.blocked == Blocked()
    await sandbox.run("echo 'curl: (6) Could not resolve host: pypi.org' >&2; exit 6", timeout=20)
    assert sandbox.blocked == Blocked(0, ("pypi.org",))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"template_id": "t"}, "templateID"),
        ({"templateID": "t", "image": "x"}, "has no image"),
        ({"templateID": "t", "timeout": "90"}, "timeout is a str"),
        ({"templateID": "t", "network": {"deny_out": []}}, "network has no deny_out"),
    ],
)
def test_the_double_refuses_what_e2bs_description_does_not_know(asked, said):
    assert said in wrong_body(NewSandboxV2, asked)


def test_the_double_reads_commands_as_envd_does():
    assert "bogus" in wrong_message("/process.Process/Start", {"process": {"bogus": 1}})
    assert "cmd" in wrong_message("/process.Process/Start", {"process": {"cmd": 1}})


async def test_a_template_is_built_with_what_fixes_need(url, wire):
    lines: list[str] = []
    assert await e2b_template.build(API_KEY, url, lines.append) == "soulcaster"
    [made] = wire.templates
    steps = " ".join(word for step in made["steps"] for word in step["args"])
    assert (made["name"], made["fromImage"]) == ("soulcaster", "python:3.12")
    assert all(f" {tool}" in f" {steps}" for tool in ("nodejs", "npm", "uv", "git"))
    assert "Python 3.12" in lines
    wire.build_fails = True
    with pytest.raises(Rejected, match="did not build it: no space"):
        await e2b_template.build(API_KEY, url, lines.append)
    with pytest.raises(Rejected, match="E2B_API_KEY"):
        await e2b_template.build("e2b_" + "9" * 40, url, lines.append)
