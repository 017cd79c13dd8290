"""Take a run or a revision through its steps, its card kept up to date meanwhile."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.errors import SoulcasterError, Unavailable
from bot.domain.models import RunState
from bot.log import log
from bot.storage.budget import Priority, at
from workers.fixes.steps.context import Ended
from workers.fixes.steps.drive import Steps, drive
from workers.fixes.steps.project import ProjectRun

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
            try:
                with at(Priority.PROGRESS):
                    await show()
            except SoulcasterError as error:
                log.warning("could not show progress", run=context.run.name, why=str(error))
        await asyncio.sleep(_LOOK_EVERY)


def pace_of(left: float) -> float | None:
    """Seconds between two edits (inf: only at steps), None for none, by the share that is left."""
    return next((pace for least, pace in _PACES if left >= least), None)
