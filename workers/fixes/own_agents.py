"""Agents of a team's own at work: who a run is made by, and how a new one is proposed."""

from __future__ import annotations

from bot.adapters.choose_agent import AGENTS
from bot.context import Context
from bot.domain.cards.card import Card
from bot.domain.errors import NotAllowed, NotUnderstood, Rejected, Unavailable
from bot.domain.fixes.interview import Interview, answered
from bot.domain.fixes.interview_written import MOST_TRIES, RULES, FormAnswer, material, taken
from bot.domain.fixes.own_agent import Bounds, OwnAgent
from bot.domain.models import Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import tokens
from bot.github import pulls
from bot.github.app import PUBLISH
from bot.own_agents import right_agent, version_of
from bot.say import open_pull


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
