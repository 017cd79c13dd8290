"""A CLI of the table at E2B: refused before a machine is made, or led to the worker's gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agent_bench import FIX, Bench, around
from conftest import Serve
from e2b_wire import E2BWire
from test_agent_clis import stand_in

from bot.adapters import choose_agent
from bot.adapters.choose import AdapterChoices, ModelAccess
from bot.adapters.sandboxes.e2b import E2BSandboxes
from bot.adapters.sandboxes.environments import Environments
from bot.domain.errors import ConfigError
from bot.domain.ports import Limits

API_KEY = "e2b_" + "1" * 40


@pytest.fixture
async def bench(tmp_path: Path, serve: Serve) -> AsyncIterator[Bench]:
    """At a double of E2B, whose machines are folders here."""
    wire = E2BWire(tmp_path, API_KEY)
    url = str((await serve(wire.app())).make_url("/")).rstrip("/")
    kept = Environments(Path("unused"), 1)
    adapter = E2BSandboxes(API_KEY, kept, api_url=url, sandbox_url=url, grace=1)
    egress = ["127.0.0.1"]  # as fix.egress names the gateway's host
    machine = await adapter.open(template="", limits=Limits(), egress=egress, key="k")
    async with around(machine) as made:
        yield made
    wire.stop()


def choices(**more: str) -> AdapterChoices:
    key = ModelAccess("k", "", "claude-sonnet-5")
    return AdapterChoices(Path(), Path(), e2b_key=API_KEY, vendors={"anthropic": key}, **more)


def test_what_it_needs_there_is_said_before_a_machine_is_made() -> None:
    needs = "claude-code .*SOULCASTER_GATEWAY_URL"
    with pytest.raises(ConfigError, match=needs.replace("code ", "code 2.1.197.")):
        choose_agent.agents("mechanic,claude", choices())
    assert choose_agent.agents("claude", choices(gateway_url="http://worker:8080"))
    said = dict(choose_agent.readiness(choices()))["agent claude"]
    assert said.startswith("needs at E2B a template")


async def test_with_both_it_repairs_there(bench: Bench) -> None:
    worked = await bench.work(await stand_in(bench, f"curl -fsS $ANTHROPIC_BASE_URL/open; {FIX}"))
    assert (worked.outcome, worked.note) == ("done", "open"), worked
    assert set(await bench.patch()) == {"shop/pages.py"}


async def test_a_gateway_that_is_not_reached_is_named(bench: Bench) -> None:
    agent = await stand_in(bench, FIX, public_url="http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="SOULCASTER_GATEWAY_URL to an address"):
        await bench.work(agent)
    assert await bench.patch() == {}
