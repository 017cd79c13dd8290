"""Comments on issues and pull requests."""

from __future__ import annotations

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.models import Place
from workers.hearing.github import words
from workers.hearing.github.payloads import read
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
    await words.take(ctx, payload, comment, place, f"comment:{comment.id}")
