"""What clustering adds to a backtest's embedding, with each embedded embedder.

``pytest tests/benchmarks/bench_backtest.py -s`` prints the table. Reports are made up: an error,
its stack and some prose about it, one in ten a repeat in other words. ``BENCH_HISTORY`` names a
JSONL file to take them from.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bot  # isort: skip  # says how many threads numpy has, before it comes in
import numpy as np
import pytest
from length import FULL, announce

from bot.adapters.choose import EMBEDDERS, AdapterChoices
from bot.adapters.embedders.weights import MINILM
from workers.clusters.backtest import BacktestResult, History, read_history, run_backtest

assert bot
ITEMS = 10_000 if FULL else 1_000
# What clustering may add to the embedding's time; the hashing vectoriser takes next to none.
MOST = {"hashing": 10, "minilm": 0.25}
START = datetime(2024, 1, 1, tzinfo=UTC)
WEIGHTS = Path("~/.cache/soulcaster/minilm").expanduser()


def made_up(count: int) -> list[History]:
    """Histories of about 120 words each, by Zipf's law, with identifiers and a stack."""
    rng = np.random.default_rng(7)
    rows: list[History] = []
    for number in range(count):
        words = [f"word{w}" for w in rng.zipf(1.3, 110) % 30_000]
        if rows and rng.random() < 0.1:  # half the words of an earlier one
            earlier = rows[int(rng.integers(len(rows)))]
            words[:50] = f"{earlier.title} {earlier.body}".split()[:50]
        files = rng.integers(400, size=3)
        stack = "\n".join(f'  File "app/part{f}.py", line {f}, in handle{f}' for f in files)
        body = f"{' '.join(words[8:])}\n\n```\nTraceback:\n{stack}\nValueError: {words[0]}\n```"
        when = START + timedelta(minutes=number)
        row = History(id=str(number), title=" ".join(words[:8]), body=body, created_at=when)
        rows.append(row)
    return rows


def history() -> list[History]:
    if path := os.environ.get("BENCH_HISTORY"):
        return read_history(Path(path))[:ITEMS]
    return made_up(ITEMS)


def line(name: str, outcome: BacktestResult) -> str:
    items, share = len(outcome.rows), outcome.clustering / outcome.embedding
    pace = items / (outcome.embedding + outcome.clustering)
    return (
        f"{name:>8} {items:>8,} {outcome.embedding:>8.1f} {outcome.clustering:>8.1f}"
        f" {share:>7.0%} {outcome.clustering / items * 1_000:>8.2f} {pace:>8.0f}"
        f" {outcome.peak_mb:>8.0f}"
    )


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", MOST)
def test_a_backtest_goes_at_the_embedders_pace(name: str, tmp_path: Path) -> None:
    if name == "minilm" and MINILM.missing(WEIGHTS):
        pytest.skip("no weights here: make weights")
    embedder = EMBEDDERS[name](AdapterChoices(data_dir=tmp_path, weights_dir=WEIGHTS))

    async def replay() -> BacktestResult:
        try:
            return await run_backtest(history(), embedder)
        finally:
            await embedder.close()

    outcome = asyncio.run(replay())
    heads = ("embedder", "items", "embed s", "cluster s", "adds", "ms/item", "items/s", "MB")
    print("\n{:>8} {:>8} {:>8} {:>8} {:>7} {:>8} {:>8} {:>8}".format(*heads))
    print(line(name, outcome))
    assert outcome.clustering < MOST[name] * outcome.embedding


if __name__ == "__main__":
    announce("about a minute", "eight minutes")
    raise SystemExit(pytest.main([__file__, "-s", "-q"]))
