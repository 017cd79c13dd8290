"""What is shown costs as many commands in a large project with many questions as in a small one."""

from __future__ import annotations

from datetime import UTC, datetime

from made import acts, count, make_project

from handlers.demo.stage import Stage
from workers.digests import posting

MOST = 60
# Whole pages of both.
SMALL, LARGE = (330, 2_500), (660, 5_000)
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


async def costs(stage: Stage, clusters: int, items: int) -> dict[str, int]:
    """Commands by what is asked, in a project of that size whose first cluster is a fifth of it."""
    ctx, project = stage.context, await stage.project()
    await make_project(ctx, project.id, clusters=clusters, items=items, largest=items // 5)
    assert await ctx.overview.rebuild(project.id) == clusters
    await posting.write_tracking_issue(ctx, project)
    found = {}
    for name, act in acts(ctx, project).items():
        # From the second time on what is remembered for a minute is there, unless that minute ends
        # just then: hence the cheapest of three.
        found[name] = min([(await count(ctx, act)).sent.total() for _ in range(3)])
    return found


async def test_views_and_a_placed_report_cost_the_same_at_every_size(stage: Stage) -> None:
    small = await costs(stage, *SMALL)
    large = await costs(stage, *LARGE)
    assert max(large.values()) <= MOST, large
    assert large == small
