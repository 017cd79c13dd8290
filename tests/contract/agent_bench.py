"""A sandbox with a planted bug and a scripted model, for every test of an agent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gemini_server as gemini
import pytest
from aiohttp.test_utils import TestServer
from gemini_server import GeminiServer

from bot.adapters.agents.gemini import GeminiAgent
from bot.adapters.agents.kilocode import KiloCode
from bot.adapters.gateway import Gateway
from bot.adapters.language.gemini import GeminiModel
from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.fixes.patch import Entry, diff, tar_from_tree, tree_from_tar
from bot.domain.ports import Agent, Budget, Limits, RepairTask, Sandbox

KILO = os.environ.get("SOULCASTER_KILO", "")
KEY = "AIza-the-real-key-of-the-worker"
MODEL = "gemini-3.5-flash"
PAGES = b"""\
def last_page(items: int, size: int) -> int:
    return items // size


def page_of(items: list, number: int, size: int) -> list:
    start = (number - 1) * size
    return items[start : start + size - 1]
"""
TEST = b"""\
from shop.pages import page_of


def test_a_page_is_full():
    assert page_of([1, 2, 3, 4, 5, 6], 1, 3) == [1, 2, 3]
    assert page_of([1, 2, 3, 4, 5, 6], 2, 3) == [4, 5, 6]
"""
SUITE = b"""\
from shop.pages import last_page


def test_last_page():
    assert last_page(6, 3) == 2
"""
TREE = {
    "shop/__init__.py": Entry(data=b""),
    "shop/pages.py": Entry(data=PAGES),
    "tests/test_page.py": Entry(data=TEST),
    "tests/test_suite.py": Entry(data=SUITE),
}
FAILING = "python -m pytest -q tests/test_page.py"
TASK = RepairTask(
    title="The last article of every page is missing",
    plan="A page holds one article too few.",
    evidence="Page 1 shows 2 of 3 articles.",
    rules="Keep it simple.",
    root=".",
    failing=(FAILING,),
    suite="python -m pytest -q",
    test_files=("tests/test_page.py",),
    suspects=("shop/pages.py",),
)
FIX = "sed -i 's/size - 1\\]/size]/' shop/pages.py"
WRONG = "sed -i 's/size - 1\\]/size - 2]/' shop/pages.py"


@dataclass
class Told:
    """What an agent said, and the notes it is given."""

    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def tell(self, words: str) -> None:
        self.said.append(words)

    async def heard(self) -> list[str]:
        return list(self.notes)


@dataclass
class Bench:
    """A sandbox with the planted bug, and a scripted model."""

    sandbox: Sandbox
    server: GeminiServer
    url: str
    told: Told = field(default_factory=Told)

    def gemini(self, *script: gemini.Script, model: str = MODEL) -> GeminiAgent:
        self.server.script = script
        return GeminiAgent(
            lambda: GeminiModel(api_key=KEY, model=model, base_url=self.url, timeout=5)
        )

    def kilocode(self, *script: gemini.Script, **options: Any) -> KiloCode:
        self.server.script = script

        def open_gateway(cap: Any) -> Gateway:
            return Gateway(api_key=KEY, model=MODEL, cap=cap, upstream=self.url)

        return KiloCode(open_gateway, model=MODEL, **options)

    async def work(self, agent: Agent, *, task: RepairTask = TASK, **budget: Any) -> Any:
        return await agent.work(
            task,
            self.sandbox,
            budget=Budget(**{"seconds": 120, **budget}),
            tell=self.told.tell,
            heard=self.told.heard,
        )

    async def patch(self) -> dict[str, str]:
        """The changed files, but for our own."""
        own = (".soulcaster", ".pytest_cache")
        after = tree_from_tar(
            await self.sandbox.download(exclude=["__pycache__", *own]), skip=lambda _: False
        )
        changes = diff(TREE, after).changes
        return {c.path: (c.after.data.decode() if c.after else "") for c in changes}

    async def sandbox_runs(self, command: str) -> None:
        """Wait until the agent has started ``command``."""
        while not any(command in said for said in self.told.said):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def is_green(self) -> bool:
        return (await self.sandbox.run(FAILING, timeout=60)).exit_code == 0


@pytest.fixture
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """``indirect`` True: without walls, so that a CLI finds its gateway on this machine."""
    networked = bool(getattr(request, "param", False))
    tools = [*isolation.toolchain(), *([kilo_home()] if KILO else [])]
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), tools=tools, isolate=not networked
    )
    sandbox = await adapter.open(
        template="",
        limits=Limits(),
        key="bench",
        labels={"repository": "acme/shop"},
    )
    await sandbox.upload(tar_from_tree(TREE))
    server = GeminiServer()
    async with TestServer(server.app(), host="127.0.0.1") as served:
        yield Bench(sandbox, server, str(served.make_url("")).rstrip("/"))
    await sandbox.kill()


def kilo_home() -> Path:
    """The folder of the platform's binary: ``bin/kilo`` in it."""
    return Path(KILO).resolve().parent.parent
