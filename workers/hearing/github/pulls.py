"""What becomes of our pull requests, and the reviews of them."""

from collections.abc import Mapping
from typing import Any

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import comment_key, resolved_key, review_key
from bot.domain.models import Place, Project
from bot.jobs import enqueue
from workers import jobs
from workers.commands import hear
from workers.fixes import revise
from workers.hearing.github import words
from workers.hearing.github.payloads import User, read
from workers.intake import sync

router = gidgethub.routing.Router()
_WRITTEN = ("submitted", "created", "edited")


@router.register("pull_request", action="closed")
@router.register("pull_request", action="reopened")
async def ended(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Merged, turned down, or taken up again: the cluster follows."""
    payload = read(event)
    number = (event.data.get("pull_request") or {}).get("number")
    if isinstance(number, int):
        await enqueue(ctx, jobs.follow_pull, payload.project.id, number)


@router.register("pull_request", action="opened")
@router.register("pull_request", action="reopened")
@router.register("pull_request", action="synchronize")
async def changed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """It may change the project's file."""
    payload = read(event)
    if payload.pull_request:
        await enqueue(ctx, jobs.check_pull, payload.project.id, payload.pull_request.number)


@router.register("pull_request", action="synchronize")
@router.register("pull_request", action="ready_for_review")
@router.register("pull_request", action="converted_to_draft")
@router.register("check_run", action="completed")
async def moved(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """What is there now of a pull request of ours is looked at.
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run"""
    project, check = read(event).project, event.data.get("check_run")
    pulls = check["pull_requests"] if check else [event.data["pull_request"]]
    for run in await _ours(ctx, project, pulls):
        await enqueue(ctx, jobs.look_at_pull, project.id, run.number)


@router.register("release", action="published")
@router.register("release", action="released")
async def released(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Which merges are out now is asked of GitHub: a prerelease is published, too."""
    await enqueue(ctx, jobs.hear_release, read(event).project.id)


@router.register("check_run", action="rerequested")
@router.register("check_suite", action="rerequested")
async def asked_again(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A check of ours is wanted again."""
    payload = read(event)
    check = event.data.get("check_run") or event.data["check_suite"]
    if (check["app"] or {}).get("id") != ctx.settings.github_app_id:
        return
    for run in await _ours(ctx, payload.project, check["pull_requests"]):
        who, key = payload.sender.person, event.delivery_id
        await revise.prove_again(ctx, payload.project, run, check["head_sha"], who, key)


@router.register("check_run", action="requested_action")
async def pressed(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A button of our check is a sentence of who pressed it, said on the pull request.
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run"""
    payload = read(event)
    lines = lines_of(event.data, ctx.settings.github_app_id)
    if not lines or not await sync.know_project(ctx, payload.project):
        return
    for run in await _ours(ctx, payload.project, event.data["check_run"]["pull_requests"]):
        place, origin = Place(issue=run.pull_request), f"check:{event.delivery_id}"
        await hear.lines(ctx, payload.project, lines, payload.sender.person, place, origin)


def lines_of(pressed: Mapping[str, Any], app: int) -> list[str]:
    """What a button says that a person pressed, none where the check is not of ``app``, ours."""
    check, bot = pressed["check_run"], User.model_validate(pressed["sender"]).person.is_bot
    ours = (check["app"] or {}).get("id") == app
    return [f"/soulcaster {pressed['requested_action']['identifier']}"] * (ours and not bot)


async def _ours(ctx: Context, project: Project, pulls: list[Any]) -> list[FixRun]:
    found = [await ctx.runs.of_pull(project.id, pull["number"]) for pull in pulls]
    return [run for run in found if run]


@router.register("pull_request_review")
@router.register("pull_request_review_comment")
async def said(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Hear the commands of a review and of its comments, as of any comment."""
    payload = read(event)
    written, pull = payload.review or payload.comment, payload.pull_request
    if written is None or pull is None or payload.action not in _WRITTEN:
        return
    if await sync.know_project(ctx, payload.project):
        origin = f"review:{written.id}" if payload.review else f"review-comment:{written.id}"
        await words.take(ctx, payload, written, Place(issue=pull.number), origin)


@router.register("pull_request_review_thread")
async def resolved(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """What was said in a thread that is resolved is not asked for any more."""
    payload = read(event)
    thread = [resolved_key(one["id"]) for one in event.data["thread"]["comments"]]
    if thread and await sync.know_project(ctx, payload.project):
        mark = ctx.versions.disown if payload.action == "resolved" else ctx.versions.own
        await mark(payload.project.id, *thread)


@router.register("pull_request_review", action="submitted")
async def submitted(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """A person judges: what they ask for is read once the whole review is there."""
    payload = read(event)
    review, pull = payload.review, payload.pull_request
    if review is None or pull is None or not payload.is_author(review):
        return
    if review.state not in ("changes_requested", "approved"):
        return
    if await sync.know_project(ctx, payload.project):
        await enqueue(ctx, jobs.hear_review, payload.project.id, pull.number, review.id)


@router.register("pull_request_review", action="edited")
@router.register("pull_request_review_comment", action="edited")
async def rewritten(event: sansio.Event, ctx: Context, **_: Any) -> None:
    """Somebody else changed a reviewer's words: they are nobody's from now on."""
    payload = read(event)
    written = payload.review or payload.comment
    if written is None or payload.changes.body is None or payload.is_author(written):
        return
    if await sync.know_project(ctx, payload.project):
        key = review_key(written.id) if payload.review else comment_key(written.id)
        await ctx.versions.disown(payload.project.id, key)
