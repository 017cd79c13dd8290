"""Check suites and check runs.

https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulators.github.errors import not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import App, CheckRun, CheckSuite, Json, Repository, User
from bot.simulators.github.views import checks as views


def suite_of(
    repository: Repository, app: App, sha: str, branch: str | None, before: str | None
) -> tuple[CheckSuite, bool]:
    """The app's check suite on a commit, and whether it was made just now."""
    for suite in repository.check_suites.values():
        if suite.head_sha == sha and suite.app is app:
            return suite, False
    world = repository.world
    now = world.now()
    suite = CheckSuite(repository, app, world.next_id(), sha, branch, before, now, now)
    repository.check_suites[suite.id] = suite
    return suite, True


async def request_suite(
    repository: Repository, actor: User, sha: str, branch: str, before: str | None
) -> None:
    """After a push: ask each app that writes checks for its opinion of the commit."""
    installations = repository.world.installations_on(repository)
    able = any("checks" in installation.permissions for installation in installations)
    if not (able and repository.auto_suites):
        return
    suite, new = suite_of(repository, repository.world.app, sha, branch, before)
    if new:
        await _tell_suite(actor, suite, "requested")


async def create_run(
    repository: Repository,
    actor: User,
    sha: str,
    name: str,
    fields: Mapping[str, Any],
    *,
    app: App | None = None,
    **job: Any,
) -> CheckRun:
    """A new check run on a commit, of another ``app`` than this one or as a job of Actions."""
    heads = await repository.git.branches()
    branch = next((b for b, tip in heads.items() if tip == sha), None)
    suite, _ = suite_of(repository, app or repository.world.app, sha, branch, None)
    run = CheckRun(
        id=actor.world.next_id(),
        suite=suite,
        name=name,
        head_sha=sha,
        status="queued",
        conclusion=None,
        started_at=actor.world.now(),
        completed_at=None,
        external_id="",
        details_url=suite.app.external_url,
        **job,
    )
    repository.check_runs[run.id] = run
    _fill(run, fields)
    _tell_run(actor, run, "created")
    await _completed(actor, run)
    return run


async def update_run(actor: User, run: CheckRun, fields: Mapping[str, Any]) -> None:
    """Change a check run."""
    was = run.status
    _fill(run, fields)
    if was != "completed":
        await _completed(actor, run)
    actor.world.changed("check", run.suite.repository)


def ask_again(actor: User, run: CheckRun) -> None:
    """A person presses Re-run."""
    run.status, run.conclusion, run.completed_at = "queued", None, None
    _tell_run(actor, run, "rerequested")


def press(actor: User, run: CheckRun, button: str) -> None:
    """A person presses one of the buttons that the check run came with. Raises 404."""
    if all(action.get("identifier") != button for action in run.actions):
        raise not_found()
    _tell_run(actor, run, "requested_action", requested_action={"identifier": button})


def _fill(run: CheckRun, fields: Mapping[str, Any]) -> None:
    now = run.suite.repository.world.now()
    for name in ("name", "status", "external_id", "details_url", "started_at"):
        if fields.get(name):
            setattr(run, name, fields[name])
    if fields.get("conclusion"):
        run.status, run.conclusion = "completed", fields["conclusion"]
        run.completed_at = fields.get("completed_at") or now
    elif run.status != "completed":
        run.conclusion, run.completed_at = None, None
    output = dict(fields.get("output") or {})
    run.annotations += output.pop("annotations", [])
    run.output |= output
    run.actions = list(fields.get("actions") or run.actions)
    run.suite.updated_at = now


async def _completed(actor: User, run: CheckRun) -> None:
    if run.status != "completed":
        return
    _tell_run(actor, run, "completed")
    if all(one.status == "completed" for one in run.suite.runs):
        await _tell_suite(actor, run.suite, "completed")


def _tell_run(actor: User, run: CheckRun, action: str, **parts: Json) -> None:
    repository = run.suite.repository
    view = views.check_run(run) | {"check_suite": views.suite_in_run(run.suite)}
    announce(repository, actor, "check_run", action, check_run=view, **parts)
    actor.world.changed("check", repository)


async def _tell_suite(actor: User, suite: CheckSuite, action: str) -> None:
    head = await suite.repository.git.commit(suite.head_sha)
    view = views.check_suite(suite, head)
    del view["repository"]
    announce(suite.repository, actor, "check_suite", action, check_suite=view)
