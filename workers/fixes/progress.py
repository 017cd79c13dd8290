"""Take a run or a revision through its steps, its card kept up to date meanwhile."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.errors import SoulcasterError, Unavailable
from bot.domain.models import RunState
from bot.log import log
from workers.fixes.steps.drive import Steps, drive
from workers.fixes.steps.project import Ended, ProjectRun

_SHOW_EVERY = 2.0

D = TypeVar("D", bound=ProjectRun)


async def drive_and_show(
    context: D,
    steps: Steps[D],
    show: Callable[[], Awaitable[None]],
    *,
    closing: Callable[[], str] = lambda: "",
) -> Ended:
    """How it ended; no sandbox is left. Raises Unavailable when it has to wait.

    A mistake of ours ends it too: nobody waits for a card that never ends. ``closing`` says beside
    what went wrong how things stand.
    """
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
    while True:
        try:
            await show()
        except SoulcasterError as error:
            log.warning("could not show progress", run=context.run.name, why=str(error))
        await asyncio.sleep(_SHOW_EVERY)
