"""What follows when a branch moves: create, push and delete events, pull requests, check suites."""

from __future__ import annotations

from bot.simulators.github.actions.checks import request_suite
from bot.simulators.github.actions.history import tell
from bot.simulators.github.actions.issues import set_state
from bot.simulators.github.commits import Signed
from bot.simulators.github.diffs import changed_files
from bot.simulators.github.events import announce
from bot.simulators.github.git import EMPTY_TREE, NOTHING
from bot.simulators.github.records import Json, Repository, User
from bot.simulators.github.views.accounts import user
from bot.simulators.github.views.addresses import node_id, repo_page, repo_url, stamp
from bot.simulators.github.views.commits import author_of
from bot.simulators.github.views.repositories import repository as repository_view


async def ref_moved(
    repository: Repository, actor: User, ref: str, before: str | None, after: str | None
) -> None:
    """Tell of a ref that was made (no ``before``), moved, or deleted (no ``after``)."""
    branch = ref.removeprefix("refs/heads/")
    if branch == ref:
        return
    repository.pushed_at = actor.world.now()
    if before is None:
        _tell_ref(repository, actor, "create", branch)
    await _tell_push(repository, actor, ref, before, after)
    if after is None:
        _tell_ref(repository, actor, "delete", branch)
    else:
        await request_suite(repository, actor, after, branch, before)
    await _follow(repository, actor, branch, before, after)
    actor.world.changed("push", repository)


async def release(
    repository: Repository, actor: User, tag: str, target: str, *, prerelease: bool
) -> Json:
    """Tag what ``target`` names and publish it; the release as GitHub shows it."""
    await repository.git.move(f"refs/tags/{tag}", await repository.git.resolve(target))
    identity, now = actor.world.next_id(), stamp(actor.world.now())
    url = repo_url(repository, f"/releases/{identity}")
    made: Json = {
        "url": url,
        "html_url": repo_page(repository, f"/releases/tag/{tag}"),
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "tarball_url": repo_url(repository, f"/tarball/{tag}"),
        "zipball_url": repo_url(repository, f"/zipball/{tag}"),
        "id": identity,
        "node_id": node_id("RE", identity),
        "tag_name": tag,
        "target_commitish": target,
        "name": tag,
        "body": "",
        "draft": False,
        "prerelease": prerelease,
        "created_at": now,
        "published_at": now,
        "author": user(actor),
        "assets": [],
    }
    repository.releases.append(made)
    for action in ("published", "prereleased" if prerelease else "released"):
        announce(repository, actor, "release", action, release=made)
    return made


async def _follow(
    repository: Repository, actor: User, branch: str, before: str | None, after: str | None
) -> None:
    """Bring the open pull requests from this branch up to date, or close them with it."""
    for issue, pull in repository.open_pulls():
        if pull.head_ref != branch:
            continue
        if after is None:
            await set_state(actor, issue, "closed")
            continue
        pull.head_sha = after
        await repository.git.move(f"refs/pull/{issue.number}/head", after)
        await tell(actor, issue, "synchronize", fresh=True, before=before, after=after)


def _tell_ref(repository: Repository, actor: User, event: str, branch: str) -> None:
    parts: Json = {"ref": branch, "ref_type": "branch", "pusher_type": "user"}
    if event == "create":
        main = repository.default_branch
        parts |= {"master_branch": main, "description": repository.description}
    announce(repository, actor, event, **parts)


async def _tell_push(
    repository: Repository, actor: User, ref: str, before: str | None, after: str | None
) -> None:
    git = repository.git
    forced = bool(before and after) and not await git.is_ancestor(before or "", after or "")
    commits = [await _pushed(repository, s) for s in await _new(repository, before, after)]
    page = repo_page(repository)
    announce(
        repository,
        actor,
        "push",
        ref=ref,
        before=before or NOTHING,
        after=after or NOTHING,
        # In this one event the times of the repository are seconds since the epoch.
        repository=repository_view(repository)
        | {
            "created_at": int(repository.created_at.timestamp()),
            "pushed_at": int(repository.pushed_at.timestamp()),
            "stargazers": 0,
            "master_branch": repository.default_branch,
        },
        pusher={"name": actor.login, "email": actor.email},
        created=before is None,
        deleted=after is None,
        forced=forced,
        base_ref=None,
        compare=f"{page}/compare/{(before or NOTHING)[:12]}...{(after or NOTHING)[:12]}",
        commits=commits,
        head_commit=await _pushed(repository, after) if after else None,
    )


async def _new(repository: Repository, before: str | None, after: str | None) -> list[str]:
    """Commits that came with the push, oldest first."""
    if after is None:
        return []
    known = [before] if before else []
    tip = (await repository.git.branches()).get(repository.default_branch)
    if tip and tip != after and not before:
        known.append(tip)
    return (await repository.git.log(after, *(f"^{sha}" for sha in known)))[::-1]


async def _pushed(repository: Repository, sha: str) -> Json:
    commit = await repository.git.commit(sha)
    files = await changed_files(
        repository.git, commit.parents[0] if commit.parents else EMPTY_TREE, sha
    )
    return {
        "id": sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": stamp(commit.committer.at),
        "url": repo_page(repository, f"/commit/{sha}"),
        "author": _person(repository, commit.author),
        "committer": _person(repository, commit.committer),
        "added": [file.path for file in files if file.status == "added"],
        "removed": [file.path for file in files if file.status == "removed"],
        "modified": [file.path for file in files if file.status not in ("added", "removed")],
    }


def _person(repository: Repository, who: Signed) -> Json:
    account = author_of(repository.world, who)
    view = {"name": who.name, "email": who.email, "date": stamp(who.at)}
    return view | ({"username": account.login} if account else {})
