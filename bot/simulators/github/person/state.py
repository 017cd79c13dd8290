"""Everything there is, for a page to draw and a test to look at; and word of each change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from bot.simulators.github.actions.diffstat import (
    diffstat,
    fork_point,
    pull_commits,
    pull_files,
)
from bot.simulators.github.diffs import unified_diff
from bot.simulators.github.records import (
    CheckRun,
    Comment,
    Issue,
    Json,
    Pull,
    Reaction,
    Repository,
    Review,
    ReviewComment,
)
from bot.simulators.github.views import issues as issue_views
from bot.simulators.github.views.addresses import stamp
from bot.simulators.github.wire.routing import Call, Routes, answer

routes = Routes()
_HEARTBEAT = 15.0


@routes("GET", "/_sim/state", "anyone")
async def state(call: Call) -> web.StreamResponse:
    """Accounts, installations, and each repository with its issues and pull requests."""
    world = call.world
    view = {
        "version": world.version,
        "app": {"id": world.app.id, "slug": world.app.slug, "login": world.app.bot.login},
        "users": [
            {"login": user.login, "name": user.name, "type": user.type, "id": user.id}
            for user in world.users.values()
        ],
        "installations": [
            {
                "id": one.id,
                "account": one.account.login,
                "repositories": [repo.full_name for repo in world.covered(one)],
                "suspended": one.suspended_at is not None,
            }
            for one in world.installations.values()
        ],
        "repositories": [await _repository(one) for one in world.repositories.values()],
    }
    return answer(view)


@routes("GET", "/_sim/repos/{owner}/{repo}/issues/{number}", "anyone")
async def one_issue(call: Call) -> web.StreamResponse:
    """One issue or pull request, as in the state."""
    return answer(await _issue(call.issue()))


@routes("GET", "/_sim/stream", "anyone")
async def stream(call: Call) -> web.StreamResponse:
    """Server-Sent Events: ``{"version": n, "kind": ..., "repository": ..., "number": ...}``."""
    world = call.world
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    told = web.StreamResponse(headers=headers)
    # Whoever listens may leave at any moment; that is no error.
    with world.listening() as changes, suppress(ConnectionError):
        await told.prepare(call.request)
        await told.write(_event({"version": world.version, "kind": "hello"}))
        while True:
            try:
                news = await asyncio.wait_for(changes.get(), _HEARTBEAT)
            except TimeoutError:
                await told.write(b": still here\n\n")
                continue
            if not news:
                break
            await told.write(_event(news))
    return told


def _event(news: Json) -> bytes:
    return f"id: {news['version']}\ndata: {json.dumps(news)}\n\n".encode()


async def _repository(one: Repository) -> Json:
    listed = [issue for issue in one.issues.values() if not issue.gone]
    return {
        "full_name": one.full_name,
        "private": one.private,
        "description": one.description,
        "default_branch": one.default_branch,
        "roles": {user.login.lower(): role for user, role in one.roles.items()},
        "branches": await one.git.branches(),
        "labels": [{"name": label.name, "color": label.color} for label in one.labels.values()],
        "issues": [await _issue(issue) for issue in listed],
    }


async def _issue(one: Issue) -> Json:
    view: Json = {
        "number": one.number,
        "kind": "pull" if one.pull else "issue",
        "title": one.title,
        "body": one.body,
        "author": one.user.login,
        "state": one.state,
        "state_reason": one.state_reason,
        "locked": one.locked,
        "labels": [
            {"name": label.name, "color": label.color}
            for label in map(one.repository.labels.__getitem__, one.labels)
        ],
        "assignees": [person.login for person in one.assignees],
        "reactions": _reactions(one.reactions),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "html_url": issue_views.issue_page(one),
        "comments": [_comment(comment) for comment in one.comments],
        "events": [
            {"event": e.event, "actor": e.actor.login, "created_at": stamp(e.created_at)}
            for e in one.history
        ],
    }
    return view | ({"pull": await _pull(one, one.pull)} if one.pull else {})


async def _pull(issue: Issue, pull: Pull) -> Json:
    repository, stat = issue.repository, await diffstat(issue)
    git, runs = repository.git, repository.runs_on(pull.head_sha)
    commits = [await git.commit(sha) for sha in await pull_commits(issue)]
    return {
        "head": pull.head_ref,
        "head_sha": pull.head_sha,
        "base": pull.base_ref,
        "base_sha": pull.base_sha,
        "draft": pull.draft,
        "merged": pull.merged_at is not None,
        "merged_by": pull.merged_by.login if pull.merged_by else None,
        "mergeable": stat.mergeable,
        "mergeable_state": stat.mergeable_state,
        "additions": stat.additions,
        "deletions": stat.deletions,
        "files": [
            {
                "path": file.path,
                "previous": file.previous,
                "status": file.status,
                "additions": file.additions,
                "deletions": file.deletions,
                "patch": file.patch,
            }
            for file in await pull_files(issue)
        ],
        "diff": await unified_diff(git, await fork_point(issue), pull.head_sha),
        "commits": [
            {
                "sha": commit.sha,
                "message": commit.message,
                "author": commit.author.name,
                "verified": commit.verified,
            }
            for commit in commits
        ],
        "checks": [_check(run) for run in runs],
        "reviews": [_review(one) for one in issue.reviews],
        "review_comments": [_review_comment(one) for one in issue.review_comments],
    }


def _reactions(reactions: Sequence[Reaction]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in reactions:
        found.setdefault(one.content, []).append(one.user.login)
    return found


def _comment(one: Comment) -> Json:
    return {
        "id": one.id,
        "author": one.user.login,
        "body": one.body,
        "reactions": _reactions(one.reactions),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
    }


def _check(one: CheckRun) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "conclusion": one.conclusion,
        "output": one.output,
        "annotations": one.annotations,
        "details_url": one.details_url,
        "actions": one.actions,
    }


def _review(one: Review) -> Json:
    return {
        "id": one.id,
        "author": one.user.login,
        "state": one.state,
        "body": one.body,
        "submitted_at": stamp(one.submitted_at),
    }


def _review_comment(one: ReviewComment) -> Json:
    return {
        "id": one.id,
        "review": one.review.id,
        "author": one.user.login,
        "body": one.body,
        "path": one.path,
        "line": one.line,
        "side": one.side,
        "diff_hunk": one.diff_hunk,
        "in_reply_to": one.in_reply_to,
        "reactions": _reactions(one.reactions),
        "created_at": stamp(one.created_at),
    }
