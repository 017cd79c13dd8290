"""The Git Data API: blobs, trees, commits and refs.

https://docs.github.com/rest/git
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.simulators.github.actions.pushes import ref_moved
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import (
    invalid,
    malformed,
    not_accessible,
    not_found,
    unprocessable,
)
from bot.simulators.github.git import NOTHING, GitError, NoSuchObject, TreeEntry
from bot.simulators.github.views import commits as views
from bot.simulators.github.views.addresses import repo_url
from bot.simulators.github.wire.fields import flag, items, need_text, text, texts, time
from bot.simulators.github.wire.routing import Call, Routes, answer, created, nothing

routes = Routes("git")
_GIT = "/repos/{owner}/{repo}/git"
# Of GitHub's five the three for files; nobody here makes a folder of another tree or a submodule.
_MODES = ("100644", "100755", "120000")
_MOST_ENTRIES = 100_000


@routes("POST", f"{_GIT}/blobs", "contents:write")
async def create_blob(call: Call) -> web.StreamResponse:
    """Store a file's content."""
    content = need_text(call.fields, "content")
    encoding = text(call.fields, "encoding") or "utf-8"
    try:
        data = base64.b64decode(content) if encoding == "base64" else content.encode()
    except (binascii.Error, ValueError):
        raise invalid("Blob", "content", "custom", "content is not valid Base64") from None
    if encoding not in ("utf-8", "base64"):
        raise invalid("Blob", "encoding")
    sha = await call.repository.git.write_blob(data)
    return created({"sha": sha, "url": repo_url(call.repository, f"/git/blobs/{sha}")})


@routes("POST", f"{_GIT}/trees", "contents:write")
async def create_tree(call: Call) -> web.StreamResponse:
    """Store a tree: an earlier one with some paths changed, added or (``sha`` null) removed."""
    git = call.repository.git
    wanted = items(call.fields, "tree")
    if not wanted:
        raise unprocessable("Invalid tree info")
    base = text(call.fields, "base_tree")
    if base is not None and await git.kind(base) not in ("tree", "commit"):
        raise not_found("base_tree is not a valid tree oid") if base else not_found()
    known = {e.path for e in await git.tree(base, recursive=True)} if base else set()
    entries = [await _tree_entry(call, one, known) for one in wanted]
    workflow = any(entry.path.startswith(".github/workflows/") for entry in entries)
    if workflow and not call.access.may("workflows", "write"):
        raise not_accessible()
    try:
        sha = await git.write_tree(entries, base=base)
    except GitError as error:
        raise unprocessable(f"GitRPC::BadObjectState: {error}") from None
    return answer(views.tree(call.repository, sha, await git.tree(sha)), 201)


async def _tree_entry(call: Call, one: Any, known: set[str]) -> TreeEntry:
    git = call.repository.git
    if not isinstance(one, dict):
        raise malformed("tree entries must be objects.")
    path, mode = str(one.get("path") or ""), str(one.get("mode") or "100644")
    if not path or path.startswith("/") or mode not in _MODES:
        raise unprocessable("tree.mode must be one of the known modes" if path else "bad path")
    if re.search(r"(^|/)(\.{1,2}|\.git)?(/|$)", path, re.IGNORECASE):
        raise unprocessable("tree.path contains a malformed path component")
    if ("sha" in one) == ("content" in one):
        raise unprocessable("Must supply either tree.sha or tree.content")
    if "content" in one:
        sha = await git.write_blob(str(one["content"]).encode())
        return TreeEntry(path, mode, "blob", sha)
    if one["sha"] is None:
        if path not in known:
            raise unprocessable("GitRPC::BadObjectState")
        return TreeEntry(path, mode, "blob", "")
    if await git.kind(str(one["sha"])) != "blob":
        raise unprocessable(f"tree.sha {one['sha']} is not a valid blob")
    return TreeEntry(path, mode, "blob", str(one["sha"]))


@routes("GET", f"{_GIT}/trees/{{sha:.+}}", "contents:read")
async def get_tree(call: Call) -> web.StreamResponse:
    """A tree by its SHA or by a branch; any value of ``recursive`` means yes."""
    git, name = call.repository.git, call.path("sha")
    try:
        sha = name if await git.kind(name) == "tree" else await git.resolve(name)
        entries = await git.tree(sha, recursive="recursive" in call.request.query)
        tree = sha if await git.kind(sha) == "tree" else (await git.commit(sha)).tree
    except NoSuchObject:
        raise not_found() from None
    cut = len(entries) > _MOST_ENTRIES
    view = views.tree(call.repository, tree, entries[:_MOST_ENTRIES], cut=cut)
    return answer(view)


