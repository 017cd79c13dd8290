"""``soulcaster backtest``: a file, and a repository's own issues, which are only read."""

from __future__ import annotations

import asyncio
import json
import subprocess
from functools import partial
from pathlib import Path

import forks
import pytest
from e2e_kit import comment, open_issue, settled, unlike

from handlers.demo.stage import Stage
from workers.clusters.history import named_duplicates

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run(stage: Stage, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = partial(forks.run, "backtest", *arguments, cwd=stage.folder, env=stage.environment)
    return await asyncio.to_thread(told)


async def test_a_file(stage: Stage, tmp_path: Path) -> None:
    history, out = tmp_path / "h.jsonl", tmp_path / "out.jsonl"
    rows = [
        {
            "id": str(n),
            "source": "github",
            "title": ["Cart total drops the last item", "Login loops on Safari"][n % 2],
            "created_at": f"2026-01-0{n + 1}T00:00:00Z",
            "gold": str(n % 2),
        }
        for n in range(4)
    ]
    history.write_text("\n".join(map(json.dumps, rows)))
    done = await run(stage, str(history), "--out", str(out), "--join=eager")
    assert done.returncode == 0, done.stderr
    assert "4 items in 2 clusters" in done.stdout
    assert "precision 1.00, recall 1.00" in done.stdout
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in written] == ["0", "1", "2", "3"]
    assert written[2]["candidates"][0] == "0"


async def test_a_repository_is_only_read(stage: Stage) -> None:
    words = f"Coupon {unlike()} is refused at the till {unlike()}"
    first = await open_issue(stage, words, "It says unknown coupon.")
    other = await open_issue(stage, words, "It says unknown coupon.")
    await comment(stage, other, f"Duplicate of #{first}.")
    await settled(stage)
    before = await stage.github_state()
    done = await run(stage, stage.repository)
    assert done.returncode == 0, done.stderr
    assert "1 pairs said to be duplicates" in done.stdout
    assert "1 in one cluster, 1 among the first 10" in done.stdout
    assert (await stage.github_state())["repositories"] == before["repositories"]


async def test_what_is_neither_is_refused_in_one_line(stage: Stage) -> None:
    done = await run(stage, "nothing here")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "soulcaster: nothing here is neither a file nor owner/repo.\n"


async def test_a_duplicate_is_named_in_words() -> None:
    said = (
        "Duplicate of #7\n> duplicate of #8\nThis is a dupe of acme/shop#9, not duplicate of x/y#1"
        "\nduplicate of https://github.com/acme/shop/issues/12."
    )
    assert named_duplicates(said, "acme/shop") == [7, 9, 12]
