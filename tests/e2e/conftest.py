"""A stage a module: the whole product, on simulators of GitHub and Slack."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from e2e_kit import logs_of
from enterprise_kit import open_enterprise_stage
from forks import open_stage

from bot.simulators.github import Limits
from bot.storage.schema import KINDS
from handlers.demo.stage import Stage

# The servers that speak the vendors' wires are those of the contract suites.
sys.path.append(str(Path(__file__).parents[1] / "contract"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Our own processes and a real Redis; ``acme/shop`` is private and the app is installed.

    With ``TEST_ENTERPRISE`` its GitHub is an Enterprise Server.
    """
    folder = tmp_path_factory.mktemp("stage")
    opened = open_enterprise_stage if os.environ.get("TEST_ENTERPRISE") else open_stage
    async with opened(folder, limits=Limits.none(), SOULCASTER_EMBEDDER="hashing") as made:
        yield made
        assert await _keys_of_no_kind(made) == []
        # A job broke for a reason that nobody had foreseen.
        _, broke, why = logs_of(made).partition("job failed")
        assert not broke, why[:3_000]


async def _keys_of_no_kind(made: Stage) -> list[str]:
    """What a module left in Redis that the schema does not know; RQ's own keys are RQ's."""
    kinds = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(kind.pattern)) for kind in KINDS.values()]
    known = re.compile("|".join(kinds), re.DOTALL)
    found = [key.decode() async for key in made.context.redis.scan_iter(count=1_000)]
    assert found
    return [key for key in found if not key.startswith("rq:") and not known.fullmatch(key)]
