"""A problem's tracking issue: our part of it, kept true between what people write around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.language import in_language
from bot.domain.cards.story import Story
from bot.domain.cards.views.problem import joined_card, key_of, tracked_card
from bot.domain.errors import NotFound, NotUnderstood, Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, Project
from bot.github.issues import GONE, get_issue
from bot.github.wire import unless_refused
from bot.say import keep_part, paused_or_not, take_out, write_issue
from workers.clusters.views import cluster_view

LABEL = "soulcaster"
# Between two edits that only count.
EVERY = timedelta(minutes=1)


@asynccontextmanager
async def alone_with(ctx: Context, project: int, number: int) -> AsyncIterator[Story | None]:
    """The story of a cluster, that nobody else changes meanwhile. Raises Unavailable."""
    async with ctx.leases.hold(f"story:{project}:{number}") as token:
        if not token:
            raise Unavailable(f"Somebody else follows C-{number}.", retry_after=0.5)
        yield await ctx.stories.get(project, number)


async def keep_tracked(
    ctx: Context, project: Project, number: int, story: Story, run: FixRun | None
) -> None:
    """Bring the tracking issue up to date, where the cluster has one that is open: at once where
    something happened, else once in a while. One that was deleted, or that a person took our part
    out of, is forgotten. Raises Unavailable while it is too early, or Rejected."""
    issue = (await ctx.digests.tracked(project.id)).get(number, 0)
    if not issue:
        return
    where = f"#{issue}"
    if story.written and not story.unheard(where):
        left = (story.written + EVERY - ctx.now()).total_seconds()
        if left > 0:
            raise Unavailable(f"{where} was edited just now.", retry_after=left)
    card = await _card(ctx, project, number, story, run)
    if await keep_part(ctx.github.repo(project), issue, card) == "gone":
        await ctx.digests.untrack(project.id, number)
    told = {"written": ctx.now(), "heard": {**story.heard, where: story.n}}
    await ctx.stories.put(project.id, number, story.model_copy(update=told))


async def track(ctx: Context, project: Project, number: int, wanted: int | None) -> int:
    """The issue that tracks the cluster from now on: ``wanted``, else the one that does, else a new
    one. Run again, it opens no second one. Raises NotFound or NotUnderstood for one that can't be
    it, Unavailable or Rejected."""
    repo = ctx.github.repo(project)
    async with alone_with(ctx, project.id, number) as story:
        run = (await ctx.runs.newest(project.id, [number])).get(number)
        card = await _card(ctx, project, number, story, run)
        before = (await ctx.digests.tracked(project.id)).get(number, 0)
        if wanted is not None:
            await _require_open(ctx, project, wanted)
            await keep_part(repo, wanted, card, begin=True)
            issue = wanted
        elif before and await keep_part(repo, before, card, begin=True) == "written":
            issue = before
        else:
            # Whatever the repository becomes, its title may be read by whoever reads there.
            plain = await cluster_view(ctx, project, number, readers=Audience.PROJECT)
            title = f"{plain.cluster.name} {plain.cluster.title}"
            issue = await write_issue(
                repo, card, number=None, title=title, label=LABEL, may_open=True, headed=True
            )
        if before and before != issue:
            await take_out(repo, before, card.key)
        await ctx.digests.track(project.id, number, issue)
    return issue


async def untrack(ctx: Context, project: Project, number: int) -> int:
    """Take our part out of the cluster's tracking issue, and forget it; its number, 0 where there
    was none. Raises Unavailable or Rejected."""
    async with alone_with(ctx, project.id, number):
        if issue := (await ctx.digests.tracked(project.id)).get(number, 0):
            await take_out(ctx.github.repo(project), issue, key_of(number))
            await ctx.digests.untrack(project.id, number)
    return issue


async def pass_on(ctx: Context, project: Project, number: int, into: Cluster) -> None:
    """The issue of a cluster that was merged tracks what it is part of now; where that has one
    already, it says so and is left. Run again, it goes on. Raises Unavailable or Rejected."""
    repo, known = ctx.github.repo(project), await ctx.digests.tracked(project.id)
    if not (issue := known.get(number, 0)):
        return
    joined = joined_card(number, into.name, readers=project.github_readers)
    stands = await keep_part(repo, issue, joined)
    if stands == "closed" or known.get(into.number, issue) != issue:
        return
    if stands == "written":
        async with alone_with(ctx, project.id, into.number) as story:
            run = (await ctx.runs.newest(project.id, [into.number])).get(into.number)
            card = await _card(ctx, project, into.number, story, run)
            await keep_part(repo, issue, card, begin=True)
            await ctx.digests.track(project.id, into.number, issue)
        await take_out(repo, issue, joined.key)
    await ctx.digests.untrack(project.id, number)


async def _card(
    ctx: Context, project: Project, number: int, story: Story | None, run: FixRun | None
) -> Card:
    view = await cluster_view(ctx, project, number, readers=project.github_readers)
    last = story.events[-1] if story and story.events else None
    language = (await ctx.configs.known(project)).language
    return await paused_or_not(ctx, project, in_language(tracked_card(view, run, last), language))


async def _require_open(ctx: Context, project: Project, number: int) -> None:
    issue = await unless_refused(get_issue(ctx.github.repo(project), number), *GONE)
    if issue is None:
        raise NotFound(f"There is no issue #{number} in {project.full_name}.")
    if "pull_request" in issue:
        raise NotUnderstood(f"#{number} is a pull request: track wants an issue, or none.")
    if issue["state"] != "open":
        raise NotUnderstood(f"#{number} is closed: reopen it, or say track without a number.")
