"""Comments of issues and of pull requests' conversations.

https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import comments as actions
from bot.simulators.github.records import Comment
from bot.simulators.github.views.issues import comment as comment_view
from bot.simulators.github.wire.fields import need_text, parse_time
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of

routes = Routes("issues/comments")
_COMMENTS = "/repos/{owner}/{repo}/issues/comments"
_COMMENT = f"{_COMMENTS}/{{comment}}"
_ON_ISSUE = "/repos/{owner}/{repo}/issues/{number}/comments"


@routes("GET", _COMMENTS, "issues:read")
async def list_repository_comments(call: Call) -> web.StreamResponse:
    """Every comment of a repository."""
    found = list(call.repository.comments.values())
    if call.query("sort") == "updated":
        found.sort(key=lambda one: (one.updated_at, one.id))
    if call.query("direction") == "desc" and call.query("sort"):
        found.reverse()
    return _list(call, found)


@routes("GET", _ON_ISSUE, "issues:read")
async def list_comments(call: Call) -> web.StreamResponse:
    """The comments of one conversation, oldest first."""
    issue = call.issue()
    return _list(call, [one for one in call.repository.comments.values() if one.issue is issue])


def _list(call: Call, found: list[Comment]) -> web.StreamResponse:
    if call.query("since"):
        since = parse_time(call.query("since"), "since")
        found = [one for one in found if one.updated_at >= since]
    shown, headers = page_of(call, found)
    return answer(
        [comment_view(call.world, call.repository, one) for one in shown], headers=headers
    )


@routes("POST", _ON_ISSUE, "issues:write")
async def create_comment(call: Call) -> web.StreamResponse:
    """Say something."""
    body = need_text(call.fields, "body")
    made = actions.add_comment(call.world, call.repository, call.actor, call.issue(), body)
    view = comment_view(call.world, call.repository, made)
    return answer(view, 201, {"Location": view["url"]})


@routes("GET", _COMMENT, "issues:read")
async def get_comment(call: Call) -> web.StreamResponse:
    """One comment."""
    return answer(comment_view(call.world, call.repository, _comment(call)))


@routes("PATCH", _COMMENT, "issues:write")
async def update_comment(call: Call) -> web.StreamResponse:
    """Say it otherwise."""
    comment = _comment(call)
    body = need_text(call.fields, "body")
    actions.edit_comment(call.world, call.repository, call.actor, comment, body)
    return answer(comment_view(call.world, call.repository, comment))


@routes("DELETE", _COMMENT, "issues:write")
async def delete_comment(call: Call) -> web.StreamResponse:
    """Unsay it."""
    actions.delete_comment(call.world, call.repository, call.actor, _comment(call))
    return nothing()


def _comment(call: Call) -> Comment:
    return actions.find_comment(call.repository, call.number("comment"))
