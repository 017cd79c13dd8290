"""One decision among 1,000, 10,000 and 100,000 items: CPU time and memory.

``pytest tests/benchmarks/bench_clustering.py -s`` prints the table. Texts are made up:
words by Zipf's law with rare identifiers, vectors in clouds as an embedder gives them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from length import FULL, announce

from bot.domain.clusters.engine import Engine, Reading, Report, calibration_for

SIZES = (1_000, 10_000, *([100_000] if FULL else []))
DECISIONS = 200
WIDTH = 384
START = datetime(2024, 1, 1, tzinfo=UTC)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def reports(rng: np.random.Generator) -> Iterator[tuple[Report, np.ndarray]]:
    """Endless reports of about 80 different words, with their vectors."""
    centres = rng.standard_normal((3_000, WIDTH)).astype(np.float32)
    number = 0
    while True:
        number += 1
        words = [f"word{w}" for w in rng.zipf(1.25, 110) % 60_000]
        rare = [f"handle{rng.integers(1_000_000)}Thing" for _ in range(4)]
        body = " ".join([*words[8:], *rare])
        vector = centres[rng.integers(3_000)] + 0.9 * rng.standard_normal(WIDTH)
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        when = START + timedelta(minutes=number)
        yield Report(number, "github", " ".join(words[:8]), body, when), vector


def spent(engine: Engine, waiting: list[tuple[Reading, np.ndarray]]) -> np.ndarray:
    """Milliseconds of CPU, decision by decision."""
    taken = []
    for reading, vector in waiting:
        began = time.process_time()
        engine.decide(reading, vector)
        taken.append((time.process_time() - began) * 1_000)
    return np.array(taken)


@pytest.mark.timeout(1_800)
def test_a_decision_stays_cheap() -> None:
    rng = np.random.default_rng(11)
    before = resident_mb()
    engine = Engine(calibration_for("all-minilm-l6-v2/128/384"), WIDTH)
    stream = reports(rng)
    print(f"\n{'items':>8} {'mean ms':>8} {'p95 ms':>8} {'add ms':>8} {'RSS MB':>8}")
    figures = {}
    for size in SIZES:
        adding = 0.0
        first = len(engine)
        while len(engine) < size:
            report, vector = next(stream)
            reading = engine.read(report)
            began = time.process_time()
            engine.add(reading, vector, report.id)
            adding += time.process_time() - began
        waiting = [(engine.read(r), v) for r, v in (next(stream) for _ in range(DECISIONS))]
        taken = spent(engine, waiting)
        figures[size] = float(taken.mean()), float(np.percentile(taken, 95))
        each = adding / (size - first) * 1_000
        print(
            f"{size:>8,} {figures[size][0]:>8.2f} {figures[size][1]:>8.2f}"
            f" {each:>8.2f} {resident_mb():>8.0f}"
        )
    mean, worst = figures[SIZES[-1]]
    assert mean < 5
    assert worst < 15
    assert resident_mb() - before < 600


if __name__ == "__main__":
    announce("half a minute", "five minutes")
    raise SystemExit(pytest.main([__file__, "-s", "-q"]))
