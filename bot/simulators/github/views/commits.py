"""Git objects and diffs."""

from __future__ import annotations

from urllib.parse import quote

from bot.simulators.github.commits import Commit, Signed
from bot.simulators.github.diffs import ChangedFile, changed_files
from bot.simulators.github.git import EMPTY_TREE, TreeEntry
from bot.simulators.github.records import Json, Repository, User
from bot.simulators.github.views.accounts import user
from bot.simulators.github.views.addresses import node_id, repo_page, repo_url, stamp
from bot.simulators.github.world import World


def git_commit(world: World, repository: Repository, one: Commit) -> Json:
    """A commit as the Git Data API shows it."""
    page = repo_page(world, repository, "/commit/")
    return {
        "sha": one.sha,
        "node_id": node_id("C", one.sha),
        "url": repo_url(world, repository, f"/git/commits/{one.sha}"),
        "html_url": page + one.sha,
        "author": _signed(one.author),
        "committer": _signed(one.committer),
        "tree": _tree_link(world, repository, one.tree),
        "message": one.message,
        "parents": [
            {
                "sha": parent,
                "url": repo_url(world, repository, f"/git/commits/{parent}"),
                "html_url": page + parent,
            }
            for parent in one.parents
        ],
        "verification": verification(one),
    }


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


def commit(world: World, repository: Repository, one: Commit) -> Json:
    """A commit as the repository's history shows it."""
    url = repo_url(world, repository, f"/commits/{one.sha}")
    page = repo_page(world, repository, "/commit/")
    return {
        "sha": one.sha,
        "node_id": node_id("C", one.sha),
        "commit": {
            "author": _signed(one.author),
            "committer": _signed(one.committer),
            "message": one.message,
            "tree": _tree_link(world, repository, one.tree),
            "url": repo_url(world, repository, f"/git/commits/{one.sha}"),
            "comment_count": 0,
            "verification": verification(one),
        },
        "url": url,
        "html_url": page + one.sha,
        "comments_url": f"{url}/comments",
        "author": _account(world, one.author),
        "committer": _account(world, one.committer),
        "parents": [
            {
                "sha": parent,
                "url": repo_url(world, repository, f"/commits/{parent}"),
                "html_url": page + parent,
            }
            for parent in one.parents
        ],
    }


async def commit_with_files(world: World, repository: Repository, one: Commit) -> Json:
    """The same with what it changed, against its first parent."""
    before = one.parents[0] if one.parents else EMPTY_TREE
    files = await changed_files(repository.git, before, one.sha)
    added, deleted = sum(f.additions for f in files), sum(f.deletions for f in files)
    return commit(world, repository, one) | {
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [changed_file(world, repository, file, one.sha) for file in files],
    }


def changed_file(world: World, repository: Repository, file: ChangedFile, head: str) -> Json:
    """One file of a diff whose newer side is the commit ``head``."""
    path = quote(file.path)
    view: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": repo_page(world, repository, f"/blob/{head}/{path}"),
        "raw_url": repo_page(world, repository, f"/raw/{head}/{path}"),
        "contents_url": repo_url(world, repository, f"/contents/{path}?ref={head}"),
    }
    if file.patch:
        view["patch"] = file.patch
    if file.previous:
        view["previous_filename"] = file.previous
    return view


def tree(
    world: World, repository: Repository, sha: str, entries: list[TreeEntry], *, cut: bool = False
) -> Json:
    """A tree; ``cut`` says that not all of it is here."""
    places = {"blob": "blobs", "tree": "trees", "commit": "commits"}
    return {
        "sha": sha,
        "url": repo_url(world, repository, f"/git/trees/{sha}"),
        "tree": [
            {
                "path": entry.path,
                "mode": entry.mode,
                "type": entry.type,
                "sha": entry.sha,
                "url": repo_url(world, repository, f"/git/{places[entry.type]}/{entry.sha}"),
            }
            | ({"size": entry.size} if entry.size is not None else {})
            for entry in entries
        ],
        "truncated": cut,
    }


def reference(world: World, repository: Repository, name: str, sha: str) -> Json:
    """A git ref that points to a commit."""
    return {
        "ref": name,
        "node_id": node_id("REF", f"{repository.id}:{name}"),
        "url": repo_url(world, repository, f"/git/{quote(name)}"),
        "object": {
            "sha": sha,
            "type": "commit",
            "url": repo_url(world, repository, f"/git/commits/{sha}"),
        },
    }


def author_of(world: World, who: Signed) -> User | None:
    """The account that a name and address on a commit belong to."""
    return next((u for u in world.users.values() if u.email == who.email), None)


def _account(world: World, who: Signed) -> Json | None:
    account = author_of(world, who)
    return user(world, account) if account else None


def _signed(who: Signed) -> Json:
    return {"name": who.name, "email": who.email, "date": stamp(who.at)}


def _tree_link(world: World, repository: Repository, sha: str) -> Json:
    return {"sha": sha, "url": repo_url(world, repository, f"/git/trees/{sha}")}
