"""A loop that renews leases is held by no long work: not by large files, not by many reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from fix_kit import LAST_PAGE, ask, ended, reported
from forks import open_stage
from loop_kit import Watch, worker

from bot.domain.models import Verdict
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILES, FUNCTIONS, REPORTS = 2_500, 22_000, 150
# It mends what was reported, and changes each of the large file's functions.
AGENT = (
    "sed -i 's/if rest > 1 else/if rest > 0 else/' src/shop/pagination.py; "
    "sed -i 's/return value/return 0 + value/' src/shop/large.py"
)


def large(functions: int) -> str:
    """A module of so many."""
    return "".join(
        f"def function_{n}(value):\n    return value + {n}  # {'as before ' * 4}\n\n"
        for n in range(functions)
    )


@dataclass(frozen=True)
class Watched:
    """A stage with our web process, and our workers in threads of this one."""

    stage: Stage
    work: Watch
    fixes: Watch


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    settings = {
        "SOULCASTER_EMBEDDER": "hashing",
        "SOULCASTER_AGENT": "command",
        "SOULCASTER_AGENT_COMMAND": AGENT,
        "SOULCASTER_TRUSTED_REPOSITORIES": "acme/shop",
    }
    folder = tmp_path_factory.mktemp("stage")
    async with open_stage(folder, processes=False, limits=Limits.none(), **settings) as stage:
        await stage.stack.start("web", "web")
        async with (
            worker(stage.environment, "work") as work,
            worker(stage.environment, "fixes") as fixes,
        ):
            await stage.begin()
            yield Watched(stage, work, fixes)


async def test_a_burst_of_reports(watched: Watched) -> None:
    stage = watched.stage

    async def report(number: int) -> None:
        words = " ".join(f"word{(number * 7 + n * n) % 900}" for n in range(60))
        await stage.person("/issues", login=ADMIN, title=f"Report {number}", body=words)

    await asyncio.gather(*(report(number) for number in range(REPORTS)))
    project = (await stage.project()).id

    async def placed() -> bool:
        return len(await stage.context.items.membership(project)) == REPORTS

    await stage.wait("the clusters", placed, timeout=120)
    assert not watched.work.blocks, "\n".join(watched.work.blocks)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.parametrize("part", [0.25, pytest.param(1, marks=pytest.mark.long)])
async def test_a_fix_of_large_files(watched: Watched, part: float) -> None:
    stage, count = watched.stage, int(FILES * part)
    files = {f"data/part{n // 100}/file{n}.txt": f"{n}\n" * 200 for n in range(count)}
    files["src/shop/large.py"] = large(int(FUNCTIONS * part))
    await stage.person("/push", login=ADMIN, files=files)
    issue, cluster = await reported(stage, *LAST_PAGE)
    asked = await ask(stage, issue, "fix", cluster)
    run = await ended(stage, asked.number, timeout=240)
    # All of it was read, repaired, proved and judged.
    assert run.verdict is Verdict.REFUSED_BY_POLICY
    assert "changed lines" in run.reason
    assert not watched.fixes.blocks, "\n".join(watched.fixes.blocks)
