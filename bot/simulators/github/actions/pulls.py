"""Open, edit, ready, merge pull requests."""

from __future__ import annotations

import re

from bot.simulators.github.actions.diffstat import base_tip, pull_commits
from bot.simulators.github.actions.history import note, tell
from bot.simulators.github.actions.issues import new_issue, set_state
from bot.simulators.github.actions.pushes import ref_moved
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import GitHubError, invalid, refused
from bot.simulators.github.records import Issue, Json, Pull, Repository, User

# https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


async def open_pull(
    repository: Repository,
    actor: User,
    *,
    title: str,
    body: str | None,
    head: str,
    base: str,
    draft: bool = False,
) -> Issue:
    """A new pull request. Raises 422 for branches that are missing, the same, or taken."""
    owner, _, branch = head.rpartition(":")
    if owner and owner.lower() != repository.owner.login.lower():
        raise invalid("PullRequest", "head")
    branches = await repository.git.branches()
    for field, name in (("head", branch), ("base", base)):
        if name not in branches:
            raise invalid("PullRequest", field)
    if any(p.head_ref == branch and p.base_ref == base for _, p in repository.open_pulls()):
        label = f"{repository.owner.login}:{branch}"
        raise refused("PullRequest", f"A pull request already exists for {label}.")
    if not await repository.git.log(branches[branch], f"^{branches[base]}"):
        raise refused("PullRequest", f"No commits between {base} and {branch}")
    issue = new_issue(repository, actor, "PullRequest", title, body)
    issue.pull = Pull(
        id=actor.world.next_id(),
        head_ref=branch,
        head_sha=branches[branch],
        base_ref=base,
        base_sha=branches[base],
        draft=draft,
    )
    await repository.git.move(f"refs/pull/{issue.number}/head", issue.pull.head_sha)
    await tell(actor, issue, "opened", fresh=True)
    return issue


async def set_base(actor: User, issue: Issue, base: str) -> None:
    """Aim a pull request at another branch. Raises 422 where there is none."""
    pull = issue.as_pull
    if base == pull.base_ref:
        return
    sha = (await issue.repository.git.branches()).get(base)
    if sha is None:
        message = f"Proposed base branch '{base}' was not found"
        raise invalid("PullRequest", "base", "invalid", message)
    changes: Json = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    pull.base_ref, pull.base_sha = base, sha
    await tell(actor, issue, "edited", changes=changes)


async def set_draft(actor: User, issue: Issue, *, draft: bool) -> None:
    """Mark a pull request as a draft, or as ready for review."""
    pull = issue.as_pull
    if pull.draft == draft:
        return
    pull.draft = draft
    action = "converted_to_draft" if draft else "ready_for_review"
    note(actor, issue, "convert_to_draft" if draft else action)
    await tell(actor, issue, action)


async def merge_pull(actor: User, issue: Issue, *, method: str = "merge") -> str:
    """Merge into the base branch; the SHA that is now its tip. Raises 405 where it can't be."""
    repository, git, pull = issue.repository, issue.repository.git, issue.as_pull
    if method not in ("merge", "squash"):
        raise invalid("PullRequest", "merge_method")
    if issue.state == "closed" or pull.draft:
        why = "Pull Request is still a draft" if pull.draft else "Pull Request is not mergeable"
        raise GitHubError(405, why)
    tip = await base_tip(issue)
    tree = await git.merge_tree(tip, pull.head_sha)
    if tree is None:
        raise GitHubError(405, "Pull Request is not mergeable")
    squash = method == "squash"
    first = f"Merge pull request #{issue.number} from {repository.owner.login}/{pull.head_ref}"
    merged = await git.write_commit(
        tree=tree,
        parents=[tip] if squash else [tip, pull.head_sha],
        message=f"{issue.title} (#{issue.number})" if squash else f"{first}\n\n{issue.title}",
        author=Signed(actor.name or actor.login, actor.email, actor.world.now()),
        committer=Signed("GitHub", "noreply@github.com", actor.world.now()),
        by_github=True,
    )
    commits = [await git.commit(sha) for sha in await pull_commits(issue)]
    words = "\n".join([issue.body or "", *(commit.message for commit in commits)])
    await git.move(f"refs/heads/{pull.base_ref}", merged, expected=tip)
    pull.base_sha, pull.merged_at, pull.merged_by = tip, actor.world.now(), actor
    pull.merge_commit_sha = merged
    note(actor, issue, "merged", commit_id=merged)
    await set_state(actor, issue, "closed")
    await ref_moved(repository, actor, f"refs/heads/{pull.base_ref}", tip, merged)
    if pull.base_ref == repository.default_branch:
        for number in dict.fromkeys(int(found) for found in _CLOSES.findall(words)):
            linked = repository.issues.get(number)
            if linked and not linked.pull and not linked.gone and linked.state == "open":
                await set_state(actor, linked, "closed", commit_id=merged)
    return merged
