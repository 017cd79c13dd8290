"""What is shown costs as many commands in a large project as in a small one."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from made import count, make_project

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.models import Draft, Person, Place, Project
from bot.jobs import CLAIM, Claim
from bot.storage.commands import Utterance
from handlers.demo.stage import Stage
from workers.clusters import refresh
from workers.commands.answering import answer_to
from workers.digests import posting

MOST = 60
# Whole pages of both.
SMALL, LARGE = (990, 5_000), (1_980, 10_000)
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
LINES = [
    "status",
    "status C-1",
    "why C-1",
    "resolve",
    "clusters",
    "clusters --sort=recent",
    "clusters --sort=count --state=new",
    "clusters --state=all --page=9999",
    "clusters --source=sentry",
]


async def say(ctx: Context, project: Project, line: str) -> None:
    said = Utterance(
        id=secrets.token_hex(8), project=project.id, line=line, audience=Audience.TEAM,
        person=Person(operator=True), place=Place(), heard_at=ctx.now(),
    )  # fmt: skip
    answer, *_ = await answer_to(ctx, project, said)
    assert answer.card.title


async def place(ctx: Context, project: Project, into: int) -> None:
    """A report into a cluster, and what its placement has done, but for the embedding."""
    draft = Draft(
        source="sentry", key=secrets.token_hex(4), event="e", audience=Audience.TEAM,
        title="It breaks", occurred_at=NOW,
    )  # fmt: skip
    made = await ctx.items.record(project.id, draft, NOW)
    claim = Claim(f'["cluster_items", {project.id}]', "1", "mine", "work", str(project.id))
    await ctx.redis.set(claim.lease, claim.token)
    CLAIM.set(claim)
    found = await ctx.clusters.place(
        project.id, made.item, into, now=NOW, title=draft.title, audience=draft.audience,
        evidence="{}", corrections=0, lease=claim.lease, token=claim.token,
    )  # fmt: skip
    assert found == into
    await refresh.refresh_cluster(ctx, project.id, into)
    await posting.refresh_tracking_issue(ctx, project.id)


async def costs(stage: Stage, clusters: int, items: int) -> dict[str, int]:
    """Commands by what is asked, in a project of that size whose first cluster is a fifth of it."""
    ctx, project = stage.context, await stage.project()
    await make_project(ctx, project.id, clusters=clusters, items=items, largest=items // 5)
    assert await ctx.overview.rebuild(project.id) == clusters
    await posting.write_tracking_issue(ctx, project)
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        line: lambda line=line: say(ctx, project, line) for line in LINES
    }
    acts["digest"] = lambda: posting.build_digest(
        ctx, project, compact=True, readers=Audience.PROJECT
    )
    acts["tracking issue"] = lambda: posting.refresh_tracking_issue(ctx, project.id)
    acts["placed report"] = lambda: place(ctx, project, 1)
    found = {}
    for name, act in acts.items():
        await act()  # what is remembered is there
        found[name] = (await count(ctx, act)).sent.total()
    return found


async def test_views_and_a_placed_report_cost_the_same_at_every_size(stage: Stage) -> None:
    small = await costs(stage, *SMALL)
    large = await costs(stage, *LARGE)
    assert max(large.values()) <= MOST, large
    assert large == small
