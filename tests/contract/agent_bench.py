"""A sandbox with a planted bug and a scripted model, for every test of an agent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gemini_server as gemini
import pytest
from aiohttp.test_utils import TestServer
from gemini_server import GeminiServer
from vendor_double import Move, VendorDouble

from bot.adapters.agents.cli import CliAgent
from bot.adapters.agents.loop import LoopAgent
from bot.adapters.agents.rows import ROWS, Row
from bot.adapters.gateway import WIRES, Cap, Gateway
from bot.adapters.language.gemini import GeminiSpeaker
from bot.adapters.language.structured import Models
from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.fixes.patch import Entry, diff, tar_from_tree, tree_from_tar
from bot.domain.ports import Agent, Budget, Limits, RepairTask, Sandbox

AGENTS_DIR = Path(
    os.environ.get("SOULCASTER_AGENTS_DIR") or "~/.cache/soulcaster/agents"
).expanduser()
KEY = "AIza-the-real-key-of-the-worker"
MODEL = "gemini-3.5-flash"
# Real CLIs of every run, if they are installed, and those of ``make long``.
REAL = (
    "claude",
    *(pytest.param(name, marks=pytest.mark.long) for name in ROWS if name != "claude"),
)
MODELS = {"anthropic": "claude-sonnet-5", "openai": "gpt-6.1-sol", "gemini": MODEL}
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
    double: VendorDouble
    double_url: str
    told: Told = field(default_factory=Told)
    gateway: Gateway | None = None

    def loop(self, *script: gemini.Script, model: str = MODEL) -> LoopAgent:
        self.server.script = script
        return LoopAgent(
            lambda: Models([GeminiSpeaker(api_key=KEY, model=model, base_url=self.url, timeout=30)])
        )

    def cli(self, name: str, *script: Move, vendor: str = "", **options: Any) -> CliAgent:
        """The agent of a row; its model is the scripted one of the vendor that it takes first."""
        row: Row = options.pop("row", ROWS[name])
        upstream = options.pop("upstream", self.double_url)
        public_url = options.pop("public_url", "")
        vendor = vendor or next(iter(row.wires))
        self.double.play(script)

        def open_gateway(cap: Cap) -> Gateway:
            wire = WIRES[row.wires[vendor]]
            self.gateway = Gateway(
                api_key=KEY,
                model=MODELS[vendor],
                wire=wire,
                cap=cap,
                upstream=upstream,
                public_url=public_url,
            )
            return self.gateway

        folder = options.pop("folder", AGENTS_DIR / name)
        return CliAgent(
            row, open_gateway, model=MODELS[vendor], vendor=vendor, folder=folder, **options
        )

    async def work(self, agent: Agent, *, task: RepairTask = TASK, **budget: Any) -> Any:
        return await agent.work(
            task,
            self.sandbox,
            budget=Budget(**{"seconds": 400, **budget}),
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

    async def model_is_asked(self) -> None:
        """Wait until the agent has asked."""
        while not self.double.heard:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def is_green(self) -> bool:
        return (await self.sandbox.run(FAILING, timeout=60)).exit_code == 0


def require(name: str) -> None:
    """Skip where a real CLI is not installed."""
    if not (AGENTS_DIR / name / "bin" / name).exists():
        pytest.skip(f"no {name}: `make agents` installs it")


@pytest.fixture
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """``indirect`` True: without walls."""
    open_to_all = bool(getattr(request, "param", False))
    tools = [*isolation.toolchain(), *([AGENTS_DIR] if AGENTS_DIR.is_dir() else [])]
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), tools=tools, isolate=not open_to_all
    )
    labels = {"repository": "acme/shop"}
    sandbox = await adapter.open(template="", limits=Limits(), key="bench", labels=labels)
    async with around(sandbox) as made:
        yield made


@asynccontextmanager
async def around(sandbox: Sandbox) -> AsyncIterator[Bench]:
    """The planted bug in a sandbox of any kind, which is ended after it."""
    await sandbox.upload(tar_from_tree(TREE))
    server, double = GeminiServer(), VendorDouble()
    async with (
        TestServer(server.app(), host="127.0.0.1") as served,
        TestServer(double.app(), host="127.0.0.1") as vendors,
    ):
        urls = (str(each.make_url("")).rstrip("/") for each in (served, vendors))
        yield Bench(sandbox, server, next(urls), double, next(urls))
    await sandbox.kill()
