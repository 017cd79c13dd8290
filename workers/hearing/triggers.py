"""What starts an agent of the team's own besides a command; its runs are whoever's enabled it. It
is a sentence like any: said in their name, at the issue or in the channel, with the rights that
they have then."""

import asyncio

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Code, note
from bot.domain.cards.rule import read_rule
from bot.domain.cards.story import FIX, Event
from bot.domain.errors import Unavailable
from bot.domain.fixes.trials import AgentState
from bot.domain.models import Cluster, Place, Project
from bot.log import log
from bot.say import say
from bot.sources import SOURCES, github_issue
from workers.clusters import views
from workers.clusters.channels import bound_channel
from workers.commands import hear
from workers.digests.following import problem_of


async def wake_agents(ctx: Context, project_id: int, kind: str, number: int, what: str) -> None:
    """Start those that wait for it: a ``label`` put on report ``number``; a ``problem``, where
    ``what`` is the event of cluster ``number``; a ``schedule``, where it names agent and time.
    Raises Unavailable while the report has no cluster yet."""
    project = await ctx.projects.find(project_id)
    waiting = [s for s in await ctx.own_agents.all(project_id) if s.enabled and s.by]
    if project is None:
        return
    for state in (one for one in waiting if getattr(one.triggers, kind)):
        cluster = await _cluster(ctx, project, state, kind, number, what)
        if cluster is not None:
            await _start(ctx, project, state, cluster, f"{kind}:{number}:{what}")


async def _cluster(
    ctx: Context, project: Project, state: AgentState, kind: str, number: int, what: str
) -> Cluster | None:
    """The problem that an agent is to start on; None where this is not what it waits for."""
    if kind == "label":
        if what.lower() != state.triggers.label.lower():
            return None
        item = await ctx.items.get(project.id, number)
        if item.cluster is None:
            raise Unavailable(f"{item.name} has no cluster yet.", retry_after=2)
        return await ctx.clusters.get(project.id, item.cluster)
    if kind == "problem":
        event = Event.read(what)
        if event.kind in FIX:
            return None  # of runs, its own among them
        view = await views.cluster_view(ctx, project, number, readers=Audience.TEAM)
        rule = read_rule(state.triggers.problem, SOURCES)
        return view.cluster if rule.holds(problem_of(view, event)) else None
    if what.partition(" ")[0] != state.name:
        return None
    found, _ = await views.page(ctx, project, "new", most=20, readers=Audience.TEAM)
    numbers = [view.cluster.number for view in found]
    tried = await ctx.runs.newest(project.id, numbers)
    return next((view.cluster for view in found if view.cluster.number not in tried), None)


async def _start(
    ctx: Context, project: Project, state: AgentState, cluster: Cluster, origin: str
) -> None:
    place = await _place(ctx, project, cluster)
    if place is None or state.by is None:
        log.info("an agent has nowhere to start", agent=state.name, cluster=cluster.name)
        return
    sentence = f"fix {cluster.name} --agent=~{state.name}"
    if await asyncio.to_thread(lambda: ctx.sandboxes.isolation) == "none":
        # Whoever may write says whether code that a report led to runs on this machine.
        words = ("The agent ", Code(f"~{state.name}"), f" would fix {cluster.name}. Shall it?")
        key, button = f"wake:{state.name}:{cluster.number}", (Action("Fix", sentence),)
        card = note(key, *words, audience=project.github_readers, actions=button)
        await say(ctx, project, place, card)
        return
    line, origin = f"/soulcaster {sentence}", f"agent:{state.name}:{origin}"
    await hear.lines(ctx, project, [line], state.by, place, origin)


async def _place(ctx: Context, project: Project, cluster: Cluster) -> Place | None:
    """Its newest issue, else where the project is spoken of."""
    members = await ctx.clusters.sample(project.id, cluster.number)
    for item in reversed(await ctx.items.many(project.id, sorted(members))):
        issue = item.key.removeprefix("issue:")
        if item.source == github_issue.NAME and issue.isdigit() and not item.gone:
            return Place(issue=int(issue))
    channel = await bound_channel(ctx, project) if ctx.slack else ""
    return Place(channel=channel, public=True) if channel else None
