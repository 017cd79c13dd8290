"""A fix run: a state machine whose every step is written down before the next begins.

Any fixer can take a run up after a crash: a step that did not succeed is done again, in a fresh
sandbox. **Invariant:** the sandbox holds no credential; what comes out of it is a tree of files,
and the patch is computed here."""

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.context import Context
from bot.domain.errors import SoulcasterError, Unavailable
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import ClusterState, RunState, Verdict
from bot.log import log, logged
from bot.storage.budget import Priority, at
from workers.clusters.views import refresh_soon
from workers.fixes.steps import fetch, prove, publish, repair, reproduce
from workers.fixes.steps.context import Ended
from workers.fixes.steps.drive import Steps, conclude, drive
from workers.fixes.steps.project import ProjectRun
from workers.fixes.steps.starting import open_fix
from workers.fixes.steps.telling import show, tell_team

STEPS: Steps[ProjectRun] = {
    StepName.FETCH: fetch.fetch,
    StepName.REPRODUCE: reproduce.reproduce,
    StepName.REPAIR: repair.repair_beside_suite,
    StepName.PROVE: prove.prove_or_draft,
    StepName.POLICY: prove.check_policy,
    StepName.PUBLISH: publish.publish,
}
# What the run itself needed; the case stays, for whoever revises the fix.
_BLOBS = ("base", "test", "fix")


async def fix_run(ctx: Context, project_id: int, number: int) -> None:
    """Take a run from where it stands to its end."""
    run, project = await ctx.runs.get(project_id, number), await ctx.projects.known(project_id)
    if project is None:
        return
    context = ProjectRun(ctx, project, run)
    if not run.ended:
        await _work(context)
    else:
        await context.kill_sandboxes()
    await _follow(context)
    if await ctx.projects.find(project_id) is None:
        return  # the app was removed: there is nobody to tell
    await show(ctx, context.project, context.run)
    if context.run.trial:
        return
    if context.run.verdict is Verdict.NEEDS_A_PERSON:
        await tell_team(ctx, context.project, context.run)
    await refresh_soon(ctx, project_id, context.run.cluster)


async def _work(context: ProjectRun) -> None:
    """Drive the run and write down its end. Raises Unavailable when it has to wait."""
    if not context.run.trial:
        fixing = {"state": ClusterState.FIXING, "updated_at": context.now()}
        await context.ctx.clusters.change(context.project.id, context.run.cluster, **fixing)
        await refresh_soon(context.ctx, context.project.id, context.run.cluster)
    ended = await drive_and_show(
        context,
        STEPS,
        lambda: show(context.ctx, context.project, context.run),
        closing=lambda: _left(context.run),
    )
    await conclude(context, ended)


def _left(run: FixRun) -> str:
    """What a run that broke has left on GitHub."""
    if run.pull_request is not None:
        return f"Pull request #{run.pull_request} is open."
    if run.branch:
        return f"Its branch {run.branch} may be there: it can be deleted."
    return "Nothing was published."


async def _follow(context: ProjectRun) -> None:
    """The cluster follows its run; harmless when repeated."""
    await context.ctx.runs.drop_blobs(context.project.id, context.run.number, *_BLOBS)
    cluster = await context.ctx.clusters.get(context.project.id, context.run.cluster)
    if context.run.trial or cluster.state is not ClusterState.FIXING:
        return
    opened = context.run.pull_request
    if opened is None and (
        other := await open_fix(context.ctx, context.project, context.run.cluster)
    ):
        opened = other.pull_request
    await context.ctx.clusters.change(
        context.project.id,
        context.run.cluster,
        state=ClusterState.TRIAGED if opened is None else ClusterState.PR_OPENED,
        updated_at=context.now(),
        **({} if opened is None else {"pull_request": opened}),
    )


_LOOK_EVERY = 2.0
# Seconds between two edits, by the share that is left of what may be written; below the last
# only a new step is shown, and below two fifths nothing but the end.
_PACES = ((0.9, 2.0), (0.75, 10.0), (0.6, 60.0), (0.4, math.inf))

D = TypeVar("D", bound=ProjectRun)


async def drive_and_show(
    context: D,
    steps: Steps[D],
    show: Callable[[], Awaitable[None]],
    *,
    closing: Callable[[], str] = lambda: "",
) -> Ended:
    """How it ended; no sandbox is left. Raises Unavailable when it has to wait. A mistake of ours
    ends it too: nobody waits for a card that never ends. ``closing`` says beside what went wrong
    how things stand."""
    await context.set(state=RunState.RUNNING)
    watching = asyncio.create_task(_keep_showing(context, show))
    try:
        return await drive(context, steps)
    except Unavailable:
        raise
    except SoulcasterError as error:
        return Ended(None, f"{error} {closing()}".strip())
    except Exception as error:
        reference = f"e-{secrets.token_hex(2).upper()}"
        what = {"run": context.run.name, "command": context.run.command}
        log.error("a fix run broke", reference=reference, exc_info=error, **what)
        return Ended(None, f"Something broke (ref {reference}). {closing()}".strip())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await context.kill_sandboxes()


async def _keep_showing(context: ProjectRun, show: Callable[[], Awaitable[None]]) -> None:
    """Edit the card while the run goes on; that it can't be edited now stops nothing."""
    budget = context.ctx.github.repo(context.project).budget
    shown, at_second = None, -math.inf
    while True:
        step = context.run.step
        pace = pace_of(await budget.left())
        if pace is not None and (
            time.monotonic() >= at_second + pace or (step and step.name) != shown
        ):
            shown, at_second = step and step.name, time.monotonic()
            shows = logged("could not show progress", SoulcasterError, run=context.run.name)
            with shows, at(Priority.PROGRESS):
                await show()
        await asyncio.sleep(_LOOK_EVERY)


def pace_of(left: float) -> float | None:
    """Seconds between two edits (inf: only at steps), None for none, by the share that is left."""
    return next((pace for least, pace in _PACES if left >= least), None)
