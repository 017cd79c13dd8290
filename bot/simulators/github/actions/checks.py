"""Check suites, check runs and commit statuses.

https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulators.github.errors import not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import (
    CheckRun,
    CheckSuite,
    Json,
    Repository,
    User,
)
from bot.simulators.github.views import checks as views
from bot.simulators.github.world import World


def find_run(repository: Repository, identity: int) -> CheckRun:
    """A check run by its id. Raises 404."""
    try:
        return repository.check_runs[identity]
    except KeyError:
        raise not_found() from None


def suite_of(
    world: World, repository: Repository, sha: str, branch: str | None, before: str | None
) -> tuple[CheckSuite, bool]:
    """The app's check suite on a commit, and whether it was made just now."""
    for suite in repository.check_suites.values():
        if suite.head_sha == sha:
            return suite, False
    now = world.now()
    suite = CheckSuite(world.next_id(), sha, branch, before, now, now)
    repository.check_suites[suite.id] = suite
    return suite, True


async def request_suite(
    world: World, repository: Repository, actor: User, sha: str, branch: str, before: str | None
) -> None:
    """After a push: ask each app that writes checks for its opinion of the commit."""
    writes = any("checks" in i.permissions for i in world.installations_on(repository))
    if not writes:
        return
    suite, new = suite_of(world, repository, sha, branch, before)
    if new:
        await _tell_suite(world, repository, actor, suite, "requested")


async def create_run(
    world: World,
    repository: Repository,
    actor: User,
    sha: str,
    name: str,
    fields: Mapping[str, Any],
) -> CheckRun:
    """A new check run on a commit."""
    heads = await repository.git.branches()
    branch = next((b for b, tip in heads.items() if tip == sha), None)
    suite, _ = suite_of(world, repository, sha, branch, None)
    run = CheckRun(
        id=world.next_id(),
        suite=suite,
        name=name,
        head_sha=sha,
        status="queued",
        conclusion=None,
        started_at=world.now(),
        completed_at=None,
        external_id="",
        details_url=world.app.external_url,
    )
    repository.check_runs[run.id] = run
    _fill(world, run, fields)
    _tell_run(world, repository, actor, run, "created")
    await _completed(world, repository, actor, run)
    return run


async def update_run(
    world: World, repository: Repository, actor: User, run: CheckRun, fields: Mapping[str, Any]
) -> None:
    """Change a check run."""
    was = run.status
    _fill(world, run, fields)
    if was != "completed":
        await _completed(world, repository, actor, run)
    world.changed("check", repository)


def ask_again(world: World, repository: Repository, actor: User, run: CheckRun) -> None:
    """A person presses Re-run."""
    run.status, run.conclusion, run.completed_at = "queued", None, None
    _tell_run(world, repository, actor, run, "rerequested")


def press(world: World, repository: Repository, actor: User, run: CheckRun, button: str) -> None:
    """A person presses one of the buttons that the check run came with. Raises 404."""
    if all(action.get("identifier") != button for action in run.actions):
        raise not_found()
    wanted = {"identifier": button}
    _tell_run(world, repository, actor, run, "requested_action", requested_action=wanted)


def _fill(world: World, run: CheckRun, fields: Mapping[str, Any]) -> None:
    for name in ("name", "status", "external_id", "details_url"):
        if name in fields:
            setattr(run, name, fields[name])
    if fields.get("conclusion"):
        run.status, run.conclusion = "completed", fields["conclusion"]
        run.completed_at = fields.get("completed_at") or world.now()
    elif run.status != "completed":
        run.conclusion, run.completed_at = None, None
    if fields.get("started_at"):
        run.started_at = fields["started_at"]
    output = dict(fields.get("output") or {})
    run.annotations += output.pop("annotations", [])
    run.output |= output
    run.actions = list(fields.get("actions") or run.actions)
    run.suite.updated_at = world.now()


async def _completed(world: World, repository: Repository, actor: User, run: CheckRun) -> None:
    if run.status != "completed":
        return
    _tell_run(world, repository, actor, run, "completed")
    runs = [one for one in repository.check_runs.values() if one.suite is run.suite]
    if all(one.status == "completed" for one in runs):
        await _tell_suite(world, repository, actor, run.suite, "completed")


def _tell_run(
    world: World, repository: Repository, actor: User, run: CheckRun, action: str, **parts: Json
) -> None:
    view = views.check_run(world, repository, run)
    view["check_suite"] = views.suite_in_run(world, repository, run.suite)
    announce(world, repository, actor, "check_run", action, check_run=view, **parts)
    world.changed("check", repository)


async def _tell_suite(
    world: World, repository: Repository, actor: User, suite: CheckSuite, action: str
) -> None:
    head = await repository.git.commit(suite.head_sha)
    view = views.check_suite(world, repository, suite, head)
    del view["repository"]
    announce(world, repository, actor, "check_suite", action, check_suite=view)
