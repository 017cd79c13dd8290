"""A stage a module: the whole product, on simulators of GitHub and Slack."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.simulators.github import Limits
from handlers.demo.stage import Stage, open_stage

# The servers that speak the vendors' wires are those of the contract suites.
sys.path.append(str(Path(__file__).parents[1] / "contract"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Our own processes and a real Redis; ``acme/shop`` is private and the app is installed."""
    folder = tmp_path_factory.mktemp("stage")
    async with open_stage(folder, limits=Limits.none(), SOULCASTER_EMBEDDER="hashing") as made:
        yield made
