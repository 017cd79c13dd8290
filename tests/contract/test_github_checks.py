"""Checks of others on a commit: which step failed, and what their logs say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_simulator_kit import APP_ID, SHOP, Kit, github, keys

from bot.context import Context
from bot.domain.models import Project
from bot.github import checks
from bot.github.app import ACTIONS, CHECKS, GitHubApp
from bot.github.repo import Repo
from bot.simulators.github import Limits

TOKEN = "ghp_" + "a1B2" * 9


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, limits=Limits.none()) as made:
        yield made


@pytest.fixture
def app(ctx: Context, kit: Kit) -> GitHubApp:
    return GitHubApp(
        kit.http, app_id=APP_ID, private_key=keys()[0], base_url=kit.base, scripts=ctx.scripts
    )


def repos(app: GitHubApp, kit: Kit) -> tuple[Repo, Repo]:
    [installation] = kit.simulator.world.installations
    identity = kit.simulator.world.repository(SHOP).id
    project = Project(id=identity, installation=installation, full_name=SHOP)
    return app.repo(project, CHECKS), app.repo(project, ACTIONS)


async def test_a_job_names_its_step_and_its_log_ends_with_the_error(
    kit: Kit, app: GitHubApp
) -> None:
    sha = await kit.commit("fix", {"a": "1"})
    await kit.ok("POST", f"/repos/{SHOP}/check-runs", {"name": "proof", "head_sha": sha})
    log = f"used {TOKEN}\n{'x' * 9_000}\n##[error]1 wrong\nPost job"
    await kit.simulator.run_job(SHOP, sha, "lint", "timed_out", step="Run ruff", log=log)
    of, actions = repos(app, kit)
    [run] = await checks.of_others(of, sha, APP_ID)
    assert run["name"] == "lint"
    assert await checks.failing_step(actions, run) == "Run ruff"
    said = await checks.log_of(actions, run)
    assert said.endswith("x\n##[error]1 wrong")
    assert len(said) == 6_000
    assert TOKEN not in said


async def test_without_the_permission_it_is_the_name_and_the_output(
    kit: Kit, app: GitHubApp
) -> None:
    [installation] = kit.simulator.world.installations.values()
    del installation.permissions["actions"]
    sha = await kit.commit("fix", {"a": "1"})
    made = await kit.simulator.run_job(SHOP, sha, "lint", "failure", step="Run ruff", log="no")
    made.output |= {"title": "One line is wrong", "summary": f"by {TOKEN}"}
    of, actions = repos(app, kit)
    [run] = await checks.of_others(of, sha, APP_ID)
    assert await checks.failing_step(actions, run) == ""
    said = await checks.log_of(actions, run)
    assert said.startswith("One line is wrong\nby ")
    assert TOKEN not in said


async def test_another_app_has_no_steps(kit: Kit, app: GitHubApp) -> None:
    sha = await kit.commit("fix", {"a": "1"})
    fields = {"name": "proof", "head_sha": sha, "conclusion": "failure"}
    run = await kit.ok("POST", f"/repos/{SHOP}/check-runs", fields)
    _, actions = repos(app, kit)
    assert await checks.failing_step(actions, run) == ""
