"""Issues, comments, reactions and an issue's history."""

from __future__ import annotations

from collections.abc import Sequence

from bot.simulators.github.records import (
    REACTIONS,
    Comment,
    Issue,
    IssueEvent,
    Json,
    Reaction,
    Repository,
    ReviewComment,
)
from bot.simulators.github.views.accounts import association, user, user_or_none, via_app
from bot.simulators.github.views.addresses import (
    node_id,
    repo_page,
    repo_url,
    stamp,
    stamp_or_none,
)
from bot.simulators.github.views.repositories import label


def rollup(url: str, reactions: Sequence[Reaction]) -> Json:
    """How many reactions of each kind."""
    counts: dict[str, int] = {kind: sum(r.content == kind for r in reactions) for kind in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def reaction(one: Reaction) -> Json:
    """One reaction."""
    return {
        "id": one.id,
        "node_id": node_id("REA", one.id),
        "user": user(one.user),
        "content": one.content,
        "created_at": stamp(one.created_at),
    }


def labels(of: Issue) -> list[Json]:
    """The labels of an issue."""
    return [label(of.repository, of.repository.labels[name]) for name in of.labels]


def issue_page(one: Issue) -> str:
    """Where people read it."""
    kind = "pull" if one.pull else "issues"
    return repo_page(one.repository, f"/{kind}/{one.number}")


def pull_link(one: Issue) -> Json | None:
    """The ``pull_request`` key, by which an issue is known to be a pull request."""
    if one.pull is None:
        return None
    page = issue_page(one)
    return {
        "url": repo_url(one.repository, f"/pulls/{one.number}"),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": stamp_or_none(one.pull.merged_at),
    }


def shared(one: Issue) -> Json:
    """What an issue and a pull request have in common."""
    return {
        "html_url": issue_page(one),
        "number": one.number,
        "title": one.title,
        "body": one.body,
        "user": user(one.user),
        "labels": labels(one),
        "state": one.state,
        "locked": one.locked,
        "active_lock_reason": None,
        "assignee": user(one.assignees[0]) if one.assignees else None,
        "assignees": [user(assignee) for assignee in one.assignees],
        "milestone": None,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "closed_at": stamp_or_none(one.closed_at),
        "author_association": association(one.repository, one.user),
    }


def issue(one: Issue) -> Json:
    """An issue, or a pull request seen as one."""
    url = repo_url(one.repository, f"/issues/{one.number}")
    view: Json = shared(one) | {
        "url": url,
        "repository_url": repo_url(one.repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "id": one.id,
        "node_id": node_id("PR" if one.pull else "I", one.id),
        "comments": len(one.comments),
        "closed_by": user_or_none(one.closed_by),
        "reactions": rollup(url, one.reactions),
        "performed_via_github_app": via_app(one.user, one.via),
        "state_reason": one.state_reason,
    }
    if one.pull:
        view["draft"] = one.pull.draft
        view["pull_request"] = pull_link(one)
    return view


def said(one: Comment | ReviewComment, url: str, anchor: str) -> Json:
    """What comments of a conversation and of a diff have in common."""
    return {
        "id": one.id,
        "url": url,
        "html_url": f"{issue_page(one.issue)}#{anchor}{one.id}",
        "user": user(one.user),
        "body": one.body,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": association(one.issue.repository, one.user),
        "reactions": rollup(url, one.reactions),
    }


def comment(one: Comment) -> Json:
    """A comment of a conversation."""
    repository = one.issue.repository
    url = repo_url(repository, f"/issues/comments/{one.id}")
    return said(one, url, "issuecomment-") | {
        "issue_url": repo_url(repository, f"/issues/{one.issue.number}"),
        "node_id": node_id("IC", one.id),
        "performed_via_github_app": via_app(one.user, one.via),
    }


def event(repository: Repository, one: IssueEvent) -> Json:
    """An entry of an issue's history."""
    commit = one.commit_id
    return {
        "id": one.id,
        "node_id": node_id("EV", one.id),
        "url": repo_url(repository, f"/issues/events/{one.id}"),
        "actor": user(one.actor),
        "event": one.event,
        "commit_id": commit,
        "commit_url": repo_url(repository, f"/commits/{commit}") if commit else None,
        "created_at": stamp(one.created_at),
        "performed_via_github_app": via_app(one.actor),
        **one.details,
    }
