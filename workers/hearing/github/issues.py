"""Issues as reports; in them and in comments, commands, of which a box that is ticked is one."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.models import Place
from bot.sources import github_issue
from workers.hearing.github import words
from workers.hearing.github.payloads import read
from workers.intake import issues, items, sync

router = gidgethub.routing.Router()


@router.register("issues", action="opened")
@router.register("issues", action="edited")
@router.register("issues", action="reopened")
@router.register("issues", action="closed")
@router.register("issues", action="transferred")
async def reported(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A person's issue is a report, and a bot's that the project names; it may hold commands."""
    payload = read(event)
    if payload.issue is None:
        return
    if not await sync.know_project(ctx, payload.project):
        return
    issue = payload.issue
    if payload.action in ("opened", "edited", "reopened"):
        project = payload.project
        since = None if payload.action == "opened" else await ctx.imports.since(project.id)
        await issues.take(ctx, project, event.data["issue"], since=since)
    if payload.action in ("opened", "edited"):
        origin = f"issue:{issue.number}"
        await words.take(ctx, payload, issue, Place(issue=issue.number), origin)


@router.register("issues", action="deleted")
async def withdrawn(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A deleted issue keeps its count and loses its words."""
    payload = read(event)
    if payload.issue is not None and await sync.know_project(ctx, payload.project):
        await items.withdraw(
            ctx, payload.project.id, github_issue.NAME, github_issue.key(payload.issue.number)
        )


@router.register("issue_comment", action="created")
@router.register("issue_comment", action="edited")
async def said(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Hear the commands of a comment; of an edited one, only the lines it did not have."""
    payload = read(event)
    comment, issue = payload.comment, payload.issue
    if comment is None or issue is None or payload.sender.person.is_bot:
        return
    if not await sync.know_project(ctx, payload.project):
        return
    if payload.action == "created":
        await issues.take_comment(ctx, payload.project.id, event.data["comment"])
    place = Place(issue=issue.number, comment=comment.id)
    await words.take(ctx, payload, comment, place, f"comment:{comment.id}")
