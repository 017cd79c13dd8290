"""Files and archives of a repository.

https://docs.github.com/rest/repos/contents
"""

from __future__ import annotations

import base64
import secrets
from urllib.parse import quote

from aiohttp import web

from bot.simulators.github.errors import not_found
from bot.simulators.github.git import NoSuchObject, TreeEntry
from bot.simulators.github.records import Json, Repository
from bot.simulators.github.views.addresses import repo_page, repo_url
from bot.simulators.github.wire.routing import Call, Routes, answer

routes = Routes("repos/contents")
_INLINE_LIMIT = 1_000_000
_KINDS = {"tree": "dir", "commit": "submodule"}


@routes("GET", "/repos/{owner}/{repo}/contents/{path:.*}", "contents:read")
async def get_contents(call: Call) -> web.StreamResponse:
    """A file with its content, or what a folder holds."""
    repository, path = call.repository, call.path("path").strip("/")
    ref = call.query("ref") or repository.default_branch
    commit = await resolve(repository, ref, f"No commit found for the ref {ref}")
    tree = await repository.git.tree(commit, recursive=True)
    found = next((entry for entry in tree if entry.path == path), None)
    if not path or (found and found.type == "tree"):
        inside = [e for e in tree if e.path.rpartition("/")[0] == path]
        return answer([_view(repository, entry, ref) for entry in inside])
    if found is None:
        raise not_found()
    content = await repository.git.blob(found.sha)
    if call.wants_raw:
        kind = "application/vnd.github.raw+json; charset=utf-8"
        return web.Response(body=content, headers={"Content-Type": kind})
    large = len(content) > _INLINE_LIMIT
    view = _view(repository, found, ref) | {
        "content": "" if large else base64.encodebytes(content).decode(),
        "encoding": "none" if large else "base64",
    }
    if view["type"] == "symlink":
        del view["content"], view["encoding"]
        view["target"] = content.decode(errors="replace")
    return answer(view)


@routes("GET", "/repos/{owner}/{repo}/tarball/{ref:.*}", "contents:read")
async def get_tarball(call: Call) -> web.StreamResponse:
    """Where the archive of a commit can be had for the next minutes."""
    repository = call.repository
    commit = await resolve(repository, call.path("ref") or repository.default_branch)
    ticket = secrets.token_hex(16)
    call.world.archives[ticket] = repository.id
    place = f"{call.world.origin}/codeload/{repository.full_name}/legacy.tar.gz/{commit}"
    return web.Response(status=302, headers={"Location": f"{place}?token={ticket}"})


@routes("GET", "/codeload/{owner}/{repo}/legacy.tar.gz/{sha}", "anyone")
async def download(call: Call) -> web.StreamResponse:
    """The archive; the ticket in the query is all the proof it takes."""
    repository = call.repository
    if call.world.archives.get(call.query("token")) != repository.id:
        raise not_found()
    commit = await resolve(repository, call.path("sha"))
    folder = f"{repository.owner.login}-{repository.name}-{commit[:7]}"
    return web.Response(
        body=await repository.git.archive(commit, folder),
        headers={
            "Content-Type": "application/x-gzip",
            "Content-Disposition": f"attachment; filename={folder}.tar.gz",
        },
    )


async def resolve(repository: Repository, name: str, message: str = "Not Found") -> str:
    """The commit that a name means. Raises 404."""
    try:
        return await repository.git.resolve(name)
    except NoSuchObject:
        raise not_found(message) from None


def _view(repository: Repository, entry: TreeEntry, ref: str) -> Json:
    path = quote(entry.path)
    folder = entry.type == "tree"
    url = repo_url(repository, f"/contents/{path}?ref={quote(ref, safe='')}")
    git = repo_url(repository, f"/git/{'trees' if folder else 'blobs'}/{entry.sha}")
    kind = "symlink" if entry.mode == "120000" else _KINDS.get(entry.type, "file")
    page = repo_page(repository, f"/{'tree' if folder else 'blob'}/{ref}/{path}")
    raw = repo_page(repository, f"/raw/{ref}/{path}")
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": None if folder else raw,
        "type": kind,
        "_links": {"self": url, "git": git, "html": page},
    }
