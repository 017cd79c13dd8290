"""Reviews of pull requests and comments on the lines of their diffs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.simulators.github.actions.diffstat import pull_files
from bot.simulators.github.actions.history import touch
from bot.simulators.github.actions.issues import check_body
from bot.simulators.github.diffs import Place, places
from bot.simulators.github.errors import GitHubError, invalid, not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, Json, Repository, Review, ReviewComment, User
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.pulls import pull_of
from bot.simulators.github.world import World

STATES: Mapping[str, Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def find_review(repository: Repository, issue: Issue, identity: int) -> Review:
    """A review of this pull request. Raises 404."""
    review = repository.reviews.get(identity)
    if review is None or review.issue is not issue:
        raise not_found()
    return review


def find_review_comment(repository: Repository, identity: int) -> ReviewComment:
    """A comment on a diff by its id. Raises 404."""
    try:
        return repository.review_comments[identity]
    except KeyError:
        raise not_found() from None


async def add_review(
    world: World,
    repository: Repository,
    actor: User,
    issue: Issue,
    *,
    event: str | None,
    body: str,
    comments: Sequence[Mapping[str, Any]] = (),
    commit_id: str | None = None,
) -> Review:
    """A review with its comments; without ``event`` it stays pending and nobody is told."""
    check_body("PullRequestReview", body)
    if event is not None:
        _check_event(actor, issue, event, body, comments)
    review = Review(
        id=world.next_id(),
        issue=issue,
        user=actor,
        body=body,
        state="PENDING",
        commit_id=commit_id or pull_of(issue).head_sha,
        submitted_at=None,
    )
    made = [await _place(world, repository, actor, review, fields) for fields in comments]
    repository.reviews[review.id] = review
    for comment in made:
        repository.review_comments[comment.id] = comment
    if event is not None:
        submit(world, repository, actor, review, event)
    return review


def submit(world: World, repository: Repository, actor: User, review: Review, event: str) -> None:
    """Publish a pending review. Raises 422 where it is published already."""
    if review.state != "PENDING":
        raise _simply("Can not submit a review that is not pending")
    if event not in STATES:
        raise invalid("PullRequestReview", "event")
    issue = review.issue
    review.state, review.submitted_at = STATES[event], world.now()
    pull = pull_of(issue)
    if actor in pull.requested_reviewers:
        pull.requested_reviewers.remove(actor)
    touch(world, issue)
    _tell(world, repository, actor, review, "submitted")
    for comment in repository.review_comments.values():
        if comment.review is review:
            tell_comment(world, repository, actor, comment, "created")


def dismiss(world: World, repository: Repository, actor: User, review: Review) -> None:
    """Take the weight from a review. Raises 422 for one that has none."""
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise _simply("Can not dismiss a commented pull request review")
    review.state = "DISMISSED"
    touch(world, review.issue)
    _tell(world, repository, actor, review, "dismissed")


async def add_review_comment(
    world: World, repository: Repository, actor: User, issue: Issue, fields: Mapping[str, Any]
) -> ReviewComment:
    """One comment on the diff, or a reply to one; GitHub makes a review of its own for it."""
    if not str(fields.get("body") or "").strip():
        raise invalid("PullRequestReviewComment", "body", "missing_field")
    check_body("PullRequestReviewComment", fields["body"])
    review = await add_review(
        world, repository, actor, issue, event="COMMENT", body="", comments=[fields]
    )
    return next(c for c in repository.review_comments.values() if c.review is review)


def edit_review_comment(
    world: World, repository: Repository, actor: User, comment: ReviewComment, body: str
) -> None:
    """Change the words of a comment on the diff."""
    check_body("PullRequestReviewComment", body)
    changes = {"body": {"from": comment.body}}
    comment.body, comment.updated_at = body, world.now()
    tell_comment(world, repository, actor, comment, "edited", changes=changes)


def delete_review_comment(
    world: World, repository: Repository, actor: User, comment: ReviewComment
) -> None:
    """Remove a comment on the diff."""
    del repository.review_comments[comment.id]
    tell_comment(world, repository, actor, comment, "deleted")


def tell_comment(
    world: World,
    repository: Repository,
    actor: User,
    comment: ReviewComment,
    action: str,
    **parts: Json,
) -> None:
    """Tell of a comment on the diff."""
    announce(
        world,
        repository,
        actor,
        "pull_request_review_comment",
        action,
        comment=views.review_comment(world, repository, comment),
        pull_request=views.simple_pull(world, repository, comment.issue),
        **parts,
    )
    world.changed("review", repository, comment.issue.number)


def _tell(world: World, repository: Repository, actor: User, review: Review, action: str) -> None:
    view = views.review(world, repository, review)
    # Unlike the REST API, the webhook spells the state in lower case and an empty body as null.
    view |= {"state": review.state.lower(), "body": review.body or None}
    announce(
        world,
        repository,
        actor,
        "pull_request_review",
        action,
        review=view,
        pull_request=views.simple_pull(world, repository, review.issue),
    )
    world.changed("review", repository, review.issue.number)


def _simply(message: str) -> GitHubError:
    return GitHubError(422, "Unprocessable Entity", errors=[message])


def _check_event(
    actor: User, issue: Issue, event: str, body: str, comments: Sequence[Mapping[str, Any]]
) -> None:
    if event not in STATES:
        raise invalid("PullRequestReview", "event")
    if actor is issue.user and event != "COMMENT":
        what = "approve" if event == "APPROVE" else "request changes on"
        raise _simply(f"Can not {what} your own pull request")
    if event != "APPROVE" and not body.strip() and not comments:
        raise _simply("Could not create review: body can't be blank")


async def _place(
    world: World, repository: Repository, actor: User, review: Review, fields: Mapping[str, Any]
) -> ReviewComment:
    now = world.now()
    reply_to = fields.get("in_reply_to")
    if reply_to:
        parent = find_review_comment(repository, reply_to)
        path, place, line = parent.path, None, parent.line
        side, position, hunk = parent.side, parent.position, parent.diff_hunk
    else:
        path = str(fields.get("path") or "")
        place = await _locate(repository, review.issue, path, fields)
        whole = place is None
        line, side = (None, "RIGHT") if place is None else (place.line, place.side)
        position, hunk = (None, "") if place is None else (place.position, place.hunk)
        if whole and fields.get("subject_type") != "file":
            raise _unplaced("line")
    return ReviewComment(
        id=world.next_id(),
        issue=review.issue,
        review=review,
        body=str(fields.get("body") or ""),
        user=actor,
        path=path,
        commit_id=review.commit_id,
        diff_hunk=hunk,
        position=position,
        line=line,
        side=side,
        created_at=now,
        updated_at=now,
        start_line=fields.get("start_line"),
        start_side=fields.get("start_side"),
        subject_type="file" if fields.get("subject_type") == "file" else "line",
        in_reply_to=reply_to,
    )


async def _locate(
    repository: Repository, issue: Issue, path: str, fields: Mapping[str, Any]
) -> Place | None:
    files = {file.path: file for file in await pull_files(repository, issue)}
    if path not in files:
        raise _unplaced("path")
    known = places(files[path].patch)
    if fields.get("line") is not None:
        side = fields.get("side") or "RIGHT"
        for place in known:
            if place.line == fields["line"] and place.side == side:
                return place
    return next((p for p in known if p.position == fields.get("position")), None)


def _unplaced(field: str) -> GitHubError:
    message = f"pull_request_review_thread.{field} must be part of the diff"
    return invalid(
        "PullRequestReviewComment", f"pull_request_review_thread.{field}", "custom", message
    )
