"""More is asked of us than GitHub lets us write: people are answered, and nothing is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from e2e_kit import comment, open_issue, replies, unlike
from forks import open_stage

from bot.simulators.github import Limits

A_MINUTE = 10
# Each costs three writes where there is room.
VERBS = ("status", "why", "fix", "dup", "merge", "split", "move", "undo", "plan", "stop", "logs")


@pytest.mark.parametrize(
    "verbs",
    [
        # Within one minute, and more than there is room for if each took all it likes;
        VERBS[:4],
        # and more than one minute has room for: the rest is said in the next.
        pytest.param(VERBS, marks=pytest.mark.long),
    ],
    ids=len,
)
async def test_nothing_is_refused_and_everybody_is_answered(
    tmp_path: Path, verbs: tuple[str, ...]
) -> None:
    limits = replace(Limits.none(), content_per_minute=A_MINUTE)
    async with open_stage(
        tmp_path / "stage",
        limits=limits,
        record=tmp_path / "record",
        SOULCASTER_EMBEDDER="hashing",
    ) as stage:
        issue = await open_issue(stage, f"Where commands are said {unlike()}", "words")
        for verb in verbs:
            await comment(stage, issue, f"/soulcaster help {verb}")

        async def answered() -> bool:
            return len(await replies(stage, issue)) >= len(verbs)

        await stage.wait("the answers", answered, timeout=150)
        lines = (tmp_path / "record" / "github.jsonl").read_text().splitlines()
    writes = [
        each["status"]
        for each in map(json.loads, lines)
        if each["method"] != "GET" and "/issues/" in each["url"]
    ]
    assert set(writes) <= {200, 201}
    assert len(verbs) <= len(writes) <= 2 * A_MINUTE, (
        "an answer costs one write where there is little"
    )
