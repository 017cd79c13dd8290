"""Labels of a repository and of an issue.

https://docs.github.com/rest/issues/labels
"""

from __future__ import annotations

from functools import partial

from aiohttp import web

from bot.simulators.github.actions import labels as actions
from bot.simulators.github.errors import not_found
from bot.simulators.github.views import issues as issue_views
from bot.simulators.github.views.repositories import label as label_view
from bot.simulators.github.wire.fields import names, need_text, text
from bot.simulators.github.wire.routing import Call, Routes, answer, created, listed

routes = Routes("issues/labels")
_LABELS = "/repos/{owner}/{repo}/labels"
_ON_ISSUE = "/repos/{owner}/{repo}/issues/{number}/labels"


@routes("GET", _LABELS, "issues:read")
async def list_labels(call: Call) -> web.StreamResponse:
    """Every label there is."""
    repository = call.repository
    return listed(call, list(repository.labels.values()), partial(label_view, repository))


@routes("POST", _LABELS, "issues:write")
async def create_label(call: Call) -> web.StreamResponse:
    """A new label."""
    made = actions.create_label(
        call.repository,
        call.actor,
        need_text(call.fields, "name"),
        color=text(call.fields, "color") or "ededed",
        description=text(call.fields, "description"),
    )
    return created(label_view(call.repository, made))


@routes("POST", _ON_ISSUE, "issues:write")
async def add_labels(call: Call) -> web.StreamResponse:
    """More labels for an issue: ``{"labels": [...]}``, or the list itself."""
    body = {"labels": call.body} if isinstance(call.body, list) else call.fields
    return await _set(call, call.issue().labels + (names(body, "labels") or []))


@routes("DELETE", f"{_ON_ISSUE}/{{name}}", "issues:write")
async def remove_label(call: Call) -> web.StreamResponse:
    """One label less."""
    held, name = call.issue().labels, call.path("name").lower()
    if name not in held:
        raise not_found("Label does not exist")
    return await _set(call, [label for label in held if label != name])


async def _set(call: Call, wanted: list[str]) -> web.StreamResponse:
    issue = call.issue()
    await actions.set_labels(call.actor, issue, wanted)
    return answer(issue_views.labels(issue))
