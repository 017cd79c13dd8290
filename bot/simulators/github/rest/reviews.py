"""Reviews and comments on the diff.

https://docs.github.com/rest/pulls/reviews and /rest/pulls/comments
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import reviews as actions
from bot.simulators.github.errors import existing, not_found
from bot.simulators.github.records import Review
from bot.simulators.github.views import pulls as views
from bot.simulators.github.wire.fields import need_text
from bot.simulators.github.wire.routing import Call, Routes, answer, listed, nothing, recent

routes = Routes("pulls/comments")
reviews = Routes("pulls/reviews")
_COMMENT = "/repos/{owner}/{repo}/pulls/comments/{comment}"
_PULL = "/repos/{owner}/{repo}/pulls/{number}"


@reviews("GET", f"{_PULL}/reviews", "pull_requests:read")
async def list_reviews(call: Call) -> web.StreamResponse:
    """The reviews of a pull request, oldest first."""
    return listed(call, call.pull().reviews, views.review)


@reviews("GET", f"{_PULL}/reviews/{{review}}", "pull_requests:read")
async def get_review(call: Call) -> web.StreamResponse:
    """One review."""
    return answer(views.review(_review(call)))


@reviews("GET", f"{_PULL}/reviews/{{review}}/comments", "pull_requests:read")
async def list_comments_of_review(call: Call) -> web.StreamResponse:
    """The comments that came with a review."""
    review = _review(call)
    found = [one for one in call.pull().review_comments if one.review is review]
    return listed(call, found, views.review_comment)


@routes("GET", f"{_PULL}/comments", "pull_requests:read")
async def list_comments(call: Call) -> web.StreamResponse:
    """The comments on the diff of one pull request, oldest first unless asked otherwise."""
    found = recent(call, call.pull().review_comments)
    if call.query("sort") and call.query("direction") == "desc":
        found.reverse()
    return listed(call, found, views.review_comment)


@routes("POST", f"{_PULL}/comments/{{comment}}/replies", "pull_requests:write")
async def reply(call: Call) -> web.StreamResponse:
    """A reply to a comment on the diff."""
    issue, parent = call.pull(), call.review_comment()
    if parent.issue is not issue:
        raise not_found()
    body, thread = need_text(call.fields, "body"), parent.in_reply_to or parent.id
    fields = {"body": body, "in_reply_to": thread}
    made = await actions.add_review_comment(call.actor, issue, fields)
    return answer(views.review_comment(made), 201)


@routes("GET", _COMMENT, "pull_requests:read")
async def get_comment(call: Call) -> web.StreamResponse:
    """One comment on a diff."""
    return answer(views.review_comment(call.review_comment()))


@routes("PATCH", _COMMENT, "pull_requests:write")
async def update_comment(call: Call) -> web.StreamResponse:
    """Say it otherwise."""
    comment = call.review_comment()
    actions.edit_review_comment(call.actor, comment, need_text(call.fields, "body"))
    return answer(views.review_comment(comment))


@routes("DELETE", _COMMENT, "pull_requests:write")
async def delete_comment(call: Call) -> web.StreamResponse:
    """Unsay it."""
    actions.delete_review_comment(call.actor, call.review_comment())
    return nothing()


def _review(call: Call) -> Review:
    found = existing(call.repository.reviews, call.number("review"))
    if found.issue is not call.pull():
        raise not_found()
    return found


routes.extend(reviews)
