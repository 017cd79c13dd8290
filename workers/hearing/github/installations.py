"""The app comes, goes, is given repositories, and is told there how it is set up."""

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.jobs import enqueue
from bot.log import log
from bot.repo_config import PATH
from workers import jobs
from workers.hearing.github.payloads import read
from workers.intake import sync

router = gidgethub.routing.Router()
# What only the operator can do something about; doctor shows how it stands.
_TOLD = ("suspend", "unsuspend", "new_permissions_accepted")


@router.register("installation", action="deleted")
async def uninstalled(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Its id never comes back: who installs the app again gets another."""
    if installation := _installation(event):
        await sync.forget_installation(ctx, installation)
        await sync.date_removal(ctx, installation, ())


@router.register("installation_repositories", action="removed")
@router.register("repository", action="deleted")
async def taken_off(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Some of its repositories, if GitHub says so when it is asked: the event may be an old one."""
    named = [*(event.data.get("repositories_removed") or []), event.data.get("repository") or {}]
    if installation := _installation(event):
        await sync.sync_installation(ctx, installation)
        await sync.date_removal(ctx, installation, [each.get("id", 0) for each in named])


@router.register("installation")
@router.register("installation_repositories")
@router.register("repository")
async def changed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Whatever changed, GitHub's own list of what we may see is the truth."""
    if installation := _installation(event):
        if (action := event.data.get("action")) in _TOLD:
            log.warning("the installation changed", what=action, installation=installation)
        await enqueue(ctx, jobs.sync_installation, installation)


@router.register("public")
@router.register("repository", action="publicized")
async def published(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """What was said there for the team alone is hidden before anything else is done."""
    payload = read(event)
    if await sync.know_project(ctx, payload.project):
        await enqueue(ctx, jobs.hide_cards, payload.project.id)


@router.register("meta", action="deleted")
async def cut_off(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """GitHub tells us nothing any more."""
    log.error("the app's webhook was deleted: set it up again in the app's settings on GitHub")


def _installation(event: sansio.Event) -> int:
    found = (event.data.get("installation") or {}).get("id")
    return found if isinstance(found, int) else 0


@router.register("push")
async def pushed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """The project's file is checked, and a channel it names now is asked whether it may be its.
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""
    payload = read(event)
    if event.data.get("ref") != f"refs/heads/{payload.project.default_branch}":
        return
    changed = {
        path
        for commit in event.data.get("commits") or []
        for how in ("added", "modified", "removed")
        for path in commit.get(how) or []
    }
    if PATH not in changed or not await sync.know_project(ctx, payload.project):
        return
    project, whose = await ctx.projects.get(payload.project.id), event.data["repository"]["owner"]
    if project.owner in (0, whose["id"]):  # else a former owner's, told late: no word of this one's
        await enqueue(ctx, jobs.check_file, payload.project.id)
        await enqueue(ctx, jobs.settle_channel, payload.project.id)
