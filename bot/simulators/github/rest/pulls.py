"""Pull requests.

https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

from functools import partial

from aiohttp import web

from bot.simulators.github.actions import pulls as actions
from bot.simulators.github.actions.diffstat import (
    pull_commits,
    pull_files,
    pull_view,
)
from bot.simulators.github.actions.issues import edit_issue, set_state
from bot.simulators.github.errors import malformed
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.commits import changed_file
from bot.simulators.github.views.commits import commit as commit_view
from bot.simulators.github.wire.fields import flag, need_text, text
from bot.simulators.github.wire.routing import Call, Routes, answer, created, listed

routes = Routes("pulls/pulls")
_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = f"{_PULLS}/{{number}}"
_MOST_COMMITS, _MOST_FILES = 250, 3_000


@routes("GET", _PULLS, "pull_requests:read")
async def list_pulls(call: Call) -> web.StreamResponse:
    """Pull requests that pass the filters; ``head`` counts only as ``owner:branch``."""
    state = call.query("state", "open")
    owner, colon, branch = call.query("head").rpartition(":")
    found = []
    for issue in call.repository.issues.values():
        pull = issue.pull
        if pull is None or (state != "all" and issue.state != state):
            continue
        mine = owner.lower() == call.repository.owner.login.lower() and branch == pull.head_ref
        if (not colon or mine) and call.query("base") in ("", pull.base_ref):
            found.append(issue)
    key = call.query("sort", "created")
    found.sort(key=lambda i: (i.updated_at if key == "updated" else i.created_at, i.number))
    if call.query("direction", "desc" if key == "created" else "asc") == "desc":
        found.reverse()
    return listed(call, found, views.simple_pull)


@routes("POST", _PULLS, "pull_requests:write")
async def create_pull(call: Call) -> web.StreamResponse:
    """A new pull request."""
    fields = call.fields
    if "issue" in fields:
        raise malformed('"issue" is not supported for apps: give a title.')
    issue = await actions.open_pull(
        call.repository,
        call.actor,
        title=need_text(fields, "title"),
        body=text(fields, "body"),
        head=need_text(fields, "head"),
        base=need_text(fields, "base"),
        draft=flag(fields, "draft"),
    )
    return created(await pull_view(issue, fresh=True))


@routes("GET", _PULL, "pull_requests:read")
async def get_pull(call: Call) -> web.StreamResponse:
    """One pull request."""
    return answer(await pull_view(call.pull()))


@routes("PATCH", _PULL, "pull_requests:write")
async def update_pull(call: Call) -> web.StreamResponse:
    """Change words, base or state."""
    actor, issue, fields = call.actor, call.pull(), call.fields
    title, body = text(fields, "title"), text(fields, "body")
    clear = "body" in fields and body is None
    await edit_issue(actor, issue, title=title, body=body, clear_body=clear)
    base, state = text(fields, "base"), text(fields, "state")
    if base:
        await actions.set_base(actor, issue, base)
    if state:
        await set_state(actor, issue, state)
    return answer(await pull_view(issue))


@routes("GET", f"{_PULL}/files", "pull_requests:read")
async def list_files(call: Call) -> web.StreamResponse:
    """The files it changes, with their patches."""
    issue, repository = call.pull(), call.repository
    files = (await pull_files(issue))[:_MOST_FILES]
    return listed(call, files, lambda one: changed_file(repository, one, issue.as_pull.head_sha))


@routes("GET", f"{_PULL}/commits", "pull_requests:read")
async def list_commits(call: Call) -> web.StreamResponse:
    """Its commits, oldest first."""
    git, shas = call.repository.git, (await pull_commits(call.pull()))[:_MOST_COMMITS]
    commits = [await git.commit(sha) for sha in shas]
    return listed(call, commits, partial(commit_view, call.repository))
