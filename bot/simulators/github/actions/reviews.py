"""Reviews of pull requests and comments on the lines of their diffs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.simulators.github.actions.diffstat import pull_files
from bot.simulators.github.actions.history import touch
from bot.simulators.github.actions.issues import check_body
from bot.simulators.github.diffs import Place, places
from bot.simulators.github.errors import GitHubError, existing, invalid
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, Json, Review, ReviewComment, User
from bot.simulators.github.views import pulls as views

STATES: Mapping[str, Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


async def add_review(
    actor: User,
    issue: Issue,
    *,
    event: str,
    body: str,
    comments: Sequence[Mapping[str, Any]] = (),
) -> Review:
    """A review with its comments."""
    check_body("PullRequestReview", body)
    _check_event(actor, issue, event, body, comments)
    review = Review(
        id=actor.world.next_id(),
        issue=issue,
        user=actor,
        body=body,
        state=STATES[event],
        commit_id=issue.as_pull.head_sha,
        submitted_at=actor.world.now(),
    )
    made = [await _place(actor, review, fields) for fields in comments]
    issue.repository.reviews[review.id] = review
    touch(issue)
    # Unlike the REST API, the webhook spells the state in lower case and an empty body as null.
    view = views.review(review) | {"state": review.state.lower(), "body": body or None}
    _tell(actor, issue, "pull_request_review", "submitted", review=view)
    for comment in made:
        issue.repository.review_comments[comment.id] = comment
        _tell_comment(actor, comment, "created")
    return review


def edit_review(actor: User, review: Review, body: str) -> None:
    """Change the words of a review."""
    check_body("PullRequestReview", body)
    changes = {"body": {"from": review.body}}
    review.body = body
    view = views.review(review) | {"state": review.state.lower()}
    _tell(actor, review.issue, "pull_request_review", "edited", review=view, changes=changes)


async def add_review_comment(actor: User, issue: Issue, fields: Mapping[str, Any]) -> ReviewComment:
    """One comment on the diff, or a reply to one; GitHub makes a review of its own for it."""
    if not str(fields.get("body") or "").strip():
        raise invalid("PullRequestReviewComment", "body", "missing_field")
    check_body("PullRequestReviewComment", fields["body"])
    review = await add_review(actor, issue, event="COMMENT", body="", comments=[fields])
    return next(one for one in issue.review_comments if one.review is review)


def edit_review_comment(actor: User, comment: ReviewComment, body: str) -> None:
    """Change the words of a comment on the diff."""
    check_body("PullRequestReviewComment", body)
    changes = {"body": {"from": comment.body}}
    comment.body, comment.updated_at = body, actor.world.now()
    _tell_comment(actor, comment, "edited", changes=changes)


def delete_review_comment(actor: User, comment: ReviewComment) -> None:
    """Remove a comment on the diff."""
    del comment.issue.repository.review_comments[comment.id]
    _tell_comment(actor, comment, "deleted")


def _tell_comment(actor: User, comment: ReviewComment, action: str, **parts: Json) -> None:
    parts["comment"] = views.review_comment(comment)
    _tell(actor, comment.issue, "pull_request_review_comment", action, **parts)


def _tell(actor: User, issue: Issue, event: str, action: str, **parts: Json) -> None:
    parts["pull_request"] = views.simple_pull(issue)
    announce(issue.repository, actor, event, action, **parts)
    actor.world.changed("review", issue.repository, issue.number)


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


async def _place(actor: User, review: Review, fields: Mapping[str, Any]) -> ReviewComment:
    now = actor.world.now()
    reply_to = fields.get("in_reply_to")
    if reply_to:
        parent = existing(review.issue.repository.review_comments, reply_to)
        path = parent.path
        place = Place(parent.position, parent.line, parent.side, parent.diff_hunk)
    else:
        path = str(fields.get("path") or "")
        place = await _locate(review.issue, path, fields)
    return ReviewComment(
        id=actor.world.next_id(),
        issue=review.issue,
        review=review,
        body=str(fields.get("body") or ""),
        user=actor,
        path=path,
        commit_id=review.commit_id,
        diff_hunk=place.hunk,
        position=place.position,
        line=place.line,
        side=place.side,
        created_at=now,
        updated_at=now,
        in_reply_to=reply_to,
    )


async def _locate(issue: Issue, path: str, fields: Mapping[str, Any]) -> Place:
    files = {file.path: file for file in await pull_files(issue)}
    if path not in files:
        raise _unplaced("path")
    side = fields.get("side") or "RIGHT"
    for place in places(files[path].patch):
        if place.line == fields.get("line") and place.side == side:
            return place
    raise _unplaced("line")


def _unplaced(field: str) -> GitHubError:
    message = f"pull_request_review_thread.{field} must be part of the diff"
    return invalid(
        "PullRequestReviewComment", f"pull_request_review_thread.{field}", "custom", message
    )
