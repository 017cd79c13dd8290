"""Pull requests.

https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import pulls as actions
from bot.simulators.github.actions.diffstat import (
    fork_point,
    need_pull,
    pull_commits,
    pull_files,
    pull_view,
)
from bot.simulators.github.actions.issues import edit_issue, set_state
from bot.simulators.github.diffs import mailbox, unified_diff
from bot.simulators.github.errors import GitHubError, malformed, not_found
from bot.simulators.github.records import Issue, User
from bot.simulators.github.rest.branches import plain
from bot.simulators.github.views import accounts
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.commits import changed_file
from bot.simulators.github.views.commits import commit as commit_view
from bot.simulators.github.views.pulls import pull_of
from bot.simulators.github.wire.fields import flag, need_text, text, texts
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of

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
    shown, headers = page_of(call, found)
    return answer(
        [views.simple_pull(call.world, call.repository, one) for one in shown], headers=headers
    )


@routes("POST", _PULLS, "pull_requests:write")
async def create_pull(call: Call) -> web.StreamResponse:
    """A new pull request."""
    fields = call.fields
    if "issue" in fields:
        raise malformed('"issue" is not supported for apps: give a title.')
    issue = await actions.open_pull(
        call.world,
        call.repository,
        call.actor,
        title=need_text(fields, "title"),
        body=text(fields, "body"),
        head=need_text(fields, "head"),
        base=need_text(fields, "base"),
        draft=flag(fields, "draft"),
        maintainer_can_modify=flag(fields, "maintainer_can_modify"),
    )
    view = await pull_view(call.world, call.repository, issue, fresh=True)
    return answer(view, 201, {"Location": view["url"]})


@routes("GET", _PULL, "pull_requests:read")
async def get_pull(call: Call) -> web.StreamResponse:
    """One pull request, as JSON, as a diff or as a patch."""
    issue, git = _issue(call), call.repository.git
    pull = pull_of(issue)
    if call.accepts("diff"):
        fork = await fork_point(call.repository, pull)
        return plain(await unified_diff(git, fork, pull.head_sha), "diff")
    if call.accepts("patch"):
        fork = await fork_point(call.repository, pull)
        return plain(await mailbox(git, fork, pull.head_sha), "patch")
    return answer(await pull_view(call.world, call.repository, issue))


@routes("PATCH", _PULL, "pull_requests:write")
async def update_pull(call: Call) -> web.StreamResponse:
    """Change words, base or state."""
    world, repository, actor, issue = call.world, call.repository, call.actor, _issue(call)
    fields = call.fields
    title, body = text(fields, "title"), text(fields, "body")
    clear = "body" in fields and body is None
    await edit_issue(world, repository, actor, issue, title=title, body=body, clear_body=clear)
    base, state = text(fields, "base"), text(fields, "state")
    if base:
        await actions.set_base(world, repository, actor, issue, base)
    if state:
        await set_state(world, repository, actor, issue, state)
    return answer(await pull_view(world, repository, issue))


@routes("GET", f"{_PULL}/files", "pull_requests:read")
async def list_files(call: Call) -> web.StreamResponse:
    """The files it changes, with their patches."""
    issue = _issue(call)
    head = pull_of(issue).head_sha
    found, headers = page_of(call, (await pull_files(call.repository, issue))[:_MOST_FILES])
    shown = [changed_file(call.world, call.repository, file, head) for file in found]
    return answer(shown, headers=headers)


@routes("GET", f"{_PULL}/commits", "pull_requests:read")
async def list_commits(call: Call) -> web.StreamResponse:
    """Its commits, oldest first."""
    shas = await pull_commits(call.repository, pull_of(_issue(call)))
    found, headers = page_of(call, shas[:_MOST_COMMITS])
    git = call.repository.git
    shown = [commit_view(call.world, call.repository, await git.commit(sha)) for sha in found]
    return answer(shown, headers=headers)


@routes("GET", f"{_PULL}/merge", "pull_requests:read")
async def check_merged(call: Call) -> web.StreamResponse:
    """204 once it is merged, 404 before."""
    if pull_of(_issue(call)).merged_at:
        return nothing()
    raise not_found()


@routes("PUT", f"{_PULL}/merge", "contents:write")
async def merge(call: Call) -> web.StreamResponse:
    """Merge it."""
    fields = call.fields
    sha = await actions.merge_pull(
        call.world,
        call.repository,
        call.actor,
        _issue(call),
        method=text(fields, "merge_method") or "merge",
        title=text(fields, "commit_title"),
        message=text(fields, "commit_message"),
        expected=text(fields, "sha"),
    )
    message = "Pull Request successfully merged"
    return answer({"sha": sha, "merged": True, "message": message})


@routes("GET", f"{_PULL}/requested_reviewers", "pull_requests:read")
async def list_requested(call: Call) -> web.StreamResponse:
    """Whose review is waited for."""
    people = pull_of(_issue(call)).requested_reviewers
    return answer({"users": [accounts.user(call.world, one) for one in people], "teams": []})


@routes("POST", f"{_PULL}/requested_reviewers", "pull_requests:write")
async def request_reviewers(call: Call) -> web.StreamResponse:
    """Ask for reviews."""
    return await _reviewers(call, wanted=True, status=201)


@routes("DELETE", f"{_PULL}/requested_reviewers", "pull_requests:write")
async def remove_requested(call: Call) -> web.StreamResponse:
    """Ask no longer."""
    return await _reviewers(call, wanted=False, status=200)


async def _reviewers(call: Call, *, wanted: bool, status: int) -> web.StreamResponse:
    issue = _issue(call)
    people = [_collaborator(call, login) for login in texts(call.fields, "reviewers") or ()]
    await actions.request_reviewers(
        call.world, call.repository, call.actor, issue, people, wanted=wanted
    )
    return answer(views.simple_pull(call.world, call.repository, issue), status)


def _collaborator(call: Call, login: str) -> User:
    user = call.world.users.get(login.lower())
    if user is None or user.login.lower() not in call.repository.roles:
        if user is not None and user is call.repository.owner:
            return user
        message = (
            "Reviews may only be requested from collaborators. One or more of the users or teams "
            f"you specified is not a collaborator of the {call.repository.full_name} repository."
        )
        raise GitHubError(422, message)
    return user


def _issue(call: Call) -> Issue:
    return need_pull(call.repository, call.number())
