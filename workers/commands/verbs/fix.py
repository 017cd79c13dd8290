"""``fix``: a fix run."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Code, note
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import AgentRef, ClusterRef, Duration
from bot.domain.errors import NotAllowed
from bot.repo_config import PATH
from workers.commands.call import Answer, Call
from workers.commands.requests import begun, request_fix
from workers.fixes.quota import allowed_seconds


class Fix(Command):
    """Reproduce, repair, prove, and open a draft pull request.

    One run a cluster: while one is under way, your note joins it.
    """

    verb = "fix"
    level = Level.L3
    examples = ("fix C-12", "fix C-12 --timeout=30m -- keep the public API")
    cost = "one fix run"

    about: Annotated[ClusterRef | None, WORD] = None
    agent: AgentRef | None = None
    base: str = ""
    dry_run: bool = False
    timeout: Duration | None = None
    steer: Annotated[str, TEXT] = ""


async def run(call: Call, command: Fix) -> Answer:
    """Open the run, or join the one there is."""
    ctx, project = call.ctx, call.project
    cluster = await call.cluster(command.about)
    call.require_for(project.github_readers, command.steer)
    config = await ctx.repo_config(project)
    if not config.fix.enabled:
        raise NotAllowed(f"fix is off for this repository ({PATH}: fix.enabled).")
    agent = command.agent.name if command.agent else config.fix.agent or ctx.default_agent
    ctx.agent(agent)  # refuses an unknown one before anything is written
    made, own = await request_fix(
        call,
        cluster,
        agent=agent,
        base=command.base or config.fix.base,
        dry_run=command.dry_run,
        seconds=allowed_seconds(ctx, config.fix, command.timeout),
        notes=[(call.person.name, command.steer)] if command.steer else [],
    )
    if not own:
        step = f"step {made.step.name.value}" if made.step else made.state.value
        noted = " Your note was added to it." if command.steer else ""
        return Answer(
            note(
                f"joined:{made.name}:{call.said.id}",
                Code(made.name),
                f" is already fixing {cluster.name} ({step}).{noted}",
                audience=call.readers,
                tone="running",
            )
        )
    return await begun(call, made, cluster)
