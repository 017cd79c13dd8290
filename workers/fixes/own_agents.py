"""Agents of a team's own at work: who a run is made by, how a new one is proposed, and how it is
tried: dry runs on past problems, beside those of the usual agent."""

from bot.adapters.choose_agent import AGENTS, sends_to
from bot.context import Context
from bot.domain.cards.card import Card
from bot.domain.cards.views.agent import trial_card
from bot.domain.errors import (
    ConfigError,
    NotAllowed,
    NotFound,
    NotUnderstood,
    Rejected,
    Unavailable,
)
from bot.domain.fixes.interview import (
    MOST_TRIES,
    RULES,
    FormAnswer,
    Interview,
    answered,
    material,
    taken,
)
from bot.domain.fixes.own_agent import Bounds, OwnAgent
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.trials import AgentState, Trial, passes, varied
from bot.domain.models import Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import tokens
from bot.github import pulls
from bot.github.app import PUBLISH
from bot.jobs import enqueue
from bot.own_agents import own_agent, right_agent, version_of
from bot.say import open_pull, readers_at, say
from workers import jobs
from workers.clusters import views
from workers.fixes.steps.starting import start


async def usual_agents(ctx: Context, project: Project) -> str:
    """Those of the roster that fixes are made by here."""
    named = ",".join((await ctx.configs.in_force(project)).fix.agents)
    return named or ctx.settings.soulcaster_agent


async def chosen(ctx: Context, project: Project, name: str) -> tuple[str, OwnAgent | None]:
    """The agents of the roster that work, and the team's own that has them work, for what was
    asked for: "" is what the project or the operator named. Raises NotFound, NotAllowed."""
    usual = await usual_agents(ctx, project)
    if not name or name in AGENTS:
        return name or usual, None
    own = await right_agent(ctx, project, name)
    state = await ctx.own_agents.get(project.id, name)
    if state is None or state.enabled != own.version:
        why = "was not enabled" if state is None or not state.enabled else "has changed since"
        raise NotAllowed(
            f"~{name} {why}: /soulcaster agent test ~{name}, then /soulcaster agent enable ~{name}"
        )
    return own.base or usual, own


async def understood(
    model: LanguageModel | None, held: Interview, words: str, bounds: Bounds
) -> tuple[Interview, str]:
    """The interview after an answer, and how a model put it where the form did not take it as it
    is; the model is told up to five times what was wrong. Raises NotUnderstood."""
    try:
        return answered(held, words, bounds), ""
    except NotUnderstood as error:
        if model is None or any(tokens(words)):
            raise
        first = str(error)
    wrong: list[str] = []
    for _ in range(MOST_TRIES):
        try:
            said = await model.answer(
                FormAnswer,
                instructions=RULES,
                material=material(held, words, bounds, wrong),
                max_output_tokens=500,
            )
        except (Unavailable, Rejected) as error:
            raise NotUnderstood(f"{first} No model could say it otherwise: {error}") from None
        try:
            return taken(held, said, bounds), f"{model.id} reads that as: {said.words}"
        except NotUnderstood as error:
            wrong.append(f"{said.words}: {error}")
            if not said.words.strip():
                break
    raise NotUnderstood(first)


async def propose(
    ctx: Context, project: Project, agent: OwnAgent, file: bytes, card: Card
) -> tuple[int, str]:
    """Open a pull request with the file, or find the one there is: its number and its address."""
    repo = ctx.github.repo(project, PUBLISH)
    if not (head := await pulls.branch_head(repo, project.default_branch)):
        raise NotUnderstood(f"{project.full_name} is empty: there is nothing to repair in it.")
    branch = f"soulcaster/agent-{agent.name}-{version_of(file)}"
    if await pulls.branch_head(repo, branch) is None:
        changed = pulls.CommitFile(agent.path, "100644", file)
        made = await pulls.commit(repo, head, f"Describe the agent {agent.name}", [changed])
        await pulls.create_branch(repo, branch, made.sha)
    elif await ctx.configs.file(project, branch, agent.path) != file:
        # Whoever may push could have us ask, in our name, to merge what they wrote.
        raise Rejected(
            f"{branch} holds what is not ours: delete it, then say it again.", status=409
        )
    pull = await open_pull(repo, card, branch=branch, base=project.default_branch, draft=False)
    return int(pull["number"]), str(pull["html_url"])


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
    if trial.place.issue is not None or trial.place.channel:
        await say(ctx, project, trial.place, trial_card(name, trial, runs, readers, why))
    if not trial.ended:
        await enqueue(ctx, jobs.try_agent, project_id, name, delay=LOOK_SECONDS)


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
