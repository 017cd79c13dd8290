"""Pull requests, reviews and review comments."""

from __future__ import annotations

from dataclasses import dataclass

from bot.simulators.github.records import (
    Issue,
    Json,
    Pull,
    Repository,
    Review,
    ReviewComment,
)
from bot.simulators.github.views.accounts import association, user, user_or_none
from bot.simulators.github.views.addresses import (
    node_id,
    repo_url,
    stamp,
    stamp_or_none,
)
from bot.simulators.github.views.issues import comment_count, issue_page, labels, rollup
from bot.simulators.github.views.repositories import repository as repository_view
from bot.simulators.github.world import World


@dataclass(frozen=True, slots=True)
class Diffstat:
    """What a pull request changes, and whether it merges (None: not yet known)."""

    commits: int
    additions: int
    deletions: int
    files: int
    mergeable: bool | None
    mergeable_state: str


def pull_of(issue: Issue) -> Pull:
    """The pull request that an issue is known to be."""
    assert issue.pull is not None, f"#{issue.number} is not a pull request"  # noqa: S101
    return issue.pull


def simple_pull(world: World, repository: Repository, issue: Issue) -> Json:
    """A pull request as lists show it."""
    pull = pull_of(issue)
    url = repo_url(world, repository, f"/pulls/{issue.number}")
    issue_url = repo_url(world, repository, f"/issues/{issue.number}")
    page = issue_page(world, repository, issue)
    links = {
        "self": url,
        "html": page,
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": repo_url(world, repository, "/pulls/comments{/number}"),
        "commits": f"{url}/commits",
        "statuses": repo_url(world, repository, f"/statuses/{pull.head_sha}"),
    }
    return {
        "url": url,
        "id": pull.id,
        "node_id": node_id("PR", issue.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue_url,
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": user(world, issue.user),
        "body": issue.body,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp_or_none(issue.closed_at),
        "merged_at": stamp_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": user(world, issue.assignees[0]) if issue.assignees else None,
        "assignees": [user(world, assignee) for assignee in issue.assignees],
        "requested_reviewers": [user(world, who) for who in pull.requested_reviewers],
        "requested_teams": [],
        "labels": labels(world, repository, issue),
        "milestone": None,
        "draft": pull.draft,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _side(world, repository, pull.head_ref, pull.head_sha),
        "base": _side(world, repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": association(repository, issue.user),
        "auto_merge": None,
        "active_lock_reason": issue.lock_reason,
    }


def pull(world: World, repository: Repository, issue: Issue, stat: Diffstat) -> Json:
    """A pull request, whole."""
    one = pull_of(issue)
    comments = [c for c in repository.review_comments.values() if c.issue is issue]
    return simple_pull(world, repository, issue) | {
        "merged": one.merged_at is not None,
        "mergeable": stat.mergeable,
        "rebaseable": stat.mergeable,
        "mergeable_state": stat.mergeable_state,
        "merged_by": user_or_none(world, one.merged_by),
        "comments": comment_count(repository, issue),
        "review_comments": len(comments),
        "maintainer_can_modify": one.maintainer_can_modify,
        "commits": stat.commits,
        "additions": stat.additions,
        "deletions": stat.deletions,
        "changed_files": stat.files,
    }


def review(world: World, repository: Repository, one: Review) -> Json:
    """A review."""
    page = f"{issue_page(world, repository, one.issue)}#pullrequestreview-{one.id}"
    pull_url = repo_url(world, repository, f"/pulls/{one.issue.number}")
    view: Json = {
        "id": one.id,
        "node_id": node_id("PRR", one.id),
        "user": user(world, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(repository, one.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
        "commit_id": one.commit_id,
    }
    return view | ({"submitted_at": stamp(one.submitted_at)} if one.submitted_at else {})


def review_comment(world: World, repository: Repository, one: ReviewComment) -> Json:
    """A comment on a line of the diff."""
    url = repo_url(world, repository, f"/pulls/comments/{one.id}")
    page = f"{issue_page(world, repository, one.issue)}#discussion_r{one.id}"
    pull_url = repo_url(world, repository, f"/pulls/{one.issue.number}")
    view: Json = {
        "url": url,
        "pull_request_review_id": one.review.id,
        "id": one.id,
        "node_id": node_id("PRRC", one.id),
        "diff_hunk": one.diff_hunk,
        "path": one.path,
        "commit_id": one.commit_id,
        "original_commit_id": one.commit_id,
        "user": user(world, one.user),
        "body": one.body,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(repository, one.user),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": pull_url},
        },
        "reactions": rollup(url, one.reactions),
        "start_line": one.start_line,
        "original_start_line": one.start_line,
        "start_side": one.start_side,
        "side": one.side,
        "subject_type": one.subject_type,
    }
    if one.position is not None:
        view |= {"position": one.position, "original_position": one.position}
    if one.line is not None:
        view |= {"line": one.line, "original_line": one.line}
    return view | ({"in_reply_to_id": one.in_reply_to} if one.in_reply_to else {})


def _side(world: World, repository: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repository.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(world, repository.owner),
        "repo": repository_view(world, repository),
    }


def minimal_pull(world: World, repository: Repository, issue: Issue) -> Json:
    """A pull request as a check run names it."""
    one = pull_of(issue)
    where = {"id": repository.id, "url": repo_url(world, repository), "name": repository.name}
    return {
        "id": one.id,
        "number": issue.number,
        "url": repo_url(world, repository, f"/pulls/{issue.number}"),
        "head": {"ref": one.head_ref, "sha": one.head_sha, "repo": where},
        "base": {"ref": one.base_ref, "sha": one.base_sha, "repo": where},
    }
