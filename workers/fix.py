"""A fix run: a state machine whose every step is written down before the next begins.

Any fixer can take a run up after a crash: a step that did not succeed is done again, in a fresh
sandbox. **Invariant:** the sandbox holds no credential; what comes out of it is a tree of files,
and the patch is computed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.context import Context
from bot.domain.errors import ConfigError, SoulcasterError
from bot.domain.models import ClusterState, RunState, Verdict
from bot.domain.run import FixRun, StepName
from bot.jobs import job
from bot.log import log, redact
from workers import digest
from workers.fixing import fetch, policy, prove, publish, repair, reproduce
from workers.fixing.desk import Desk, Ended
from workers.fixing.telling import show

STEPS: dict[StepName, Callable[[Desk], Awaitable[None]]] = {
    StepName.FETCH: fetch.fetch,
    StepName.REPRODUCE: reproduce.reproduce,
    StepName.REPAIR: repair.repair,
    StepName.PROVE: prove.prove,
    StepName.POLICY: policy.check_policy,
    StepName.PUBLISH: publish.publish,
}
_STOP_EVERY = 0.5
_SHOW_EVERY = 2.0


@job(queue="fixes", timeout=6 * 3600, tries=5)
async def fix_run(ctx: Context, project_id: int, number: int) -> None:
    """Take a run from where it stands to its end."""
    run = await ctx.runs.get(project_id, number)
    desk = Desk(ctx, await ctx.projects.get(project_id), run)
    if run.ended:
        await desk.kill_sandboxes()
        await show(ctx, desk.project, run)
        return
    await desk.change(lambda r: r.model_copy(update={"state": RunState.RUNNING}))
    await ctx.clusters.change(
        project_id, run.cluster, state=ClusterState.FIXING, updated_at=ctx.now()
    )
    await digest.refresh_soon(ctx, project_id)
    watching = asyncio.create_task(_show_progress(desk))
    try:
        await _steps(desk)
    except Ended as ended:
        await _end(desk, ended)
    except ConfigError as error:
        await _end(desk, Ended(Verdict.TESTS_DO_NOT_RUN, str(error)))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await desk.kill_sandboxes()
    await show(ctx, desk.project, desk.run)
    await digest.refresh_soon(ctx, project_id)


async def _steps(desk: Desk) -> None:
    """Do what is left, step by step, under the run's clock and its stop button."""
    while (step := desk.run.step) is not None:
        if desk.run.dry_run and step.name is StepName.PUBLISH:
            raise Ended(Verdict.PROVED, "A dry run: nothing was published.")
        now = desk.ctx.now()
        await desk.step(step.name, state=RunState.RUNNING, started_at=step.started_at or now)
        await desk.log(f"step {step.name.value}")
        await desk.kill_sandboxes()
        left = _deadline(desk.run) - desk.ctx.now()
        async with _stoppable(desk):
            clock = asyncio.timeout(max(0.0, left.total_seconds()))
            try:
                async with clock:
                    await STEPS[step.name](desk)
            except TimeoutError:
                if clock.expired():
                    raise Ended(Verdict.LIMIT_REACHED, _minutes(desk.run)) from None
                raise
        await desk.step(step.name, state=RunState.SUCCEEDED, ended_at=desk.ctx.now())
    raise Ended(Verdict.PROVED, "")


def _deadline(run: FixRun) -> datetime:
    """Time on the list does not count, time of crashes does."""
    began = run.steps[0].started_at or run.created_at
    return began + timedelta(seconds=run.seconds_allowed)


def _minutes(run: FixRun) -> str:
    return f"{run.seconds_allowed / 60:.0f} minutes were used up; --timeout allows more."


class _stoppable:
    """Ends the block with a stop within a second of the button, also inside a command."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stopped = ""

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        self._watch = asyncio.create_task(self._look(task))

    async def _look(self, task: asyncio.Task[object] | None) -> None:
        while True:
            try:
                run = await self._desk.ctx.runs.get(self._desk.project.id, self._desk.run.number)
            except OSError as error:
                log.warning("could not look for a stop", why=str(error))
            else:
                if run.stop_asked_by and task:
                    self._stopped = run.stop_asked_by
                    task.cancel()
                    return
            await asyncio.sleep(_STOP_EVERY)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        if self._stopped and kind is not None and issubclass(kind, asyncio.CancelledError):
            task = asyncio.current_task()
            if task:
                task.uncancel()
            raise Ended(Verdict.STOPPED, f"Stopped by {self._stopped}.")


async def _show_progress(desk: Desk) -> None:
    """Edit the card while the run goes on; that it can't be edited now stops nothing."""
    while True:
        try:
            await show(desk.ctx, desk.project, desk.run)
        except SoulcasterError as error:
            log.warning("could not show progress", run=desk.run.name, why=str(error))
        await asyncio.sleep(_SHOW_EVERY)


async def _end(desk: Desk, ended: Ended) -> None:
    """Write the verdict down, once; the cluster follows."""
    proved = ended.verdict is Verdict.PROVED
    stopped = ended.verdict is Verdict.STOPPED
    state = RunState.SUCCEEDED if proved else RunState.CANCELLED if stopped else RunState.FAILED
    now = desk.ctx.now()
    running = desk.run.step
    if running is not None and not (proved and desk.run.dry_run):
        await desk.step(
            running.name,
            state=RunState.CANCELLED if stopped else RunState.FAILED,
            started_at=running.started_at or now,
            ended_at=now,
        )
    await desk.log(f"ended: {ended.verdict.value} {ended.reason}")
    await desk.change(
        lambda r: r.model_copy(
            update={
                "state": state,
                "verdict": ended.verdict,
                "reason": redact(ended.reason),
                "ended_at": now,
                "updated_at": now,
            }
        )
    )
    await desk.ctx.runs.drop_blobs(desk.project.id, desk.run.number, "base", "test", "fix")
    opened = desk.run.pull_request is not None
    await desk.ctx.clusters.change(
        desk.project.id,
        desk.run.cluster,
        state=ClusterState.PR_OPENED if opened else ClusterState.TRIAGED,
        updated_at=now,
        **({"pull_request": desk.run.pull_request} if opened else {}),
    )
