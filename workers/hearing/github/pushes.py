"""What a project decides for itself has changed."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from bot.repo_config import PATH
from workers import jobs
from workers.hearing.github.payloads import read
from workers.intake import sync

router = gidgethub.routing.Router()


@router.register("push")
async def pushed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A Slack channel that the project's file names now is asked at once whether it may be its.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
    """
    payload = read(event)
    if event.data.get("ref") != f"refs/heads/{payload.project.default_branch}":
        return
    changed = {
        path
        for commit in event.data.get("commits") or []
        for how in ("added", "modified")
        for path in commit.get(how) or []
    }
    if PATH in changed and await sync.know_project(ctx, payload.project):
        await enqueue(ctx, jobs.settle_channel, payload.project.id)
