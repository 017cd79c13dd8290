"""What one report costs, from its text to its cluster: CPU-ms, step by step, against the budget.

``pytest tests/benchmarks/bench_report_budget.py -s`` prints the table: reading, embedding with the
local model, deciding among 10,000 reports, and what we do ourselves for the language model's
judgement of five candidates (its own time is the vendor's). Texts are those of the stories.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import bot  # isort: skip  # says how many threads numpy has, before it comes in
import pytest
from bench_clustering import WIDTH, reports
from length import announce

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from told_stories import STORIES

from bot.adapters.embedders.minilm import MiniLM
from bot.adapters.embedders.weights import MINILM
from bot.domain.audience import Audience
from bot.domain.clusters.engine import Engine, calibration_for
from bot.domain.clusters.judgement import CANDIDATES, Comparison, Comparisons, judgements, material
from bot.domain.models import Item
from workers.clusters.backtest import _report, read_history

assert bot
KNOWN = 10_000
BUDGET = 60.0  # CPU-ms a report, all steps together
WEIGHTS = Path(os.environ.get("SOULCASTER_WEIGHTS_DIR", "~/.cache/soulcaster/minilm")).expanduser()
AT = datetime(2026, 1, 1, tzinfo=UTC)


def answered(item: Item, others: list[Item]) -> str:
    """As a language model would."""
    said = [
        Comparison(
            candidate=other.number,
            report_quote=item.title,
            candidate_quote=other.title,
            verdict="different",
        )
        for other in others
    ]
    return Comparisons(comparisons=tuple(said)).model_dump_json()


async def measure() -> tuple[dict[str, float], int]:
    embedder = MiniLM(WEIGHTS)
    engine = Engine(calibration_for(embedder.id), WIDTH)
    for report, vector in itertools.islice(reports(np.random.default_rng(11)), KNOWN):
        engine.add(engine.read(report), vector, report.id)
    rows = [row for path in sorted(STORIES.glob("*/*.jsonl")) for row in read_history(path)]
    await embedder.embed(["the model is loaded"])
    spent: dict[str, float] = defaultdict(float)
    told: list[Item] = []
    for number, row in enumerate(rows, KNOWN + 1):
        item = Item(
            number=number, source=row.source, key=row.id, event="e", audience=Audience.PUBLIC,
            title=row.title, body=row.body or "", created_at=AT, occurred_at=AT, updated_at=AT,
        )  # fmt: skip
        report = replace(_report(number, row), id=number)
        began = time.process_time()
        reading = engine.read(report)
        read = time.process_time()
        (vector,) = await embedder.embed([reading.text])
        embedded = time.process_time()
        engine.decide(reading, vector)
        engine.add(reading, vector, number)
        decided = time.process_time()
        near = told[-CANDIDATES:]
        asked = material(item, near)
        answer = answered(item, near)
        assert asked
        assert len(judgements(Comparisons.model_validate_json(answer), item, near)) == len(near)
        spent["reading"] += read - began
        spent["embedding"] += embedded - read
        spent["deciding"] += decided - embedded
        spent["judging, our part"] += time.process_time() - decided
        told.append(item)
    await embedder.close()
    return {step: 1_000 * cpu / len(rows) for step, cpu in spent.items()}, len(rows)


@pytest.mark.timeout(600)
def test_a_report_stays_within_its_budget() -> None:
    if MINILM.missing(WEIGHTS):
        pytest.skip("no weights here: make weights")
    spent, count = asyncio.run(measure())
    print(f"\nCPU-ms a report, mean of {count}, among {KNOWN:,}:")
    for step, cpu in spent.items():
        print(f"{step:>20} {cpu:>7.2f}")
    total = sum(spent.values())
    print(f"{'together':>20} {total:>7.2f} of {BUDGET:.0f}")
    assert total < BUDGET


if __name__ == "__main__":
    announce("half a minute", "half a minute")
    raise SystemExit(pytest.main([__file__, "-s", "-q"]))
