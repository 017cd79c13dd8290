"""``plan``: what a fix would go by."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.plan import plan_card
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import ClusterRef, VersionRef
from bot.domain.errors import NotUnderstood
from workers.commands.call import Answer, Call
from workers.fixes import planning


class ShowPlan(Command):
    """Symptom, evidence with links, suspected files, approach, tests, risks; approve or steer it.

    Fixes go by the approved version until somebody steers.
    """

    verb = "plan"
    level = Level.L3
    examples = ("plan C-12", "plan C-12 --approve=v2", "plan C-12 -- look at the parser first")

    about: Annotated[ClusterRef | None, WORD] = None
    approve: VersionRef | None = None
    steer: Annotated[str, TEXT] = ""


async def run(call: Call, command: ShowPlan) -> Answer:
    """From the evidence itself, or from the model where there is one."""
    ctx, project = call.ctx, call.project
    if command.approve and command.steer:
        raise NotUnderstood("Either --approve it or steer it: your words make the next version.")
    cluster = await call.cluster(command.about)
    call.require_for(project.github_readers, command.steer)
    view = await call.view(cluster)
    if command.approve:
        plan = await planning.approve(
            ctx,
            project,
            cluster,
            command.approve.number,
            who=call.person.name,
            readers=call.readers,
        )
    else:
        if command.steer:
            await planning.steer(ctx, project, cluster, command.steer)
        plan = await planning.plan_for(
            ctx, project, cluster, model=ctx.language_model, readers=call.readers
        )
    stands = await planning.standing(ctx, project, cluster.number)
    return Answer(plan_card(view, plan, stands), public=True)
