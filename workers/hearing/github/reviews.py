"""Reviews of our pull requests."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from workers import jobs
from workers.hearing.github.payloads import read
from workers.intake import sync

router = gidgethub.routing.Router()


@router.register("pull_request_review", action="submitted")
async def submitted(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A person requests changes: what they ask for is read once the whole review is there."""
    payload = read(event)
    review = event.data.get("review") or {}
    pull = (event.data.get("pull_request") or {}).get("number")
    if review.get("state") != "changes_requested" or payload.sender.person.is_bot:
        return
    if not await sync.know_project(ctx, payload.project):
        return
    if isinstance(pull, int) and isinstance(review.get("id"), int):
        await enqueue(ctx, jobs.hear_review, payload.project.id, pull, review["id"])
