"""Open, edit, ready, merge pull requests."""

from __future__ import annotations

import re

from bot.simulators.github.actions.diffstat import base_tip, pull_commits
from bot.simulators.github.actions.history import note, tell, touch
from bot.simulators.github.actions.issues import check_body, check_title, set_state
from bot.simulators.github.actions.pushes import ref_moved
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import GitHubError, invalid, refused
from bot.simulators.github.records import Issue, Json, Pull, Repository, User
from bot.simulators.github.views import accounts
from bot.simulators.github.views.pulls import pull_of
from bot.simulators.github.world import World

# https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


async def open_pull(
    world: World,
    repository: Repository,
    actor: User,
    *,
    title: str,
    body: str | None,
    head: str,
    base: str,
    draft: bool = False,
    maintainer_can_modify: bool = False,
) -> Issue:
    """A new pull request. Raises 422 for branches that are missing, the same, or taken."""
    owner, _, branch = head.rpartition(":")
    if owner and owner.lower() != repository.owner.login.lower():
        raise invalid("PullRequest", "head")
    branches = await repository.git.branches()
    for field, name in (("head", branch), ("base", base)):
        if name not in branches:
            raise invalid("PullRequest", field)
    check_title("PullRequest", title)
    check_body("PullRequest", body)
    if any(p.head_ref == branch and p.base_ref == base for _, p in repository.open_pulls()):
        label = f"{repository.owner.login}:{branch}"
        raise refused("PullRequest", f"A pull request already exists for {label}.")
    if not await repository.git.log(branches[branch], f"^{branches[base]}"):
        raise refused("PullRequest", f"No commits between {base} and {branch}")
    repository.last_number += 1
    now = world.now()
    issue = Issue(world.next_id(), repository.last_number, title, body, actor, now, now)
    issue.pull = Pull(
        id=world.next_id(),
        head_ref=branch,
        head_sha=branches[branch],
        base_ref=base,
        base_sha=branches[base],
        draft=draft,
        maintainer_can_modify=maintainer_can_modify,
    )
    repository.issues[issue.number] = issue
    await repository.git.move(f"refs/pull/{issue.number}/head", issue.pull.head_sha)
    await tell(world, repository, actor, issue, "opened", fresh=True)
    return issue


async def set_base(
    world: World, repository: Repository, actor: User, issue: Issue, base: str
) -> None:
    """Aim a pull request at another branch. Raises 422 where there is none."""
    pull = pull_of(issue)
    if base == pull.base_ref:
        return
    sha = (await repository.git.branches()).get(base)
    if sha is None:
        message = f"Proposed base branch '{base}' was not found"
        raise invalid("PullRequest", "base", "invalid", message)
    changes: Json = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    pull.base_ref, pull.base_sha = base, sha
    touch(world, issue)
    await tell(world, repository, actor, issue, "edited", changes=changes)


async def set_draft(
    world: World, repository: Repository, actor: User, issue: Issue, *, draft: bool
) -> None:
    """Mark a pull request as a draft, or as ready for review."""
    pull = pull_of(issue)
    if pull.draft == draft:
        return
    pull.draft = draft
    touch(world, issue)
    action = "converted_to_draft" if draft else "ready_for_review"
    note(world, issue, actor, "convert_to_draft" if draft else action)
    await tell(world, repository, actor, issue, action)


async def request_reviewers(
    world: World,
    repository: Repository,
    actor: User,
    issue: Issue,
    people: list[User],
    *,
    wanted: bool = True,
) -> None:
    """Ask people for a review, or no longer."""
    pull = pull_of(issue)
    for person in people:
        if (person in pull.requested_reviewers) == wanted:
            continue
        if wanted and person is issue.user:
            message = "Review cannot be requested from pull request author."
            raise GitHubError(422, message)
        (pull.requested_reviewers.append if wanted else pull.requested_reviewers.remove)(person)
        touch(world, issue)
        view = accounts.user(world, person)
        action = "review_requested" if wanted else "review_request_removed"
        asked_by = accounts.user(world, actor)
        note(world, issue, actor, action, review_requester=asked_by, requested_reviewer=view)
        await tell(world, repository, actor, issue, action, requested_reviewer=view)


async def merge_pull(
    world: World,
    repository: Repository,
    actor: User,
    issue: Issue,
    *,
    method: str = "merge",
    title: str | None = None,
    message: str | None = None,
    expected: str | None = None,
) -> str:
    """Merge into the base branch; the SHA that is now its tip.

    Raises 405 where it can't be merged, 409 where the head is not the ``expected`` one.
    """
    pull, git = pull_of(issue), repository.git
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "merge_method")
    if issue.state == "closed" or pull.draft:
        why = "Pull Request is still a draft" if pull.draft else "Pull Request is not mergeable"
        raise GitHubError(405, why)
    if expected and expected != pull.head_sha:
        raise GitHubError(409, "Head branch was modified. Review and try the merge again.")
    tip = await base_tip(repository, pull)
    tree = await git.merge_tree(tip, pull.head_sha)
    if tree is None:
        raise GitHubError(405, "Pull Request is not mergeable")
    who = Signed(actor.name or actor.login, actor.email, world.now())
    label = f"{repository.owner.login}/{pull.head_ref}"
    if method == "rebase":
        merged = await _rebase(repository, pull, tip, who)
    else:
        default = f"Merge pull request #{issue.number} from {label}"
        first = title or (default if method == "merge" else f"{issue.title} (#{issue.number})")
        merged = await git.write_commit(
            tree=tree,
            parents=[tip, pull.head_sha] if method == "merge" else [tip],
            message=f"{first}\n\n{message if message is not None else issue.title}",
            author=who,
            committer=Signed("GitHub", "noreply@github.com", world.now()),
            by_github=True,
        )
    commits = await pull_commits(repository, pull)
    words = [issue.body or "", *[(await git.commit(sha)).message for sha in commits]]
    await git.move(f"refs/heads/{pull.base_ref}", merged, expected=tip)
    pull.base_sha, pull.merged_at, pull.merged_by = tip, world.now(), actor
    pull.merge_commit_sha = merged
    note(world, issue, actor, "merged", commit_id=merged)
    await set_state(world, repository, actor, issue, "closed")
    await ref_moved(world, repository, actor, f"refs/heads/{pull.base_ref}", tip, merged)
    if pull.base_ref == repository.default_branch:
        await _close_linked(world, repository, actor, "\n".join(words), merged)
    return merged


async def _rebase(repository: Repository, pull: Pull, tip: str, who: Signed) -> str:
    git = repository.git
    for sha in await pull_commits(repository, pull):
        commit = await git.commit(sha)
        # merge-tree finds the merge base by itself: a commit on the old parent that has the new
        # tip's tree makes that parent the base, which is what picking a commit means.
        stand_in = await git.write_commit(
            tree=(await git.commit(tip)).tree,
            parents=commit.parents[:1],
            message="",
            author=who,
            committer=who,
            by_github=False,
        )
        tree = await git.merge_tree(stand_in, sha)
        if tree is None:
            raise GitHubError(405, "This branch can't be rebased")
        tip = await git.write_commit(
            tree=tree,
            parents=[tip],
            message=commit.message,
            author=commit.author,
            committer=who,
            by_github=False,
        )
    return tip


async def _close_linked(
    world: World, repository: Repository, actor: User, words: str, commit: str
) -> None:
    for number in dict.fromkeys(int(found) for found in _CLOSES.findall(words)):
        linked = repository.issues.get(number)
        if linked and not linked.pull and not linked.gone and linked.state == "open":
            await set_state(world, repository, actor, linked, "closed", commit_id=commit)
