"""Commands in comments, and checkboxes in our own."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.commands.markdown_lines import command_lines, new_lines
from bot.domain.models import Place
from bot.render.marker import ticked
from workers.commands import hear
from workers.hearing.github.payloads import of_this_app, read
from workers.intake import sync

router = gidgethub.routing.Router()


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
    place = Place(issue=issue.number, comment=comment.id)
    by_bot = comment.performed_via_github_app is not None or (
        comment.user is None or comment.user.person.is_bot
    )
    if payload.action == "edited" and payload.changes.body is None:
        return
    if by_bot:
        # Only a tick in a card of ours counts: other bots may quote anybody's words.
        if not of_this_app(ctx, comment):
            return
        lines = ticked(payload.body_before, comment.body or "")
        origin = f"tick:{comment.id}:{comment.updated_at.isoformat()}"
    else:
        body = comment.body or ""
        edited = payload.action == "edited"
        lines = new_lines(payload.body_before, body) if edited else command_lines(body)
        origin = f"comment:{comment.id}"
    await hear.lines(ctx, payload.project, lines, payload.sender.person, place, origin)
