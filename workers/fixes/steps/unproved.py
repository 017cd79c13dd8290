"""Go on with a patch whose proof failed, where the project wants to see such drafts.

The policy judges it like any other, and whoever reads the draft is told what is not proved. What
was refused, stopped or cut short by a limit never gets here.
"""

from __future__ import annotations

from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import RunState, Verdict
from bot.domain.secrets import redact
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun
from workers.fixes.steps.prove import prove

_CARRIES_A_PATCH = (Verdict.NOT_REPRODUCED, Verdict.NOT_REPAIRED, Verdict.TESTS_DO_NOT_RUN)


async def prove_or_draft(context: ProjectRun) -> None:
    """The proof; its failure ends the run, but for a project with ``fix.unproved_drafts``."""
    try:
        await prove(context)
    except Ended as ended:
        wanted = (await context.config()).fix.unproved_drafts and not context.run.dry_run
        if not wanted or ended.verdict not in _CARRIES_A_PATCH:
            raise
        await context.log(f"not proved, and goes on as a draft: {ended}")
        await _go_on(context, {"unproved": ended.verdict, "reason": redact(ended.reason)})


async def _go_on(context: ProjectRun, fields: dict[str, object]) -> None:
    """In one write: whoever takes the run up goes on with the next step."""
    now = context.now()

    def failed(run: FixRun) -> FixRun:
        step = run.with_step(StepName.PROVE, state=RunState.FAILED, ended_at=now)
        return step.model_copy(update={**fields, "updated_at": now})

    await context.change(failed)
