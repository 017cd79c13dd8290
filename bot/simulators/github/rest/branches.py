"""Commits and comparisons.

https://docs.github.com/rest/commits/commits
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.diffs import changed_files
from bot.simulators.github.errors import GitHubError, not_found, unprocessable
from bot.simulators.github.records import Json
from bot.simulators.github.rest.contents import resolve
from bot.simulators.github.views.addresses import repo_page, repo_url
from bot.simulators.github.views.commits import changed_file, commit_with_files
from bot.simulators.github.views.commits import commit as commit_view
from bot.simulators.github.wire.routing import Call, Routes, answer, page_of

routes = Routes("commits/commits")


@routes("GET", "/repos/{owner}/{repo}/commits/{ref:.+}", "contents:read")
async def get_commit(call: Call) -> web.StreamResponse:
    """One commit with its files."""
    try:
        sha = await resolve(call.repository, call.path("ref"))
    except GitHubError:
        raise unprocessable(f"No commit found for SHA: {call.path('ref')}") from None
    commit = await call.repository.git.commit(sha)
    return answer(await commit_with_files(call.repository, commit))


@routes("GET", "/repos/{owner}/{repo}/compare/{base}...{head:.+}", "contents:read")
@routes("GET", "/repos/{owner}/{repo}/compare/{base:.+?}...{head:.+}", "contents:read")
async def compare(call: Call) -> web.StreamResponse:
    """What one commit has that another has not, from where they parted."""
    repository, git = call.repository, call.repository.git
    owner = f"{repository.owner.login}:"
    names = [call.path(side).removeprefix(owner) for side in ("base", "head")]
    base, head = [await resolve(repository, name) for name in names]
    fork = await git.merge_base(base, head)
    if fork is None:
        raise not_found(f"No common ancestor between {names[0]} and {names[1]}.")
    ahead = (await git.log(head, f"^{base}"))[::-1]
    behind = await git.log(base, f"^{head}")
    shown, headers = page_of(call, ahead)
    status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
    span = f"{call.path('base')}...{call.path('head')}"
    page = repo_page(repository, f"/compare/{span}")
    label = repository.owner.login
    permalink = f"/compare/{label}:{base[:7]}...{label}:{head[:7]}"
    view: Json = {
        "url": repo_url(repository, f"/compare/{span}"),
        "html_url": page,
        "permalink_url": repo_page(repository, permalink),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": commit_view(repository, await git.commit(base)),
        "merge_base_commit": commit_view(repository, await git.commit(fork)),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commit_view(repository, await git.commit(sha)) for sha in shown],
        "files": [
            changed_file(repository, file, head)
            for file in (await changed_files(git, fork, head))[:300]
        ],
    }
    return answer(view, headers=headers)


@routes("GET", "/repos/{owner}/{repo}/commits", "contents:read")
async def list_commits(call: Call) -> web.StreamResponse:
    """The commits of a branch, newest first; with ``path`` those that changed it."""
    git, asked = call.repository.git, call.request.query
    sha = await resolve(call.repository, asked.get("sha") or call.repository.default_branch)
    found = await git.log(sha, paths=[asked["path"]] if "path" in asked else [])
    views = [commit_view(call.repository, await git.commit(one)) for one in found[:100]]
    return answer(views)
