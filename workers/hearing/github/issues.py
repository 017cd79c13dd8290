"""Issues and discussions as reports; in issues and their comments, commands, of which a box that is
ticked is one."""

from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.models import Place
from bot.jobs import enqueue
from bot.sources import github_issue
from workers import jobs
from workers.hearing.github import words
from workers.hearing.github.payloads import read
from workers.intake import issues, items, sync

router = gidgethub.routing.Router()
_LEFT = ("deleted", "transferred")
_STANDS = ("closed", "reopened", "answered", "unanswered")


@router.register("issues")
@router.register("discussion")
async def told(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Whatever was done to an issue or a discussion, the payload is all of it as it was then. A
    person's issue is a report, and a bot's that the project names; it may hold commands. One that
    was deleted leaves; so does one that was transferred, which is told of as opened there."""
    payload, it = read(event), _told_of(event)
    issue, action = payload.issue, payload.action
    if it is None or not await sync.know_project(ctx, payload.project):
        return
    project = payload.project.id
    if action in _LEFT:
        report = github_issue.NAME, github_issue.key_of(it)
        await items.withdraw(ctx, project, *report, moved=action == "transferred")
        return
    # What was opened before the app came is history, however it is told of.
    since = None if action in ("opened", "created") else await ctx.imports.since(project)
    found = await issues.take(ctx, payload.project, it, since=since)
    named = (event.data.get("label") or {}).get("name")
    # What an app gives, or a person takes off, is no person's word for it.
    if named and found and found > 0 and payload.sender.person.is_bot is (action == "labeled"):
        await ctx.items.note(project, found, named)
    if action == "labeled" and named and found and found > 0 and not payload.sender.person.is_bot:
        await enqueue(ctx, jobs.wake_agents, project, "label", found, named)
    if action in _STANDS and not payload.sender.person.is_bot:
        await issues.stand(ctx, project, it)
    if issue and action in ("opened", "edited"):
        origin = f"issue:{issue.number}"
        await words.take(ctx, payload, issue, Place(issue=issue.number), origin)


def _told_of(event: sansio.Event) -> dict[str, Any] | None:
    """The issue or the discussion that it is about."""
    found: dict[str, Any] | None = event.data.get("issue") or event.data.get("discussion")
    return found


@router.register("sub_issues")
@router.register("issue_dependencies")
async def linked(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """What an issue is part of, or waits for, is read with it."""
    payload, issue = read(event), event.data.get("sub_issue") or event.data.get("blocked_issue")
    if issue and await sync.know_project(ctx, payload.project):
        await enqueue(ctx, jobs.read_issue, payload.project.id, issue["number"])


@router.register("issue_comment", action="created")
@router.register("issue_comment", action="edited")
@router.register("discussion_comment", action="created")
async def said(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Hear the commands of a comment; of an edited one, only the lines it did not have. In
    discussions there are none: the REST API can answer nobody there."""
    payload, it = read(event), _told_of(event)
    comment, issue = payload.comment, payload.issue
    if comment is None or it is None or payload.sender.person.is_bot:
        return
    if not await sync.know_project(ctx, payload.project):
        return
    if payload.action == "created":
        await issues.take_comment(ctx, payload.project, event.data["comment"], it)
    if issue:
        place = Place(issue=issue.number, comment=comment.id)
        await words.take(ctx, payload, comment, place, f"comment:{comment.id}", answers=True)
