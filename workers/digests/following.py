"""A problem in the project's channels, one card where it is worth a person, edited in place; and
its tracking issue: our part of it, kept true between what people write around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card
from bot.domain.cards.language import in_language
from bot.domain.cards.rule import DEFAULT, OFF, Problem, Rule, read_rule
from bot.domain.cards.story import WORTH, Event, Story, told_on
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.cards.views.problem import (
    event_card,
    joined_card,
    key_of,
    problem_card,
    tracked_card,
)
from bot.domain.clusters.standing import listed
from bot.domain.errors import NotFound, NotUnderstood, Rejected, Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, Place, Project
from bot.github.issues import GONE, get_issue
from bot.github.wire import unless_refused
from bot.jobs import enqueue
from bot.log import log, logged
from bot.say import keep_part, paused_or_not, readers_at, say, take_out, write_issue
from bot.sources import SOURCES
from workers import jobs
from workers.clusters.channels import bound_channel
from workers.clusters.holding import held_back
from workers.clusters.views import cluster_view

# Between two edits of a card that only count.
EVERY = timedelta(seconds=10)


async def follow_problem(ctx: Context, project_id: int, number: int) -> None:
    """Write down what happened to a cluster, and bring its card up to date in each channel: at once
    where something happened, else once in some seconds. Run twice, it says the same. Raises
    Unavailable while it is too early to edit a card again."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    try:
        view = await cluster_view(ctx, project, number, readers=Audience.TEAM)
    except NotFound:
        return  # what an import brought and its undoing took
    cluster = view.cluster
    run = (await ctx.runs.newest(project_id, [cluster.number])).get(cluster.number)
    if cluster.number != number:
        return await _say_joined(ctx, project, number, cluster)
    async with alone_with(ctx, project_id, number) as was:
        live = any(not item.history for item in view.items)
        story = told_on(was, cluster, run, ctx.now(), live=live)
        if story != was:
            news = [event for event in story.events if event.n > (was.n if was else 0)]
            if (was and was.state is not story.state) or (not was and news):
                await enqueue(ctx, jobs.tell_issues, project_id, number)
            await ctx.stories.put(project_id, number, story, news)
            if news:  # what a digest calls new is counted by it
                await enqueue(ctx, jobs.refresh_tracking_issue, project_id, delay=2)
            for event in news if await ctx.own_agents.any(project_id) else ():
                ids = project_id, "problem", number, event.model_dump_json()
                await enqueue(ctx, jobs.wake_agents, *ids)
        early: Unavailable | None = None
        for channel, rule in (await rules(ctx, project)).items() if ctx.slack else ():
            try:
                heard = await _tell(ctx, project, channel, rule, story, view, run)
            except Unavailable as error:
                early = error
                continue
            except Rejected as error:  # not in the channel, or it is archived
                log.warning("a channel is not told", channel=channel, why=str(error))
                continue
            if heard:
                told = {**story.heard, channel: story.n}
                story = story.model_copy(update={"heard": told})
                await ctx.stories.put(project_id, number, story)
        try:
            await keep_tracked(ctx, project, number, story, run)
        except Unavailable as error:
            early = min(early or error, error, key=lambda one: one.retry_after or 0)
        except Rejected as error:
            log.warning("a tracking issue is not written", cluster=number, why=str(error))
    if early is not None:
        raise early


async def rules(ctx: Context, project: Project) -> dict[str, str]:
    """What each of its channels hears of at once: where its digests come, what matters; elsewhere
    only what was asked for there. Where it is quiet, digests alone."""
    config, quiet = await ctx.configs.known_and_quiet(project.id)
    if quiet:
        return {}
    named = config.slack.channel
    asked = await ctx.stories.rules(project.id)
    main = await bound_channel(ctx, project, named)
    standings = await ctx.channels.standings(project.id)
    found = {main: DEFAULT} if main else {}
    return found | {c: rule for c, rule in asked.items() if standings.get(c) == "bound"}


def problem_of(view: ClusterView, event: Event | None = None) -> Problem:
    """A problem as a rule sees it, as bad as it was at the event, else as it is."""
    return Problem(
        severity=event.severity if event else view.cluster.severity,
        state=view.cluster.state,
        event=event.kind if event else "",
        sources=frozenset(source for source, _ in view.tally.kinds),
        labels=frozenset(name.lower() for item in view.items for name in listed(item, "labels")),
        owner=view.cluster.owner,
    )


@lru_cache(maxsize=256)
def rule_of(words: str) -> Rule:
    """A rule about the sources that there are. Raises NotUnderstood with the word that is wrong."""
    return read_rule(words, SOURCES)


def wanted(rule: str, view: ClusterView, event: Event) -> bool:
    """Whether a channel with this rule hears of the event at once."""
    if rule == OFF or event.kind not in WORTH:
        return False
    return rule_of(rule).holds(problem_of(view, event))


async def _tell(
    ctx: Context,
    project: Project,
    channel: str,
    rule: str,
    story: Story,
    team: ClusterView,
    run: FixRun | None,
) -> bool:
    """Whether the channel has been told of all that happened so far."""
    place, number = Place(channel=channel), team.cluster.number
    standing = await ctx.cards.get(project.id, place.name, key_of(number))
    stands = bool(standing and standing.id)
    unheard = story.unheard(channel)
    # Who asks for a fix in a channel is answered there by the run's own card.
    here = run is not None and any(place.channel == channel for place in run.places)
    worth = [e for e in unheard if wanted(rule, team, e) and not (here and e.kind == "asked")]
    if not (stands or worth):
        return bool(unheard)
    held = bool(unheard) and await held_back(ctx, project, channel, number, story.severity)
    if held and not stands:
        return False
    if standing and (held or not unheard):
        left = standing.at + EVERY.total_seconds() - ctx.now().timestamp()
        if left > 0:
            raise Unavailable(f"The card of C-{number} was edited just now.", retry_after=left)
    readers = await readers_at(ctx, project, place)
    if not may_read(readers, project.github_readers):
        return bool(unheard)  # others read there who may not know of the repository
    view = replace(team, readers=readers)
    last = story.events[-1] if story.events else None
    language = (await ctx.configs.known(project)).language
    card = in_language(problem_card(view, run, last), language)
    ts = await say(ctx, project, place, card)
    if not ts:
        return False
    await ctx.channels.set_about(channel, ts, project.id, number)
    for event in unheard if stands and not held else ():
        thread = Place(channel=channel, thread=ts)
        url = run.pull_url if run else ""
        await say(ctx, project, thread, event_card(event, readers=readers, pull_url=url))
    return bool(unheard) and not held


async def _say_joined(ctx: Context, project: Project, number: int, into: Cluster) -> None:
    """Where the card of a merged cluster stands, it says what it is part of."""
    await pass_on(ctx, project, number, into)
    for channel in await rules(ctx, project) if ctx.slack else ():
        place = Place(channel=channel)
        standing = await ctx.cards.get(project.id, place.name, key_of(number))
        if not (standing and standing.id):
            continue
        with logged("a channel is not told", Rejected, channel=channel):
            readers = await readers_at(ctx, project, place)
            await say(ctx, project, place, joined_card(number, into.name, readers=readers))


LABEL = "soulcaster"
# Between two edits that only count.
EVERY_ISSUE = timedelta(minutes=1)


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
        left = (story.written + EVERY_ISSUE - ctx.now()).total_seconds()
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
