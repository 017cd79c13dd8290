"""Comments of issues and of pull requests' conversations.

https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import comments as actions
from bot.simulators.github.views.issues import comment as comment_view
from bot.simulators.github.wire.fields import need_text
from bot.simulators.github.wire.routing import (
    Call,
    Routes,
    answer,
    created,
    listed,
    nothing,
    recent,
)

routes = Routes("issues/comments")
_COMMENTS = "/repos/{owner}/{repo}/issues/comments"
_COMMENT = f"{_COMMENTS}/{{comment}}"
_ON_ISSUE = "/repos/{owner}/{repo}/issues/{number}/comments"


@routes("GET", _COMMENTS, "issues:read")
async def list_repository_comments(call: Call) -> web.StreamResponse:
    """Every comment of a repository."""
    found = recent(call, call.repository.comments.values())
    if call.query("sort") == "updated":
        found.sort(key=lambda one: (one.updated_at, one.id))
    if call.query("direction") == "desc" and call.query("sort"):
        found.reverse()
    return listed(call, found, comment_view)


@routes("GET", _ON_ISSUE, "issues:read")
async def list_comments(call: Call) -> web.StreamResponse:
    """The comments of one conversation, oldest first."""
    return listed(call, recent(call, call.issue().comments), comment_view)


@routes("POST", _ON_ISSUE, "issues:write")
async def create_comment(call: Call) -> web.StreamResponse:
    """Say something."""
    body = need_text(call.fields, "body")
    return created(comment_view(actions.add_comment(call.actor, call.issue(), body)))


@routes("GET", _COMMENT, "issues:read")
async def get_comment(call: Call) -> web.StreamResponse:
    """One comment."""
    return answer(comment_view(call.comment()))


@routes("PATCH", _COMMENT, "issues:write")
async def update_comment(call: Call) -> web.StreamResponse:
    """Say it otherwise."""
    comment = call.comment()
    actions.edit_comment(call.actor, comment, need_text(call.fields, "body"))
    return answer(comment_view(comment))


@routes("DELETE", _COMMENT, "issues:write")
async def delete_comment(call: Call) -> web.StreamResponse:
    """Unsay it."""
    actions.delete_comment(call.actor, call.comment())
    return nothing()
