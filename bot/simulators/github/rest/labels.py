"""Labels of a repository and of an issue.

https://docs.github.com/rest/issues/labels
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import labels as actions
from bot.simulators.github.errors import not_found
from bot.simulators.github.records import Issue
from bot.simulators.github.views import issues as issue_views
from bot.simulators.github.views.repositories import label as label_view
from bot.simulators.github.wire.fields import names, need_text, text
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of

routes = Routes("issues/labels")
_LABELS = "/repos/{owner}/{repo}/labels"
_ON_ISSUE = "/repos/{owner}/{repo}/issues/{number}/labels"


@routes("GET", _LABELS, "issues:read")
async def list_labels(call: Call) -> web.StreamResponse:
    """Every label there is."""
    found, headers = page_of(call, list(call.repository.labels.values()))
    return answer([label_view(call.world, call.repository, one) for one in found], headers=headers)


@routes("POST", _LABELS, "issues:write")
async def create_label(call: Call) -> web.StreamResponse:
    """A new label."""
    made = actions.create_label(
        call.world,
        call.repository,
        call.actor,
        need_text(call.fields, "name"),
        color=text(call.fields, "color") or "ededed",
        description=text(call.fields, "description"),
    )
    view = label_view(call.world, call.repository, made)
    return answer(view, 201, {"Location": view["url"]})


@routes("GET", f"{_LABELS}/{{name}}", "issues:read")
async def get_label(call: Call) -> web.StreamResponse:
    """One label."""
    found = actions.find_label(call.repository, call.path("name"))
    return answer(label_view(call.world, call.repository, found))


@routes("PATCH", f"{_LABELS}/{{name}}", "issues:write")
async def update_label(call: Call) -> web.StreamResponse:
    """Rename, recolor or explain a label."""
    found = actions.find_label(call.repository, call.path("name"))
    actions.edit_label(
        call.world,
        call.repository,
        call.actor,
        found,
        name=text(call.fields, "new_name"),
        color=text(call.fields, "color"),
        description=text(call.fields, "description"),
    )
    return answer(label_view(call.world, call.repository, found))


@routes("DELETE", f"{_LABELS}/{{name}}", "issues:write")
async def delete_label(call: Call) -> web.StreamResponse:
    """Remove a label everywhere."""
    found = actions.find_label(call.repository, call.path("name"))
    actions.delete_label(call.world, call.repository, call.actor, found)
    return nothing()


@routes("GET", _ON_ISSUE, "issues:read")
async def list_issue_labels(call: Call) -> web.StreamResponse:
    """The labels of an issue."""
    found, headers = page_of(call, issue_views.labels(call.world, call.repository, call.issue()))
    return answer(found, headers=headers)


@routes("POST", _ON_ISSUE, "issues:write")
async def add_labels(call: Call) -> web.StreamResponse:
    """More labels for an issue."""
    issue = call.issue()
    return await _set(call, issue, issue.labels + _wanted(call))


@routes("PUT", _ON_ISSUE, "issues:write")
async def set_labels(call: Call) -> web.StreamResponse:
    """These labels and no others."""
    return await _set(call, call.issue(), _wanted(call))


@routes("DELETE", _ON_ISSUE, "issues:write")
async def remove_all_labels(call: Call) -> web.StreamResponse:
    """No labels."""
    await _set(call, call.issue(), [])
    return nothing()


@routes("DELETE", f"{_ON_ISSUE}/{{name}}", "issues:write")
async def remove_label(call: Call) -> web.StreamResponse:
    """One label less."""
    issue, name = call.issue(), call.path("name").lower()
    if name not in issue.labels:
        raise not_found("Label does not exist")
    return await _set(call, issue, [label for label in issue.labels if label != name])


async def _set(call: Call, issue: Issue, wanted: list[str]) -> web.StreamResponse:
    await actions.set_labels(call.world, call.repository, call.actor, issue, wanted)
    return answer(issue_views.labels(call.world, call.repository, issue))


def _wanted(call: Call) -> list[str]:
    """``{"labels": [...]}``, or the list itself."""
    body = {"labels": call.body} if isinstance(call.body, list) else call.fields
    return names(body, "labels") or []
