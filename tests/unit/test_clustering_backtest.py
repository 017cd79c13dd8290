"""A history replayed: the same every time, its scores those of the scorer in the shared folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from calibrate import calibrate

from bot.adapters.embedders.hashing import Hashing
from bot.domain.clusters.engine.measures import measure
from bot.domain.errors import BadPayload
from workers.clusters.backtest import BATCH, read_history, run_backtest, write_rows


def line(number: int, title: str, **more: object) -> str:
    day = f"2026-01-{number // 20 + 1:02}T{number % 20:02}:00:00Z"
    return json.dumps({"id": f"r-{number}", "title": title, "created_at": day} | more)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    topics = ("build fails on windows", "login page is blank", "export drops the last row")
    path = tmp_path / "history.jsonl"
    path.write_text(
        "\n".join(
            line(n, topics[n % 3], gold=f"g{n % 3}", related=["r-0", "elsewhere"])
            for n in range(BATCH + 10)
        )
    )
    return path


async def test_the_same_titles_find_each_other(history: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "out.jsonl", []
    outcome = await run_backtest(
        read_history(history),
        Hashing(),
        progress=lambda done, total: told.append((done, total)),
    )
    write_rows(out, outcome.rows)
    assert told == [(BATCH, BATCH + 10), (BATCH + 10, BATCH + 10)]
    assert outcome.measures is not None
    assert outcome.measures.f1 == 1
    assert outcome.measures.found[1] == 1
    rows = [json.loads(text) for text in out.read_text().splitlines()]
    assert len({row["cluster"] for row in rows}) == 3
    assert rows[0]["candidates"] == []
    assert max(len(row["candidates"]) for row in rows) == 20
    assert any("F1 1.00" in text for text in outcome.lines)


async def test_twice_is_the_same(history: Path) -> None:
    reports = read_history(history)
    first, second = [await run_backtest(reports, Hashing(), join="eager") for _ in range(2)]
    assert first.rows == second.rows


def test_time_decides_not_the_order_of_the_file(history: Path, tmp_path: Path) -> None:
    backwards = tmp_path / "backwards.jsonl"
    rows = read_history(history)
    backwards.write_text("\n".join(row.model_dump_json() for row in reversed(rows)))
    assert read_history(backwards) == rows


async def test_without_gold_there_are_no_scores(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_text(line(1, "something", body=None))
    outcome = await run_backtest(read_history(path), Hashing())
    assert outcome.measures is None
    assert outcome.lines[0] == "1 items in 1 clusters"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "bad.jsonl:1"),
        ('{"id": 1}', "bad.jsonl:1: created_at"),
        ('{"id": 1, "created_at": "2026-01-01T00:00:00"}', "created_at"),
        (f"{line(1, 'a')}\n{line(1, 'b')}", "r-1 is there twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(BadPayload, match=said):
        read_history(path)


async def test_calibration_learns_that_alike_is_the_same(history: Path) -> None:
    scale = await calibrate([history], Hashing(), features=("cosine",))
    assert scale.weights["cosine"] > 0


def test_joining_something_related_is_neither_right_nor_wrong() -> None:
    wrong = measure(["a", "b"], [1, 1], [[], [0]])
    assert (wrong.joined, wrong.precision) == (1, 0)
    spared = measure(["a", "b"], [1, 1], [[], [0]], {1: [0]})
    assert spared.joined == 0


async def test_the_scores_are_those_of_the_shared_scorer(shared: Path, tmp_path: Path) -> None:
    source = shared / "clustering" / "feedback_banking77.jsonl"
    out = tmp_path / "out.jsonl"
    outcome = await run_backtest(read_history(source), Hashing())
    write_rows(out, outcome.rows)
    scorer = shared / "clustering" / "score_clusters.py"
    command = [sys.executable, str(scorer), str(source), str(out), "--ranks", str(out), "--json"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: ASYNC221
    mine = outcome.measures
    assert mine is not None
    ours = [mine.recall, mine.precision, mine.f1, mine.b_cubed, *mine.found.values()]
    theirs = [said[k] for k in ("dup_r", "dup_p", "dup_f1", "b3_f1", "r@1", "r@5", "r@10")]
    assert ours == pytest.approx(theirs, abs=1e-4)
