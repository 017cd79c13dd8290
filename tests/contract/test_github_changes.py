"""Repositories that were renamed, archived or closed to issues, and what stands before GitHub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from github_simulator_kit import APP_ID, SHOP, Kit, github, keys

from bot.context import Context
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Project
from bot.github import issues
from bot.github.app import PUBLISH, READ, GitHubApp
from bot.github.repo import Repo
from bot.render import Markdown
from bot.simulators.github import Limits
from handlers.demo.stage import Stage
from workers.digests.posting import send_digest


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, limits=Limits.none()) as made:
        await made.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": "One"})
        yield made


@pytest.fixture
def app(ctx: Context, kit: Kit) -> GitHubApp:
    return GitHubApp(
        kit.http, app_id=APP_ID, private_key=keys()[0], base_url=kit.base, scripts=ctx.scripts
    )


@pytest.fixture
def project(kit: Kit) -> Project:
    [installation] = kit.simulator.world.installations
    identity = kit.simulator.world.repository(SHOP).id
    return Project(id=identity, installation=installation, full_name=SHOP)


@pytest.fixture
def repo(app: GitHubApp, project: Project) -> Repo:
    return app.repo(project)


def fault(kit: Kit, path: str, status: int, **how: Any) -> None:
    kit.simulator.faults.add({"match": {"path": path}, "times": 1, "status": status, **how})


async def test_a_renamed_repository_is_followed_by_its_id(
    kit: Kit, app: GitHubApp, project: Project, repo: Repo
) -> None:
    for _ in range(101):
        await kit.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": "More"})
    kit.simulator.change_repository(SHOP, name="store")
    assert (await repo.get(""))["full_name"] == "acme/store"
    assert await issues.create_comment(repo, 1, Markdown("said"))
    assert len([one async for one in issues.issues(repo, state="all", labels="")]) == 102
    assert len(await app.repo(project, READ).tarball("main")) > 100


async def test_a_name_that_leads_to_another_repository_is_not_followed(
    kit: Kit, app: GitHubApp, project: Project
) -> None:
    kit.simulator.change_repository(SHOP, name="store")
    there = f"{kit.base}/repositories/{project.id + 1}"
    fault(kit, f"^/repos/{SHOP}$", 301, headers={"Location": there})
    fault(kit, f"^/repos/{SHOP}$", 301, headers={"Location": f"https://elsewhere.example/{there}"})
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            await app.repo(project).get("")
        assert caught.value.status == 301


async def test_a_web_page_is_no_answer_of_github(kit: Kit, repo: Repo) -> None:
    page = {"body": "<h1>Sign in</h1>", "headers": {"Content-Type": "text/html"}}
    for status in (200, 403, 407):
        fault(kit, "/issues/1$", status, times=4, **page)
        with pytest.raises(Unavailable, match="web page"):
            await issues.get_issue(repo, 1)


async def test_a_token_that_a_tarball_is_refused_for_is_forgotten(
    kit: Kit, app: GitHubApp, project: Project
) -> None:
    fault(kit, "/tarball/", 401)
    readable = app.repo(project, READ)
    with pytest.raises(Unavailable):
        await readable.tarball("main")
    before = len(kit.simulator.world.tokens)
    assert await readable.tarball("main")
    assert len(kit.simulator.world.tokens) == before + 1


async def test_permissions_that_nobody_accepted_are_named(
    kit: Kit, app: GitHubApp, project: Project
) -> None:
    installation = kit.simulator.world.installations[project.installation]
    del installation.permissions["checks"]
    with pytest.raises(Rejected, match=r"owner has yet to accept .*checks: write"):
        await app.repo(project, PUBLISH).get("")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"archived": True}, "archived so is read-only"), ({"has_issues": False}, "Issues are dis")],
)
async def test_the_digest_goes_to_slack_where_no_issue_can_be_written(
    stage: Stage, change: dict[str, bool], words: str
) -> None:
    stage.github.change_repository(stage.repository, **change)
    project = await stage.project()
    for slot in ("monday", "tuesday"):
        await send_digest(stage.context, project.id, slot)
    state = await stage.slack_state()
    told = [str(m["blocks"]) for c in state["channels"] for m in c["messages"] if m.get("bot_id")]
    assert sum("Triage digest" in one for one in told) == 2
    [said] = [one for one in told if "here only" in one]
    assert words in said
