"""Issues as reports, and the tracking issue's checkboxes as commands."""

from __future__ import annotations

import json
from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.commands.markdown_lines import new_lines
from bot.domain.models import Place
from bot.render.marker import ticked
from bot.sources import github_issue
from workers.commands import hear
from workers.hearing.github.payloads import Payload, of_this_app, read
from workers.intake import items, sync

router = gidgethub.routing.Router()


@router.register("issues", action="opened")
@router.register("issues", action="edited")
@router.register("issues", action="reopened")
@router.register("issues", action="closed")
@router.register("issues", action="transferred")
async def reported(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A person's issue is a report; its text may hold commands too."""
    payload = read(event)
    if payload.issue is None:
        return
    if not await sync.know_project(ctx, payload.project):
        return
    number = payload.issue.number
    author = payload.issue.user.person if payload.issue.user else None
    if author is None or author.is_bot:
        if payload.action == "edited" and not payload.sender.person.is_bot:
            await _ticked(ctx, payload)
        return
    for draft in github_issue.parse(event.data, {}, ctx.now()):
        await items.take(ctx, payload.project.id, draft, edited_at=payload.issue.updated_at)
    if payload.action in ("opened", "edited") and not payload.sender.person.is_bot:
        before = payload.body_before if payload.action == "edited" else ""
        touched = payload.action == "opened" or payload.changes.body is not None
        lines = new_lines(before, payload.issue.body or "") if touched else []
        place = Place(issue=number)
        await hear.lines(
            ctx, payload.project, lines, payload.sender.person, place, f"issue:{number}"
        )


@router.register("issues", action="deleted")
async def withdrawn(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A deleted issue keeps its count and loses its words."""
    payload = read(event)
    if payload.issue is not None:
        await items.withdraw(
            ctx, payload.project.id, github_issue.NAME, github_issue.key(payload.issue.number)
        )


async def _ticked(ctx: Context, payload: Payload) -> None:
    """A ticked checkbox of ours is the command it stands for."""
    if payload.issue is None or not of_this_app(ctx, payload.issue):
        return
    sentences = ticked(payload.body_before, payload.issue.body or "")
    origin = json.dumps([payload.issue.number, payload.issue.updated_at.isoformat()])
    await hear.lines(
        ctx,
        payload.project,
        sentences,
        payload.sender.person,
        Place(issue=payload.issue.number),
        f"tick:{origin}",
    )
