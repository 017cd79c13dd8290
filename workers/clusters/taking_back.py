"""Reports leave as if they had never come: with their words, their vectors and their counts."""

import json
from collections import Counter
from collections.abc import Collection, Sequence

from bot.context import Context
from bot.domain.errors import Unavailable
from bot.domain.models import Cluster, ClusterState
from bot.imports.reading import without
from bot.jobs import enqueue
from bot.storage.answers import SUMMARY
from bot.storage.items import GONE
from workers import jobs
from workers.clusters.evidence import namespace
from workers.intake.imports import reading, show

STEP = 200


async def take_back(ctx: Context, project_id: int, number: int) -> None:
    """All that an import brought, and nothing else. Killed, it goes on with what is left. Raises
    Unavailable while it is still being read."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    before = await ctx.file_imports.get(project_id, number)
    clustering = "job:" + json.dumps([jobs.cluster_items.name, project_id])
    async with (
        ctx.leases.hold(reading(project_id, number)) as held,
        # Nobody may place what is about to go: who does comes again later.
        ctx.leases.hold(clustering, by_force=True),
    ):
        if not held:
            raise Unavailable("It is just being read.", retry_after=1)
        async for numbers in ctx.file_imports.brought(project_id, number):
            items = await ctx.items.many(project_id, numbers)
            placed = {item.cluster for item in items if item.cluster}
            await ctx.file_imports.touch(project_id, number, placed)
            await forget_vectors(ctx, project_id, numbers)
            # What was read in them.
            await ctx.memory.erase(project_id, lambda *_: False, numbers, ())
            await ctx.items.remove(project_id, items)
            await ctx.file_imports.let_go(project_id, number, numbers)
        await _tidy(ctx, project_id, await ctx.file_imports.touch(project_id, number, ()))
        one = await ctx.file_imports.end(project_id, number, "undone")
    await enqueue(ctx, jobs.get_to_know, project_id)
    await show(ctx, project, one, before)


async def forget_vectors(ctx: Context, project: int, numbers: Sequence[int]) -> None:
    """Of every embedder that the project has vectors of."""
    for embedder in await ctx.embeddings.all(project):
        await ctx.vectors.remove(namespace(project, embedder), [str(n) for n in numbers])


async def _tidy(ctx: Context, project: int, touched: set[int]) -> None:
    """Clusters that nobody has touched go with their last report; others are read again."""
    kept = await ctx.clusters.redirected_to(project) if touched else set()
    kept |= (await ctx.runs.newest(project, sorted(touched))).keys() if touched else set()
    kept |= (await ctx.digests.tracked(project)).keys()
    for cluster in sorted(touched):
        if cluster in kept or not await ctx.clusters.vanish(project, cluster, _untouched):
            await enqueue(ctx, jobs.refresh_cluster, project, cluster)


def _untouched(cluster: Cluster) -> bool:
    new = cluster.state is ClusterState.NEW and not cluster.state_by
    people = cluster.severity_by or cluster.owner or cluster.pull_request
    return new and not people and cluster.redirect is None


async def erase_words(
    ctx: Context, project: int, names: Collection[str], user_id: int | None, *, proven: bool
) -> Counter[str]:
    """A person's words out of reports, vectors, clusters, commands and memory; how many of each.
    Reports are theirs by GitHub's id and, unless only what is ``proven`` counts, by the name of
    their author; ``others`` are in that name and not proven. Said again, it does what is left."""
    names, done = {name.lower() for name in names}, Counter[str]()
    erased = dict[int, tuple[dict[str, object], int | None]]()

    def by(author: str, author_id: int | None) -> bool:
        named = not proven and author.lstrip("@").lower() in names
        return named or (user_id is not None and author_id == user_id)

    for first in range(1, await ctx.items.last(project) + 1, STEP):
        for item in await ctx.items.many(project, range(first, first + STEP)):
            if by(item.author, item.author_id):
                words = {**GONE, "author": "", "author_id": None, "url": ""}
            elif not proven and (body := without(item.body, names)) != item.body:
                words = {"body": body}
            else:
                theirs = {item.author.lstrip("@").lower()} & names
                done["others"] += bool(theirs) or without(item.body, names) != item.body
                continue
            erased[item.number] = words, item.cluster
    # First what is found by the reports: killed on the way, it is found again.
    await forget_vectors(ctx, project, [*erased])
    clusters = {cluster for _, cluster in erased.values() if cluster}
    for cluster in sorted(clusters):
        await ctx.answers.forget(project, SUMMARY, cluster)
        await ctx.plans.forget(project, cluster)
        for run in await ctx.runs.of_cluster(project, cluster):
            if run.ended:  # one under way goes by them
                await ctx.runs.drop_blobs(project, run.number, "case", "plan")
    done["memory"] = await ctx.memory.erase(project, by, erased.keys(), clusters)
    done["interviews"] = await ctx.own_agents.forget(
        project, lambda who: by(who.login, who.user_id)
    )
    done["files"] = await ctx.shelf.forget(project, by)
    for number, (words, placed) in erased.items():
        await ctx.items.erase(project, number, words)
        if placed:
            await enqueue(ctx, jobs.refresh_cluster, project, placed)
    done["reports"], done["clusters"] = len(erased), len(clusters)
    done["commands"] = await ctx.commands.forget(project, lambda who: by(who.login, who.user_id))
    return done
