"""The app comes, goes, and is given repositories."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from workers import jobs

router = gidgethub.routing.Router()


@router.register("installation")
@router.register("installation_repositories")
@router.register("repository")
async def changed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Whatever changed, GitHub's own list of what we may see is the truth."""
    installation = (event.data.get("installation") or {}).get("id")
    if isinstance(installation, int):
        await enqueue(ctx, jobs.sync_installation, installation)
