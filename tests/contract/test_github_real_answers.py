"""Our GitHub client reads the answers that GitHub really gave, whatever our simulator says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import Serve
from github_simulator_kit import APP_ID, judges, keys
from real_answers import answered, fields, real

from bot.context import Context
from bot.domain.models import Person, Project
from bot.github import checks, issues, people, pulls
from bot.github.app import GitHubApp
from bot.github.repo import Repo
from bot.render import Markdown
from bot.sources import github_issue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checker(shared: Path) -> Any:
    return judges(shared)[0]


@pytest.fixture(scope="module")
def answers(shared: Path, checker: Any) -> dict[str, list[Any]]:
    """Real bodies by operation, the fullest first."""
    found = answered(real(shared), checker)
    return {
        name: sorted(bodies, key=lambda body: len(repr(body)), reverse=True)
        for name, bodies in found.items()
    }


@pytest.fixture
async def app(ctx: Context, serve: Serve, checker: Any, answers: dict[str, list[Any]]) -> GitHubApp:
    """An app whose GitHub gives the fullest real answer of every operation."""

    async def answer(request: web.Request) -> web.Response:
        _, operation, _, _ = checker.route(request.method.lower(), request.path)
        return web.json_response(answers[operation["operationId"]][0])

    github = web.Application()
    github.router.add_route("*", "/{path:.*}", answer)
    url = str((await serve(github)).make_url(""))
    return GitHubApp(
        ctx.http, app_id=APP_ID, private_key=keys()[0], base_url=url, scripts=ctx.scripts
    )


@pytest.fixture
def repo(app: GitHubApp) -> Repo:
    return app.repo(Project(id=1, installation=1, full_name="acme/shop"))


async def test_the_app_reads_what_github_says(
    app: GitHubApp, answers: dict[str, list[Any]]
) -> None:
    listed = answers["apps/list-installations"][0]
    assert [one["id"] async for one in app.installations()] == [one["id"] for one in listed]
    names = [one["full_name"] async for one in app.repositories(1)]
    assert all(name.count("/") == 1 for name in names)
    assert await app.slug() == answers["apps/get-authenticated"][0]["slug"]


async def test_a_repository_reads_what_github_says(
    repo: Repo, answers: dict[str, list[Any]]
) -> None:
    assert await repo.is_private() is answers["repos/get"][0]["private"]
    assert await issues.create_comment(repo, 1, Markdown("x")) > 0
    assert await issues.find_comments(repo, 1, "<!-- not there -->") == []
    assert await pulls.create_branch(repo, "a", "0" * 40)
    assert await pulls.advance_branch(repo, "a", "0" * 40)
    opened = await pulls.open_pull(repo, branch="a", base="b", title="c", body=Markdown("d"))
    assert opened["number"] > 0
    assert (await pulls.find_pull(repo, "a"))["head"]["sha"]
    assert [one["state"] async for one in pulls.reviews(repo, 1)]
    assert await pulls.comments_of(repo, 1, 1) is not None
    assert await checks.put_check(repo, "a", conclusion="neutral", title="t", summary=Markdown("s"))


async def test_people_have_the_rights_github_gives(
    repo: Repo, answers: dict[str, list[Any]]
) -> None:
    said = answers["repos/get-collaborator-permission-level"][0]
    who = Person(login=said["user"]["login"], user_id=said["user"]["id"])
    assert await people.role(repo, who) == said["permission"]
    assert dict(await people.collaborators(repo)).keys() >= {
        one["login"] for one in answers["repos/list-collaborators"][0]
    }


@pytest.mark.parametrize(
    "operation", ["issues/get", "issues/create", "issues/update", "issues/list-for-repo"]
)
async def test_every_real_issue_is_a_report_or_a_pull_request(
    ctx: Context, answers: dict[str, list[Any]], operation: str
) -> None:
    bodies = answers[operation]
    found = [issue for body in bodies for issue in (body if isinstance(body, list) else [body])]
    assert found
    for issue in found:
        drafts = github_issue.reports(issue, ctx.now())
        assert len(drafts) == ("pull_request" not in issue)
        assert all(draft.author == issue["user"]["login"] for draft in drafts)


def test_every_field_that_the_client_reads_is_githubs(answers: dict[str, list[Any]]) -> None:
    known = {at.rpartition(".")[2] for bodies in answers.values() for at, _ in fields(bodies)}
    read = {name for path in (ROOT / "bot" / "github").glob("*.py") for name in _read_in(path)}
    # Of the deliveries of an app, which nobody recorded; the description has it. What a sign-in
    # gives is of no API: docs.github.com/en/apps/oauth-apps/building-oauth-apps
    assert read - known == {"delivered_at", "request", "access_token"}


def _read_in(path: Path) -> Iterator[str]:
    """Names that are read of an answer: ``answer["name"]``, ``answer.get("name")``."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                yield name
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
                if "/" not in name and "-" not in name:
                    yield name
