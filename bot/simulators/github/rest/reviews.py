"""Reviews and comments on the diff.

https://docs.github.com/rest/pulls/reviews and /rest/pulls/comments
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.simulators.github.actions import reviews as actions
from bot.simulators.github.actions.diffstat import need_pull
from bot.simulators.github.errors import not_found, unprocessable
from bot.simulators.github.records import Review, ReviewComment
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.pulls import pull_of
from bot.simulators.github.wire.fields import items, need_text, number, parse_time, text
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of

routes = Routes("pulls/comments")
reviews = Routes("pulls/reviews")
_COMMENTS = "/repos/{owner}/{repo}/pulls/comments"
_PULL = "/repos/{owner}/{repo}/pulls/{number}"


@reviews("GET", f"{_PULL}/reviews", "pull_requests:read")
async def list_reviews(call: Call) -> web.StreamResponse:
    """The reviews of a pull request, oldest first; pending ones only for their author."""
    issue = need_pull(call.repository, call.number())
    found = [
        one
        for one in call.repository.reviews.values()
        if one.issue is issue and (one.state != "PENDING" or one.user is call.actor)
    ]
    shown, headers = page_of(call, found)
    return answer(
        [views.review(call.world, call.repository, one) for one in shown], headers=headers
    )


@reviews("POST", f"{_PULL}/reviews", "pull_requests:write")
async def create_review(call: Call) -> web.StreamResponse:
    """A review, at once or pending."""
    review = await actions.add_review(
        call.world,
        call.repository,
        call.actor,
        need_pull(call.repository, call.number()),
        event=text(call.fields, "event"),
        body=text(call.fields, "body") or "",
        comments=items(call.fields, "comments") or (),
        commit_id=text(call.fields, "commit_id"),
    )
    return answer(views.review(call.world, call.repository, review))


@reviews("GET", f"{_PULL}/reviews/{{review}}", "pull_requests:read")
async def get_review(call: Call) -> web.StreamResponse:
    """One review."""
    return answer(views.review(call.world, call.repository, _review(call)))


@reviews("GET", f"{_PULL}/reviews/{{review}}/comments", "pull_requests:read")
async def list_comments_of_review(call: Call) -> web.StreamResponse:
    """The comments that came with a review."""
    review = _review(call)
    found = [one for one in call.repository.review_comments.values() if one.review is review]
    shown, headers = page_of(call, found)
    # This list alone has no line numbers: https://docs.github.com/rest/pulls/reviews
    return answer(
        [
            {"position": None, "original_position": 0}
            | views.review_comment(call.world, call.repository, one)
            for one in shown
        ],
        headers=headers,
    )


@reviews("POST", f"{_PULL}/reviews/{{review}}/events", "pull_requests:write")
async def submit_review(call: Call) -> web.StreamResponse:
    """Publish a pending review."""
    review = _review(call)
    review.body = text(call.fields, "body") or review.body
    event = need_text(call.fields, "event")
    actions.submit(call.world, call.repository, call.actor, review, event)
    return answer(views.review(call.world, call.repository, review))


@reviews("PUT", f"{_PULL}/reviews/{{review}}/dismissals", "pull_requests:write")
async def dismiss_review(call: Call) -> web.StreamResponse:
    """Take the weight from a review."""
    review = _review(call)
    need_text(call.fields, "message")
    actions.dismiss(call.world, call.repository, call.actor, review)
    return answer(views.review(call.world, call.repository, review))


@routes("GET", _COMMENTS, "pull_requests:read")
async def list_repository_comments(call: Call) -> web.StreamResponse:
    """Every comment on a diff in the repository."""
    return _list(call, list(call.repository.review_comments.values()))


@routes("GET", f"{_PULL}/comments", "pull_requests:read")
async def list_comments(call: Call) -> web.StreamResponse:
    """The comments on the diff of one pull request."""
    issue = need_pull(call.repository, call.number())
    return _list(call, [c for c in call.repository.review_comments.values() if c.issue is issue])


def _list(call: Call, found: Sequence[ReviewComment]) -> web.StreamResponse:
    found = [one for one in found if one.review.state != "PENDING"]
    if call.query("since"):
        since = parse_time(call.query("since"), "since")
        found = [one for one in found if one.updated_at >= since]
    if call.query("sort") and call.query("direction") == "desc":
        found = found[::-1]
    shown, headers = page_of(call, found)
    return answer(
        [views.review_comment(call.world, call.repository, one) for one in shown], headers=headers
    )


@routes("POST", f"{_PULL}/comments", "pull_requests:write")
async def create_comment(call: Call) -> web.StreamResponse:
    """A comment on a line of the diff."""
    issue = need_pull(call.repository, call.number())
    if not number(call.fields, "in_reply_to"):
        need_text(call.fields, "path")
        if need_text(call.fields, "commit_id") != pull_of(issue).head_sha:
            raise unprocessable("commit_id is not part of the pull request")
    made = await actions.add_review_comment(
        call.world, call.repository, call.actor, issue, call.fields
    )
    return answer(views.review_comment(call.world, call.repository, made), 201)


@routes("POST", f"{_PULL}/comments/{{comment}}/replies", "pull_requests:write")
async def reply(call: Call) -> web.StreamResponse:
    """A reply to a comment on the diff."""
    issue = need_pull(call.repository, call.number())
    parent = actions.find_review_comment(call.repository, call.number("comment"))
    if parent.issue is not issue:
        raise not_found()
    fields = {
        "body": need_text(call.fields, "body"),
        "in_reply_to": parent.in_reply_to or parent.id,
    }
    made = await actions.add_review_comment(call.world, call.repository, call.actor, issue, fields)
    return answer(views.review_comment(call.world, call.repository, made), 201)


@routes("GET", f"{_COMMENTS}/{{comment}}", "pull_requests:read")
async def get_comment(call: Call) -> web.StreamResponse:
    """One comment on a diff."""
    return answer(views.review_comment(call.world, call.repository, _comment(call)))


@routes("PATCH", f"{_COMMENTS}/{{comment}}", "pull_requests:write")
async def update_comment(call: Call) -> web.StreamResponse:
    """Say it otherwise."""
    comment = _comment(call)
    body = need_text(call.fields, "body")
    actions.edit_review_comment(call.world, call.repository, call.actor, comment, body)
    return answer(views.review_comment(call.world, call.repository, comment))


@routes("DELETE", f"{_COMMENTS}/{{comment}}", "pull_requests:write")
async def delete_comment(call: Call) -> web.StreamResponse:
    """Unsay it."""
    actions.delete_review_comment(call.world, call.repository, call.actor, _comment(call))
    return nothing()


def _review(call: Call) -> Review:
    issue = need_pull(call.repository, call.number())
    return actions.find_review(call.repository, issue, call.number("review"))


def _comment(call: Call) -> ReviewComment:
    return actions.find_review_comment(call.repository, call.number("comment"))


routes.extend(reviews)
