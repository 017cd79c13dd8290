"""Keep the list of projects what GitHub says it is."""

from __future__ import annotations

from bot.context import Context
from bot.domain.errors import Rejected
from bot.domain.models import Project
from bot.jobs import enqueue
from bot.log import log
from workers import jobs


async def sync_installation(ctx: Context, installation: int) -> None:
    """Add and remove projects until they are the repositories of this installation."""
    found: dict[int, Project] = {}
    try:
        async for repository in ctx.github.repositories(installation):
            found[int(repository["id"])] = Project(
                id=repository["id"],
                installation=installation,
                full_name=repository["full_name"],
                private=repository["private"],
                default_branch=repository.get("default_branch") or "main",
            )
    except Rejected as error:
        if error.status not in (401, 403, 404):
            raise
        log.info("installation is gone", installation=installation)
    for project in found.values():
        if await ctx.projects.find(project.id) != project:
            await ctx.projects.put(project)
    for known in await ctx.projects.all():
        if known.installation == installation and known.id not in found:
            await ctx.projects.remove(known.id)


async def sync_all(ctx: Context) -> None:
    """Every installation of the app; at the start and once an hour."""
    async for installation in ctx.github.installations():
        await enqueue(ctx, jobs.sync_installation, int(installation["id"]))


async def know_project(ctx: Context, project: Project) -> bool:
    """Whether the app is installed where a signed webhook comes from, as GitHub says now.

    A webhook may come before that of its installation, or long after the app was removed.
    """
    known = await ctx.projects.find(project.id)
    if known is None:
        await sync_installation(ctx, project.installation)
        known = await ctx.projects.find(project.id)
    if known is None:
        log.info("not installed there", repository=project.full_name)
        return False
    if known != project:
        await ctx.projects.put(project)
    return True
