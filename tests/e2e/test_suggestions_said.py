"""A likely candidate is asked about on the issue, in one comment that one answer settles."""

from __future__ import annotations

import pytest
from e2e_kit import cluster_of, item_of_issue, open_issue, replies, settled, unlike

from bot.domain.clusters.evidence import Because, Near
from bot.storage import keys
from handlers.demo.stage import Stage
from workers import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_question_is_put_once_and_settled_by_a_tick(stage: Stage) -> None:
    first = await open_issue(stage, f"Coupon {unlike()} is refused", f"At the till {unlike()}.")
    other = await open_issue(stage, f"Invoice {unlike()} is blank", f"In the archive {unlike()}.")
    mine, theirs = await item_of_issue(stage, other), await item_of_issue(stage, first)
    assert mine is not None
    assert theirs is not None
    project = await stage.project()
    # What the clustering writes when it is likely but not sure: no text gives that score for sure.
    near = Near(item=theirs.number, cluster=theirs.cluster, score=0.6, similarity=0.7)
    because = Because(action="suggest", candidates=(near,))
    ctx = stage.context
    await ctx.redis.hset(keys.evidence(project.id), str(mine.number), because.model_dump_json())
    for _ in range(3):
        await ctx.jobs.ask(jobs.suggest_on_issue, project.id, mine.number)
        await settled(stage)
    (question,) = await replies(stage, other)
    assert f"Possibly the same as `{await cluster_of(stage, first)}`" in question["body"]
    assert await replies(stage, first) == []
    await stage.person(
        "/checkbox", login="ines-ferreira", comment=question["id"], index=0, checked=True
    )
    await settled(stage)
    assert await cluster_of(stage, other) == await cluster_of(stage, first)
    (answered,) = await replies(stage, other)
    assert answered["id"] == question["id"], "the answer is written where the question stood"
    assert "Settled" in answered["body"]
    await settled(stage)
    assert len(await replies(stage, other)) == 1
