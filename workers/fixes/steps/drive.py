"""Take a run through its steps, under its clock and its stop button, and write down its end."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from redis.exceptions import RedisError

from bot.domain.cards.views.cluster import count
from bot.domain.errors import ConfigError, Unavailable
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import RunState, Verdict
from bot.domain.secrets import redact
from bot.log import log
from workers.fixes.steps.context import Ended, RunContext

_STOP_EVERY = 0.5
# Seconds that a service may be away without a look at the clock.
_SOON = 60
_LEARNT = 8_000  # characters are handed on
_REFUSED = 100_000  # and to a search all that it must not find again
# How a step ends by what its agent did, so that another one may do better.
_BY_AGENTS = (
    (StepName.REPAIR, Verdict.NOT_REPAIRED),
    (StepName.REPAIR, Verdict.LIMIT_REACHED),
    (StepName.PROVE, Verdict.NOT_REPAIRED),
)

_SEARCHES = "mechanic"  # tries edits in their order, and knows the refused ones by their diffs

B = TypeVar("B", bound=RunContext)
Steps = Mapping[StepName, Callable[[B], Awaitable[None]]]


async def drive(context: B, steps: Steps[B]) -> Ended:
    """Do what is left, step by step; how it ended. A step that did not succeed is done again, in a
    fresh sandbox. Where an agent fails, or the proof of its patch, the next one begins in a clean
    checkout. Publishing is not interrupted: it looks at the stop button itself, before it writes
    anything. Raises Unavailable when the run has to wait, and has the time to."""
    while another_may(context, ended := await _with_one(context, steps)):
        await _hand_on(context, ended)
    return ended


async def _with_one(context: B, steps: Steps[B]) -> Ended:
    """Until the run is over, or its agent has failed."""
    try:
        while (step := context.run.step) is not None:
            if context.run.dry_run and step.name is StepName.PUBLISH:
                return Ended(context.run.proof, "A dry run: nothing was published.")
            await context.step(
                step.name, state=RunState.RUNNING, started_at=step.started_at or context.now()
            )
            await context.log(f"step {step.name.value}")
            await context.kill_sandboxes()
            async with AsyncExitStack() as limits:
                if step.name is not StepName.PUBLISH:
                    await limits.enter_async_context(_stoppable(context))
                    await limits.enter_async_context(_timed(context))
                await steps[step.name](context)
            if context.run.step == next(s for s in context.run.steps if s.name is step.name):
                await context.step(step.name, state=RunState.SUCCEEDED, ended_at=context.now())
    except Ended as ended:
        return ended
    except ConfigError as error:
        return Ended(Verdict.TESTS_DO_NOT_RUN, str(error))
    except Unavailable as error:
        if await _has_time_to_wait(context, error):
            raise
        return Ended(
            Verdict.LIMIT_REACHED,
            f"{error} That is in {_span(error.retry_after or 0)}, and the run may take "
            f"{_span(context.run.seconds_allowed)}.",
        )
    return Ended(context.run.proof, context.run.reason)


def another_may(context: RunContext, ended: Ended) -> bool:
    """Whether it ended by what the agent did, and there are another one and the time; a search,
    which has other edits, may go on itself where a proof refused one."""
    run = context.run
    by_agent = run.step and (run.step.name, ended.verdict) in _BY_AGENTS
    goes_on = run.step and run.step.name is StepName.PROVE and run.agents[0] == _SEARCHES
    return bool(by_agent and (run.agents[1:] or goes_on)) and context.now() < deadline(run)


async def _hand_on(context: RunContext, ended: Ended) -> None:
    """In one write: whoever takes the run up goes on with the next agent."""
    run, tried = context.run, context.run.agents[0]
    others = run.agents[1:]
    most = _LEARNT if others else _REFUSED
    learnt = f"{run.learnt}\n~{tried}: {redact(ended.reason)}\n{run.change}".strip()
    again = run.with_step(StepName.PROVE, state=RunState.PENDING)
    again = again.with_step(StepName.REPAIR, state=RunState.PENDING)
    fields = {"tried": run.tried + bool(others), "learnt": learnt[-most:], "change": ""}
    await context.change(lambda _: again.model_copy(update=fields))
    following = f"~{others[0]} begins" if others else f"~{tried} goes on"
    await context.tell(f"~{tried}: {ended.reason} {following}, in a clean checkout")


def refused_before(run: FixRun) -> str:
    """What became of the patches of one that searched on; a sentence behind another."""
    reasons = re.findall(rf"^~{_SEARCHES}: (.*)$", run.learnt, re.MULTILINE)
    return f" Refused before, of {count(len(reasons), 'repair')}: {reasons[-1]}" if reasons else ""


async def conclude(context: RunContext, ended: Ended) -> FixRun:
    """Write the verdict down, once."""
    proved = ended.verdict in (Verdict.PROVED, Verdict.ON_ONE_EXAMPLE)
    stopped = ended.verdict is Verdict.STOPPED
    state = RunState.SUCCEEDED if proved else RunState.CANCELLED if stopped else RunState.FAILED
    now = context.now()
    running = context.run.step
    if running is not None and not (proved and context.run.dry_run):
        await context.step(
            running.name,
            state=RunState.CANCELLED if stopped else RunState.FAILED,
            started_at=running.started_at or now,
            ended_at=now,
        )
    await context.log(f"ended: {ended}")
    return await context.set(
        state=state, verdict=ended.verdict, reason=redact(ended.reason), ended_at=now
    )


async def _has_time_to_wait(context: RunContext, error: Unavailable) -> bool:
    """Whether a service that is away may be back in time; the card says that it is away."""
    step = context.run.step
    if step is None or step.name is StepName.PUBLISH:
        return True
    wait = error.retry_after or 0
    if wait > _SOON and context.now() + timedelta(seconds=wait) >= deadline(context.run):
        return False
    await context.step(step.name, held_up=redact(str(error)))
    await context.tell(f"waiting: {error}")
    return True


def deadline(run: FixRun) -> datetime:
    """Time on the list does not count, time of crashes does."""
    began = run.steps[0].started_at or run.created_at
    return began + timedelta(seconds=run.seconds_allowed)


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


@asynccontextmanager
async def _timed(context: RunContext) -> AsyncIterator[None]:
    """Ends the block when the run's time is used up, with what it had allowed."""
    left = (deadline(context.run) - context.now()).total_seconds()
    clock = asyncio.timeout(max(0.0, left))
    try:
        async with clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        run = context.run
        reason = f"{_span(run.seconds_allowed)} were used up; --timeout allows more."
        if run.step and run.step.held_up:
            reason += f" Some of it went by waiting: {run.step.held_up}"
        raise Ended(Verdict.LIMIT_REACHED, reason) from None


@asynccontextmanager
async def _stoppable(context: RunContext) -> AsyncIterator[None]:
    """Ends the block with a stop within a second of the button, also inside a command."""
    task = asyncio.current_task()

    async def asked() -> str:
        try:
            return await context.stop_asked()
        except (RedisError, OSError) as error:
            log.warning("could not look for a stop", why=str(error))
            return ""

    if stopped := await asked():
        raise Ended(Verdict.STOPPED, f"Stopped by {stopped}.")

    async def look() -> None:
        nonlocal stopped
        while not stopped:
            await asyncio.sleep(_STOP_EVERY)
            stopped = await asked()
        if task:
            task.cancel()

    watch = asyncio.create_task(look())
    try:
        yield
    except asyncio.CancelledError:
        if not stopped or not task:
            raise
        task.uncancel()
        raise Ended(Verdict.STOPPED, f"Stopped by {stopped}.") from None
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
