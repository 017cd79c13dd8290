"""What a project's memory has for a problem, and what a merged fix leaves in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, combined
from bot.domain.fixes.plan import suspected_files
from bot.domain.fixes.run import FixRun
from bot.domain.memory.facts import LONGEST, Fact, fitting
from bot.domain.models import Cluster, Item, Project
from workers.clusters.views import cluster_view
from workers.memory.retrieve import facts_here

_CHANGED = re.compile(r"^\+\+\+ b/(?P<path>\S+)|^@@[^@]*@@ .*?\b(?P<inside>\w+)\(", re.MULTILINE)
_ASKED = 2  # of what reviewers asked


async def recall(
    ctx: Context,
    project: int,
    cluster: Cluster,
    items: Sequence[Item],
    *,
    paths: Collection[str] = (),
) -> list[Fact]:
    """The facts that fit a problem; each says who may read it."""
    told = "\n".join([cluster.title, *(f"{i.title}\n{i.body[:2_000]}" for i in items)])
    facts = await facts_here(ctx, project, Audience.TEAM)
    own = [fact for fact in facts if fact.cluster is None or fact.cluster != cluster.number]
    return fitting(own, told, suspects=suspected_files(items), paths=paths)


async def learn(ctx: Context, project: Project, run: FixRun, pull: Any) -> None:
    """What a merged fix taught: problem, cause, change, proof, what reviewers asked; once a run."""
    if any(fact.by == run.name for fact in await ctx.memory.facts(project.id)):
        return
    view = await cluster_view(ctx, project, run.cluster, readers=run.audience, beside=False)
    found = list(_CHANGED.finditer(run.change))
    paths = list(dict.fromkeys(m["path"] for m in found if m["path"]))
    inside = list(dict.fromkeys(m["inside"] for m in found if m["inside"]))
    where = f" in {', '.join(paths[:3])}" if paths else ""
    code = f", {', '.join(f'{name}()' for name in inside[:3])}" if inside else ""
    words = f"{view.cluster.title}: mended{where}{code} by #{pull['number']}, {run.proof.value}."
    tries = await ctx.versions.attempts(project.id, run.number)
    asked = [
        " ".join(said.split())
        for one in tries
        for said in (*one.words, *(remark.words for remark in one.remarks))
    ]
    if asked:
        words += f" Reviewers asked: {'; '.join(asked[:_ASKED])}"
    fact = Fact(
        audience=combined(run.audience, *(one.audience for one in tries)),
        text=words[:LONGEST],
        by=run.name,
        path=paths[0] if paths else "",
        url=run.pull_url,
        cluster=view.cluster.number,
        made_at=ctx.now(),
    )
    await ctx.memory.keep(project.id, fact)
