"""An agent of a team's own is tried: dry runs on past problems, beside those of the usual agent."""

from __future__ import annotations

from bot.adapters.choose_agent import sends_to
from bot.context import Context
from bot.domain.cards.card import Card
from bot.domain.cards.views.agent import trial_card
from bot.domain.errors import ConfigError, NotFound, NotUnderstood
from bot.domain.fixes.own_agent import OwnAgent
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.trials import AgentState, Trial, passes, varied
from bot.domain.models import Project
from bot.jobs import enqueue
from bot.own_agents import own_agent
from bot.say import readers_at, say
from workers import jobs
from workers.clusters import views
from workers.fixes.own_agents import usual_agents
from workers.fixes.steps.starting import start

LOOKED_AT, LOOK_SECONDS = 50, 10


async def problems(ctx: Context, project: Project) -> list[int]:
    """Up to five that differ in source, severity and state, best known first. Raises
    NotUnderstood where there is none."""
    found, _ = await views.page(ctx, project, "all", most=LOOKED_AT, readers=project.github_readers)
    told = [
        (v.cluster.number, frozenset({*v.tally.kinds, v.cluster.severity, str(v.cluster.state)}))
        for v in found
        if v.shown
    ]
    if not told:
        raise NotUnderstood("There is no problem yet that an agent could be tried on.")
    return varied(told)


async def try_agent(ctx: Context, project_id: int, name: str) -> None:
    """Bring a trial on: start what was not started, and judge it when all has ended."""
    project = await ctx.projects.find(project_id)
    state = await ctx.own_agents.get(project_id, name)
    if project is None or state is None or state.trial is None or state.trial.ended:
        return
    trial, own, why = state.trial, None, ""
    try:
        own = await own_agent(ctx, project, name)
        if own.version != trial.version:
            why = "Its file has changed meanwhile: test it again."
    except (NotFound, ConfigError) as error:
        why = str(error).splitlines()[0]
    if why or own is None:
        trial = trial.model_copy(update={"ended": True})
    elif not trial.started:
        trial = await _started(ctx, project, own, trial)
    numbers = [*trial.own.values(), *trial.usual.values()]
    runs = {run.number: run for run in await ctx.runs.many(project_id, numbers)}
    if not why and all(run.ended for run in runs.values()):
        mine = [runs[number] for number in trial.own.values()]
        usual = [runs[number] for number in trial.usual.values()]
        trial = trial.model_copy(update={"ended": True, "passed": passes(mine, usual)})

    def keep(one: AgentState) -> AgentState:
        same = one.trial is not None and one.trial.key == trial.key
        return one.model_copy(update={"trial": trial}) if same else one

    await ctx.own_agents.decide(project_id, name, keep)
    readers = await readers_at(ctx, project, trial.place)
    await _say(ctx, project, trial, trial_card(name, trial, runs, readers, why))
    if not trial.ended:
        await enqueue(ctx, jobs.try_agent, project_id, name, delay=LOOK_SECONDS)


async def _say(ctx: Context, project: Project, trial: Trial, card: Card) -> None:
    if trial.place.issue is not None or trial.place.channel:
        await say(ctx, project, trial.place, card)


async def _started(ctx: Context, project: Project, own: OwnAgent, trial: Trial) -> Trial:
    """All runs of it are there, each found again by its command."""
    usual = await usual_agents(ctx, project)
    most = ctx.settings.soulcaster_fix_seconds
    made: dict[str, dict[int, int]] = {}
    for who, base, agent in (("own", own.base or usual, own), ("usual", usual, None)):
        vendors = sends_to(base, await ctx.models.choices(project.id))
        made[who] = {}
        for cluster in trial.own:
            wanted = FixRun(
                number=0,
                audience=project.github_readers,
                cluster=cluster,
                command=f"{trial.key}:{who}:{cluster}",
                trial=f"{trial.key}:{who}",
                requested_by=trial.by.login or trial.by.name,
                requester_id=trial.by.user_id,
                agent=base,
                own=agent,
                sends_to=", ".join(dict.fromkeys(vendors.values())),
                base=(await ctx.configs.in_force(project)).fix.base,
                dry_run=True,
                seconds_allowed=agent.seconds(most) if agent else most,
                created_at=ctx.now(),
                updated_at=ctx.now(),
            )
            run, _ = await start(ctx, project, wanted)
            made[who][cluster] = run.number
    return trial.model_copy(update=made)
