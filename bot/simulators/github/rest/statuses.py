"""Commit statuses.

https://docs.github.com/rest/commits/statuses
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.errors import invalid, unprocessable
from bot.simulators.github.records import Status
from bot.simulators.github.rest.contents import resolve
from bot.simulators.github.views import checks as views
from bot.simulators.github.views.addresses import repo_url
from bot.simulators.github.views.repositories import minimal_repository
from bot.simulators.github.wire.fields import need_text, text
from bot.simulators.github.wire.routing import Call, Routes, answer, page_of

routes = Routes("commits/statuses")
_REPO = "/repos/{owner}/{repo}"
_STATES = ("error", "failure", "pending", "success")
_DESCRIPTION_LIMIT = 140


@routes("POST", f"{_REPO}/statuses/{{sha}}", "statuses:write")
async def create_status(call: Call) -> web.StreamResponse:
    """Say of a commit how it is."""
    sha, state = call.path("sha"), need_text(call.fields, "state")
    if state not in _STATES:
        raise invalid("Status", "state", "custom", "state is not included in the list")
    description = text(call.fields, "description")
    if len(description or "") > _DESCRIPTION_LIMIT:
        message = f"description is too long (maximum is {_DESCRIPTION_LIMIT} characters)"
        raise invalid("Status", "description", "custom", message)
    if await call.repository.git.kind(sha) != "commit":
        raise unprocessable(f"No commit found for SHA: {sha}")
    made = Status(
        id=call.world.next_id(),
        sha=sha,
        state=state,
        context=text(call.fields, "context") or "default",
        description=description,
        target_url=text(call.fields, "target_url"),
        creator=call.actor,
        created_at=call.world.now(),
    )
    call.repository.statuses.append(made)
    call.world.changed("status", call.repository)
    return answer(views.status(call.world, call.repository, made), 201)


@routes("GET", f"{_REPO}/commits/{{ref:.+}}/statuses", "statuses:read")
async def list_statuses(call: Call) -> web.StreamResponse:
    """Everything said of a commit, newest first."""
    sha = await resolve(call.repository, call.path("ref"))
    found, headers = page_of(call, [s for s in call.repository.statuses[::-1] if s.sha == sha])
    return answer(
        [views.status(call.world, call.repository, one) for one in found], headers=headers
    )


@routes("GET", f"{_REPO}/commits/{{ref:.+}}/status", "statuses:read")
async def get_combined(call: Call) -> web.StreamResponse:
    """The newest of each context, and all of them as one."""
    repository = call.repository
    sha = await resolve(repository, call.path("ref"))
    newest = list({one.context: one for one in repository.statuses if one.sha == sha}.values())
    states = {one.state for one in newest}
    state = "failure" if states & {"error", "failure"} else "pending"
    return answer(
        {
            "state": "success" if states == {"success"} else state,
            "statuses": [views.simple_status(call.world, repository, one) for one in newest],
            "sha": sha,
            "total_count": len(newest),
            "repository": minimal_repository(call.world, repository),
            "commit_url": repo_url(call.world, repository, f"/commits/{sha}"),
            "url": repo_url(call.world, repository, f"/commits/{sha}/status"),
        }
    )
