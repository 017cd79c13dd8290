"""Branches, commits and comparisons.

https://docs.github.com/rest/commits/commits and /rest/branches/branches
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.diffs import changed_files, mailbox, unified_diff
from bot.simulators.github.errors import GitHubError, not_found, unprocessable
from bot.simulators.github.git import EMPTY_TREE
from bot.simulators.github.records import Json
from bot.simulators.github.rest.contents import resolve
from bot.simulators.github.views.addresses import repo_page, repo_url
from bot.simulators.github.views.commits import changed_file, commit_with_files
from bot.simulators.github.views.commits import commit as commit_view
from bot.simulators.github.views.repositories import branch as branch_view
from bot.simulators.github.views.repositories import protection
from bot.simulators.github.wire.fields import parse_time
from bot.simulators.github.wire.routing import Call, Routes, answer, page_of

routes = Routes("commits/commits")
heads = Routes("branches/branches")


@heads("GET", "/repos/{owner}/{repo}/branches", "contents:read")
async def list_branches(call: Call) -> web.StreamResponse:
    """Every branch with its tip."""
    found, headers = page_of(call, list((await call.repository.git.branches()).items()))
    views = [branch_view(call.world, call.repository, name, sha) for name, sha in found]
    return answer(views, headers=headers)


@heads("GET", "/repos/{owner}/{repo}/branches/{branch:.+}", "contents:read")
async def get_branch(call: Call) -> web.StreamResponse:
    """One branch with the commit at its tip."""
    name, repository = call.path("branch"), call.repository
    sha = (await repository.git.branches()).get(name)
    if sha is None:
        raise not_found("Branch not found")
    commit = await repository.git.commit(sha)
    return answer(
        {
            "name": name,
            "commit": commit_view(call.world, repository, commit),
            "_links": {
                "self": repo_url(call.world, repository, f"/branches/{name}"),
                "html": repo_page(call.world, repository, f"/tree/{name}"),
            },
        }
        | protection(call.world, repository, name)
    )


@routes("GET", "/repos/{owner}/{repo}/commits", "contents:read")
async def list_commits(call: Call) -> web.StreamResponse:
    """The history of a branch or of one path in it, newest first."""
    repository, git = call.repository, call.repository.git
    if not await git.branches():
        raise GitHubError(409, "Git Repository is empty.")
    start = await resolve(repository, call.query("sha") or repository.default_branch)
    options = [
        f"--{name}={int(parse_time(call.query(name), name).timestamp())}"
        for name in ("since", "until")
        if call.query(name)
    ]
    listed = await git.log(*options, start, path=call.query("path"))
    found, headers = page_of(call, listed)
    views = [commit_view(call.world, repository, await git.commit(sha)) for sha in found]
    return answer(views, headers=headers)


@routes("GET", "/repos/{owner}/{repo}/commits/{ref:.+}", "contents:read")
async def get_commit(call: Call) -> web.StreamResponse:
    """One commit with its files; as a diff, a patch or just its SHA where that is asked for."""
    repository, git = call.repository, call.repository.git
    try:
        sha = await resolve(repository, call.path("ref"))
    except GitHubError:
        raise unprocessable(f"No commit found for SHA: {call.path('ref')}") from None
    commit = await git.commit(sha)
    if call.accepts("sha"):
        return plain(sha, "sha")
    before = commit.parents[0] if commit.parents else EMPTY_TREE
    if call.accepts("diff"):
        return plain(await unified_diff(git, before, sha), "diff")
    if call.accepts("patch"):
        return plain(await mailbox(git, f"{sha}^", sha), "patch")
    return answer(await commit_with_files(call.world, repository, commit))


@routes("GET", "/repos/{owner}/{repo}/compare/{base}...{head:.+}", "contents:read")
@routes("GET", "/repos/{owner}/{repo}/compare/{base:.+?}...{head:.+}", "contents:read")
async def compare(call: Call) -> web.StreamResponse:
    """What one commit has that another has not, from where they parted."""
    world, repository, git = call.world, call.repository, call.repository.git
    owner = f"{repository.owner.login}:"
    names = [call.path(side).removeprefix(owner) for side in ("base", "head")]
    base, head = [await resolve(repository, name) for name in names]
    fork = await git.merge_base(base, head)
    if fork is None:
        raise not_found(f"No common ancestor between {names[0]} and {names[1]}.")
    if call.accepts("diff"):
        return plain(await unified_diff(git, fork, head), "diff")
    if call.accepts("patch"):
        return plain(await mailbox(git, fork, head), "patch")
    ahead = (await git.log(head, f"^{base}"))[::-1]
    behind = await git.log(base, f"^{head}")
    shown, headers = page_of(call, ahead)
    status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
    span = f"{call.path('base')}...{call.path('head')}"
    page = repo_page(world, repository, f"/compare/{span}")
    label = repository.owner.login
    permalink = f"/compare/{label}:{base[:7]}...{label}:{head[:7]}"
    view: Json = {
        "url": repo_url(world, repository, f"/compare/{span}"),
        "html_url": page,
        "permalink_url": repo_page(world, repository, permalink),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": commit_view(world, repository, await git.commit(base)),
        "merge_base_commit": commit_view(world, repository, await git.commit(fork)),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commit_view(world, repository, await git.commit(sha)) for sha in shown],
        "files": [
            changed_file(world, repository, file, head)
            for file in (await changed_files(git, fork, head))[:300]
        ],
    }
    return answer(view, headers=headers)


def plain(text: str, kind: str) -> web.Response:
    """An answer in another representation than JSON."""
    content_type = f"application/vnd.github.{kind}; charset=utf-8"
    return web.Response(body=text.encode(), headers={"Content-Type": content_type})


routes.extend(heads)
