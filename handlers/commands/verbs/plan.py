"""``plan``: what a fix would go by."""

from __future__ import annotations

from typing import Annotated

from bot.domain.views.plan import plan_card
from handlers.commands.call import Answer, Call
from handlers.commands.command import TEXT, WORD, Command, Level
from handlers.commands.references import ClusterRef
from workers import planning


class Plan(Command):
    """Symptom, evidence with links, suspected files, approach, tests, risks."""

    verb = "plan"
    level = Level.L3
    examples = ("plan C-12", "plan C-12 -- look at the parser first")

    about: Annotated[ClusterRef | None, WORD] = None
    steer: Annotated[str, TEXT] = ""


async def run(call: Call, command: Plan) -> Answer:
    """From the evidence itself, or from the model where there is one."""
    cluster = await call.cluster(command.about)
    view = await call.view(cluster)
    plan = await planning.plan_for(
        call.ctx, call.project, view.cluster, steer=command.steer, public=call.public
    )
    return Answer(plan_card(view, plan), public=True)
