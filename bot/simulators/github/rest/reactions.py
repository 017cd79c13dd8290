"""Reactions to issues, comments and review comments.

https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from bot.simulators.github.actions.comments import find_comment, react, unreact
from bot.simulators.github.actions.reviews import find_review_comment
from bot.simulators.github.records import Reaction
from bot.simulators.github.views.issues import reaction as reaction_view
from bot.simulators.github.wire.routing import Call, Handler, Routes, answer, nothing, page_of

routes = Routes("reactions/reactions")
_REPO = "/repos/{owner}/{repo}"
Subject = Callable[[Call], list[Reaction]]


def _of_issue(call: Call) -> list[Reaction]:
    return call.issue().reactions


def _of_comment(call: Call) -> list[Reaction]:
    return find_comment(call.repository, call.number("comment")).reactions


def _of_review_comment(call: Call) -> list[Reaction]:
    return find_review_comment(call.repository, call.number("comment")).reactions


def _lister(subject: Subject) -> Handler:
    async def list_reactions(call: Call) -> web.StreamResponse:
        wanted = call.query("content")
        found = [one for one in subject(call) if wanted in ("", one.content)]
        shown, headers = page_of(call, found)
        return answer([reaction_view(call.world, one) for one in shown], headers=headers)

    return list_reactions


def _creator(subject: Subject) -> Handler:
    async def create_reaction(call: Call) -> web.StreamResponse:
        content = call.fields.get("content")
        made, new = react(call.world, call.repository, call.actor, subject(call), content)
        return answer(reaction_view(call.world, made), 201 if new else 200)

    return create_reaction


def _remover(subject: Subject) -> Handler:
    async def delete_reaction(call: Call) -> web.StreamResponse:
        identity = call.number("reaction")
        unreact(call.world, call.repository, subject(call), identity, call.actor)
        return nothing()

    return delete_reaction


for _path, _permission, _subject in (
    ("/issues/{number}", "issues", _of_issue),
    ("/issues/comments/{comment}", "issues", _of_comment),
    ("/pulls/comments/{comment}", "pull_requests", _of_review_comment),
):
    _place = f"{_REPO}{_path}/reactions"
    routes("GET", _place, f"{_permission}:read")(_lister(_subject))
    routes("POST", _place, f"{_permission}:write")(_creator(_subject))
    routes("DELETE", f"{_place}/{{reaction}}", f"{_permission}:write")(_remover(_subject))
