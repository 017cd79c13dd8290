"""What becomes of our pull requests."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from workers import jobs
from workers.hearing.github.payloads import read

router = gidgethub.routing.Router()


@router.register("pull_request", action="closed")
@router.register("pull_request", action="reopened")
async def ended(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Merged, turned down, or taken up again: the cluster follows."""
    payload = read(event)
    number = (event.data.get("pull_request") or {}).get("number")
    if isinstance(number, int):
        await enqueue(ctx, jobs.follow_pull, payload.project.id, number)
