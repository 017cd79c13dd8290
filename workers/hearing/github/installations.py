"""The app comes, goes, and is given repositories."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from workers import jobs
from workers.intake import sync

router = gidgethub.routing.Router()


@router.register("installation", action="deleted")
async def uninstalled(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Its id never comes back: who installs the app again gets another."""
    if installation := _installation(event):
        await sync.forget_installation(ctx, installation)


@router.register("installation")
@router.register("installation_repositories")
@router.register("repository")
async def changed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Whatever changed, GitHub's own list of what we may see is the truth."""
    if installation := _installation(event):
        await enqueue(ctx, jobs.sync_installation, installation)


def _installation(event: sansio.Event) -> int:
    found = (event.data.get("installation") or {}).get("id")
    return found if isinstance(found, int) else 0
