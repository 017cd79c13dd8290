"""The whole product with a language model: its yes counts once, and its absence costs nothing."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import gemini_server as gemini
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from e2e_kit import (
    all_items,
    cluster_of,
    item_of_issue,
    obey,
    open_issue,
    parked,
    reply,
    settled,
    unlike,
)
from forks import open_stage
from gemini_server import Body, GeminiServer, Reply
from judge_kit import material, summary

from bot.simulators.github import Limits
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Model:
    """Calls the same what shares a made-up word; sums up in the words of the first report."""

    after: float = 0
    down: bool = False
    compared: list[str] = field(default_factory=list)

    def __call__(self, body: Body) -> Reply:
        if self.down:
            return gemini.error(503, "UNAVAILABLE")
        told = material(body)
        if "chunks" in told:
            return gemini.blocked()  # a profile, facts
        if "reports" in told:
            first = told["reports"][0]
            return summary(f"Summed up: {first['title']}", (first["text"], [first["id"]]))
        report = told["report"]["text"]
        self.compared.append(report)
        comparisons = [
            {
                "candidate": each["id"],
                "verdict": "same" if made_up(report) & made_up(each["text"]) else "different",
                "report_quote": report.split("\n")[0],
                "candidate_quote": each["text"].split("\n")[0],
            }
            for each in told["candidates"]
        ]
        return gemini.says({"comparisons": comparisons}, after=self.after)


def made_up(text: str) -> set[str]:
    """Words of ``unlike``."""
    return set(re.findall(r"\b[a-z]{12}\b", text))


@dataclass
class Told:
    """The product and its model."""

    stage: Stage
    model: Model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    folder: Path = tmp_path_factory.mktemp("judged")
    model = Model()
    async with (
        TestServer(GeminiServer(itertools.repeat(model)).app()) as served,
        open_stage(
            folder,
            limits=Limits.none(),
            SOULCASTER_EMBEDDER="hashing",
            SOULCASTER_MODEL_SECONDS="5",
            GEMINI_API_KEY="k-1",
            GEMINI_BASE_URL=str(served.make_url("/")),
        ) as stage,
    ):
        yield Told(stage, model)


async def two_reports(stage: Stage) -> tuple[int, int]:
    """Two issues of one problem, in words that are not alike enough to join unasked."""
    word = unlike()
    first = await open_issue(stage, f"The {word} total is wrong", f"{word} leaves out the last.")
    second = await open_issue(
        stage, f"Sum too low in {word}", f"One short, {word} is, at the till."
    )
    return first, second


async def joined(stage: Stage, first: int, second: int) -> None:
    async def together() -> bool:
        return await cluster_of(stage, first) == await cluster_of(stage, second)

    await stage.wait("the model's yes", together, timeout=40, every=0.1)
    await settled(stage)


async def joins(stage: Stage) -> list[str]:
    project = await stage.project()
    return [e.said for e in await stage.context.operations.log(project.id) if e.command]


async def test_a_yes_joins_and_people_read_why(told: Told) -> None:
    stage = told.stage
    first, second = await two_reports(stage)
    await joined(stage, first, second)
    mine = await item_of_issue(stage, second)
    assert mine is not None
    assert await obey(stage, second, f"/soulcaster why {mine.name}") == "done"
    card = await reply(stage, second, f"why:{mine.name}")
    assert "The language model says **it is the same problem**" in card
    assert "Sum too low in" in card
    assert "`model gemini-3.5-flash`" in card

    async def summed_up() -> bool:
        project = await stage.project()
        assert mine.cluster is not None
        cluster = await stage.context.clusters.get(project.id, mine.cluster)
        return cluster.title.startswith("Summed up: The ")

    await stage.wait("the summary", summed_up, timeout=20)


async def test_a_killed_worker_joins_once_when_it_is_back(told: Told) -> None:
    stage, model = told.stage, told.model
    before, model.after = len(await joins(stage)), 3
    model.compared.append("")
    first, second = await two_reports(stage)

    async def asking() -> bool:
        return model.compared[-1].startswith("Sum too low")

    await stage.wait("the question", asking, timeout=20, every=0.05)
    handle = stage.stack.processes["worker"].handle
    assert handle is not None
    os.kill(handle.pid, signal.SIGKILL)
    model.after = 0
    await joined(stage, first, second)
    assert len(await joins(stage)) == before + 1
    assert await parked(stage) == {}


async def test_a_model_that_is_down_costs_nothing(told: Told) -> None:
    stage, model = told.stage, told.model
    model.down = True
    first, second = await two_reports(stage)
    await asyncio.sleep(1)
    assert await cluster_of(stage, first) != await cluster_of(stage, second)
    third = await open_issue(stage, f"Login {unlike()} loops", f"On Safari {unlike()}.")
    assert await cluster_of(stage, third)
    assert all(item.cluster for item in await all_items(stage))
    model.down = False
    await joined(stage, first, second)
    assert await parked(stage) == {}
