"""Git objects and diffs."""

from __future__ import annotations

from urllib.parse import quote

from bot.simulators.github.commits import Commit, Signed
from bot.simulators.github.diffs import ChangedFile, changed_files
from bot.simulators.github.git import EMPTY_TREE, TreeEntry
from bot.simulators.github.records import Json, Repository, User
from bot.simulators.github.views.accounts import user_or_none
from bot.simulators.github.views.addresses import node_id, repo_page, repo_url, stamp
from bot.simulators.github.world import World


def git_commit(repository: Repository, one: Commit) -> Json:
    """A commit as the Git Data API shows it."""
    url = repo_url(repository, f"/git/commits/{one.sha}")
    return _names(repository, one, url) | _content(repository, one)


def verification(one: Commit) -> Json:
    """Whether GitHub vouches for the commit."""
    reason = "valid" if one.verified else ("unknown_key" if one.signature else "unsigned")
    return {
        "verified": one.verified,
        "reason": reason,
        "signature": one.signature,
        "payload": one.payload,
        "verified_at": stamp(one.committer.at) if one.verified else None,
    }


def commit(repository: Repository, one: Commit) -> Json:
    """A commit as the repository's history shows it."""
    url = repo_url(repository, f"/commits/{one.sha}")
    git_url = repo_url(repository, f"/git/commits/{one.sha}")
    return _names(repository, one, url) | {
        "commit": _content(repository, one) | {"url": git_url, "comment_count": 0},
        "comments_url": f"{url}/comments",
        "author": _account(repository, one.author),
        "committer": _account(repository, one.committer),
    }


def _names(repository: Repository, one: Commit, url: str) -> Json:
    page = repo_page(repository, "/commit/")
    place = url.removesuffix(one.sha)
    return {
        "sha": one.sha,
        "node_id": node_id("C", one.sha),
        "url": url,
        "html_url": page + one.sha,
        "parents": [
            {"sha": parent, "url": place + parent, "html_url": page + parent}
            for parent in one.parents
        ],
    }


def _content(repository: Repository, one: Commit) -> Json:
    return {
        "author": _signed(one.author),
        "committer": _signed(one.committer),
        "message": one.message,
        "tree": {"sha": one.tree, "url": repo_url(repository, f"/git/trees/{one.tree}")},
        "verification": verification(one),
    }


async def commit_with_files(repository: Repository, one: Commit) -> Json:
    """The same with what it changed, against its first parent."""
    before = one.parents[0] if one.parents else EMPTY_TREE
    files = await changed_files(repository.git, before, one.sha)
    added, deleted = sum(f.additions for f in files), sum(f.deletions for f in files)
    return commit(repository, one) | {
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [changed_file(repository, file, one.sha) for file in files],
    }


def changed_file(repository: Repository, file: ChangedFile, head: str) -> Json:
    """One file of a diff whose newer side is the commit ``head``."""
    path = quote(file.path)
    view: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": repo_page(repository, f"/blob/{head}/{path}"),
        "raw_url": repo_page(repository, f"/raw/{head}/{path}"),
        "contents_url": repo_url(repository, f"/contents/{path}?ref={head}"),
    }
    if file.patch:
        view["patch"] = file.patch
    if file.previous:
        view["previous_filename"] = file.previous
    return view


def tree(repository: Repository, sha: str, entries: list[TreeEntry], *, cut: bool = False) -> Json:
    """A tree; ``cut`` says that not all of it is here."""
    places = {"blob": "blobs", "tree": "trees", "commit": "commits"}
    return {
        "sha": sha,
        "url": repo_url(repository, f"/git/trees/{sha}"),
        "tree": [
            {
                "path": entry.path,
                "mode": entry.mode,
                "type": entry.type,
                "sha": entry.sha,
                "url": repo_url(repository, f"/git/{places[entry.type]}/{entry.sha}"),
            }
            | ({"size": entry.size} if entry.size is not None else {})
            for entry in entries
        ],
        "truncated": cut,
    }


def reference(repository: Repository, name: str, sha: str) -> Json:
    """A git ref that points to a commit."""
    return {
        "ref": name,
        "node_id": node_id("REF", f"{repository.id}:{name}"),
        "url": repo_url(repository, f"/git/{quote(name)}"),
        "object": {
            "sha": sha,
            "type": "commit",
            "url": repo_url(repository, f"/git/commits/{sha}"),
        },
    }


def author_of(world: World, who: Signed) -> User | None:
    """The account that a name and address on a commit belong to."""
    return next((u for u in world.users.values() if u.email == who.email), None)


def _account(repository: Repository, who: Signed) -> Json | None:
    return user_or_none(author_of(repository.world, who))


def _signed(who: Signed) -> Json:
    return {"name": who.name, "email": who.email, "date": stamp(who.at)}
