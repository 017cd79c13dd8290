"""Pull requests, reviews and review comments."""

from __future__ import annotations

from dataclasses import dataclass

from bot.simulators.github.records import (
    Issue,
    Json,
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
from bot.simulators.github.views.issues import issue_page, said, shared
from bot.simulators.github.views.repositories import repository as repository_view


@dataclass(frozen=True, slots=True)
class Diffstat:
    """What a pull request changes, and whether it merges (None: not yet known)."""

    commits: int
    additions: int
    deletions: int
    files: int
    mergeable: bool | None
    mergeable_state: str


def simple_pull(issue: Issue) -> Json:
    """A pull request as lists show it."""
    pull, repository = issue.as_pull, issue.repository
    url = repo_url(repository, f"/pulls/{issue.number}")
    issue_url = repo_url(repository, f"/issues/{issue.number}")
    page = issue_page(issue)
    links = {
        "self": url,
        "html": page,
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": repo_url(repository, "/pulls/comments{/number}"),
        "commits": f"{url}/commits",
        "statuses": repo_url(repository, f"/statuses/{pull.head_sha}"),
    }
    return shared(issue) | {
        "url": url,
        "id": pull.id,
        "node_id": node_id("PR", issue.id),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": stamp_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": pull.draft,
        "issue_url": issue_url,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _side(repository, pull.head_ref, pull.head_sha),
        "base": _side(repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": href} for name, href in links.items()},
        "auto_merge": None,
    }


def pull(issue: Issue, stat: Diffstat) -> Json:
    """A pull request, whole."""
    one = issue.as_pull
    return simple_pull(issue) | {
        "merged": one.merged_at is not None,
        "mergeable": stat.mergeable,
        "rebaseable": stat.mergeable,
        "mergeable_state": stat.mergeable_state,
        "merged_by": user_or_none(one.merged_by),
        "comments": len(issue.comments),
        "review_comments": len(issue.review_comments),
        "maintainer_can_modify": False,
        "commits": stat.commits,
        "additions": stat.additions,
        "deletions": stat.deletions,
        "changed_files": stat.files,
    }


def review(one: Review) -> Json:
    """A review."""
    page = f"{issue_page(one.issue)}#pullrequestreview-{one.id}"
    pull_url = repo_url(one.issue.repository, f"/pulls/{one.issue.number}")
    return {
        "id": one.id,
        "node_id": node_id("PRR", one.id),
        "user": user(one.user),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(one.issue.repository, one.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
        "commit_id": one.commit_id,
        "submitted_at": stamp(one.submitted_at),
    }


def review_comment(one: ReviewComment) -> Json:
    """A comment on a line of the diff."""
    repository = one.issue.repository
    url = repo_url(repository, f"/pulls/comments/{one.id}")
    pull_url = repo_url(repository, f"/pulls/{one.issue.number}")
    view: Json = said(one, url, "discussion_r") | {
        "pull_request_review_id": one.review.id,
        "node_id": node_id("PRRC", one.id),
        "diff_hunk": one.diff_hunk,
        "path": one.path,
        "commit_id": one.commit_id,
        "original_commit_id": one.commit_id,
        "pull_request_url": pull_url,
        "position": one.position,
        "original_position": one.position,
        "line": one.line,
        "original_line": one.line,
        "side": one.side,
        "start_line": None,
        "original_start_line": None,
        "start_side": None,
        "subject_type": "line",
    }
    places = {"self": url, "html": view["html_url"], "pull_request": pull_url}
    view["_links"] = {name: {"href": href} for name, href in places.items()}
    return view | ({"in_reply_to_id": one.in_reply_to} if one.in_reply_to else {})


def _side(repository: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repository.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(repository.owner),
        "repo": repository_view(repository),
    }


def minimal_pull(issue: Issue) -> Json:
    """A pull request as a check run names it."""
    one, repository = issue.as_pull, issue.repository
    where = {"id": repository.id, "url": repo_url(repository), "name": repository.name}
    return {
        "id": one.id,
        "number": issue.number,
        "url": repo_url(repository, f"/pulls/{issue.number}"),
        "head": {"ref": one.head_ref, "sha": one.head_sha, "repo": where},
        "base": {"ref": one.base_ref, "sha": one.base_sha, "repo": where},
    }
