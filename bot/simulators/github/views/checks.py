"""Check suites and check runs."""

from __future__ import annotations

from bot.simulators.github.commits import Commit
from bot.simulators.github.records import (
    CheckRun,
    CheckSuite,
    Json,
    Repository,
)
from bot.simulators.github.views.accounts import app
from bot.simulators.github.views.addresses import (
    node_id,
    repo_page,
    repo_url,
    stamp,
    stamp_or_none,
)
from bot.simulators.github.views.pulls import minimal_pull
from bot.simulators.github.views.repositories import minimal_repository


def check_run(one: CheckRun) -> Json:
    """A check run."""
    repository = one.suite.repository
    url = repo_url(repository, f"/check-runs/{one.id}")
    return {
        "id": one.id,
        "name": one.name,
        "node_id": node_id("CR", one.id),
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": repo_page(repository, f"/runs/{one.id}"),
        "details_url": one.details_url,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": stamp(one.started_at),
        "completed_at": stamp_or_none(one.completed_at),
        "output": {
            "title": one.output.get("title"),
            "summary": one.output.get("summary"),
            "text": one.output.get("text"),
            "annotations_count": len(one.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": one.suite.id},
        "app": app(one.suite.app),
        "pull_requests": _pulls(repository, one.head_sha),
    }


def suite_in_run(one: CheckSuite) -> Json:
    """A check suite as the webhook of a check run has it."""
    repository = one.repository
    status, conclusion = suite_result(one.runs)
    return {
        "id": one.id,
        "node_id": node_id("CS", one.id),
        "head_branch": one.head_branch,
        "head_sha": one.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": repo_url(repository, f"/check-suites/{one.id}"),
        "before": one.before,
        "after": one.head_sha,
        "pull_requests": _pulls(repository, one.head_sha),
        "app": app(one.app),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
    }


def check_suite(one: CheckSuite, head: Commit) -> Json:
    """A check suite, whole."""
    view = suite_in_run(one)
    return view | {
        "repository": minimal_repository(one.repository),
        "latest_check_runs_count": len(one.runs),
        "check_runs_url": f"{view['url']}/check-runs",
        "head_commit": {
            "id": head.sha,
            "tree_id": head.tree,
            "message": head.message,
            "timestamp": stamp(head.committer.at),
            "author": {"name": head.author.name, "email": head.author.email},
            "committer": {"name": head.committer.name, "email": head.committer.email},
        },
    }


def job(one: CheckRun) -> Json:
    """A check run of GitHub Actions as the job that it is."""
    repository, suite = one.suite.repository, one.suite
    view = check_run(one)
    same = ("id", "node_id", "head_sha", "name", "html_url", "status", "conclusion", "completed_at")
    steps = [{"status": "completed", "number": n, **s} for n, s in enumerate(one.steps, 1)]
    return {
        **{name: view[name] for name in same},
        "started_at": view["started_at"],
        "created_at": view["started_at"],
        "run_id": suite.id,
        "run_url": repo_url(repository, f"/actions/runs/{suite.id}"),
        "run_attempt": 1,
        "url": repo_url(repository, f"/actions/jobs/{one.id}"),
        "check_run_url": view["url"],
        "head_branch": suite.head_branch,
        "workflow_name": "CI",
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "GitHub Actions 1",
        "runner_group_id": 0,
        "runner_group_name": "GitHub Actions",
        "steps": steps,
    }


def suite_result(runs: list[CheckRun]) -> tuple[str, str | None]:
    """Status and conclusion of all the runs together."""
    if not runs:
        return "queued", None
    if any(run.status != "completed" for run in runs):
        return "in_progress", None
    bad = ("failure", "timed_out", "cancelled", "action_required")
    return "completed", next(
        (c for c in bad if any(run.conclusion == c for run in runs)), "success"
    )


def _pulls(repository: Repository, sha: str) -> list[Json]:
    return [minimal_pull(issue) for issue, pull in repository.open_pulls() if pull.head_sha == sha]
