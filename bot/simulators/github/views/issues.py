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
from bot.simulators.github.world import World


def rollup(url: str, reactions: Sequence[Reaction]) -> Json:
    """How many reactions of each kind."""
    counts: dict[str, int] = {kind: sum(r.content == kind for r in reactions) for kind in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def reaction(world: World, one: Reaction) -> Json:
    """One reaction."""
    return {
        "id": one.id,
        "node_id": node_id("REA", one.id),
        "user": user(world, one.user),
        "content": one.content,
        "created_at": stamp(one.created_at),
    }


def labels(world: World, repository: Repository, of: Issue) -> list[Json]:
    """The labels of an issue."""
    return [label(world, repository, repository.labels[name]) for name in of.labels]


def comment_count(repository: Repository, of: Issue) -> int:
    """How many comments the conversation has."""
    return sum(comment.issue is of for comment in repository.comments.values())


def issue_page(world: World, repository: Repository, one: Issue) -> str:
    """Where people read it."""
    kind = "pull" if one.pull else "issues"
    return repo_page(world, repository, f"/{kind}/{one.number}")


def pull_link(world: World, repository: Repository, one: Issue) -> Json | None:
    """The ``pull_request`` key, by which an issue is known to be a pull request."""
    if one.pull is None:
        return None
    page = issue_page(world, repository, one)
    return {
        "url": repo_url(world, repository, f"/pulls/{one.number}"),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": stamp_or_none(one.pull.merged_at),
    }


def issue(world: World, repository: Repository, one: Issue) -> Json:
    """An issue, or a pull request seen as one."""
    url = repo_url(world, repository, f"/issues/{one.number}")
    view: Json = {
        "url": url,
        "repository_url": repo_url(world, repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": issue_page(world, repository, one),
        "id": one.id,
        "node_id": node_id("PR" if one.pull else "I", one.id),
        "number": one.number,
        "title": one.title,
        "user": user(world, one.user),
        "labels": labels(world, repository, one),
        "state": one.state,
        "locked": one.locked,
        "assignee": user(world, one.assignees[0]) if one.assignees else None,
        "assignees": [user(world, assignee) for assignee in one.assignees],
        "milestone": None,
        "comments": comment_count(repository, one),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "closed_at": stamp_or_none(one.closed_at),
        "author_association": association(repository, one.user),
        "active_lock_reason": one.lock_reason,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "issue_dependencies_summary": {
            "blocked_by": 0,
            "total_blocked_by": 0,
            "blocking": 0,
            "total_blocking": 0,
        },
        "issue_field_values": [],
        "body": one.body,
        "closed_by": user_or_none(world, one.closed_by),
        "reactions": rollup(url, one.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": via_app(world, one.user),
        "state_reason": one.state_reason,
    }
    if one.pull:
        view["draft"] = one.pull.draft
        view["pull_request"] = pull_link(world, repository, one)
    return view


def comment(world: World, repository: Repository, one: Comment) -> Json:
    """A comment of a conversation."""
    url = repo_url(world, repository, f"/issues/comments/{one.id}")
    page = issue_page(world, repository, one.issue)
    return {
        "url": url,
        "html_url": f"{page}#issuecomment-{one.id}",
        "issue_url": repo_url(world, repository, f"/issues/{one.issue.number}"),
        "id": one.id,
        "node_id": node_id("IC", one.id),
        "user": user(world, one.user),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": association(repository, one.user),
        "body": one.body,
        "reactions": rollup(url, one.reactions),
        "performed_via_github_app": via_app(world, one.user),
    }


def event(world: World, repository: Repository, one: IssueEvent) -> Json:
    """An entry of an issue's history."""
    commit = one.commit_id
    return {
        "id": one.id,
        "node_id": node_id("EV", one.id),
        "url": repo_url(world, repository, f"/issues/events/{one.id}"),
        "actor": user(world, one.actor),
        "event": one.event,
        "commit_id": commit,
        "commit_url": repo_url(world, repository, f"/commits/{commit}") if commit else None,
        "created_at": stamp(one.created_at),
        "performed_via_github_app": via_app(world, one.actor),
        **one.details,
    }


def timeline_event(world: World, repository: Repository, one: IssueEvent) -> Json:
    """The same as the timeline has it: without who assigned."""
    view = event(world, repository, one)
    return {key: value for key, value in view.items() if key != "assigner"}


def timeline_comment(world: World, repository: Repository, one: Comment) -> Json:
    """A comment as the timeline has it."""
    author = user(world, one.user)
    return comment(world, repository, one) | {"event": "commented", "actor": author}


def found(world: World, repository: Repository, one: Issue) -> Json:
    """An issue as a search result; unlike elsewhere, its body is never null."""
    view = issue(world, repository, one) | {"body": one.body or "", "score": 1.0}
    return {key: value for key, value in view.items() if key != "closed_by"}
