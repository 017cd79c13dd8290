"""Reactions to issues, comments and review comments.

https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from bot.simulators.github.actions.comments import react, unreact
from bot.simulators.github.records import Comment, Issue, ReviewComment
from bot.simulators.github.views.issues import reaction as reaction_view
from bot.simulators.github.wire.routing import Call, Handler, Routes, answer, nothing

routes = Routes("reactions/reactions")
_REPO = "/repos/{owner}/{repo}"
Subject = Callable[[Call], Issue | Comment | ReviewComment]


def _creator(subject: Subject) -> Handler:
    async def create_reaction(call: Call) -> web.StreamResponse:
        content = call.fields.get("content")
        made, new = react(call.repository, call.actor, subject(call).reactions, content)
        return answer(reaction_view(made), 201 if new else 200)

    return create_reaction


def _remover(subject: Subject) -> Handler:
    async def delete_reaction(call: Call) -> web.StreamResponse:
        identity = call.number("reaction")
        unreact(call.repository, call.actor, subject(call).reactions, identity)
        return nothing()

    return delete_reaction


for _path, _permission, _subject in (
    ("/issues/{number}", "issues", Call.issue),
    ("/issues/comments/{comment}", "issues", Call.comment),
    ("/pulls/comments/{comment}", "pull_requests", Call.review_comment),
):
    _place = f"{_REPO}{_path}/reactions"
    routes("POST", _place, f"{_permission}:write")(_creator(_subject))
    routes("DELETE", f"{_place}/{{reaction}}", f"{_permission}:write")(_remover(_subject))