@routes("POST", f"{_GIT}/commits", "contents:write")
async def create_commit(call: Call) -> web.StreamResponse:
    """Store a commit. Without author and committer it is the app's, and GitHub signs it."""
    git, world = call.repository.git, call.world
    tree = need_text(call.fields, "tree")
    if await git.kind(tree) != "tree":
        raise unprocessable("Tree SHA does not exist")
    parents = texts(call.fields, "parents") or []
    for parent in parents:
        if await git.kind(parent) != "commit":
            raise unprocessable("Parent SHA does not exist or is not a commit object")
    author = _signed(call, "author")
    committer = _signed(call, "committer")
    bot = Signed(call.actor.login, call.actor.email, world.now())
    sha = await git.write_commit(
        tree=tree,
        parents=parents,
        message=need_text(call.fields, "message"),
        author=author or bot,
        committer=committer or author or Signed("GitHub", "noreply@github.com", world.now()),
        by_github=author is None and committer is None and "signature" not in call.fields,
    )
    return created(views.git_commit(call.repository, await git.commit(sha)))


def _signed(call: Call, name: str) -> Signed | None:
    who: Mapping[str, Any] | None = call.fields.get(name)
    if not who:
        return None
    if not isinstance(who, dict):
        raise malformed(f"For 'properties/{name}', it is not an object.")
    return Signed(
        need_text(who, "name"), need_text(who, "email"), time(who, "date") or call.world.now()
    )


@routes("GET", f"{_GIT}/commits/{{sha}}", "contents:read")
async def get_commit(call: Call) -> web.StreamResponse:
    """A commit by its SHA."""
    try:
        commit = await call.repository.git.commit(call.path("sha"))
    except NoSuchObject:
        raise not_found() from None
    return answer(views.git_commit(call.repository, commit))


@routes("POST", f"{_GIT}/refs", "contents:write")
async def create_ref(call: Call) -> web.StreamResponse:
    """A new branch or tag; of two who ask for the same one, only one gets it."""
    git = call.repository.git
    ref, sha = need_text(call.fields, "ref"), need_text(call.fields, "sha")
    if not ref.startswith("refs/") or ref.count("/") < 2 or not await git.valid_name(ref):
        raise unprocessable(f"{ref} is not a valid ref name.")
    await _need_commit(call, sha)
    try:
        await git.move(ref, sha, expected=NOTHING)
    except GitError:
        raise unprocessable("Reference already exists") from None
    await ref_moved(call.repository, call.actor, ref, None, sha)
    return created(views.reference(call.repository, ref, sha))


@routes("GET", f"{_GIT}/ref/{{ref:.+}}", "contents:read")
async def get_ref(call: Call) -> web.StreamResponse:
    """One ref by its full name without ``refs/``."""
    ref = f"refs/{call.path('ref')}"
    sha = (await call.repository.git.references(ref)).get(ref)
    if sha is None:
        raise not_found()
    return answer(views.reference(call.repository, ref, sha))


@routes("PATCH", f"{_GIT}/refs/{{ref:.+}}", "contents:write")
async def update_ref(call: Call) -> web.StreamResponse:
    """Move a ref, forward only unless ``force``."""
    git, (ref, before) = call.repository.git, await _existing_ref(call)
    sha = need_text(call.fields, "sha")
    await _need_commit(call, sha)
    if not flag(call.fields, "force") and not await git.is_ancestor(before, sha):
        raise unprocessable("Update is not a fast forward")
    await git.move(ref, sha, expected=before)
    if sha != before:
        await ref_moved(call.repository, call.actor, ref, before, sha)
    return answer(views.reference(call.repository, ref, sha))


@routes("DELETE", f"{_GIT}/refs/{{ref:.+}}", "contents:write")
async def delete_ref(call: Call) -> web.StreamResponse:
    """Delete a branch or a tag."""
    ref, before = await _existing_ref(call)
    if ref == f"refs/heads/{call.repository.default_branch}":
        raise unprocessable("Cannot delete the default branch")
    await call.repository.git.remove(ref)
    await ref_moved(call.repository, call.actor, ref, before, None)
    return nothing()


async def _existing_ref(call: Call) -> tuple[str, str]:
    """The full name that the path gives, and the commit it points to."""
    ref = f"refs/{call.path('ref')}"
    references = await call.repository.git.references(ref)
    if ref not in references:
        raise unprocessable("Reference does not exist")
    return ref, references[ref]


async def _need_commit(call: Call, sha: str) -> None:
    if len(sha) != 40 or await call.repository.git.kind(sha) != "commit":
        raise unprocessable("Object does not exist")
