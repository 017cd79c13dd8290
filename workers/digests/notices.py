"""What a project is told unasked: in its channel, and on its tracking issue; what was held back,
all of a channel as one card."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, note
from bot.domain.cards.views.problem import key_of, later_card
from bot.domain.errors import Rejected
from bot.domain.models import Place, Project
from bot.jobs import ROSTER, enqueue
from bot.log import logged
from bot.say import hide, readers_at, say
from workers import jobs
from workers.clusters.channels import bound_channel, channel_of
from workers.clusters.holding import held_until
from workers.clusters.views import rows
from workers.digests.following import alone_with, untrack
from workers.intake import quota


async def tell(
    ctx: Context, project: Project, made: Callable[[Audience], Card], *, where: str = ""
) -> None:
    """Say the card that is ``made`` for those who read there, once a place: only where the card
    ``where`` was said, if it is given."""
    channel, issue = await channel_of(ctx, project), await ctx.digests.tracking_issue(project.id)
    for place in Place(channel=channel), Place(issue=issue):
        there = place.channel or place.issue
        if there and (not where or await ctx.cards.get(project.id, place.name, where)):
            with logged("could not tell", Rejected, project=project.full_name):
                await say(ctx, project, place, made(await readers_at(ctx, project, place)))


async def tell_refused(ctx: Context, project_id: int) -> None:
    """New reports are over the quota: one card a day, with how many there are by now."""
    project = await ctx.projects.find(project_id)
    words = project and await quota.refusals(ctx, project)
    if project and words:
        key = f"refused:{ctx.now():%Y-%m-%d}"
        await tell(ctx, project, lambda to: note(key, words, audience=to, tone="failed"))


async def hide_cards(ctx: Context, project_id: int) -> None:
    """The repository has become public: what was said there for the team alone is taken off."""
    project = await ctx.projects.find(project_id)
    if project is not None and not project.private:
        await hide(ctx, project)
        await enqueue(ctx, jobs.refresh_tracking_issue, project_id)
        for cluster in await ctx.digests.tracked(project_id):
            await untrack(ctx, project, cluster)


async def say_held(ctx: Context, project_id: int) -> None:
    """Once posts are no longer held back: jobs run that waited, and each channel hears of its
    problems. In the channel where a digest comes, that is the card."""
    project = await ctx.projects.find(project_id)
    if project is None or await held_until(ctx, project) is not None:
        return
    digest = False
    channels: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for where, what, at in await ctx.stories.held(project_id):
        if job := ROSTER.get(where):
            digest = digest or job is jobs.send_scheduled
            await enqueue(ctx, job, project_id, int(what) if what.isdigit() else what)
            await ctx.stories.release(project_id, where, what)
        else:
            channels[where].append((int(what), at))
    named = (await ctx.configs.known(project)).slack.channel
    main = await bound_channel(ctx, project, named) if digest else ""
    for channel, held in channels.items():
        await _say(ctx, project, channel, held, digest=channel == main)


async def _say(
    ctx: Context, project: Project, channel: str, held: list[tuple[int, datetime]], *, digest: bool
) -> None:
    place, alone = Place(channel=channel), []
    for number, _ in held:
        standing = await ctx.cards.get(project.id, place.name, key_of(number))
        if standing is None or not standing.id:
            alone.append(number)
    if len(alone) > 1 or digest:
        # Not in the channel, or it is archived: the others hear theirs.
        with logged("a channel is not told", Rejected, channel=channel):
            if not digest:
                await _say_later(ctx, project, place, alone, held[0][1])
            for number in alone:  # each gets a card of its own when more happens
                async with alone_with(ctx, project.id, number) as story:
                    if story:
                        told = {"heard": {**story.heard, channel: story.n}}
                        changed = story.model_copy(update=told)
                        await ctx.stories.put(project.id, number, changed)
    for number, _ in held:  # its card, or what happened in the thread of its card
        await ctx.stories.release(project.id, channel, number)
        await enqueue(ctx, jobs.follow_problem, project.id, number)


async def _say_later(
    ctx: Context, project: Project, place: Place, numbers: list[int], since: datetime
) -> None:
    readers = await readers_at(ctx, project, place)
    if not may_read(readers, project.github_readers):
        return
    found = await rows(ctx, project, numbers, readers=readers)
    views = [view for view in found if view.cluster.redirect is None]
    pause = (await ctx.stories.pauses(project.id)).get("posts")
    paused = pause is not None and pause.since <= since and not pause.holds(ctx.now())
    why = f"posts were paused by {pause.by}" if pause and paused else "it was to be quiet"
    told = []
    for view in sorted(views, key=lambda one: one.cluster.severity):
        story = await ctx.stories.get(project.id, view.cluster.number)
        told.append((view, story.events[-1] if story and story.events else None))
    key = f"later:{since.timestamp():.0f}"
    await say(ctx, project, place, later_card(key, why, told, readers=readers))
