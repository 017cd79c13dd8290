"""A fix run: a state machine whose every step is written down before the next begins.

Any fixer can take a run up after a crash: a step that did not succeed is done again, in a fresh
sandbox. **Invariant:** the sandbox holds no credential; what comes out of it is a tree of files,
and the patch is computed here.
"""

from __future__ import annotations

from bot.context import Context
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import ClusterState, Verdict
from workers.clusters.views import refresh_soon
from workers.fixes.progress import drive_and_show
from workers.fixes.steps import fetch, policy, publish, repair, reproduce, unproved
from workers.fixes.steps.desk import Desk
from workers.fixes.steps.drive import Steps, conclude
from workers.fixes.steps.starting import open_fix
from workers.fixes.steps.telling import show, tell_team

STEPS: Steps[Desk] = {
    StepName.FETCH: fetch.fetch,
    StepName.REPRODUCE: reproduce.reproduce,
    StepName.REPAIR: repair.repair,
    StepName.PROVE: unproved.prove_or_draft,
    StepName.POLICY: policy.check_policy,
    StepName.PUBLISH: publish.publish,
}
# What the run itself needed; the case stays, for whoever revises the fix.
_BLOBS = ("base", "test", "fix")


async def fix_run(ctx: Context, project_id: int, number: int) -> None:
    """Take a run from where it stands to its end."""
    run = await ctx.runs.get(project_id, number)
    desk = Desk(ctx, await ctx.projects.get(project_id), run)
    if not run.ended:
        await _work(desk)
    else:
        await desk.kill_sandboxes()
    await _follow(desk)
    await show(ctx, desk.project, desk.run)
    if desk.run.verdict is Verdict.NEEDS_A_PERSON:
        await tell_team(ctx, desk.project, desk.run)
    await refresh_soon(ctx, project_id)


async def _work(desk: Desk) -> None:
    """Drive the run and write down its end. Raises Unavailable when it has to wait."""
    await desk.ctx.clusters.change(
        desk.project.id, desk.run.cluster, state=ClusterState.FIXING, updated_at=desk.now()
    )
    await refresh_soon(desk.ctx, desk.project.id)
    ended = await drive_and_show(
        desk,
        STEPS,
        lambda: show(desk.ctx, desk.project, desk.run),
        closing=lambda: _left(desk.run),
    )
    await conclude(desk, ended)


def _left(run: FixRun) -> str:
    """What a run that broke has left on GitHub."""
    if run.pull_request is not None:
        return f"Pull request #{run.pull_request} is open."
    if run.branch:
        return f"Its branch {run.branch} may be there: it can be deleted."
    return "Nothing was published."


async def _follow(desk: Desk) -> None:
    """The cluster follows its run; harmless when repeated."""
    await desk.ctx.runs.drop_blobs(desk.project.id, desk.run.number, *_BLOBS)
    cluster = await desk.ctx.clusters.get(desk.project.id, desk.run.cluster)
    if cluster.state is not ClusterState.FIXING:
        return
    opened = desk.run.pull_request
    if opened is None and (other := await open_fix(desk.ctx, desk.project, desk.run.cluster)):
        opened = other.pull_request
    await desk.ctx.clusters.change(
        desk.project.id,
        desk.run.cluster,
        state=ClusterState.TRIAGED if opened is None else ClusterState.PR_OPENED,
        updated_at=desk.now(),
        **({} if opened is None else {"pull_request": opened}),
    )
