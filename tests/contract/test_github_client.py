"""Our GitHub client against the simulator: retries, limits, pages, caches, and where tokens go."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from github_simulator_kit import APP_ID, SHOP, Kit, github, keys

from bot.domain.errors import Rejected, TooLarge, Unavailable
from bot.domain.models import Person, Project
from bot.github import issues, people
from bot.github.app import READ, TALK, GitHubApp, Repo
from bot.render import Markdown, marker
from bot.simulators.github import Limits


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, record=tmp_path / "exchanges.jsonl", limits=Limits.none()) as made:
        await made.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": "One"})
        yield made


@pytest.fixture
def pauses() -> list[float]:
    """How long it would have waited, in seconds."""
    return []


@pytest.fixture
def app(kit: Kit, pauses: list[float]) -> GitHubApp:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    return GitHubApp(kit.http, app_id=APP_ID, private_key=keys()[0], base_url=kit.base, pause=pause)


@pytest.fixture
def project(kit: Kit) -> Project:
    [installation] = kit.simulator.world.installations
    return Project(
        id=kit.simulator.world.repository(SHOP).id, installation=installation, full_name=SHOP
    )


@pytest.fixture
def repo(app: GitHubApp, project: Project) -> Repo:
    return app.repo(project)


def exchanges(tmp_path: Path) -> list[Any]:
    return [json.loads(line) for line in (tmp_path / "exchanges.jsonl").read_text().splitlines()]


async def fault(kit: Kit, method: str, path: str, **how: Any) -> None:
    await kit.person("POST", "/faults", {"match": {"method": method, "path": path}, **how})


async def comments(kit: Kit) -> int:
    return len((await kit.person("GET", f"/repos/{SHOP}/issues/1"))["comments"])


@pytest.mark.parametrize(
    ("api", "page"),
    [
        ("https://api.github.com", "https://github.com/acme/shop/issues/7"),
        ("https://git.example/api/v3", "https://git.example/acme/shop/issues/7"),
    ],
)
async def test_a_page_is_where_people_read(kit: Kit, project: Project, api: str, page: str) -> None:
    app = GitHubApp(kit.http, app_id=APP_ID, private_key=keys()[0], base_url=api)
    assert app.page(project, "issues/7") == page


@pytest.mark.parametrize("how", [{"status": 502}, {"status": 503}, {"drop_connection": True}])
async def test_reading_is_repeated_when_github_fails(kit: Kit, repo: Repo, how: Any) -> None:
    await fault(kit, "GET", "/issues/1$", times=2, **how)
    assert (await issues.get_issue(repo, 1))["title"] == "One"


async def test_an_edit_is_repeated_when_its_answer_is_lost(kit: Kit, repo: Repo) -> None:
    made = await issues.create_comment(repo, 1, "first")
    await fault(kit, "PATCH", "/comments/", after=True)
    assert await issues.update_comment(repo, made, "second")
    assert await comments(kit) == 1


async def test_a_post_is_never_repeated_when_its_outcome_is_unknown(kit: Kit, repo: Repo) -> None:
    await fault(kit, "POST", "/issues/1/comments", after=True)
    with pytest.raises(Unavailable) as lost:
        await issues.create_comment(repo, 1, "said")
    assert await comments(kit) == 1
    await fault(kit, "POST", "/issues/1/comments", status=500)
    with pytest.raises(Unavailable) as failed:
        await issues.create_comment(repo, 1, "not said")
    assert await comments(kit) == 1
    # Whoever looks for it sooner may look at a replica that has not got it yet.
    assert lost.value.retry_after == failed.value.retry_after == 5


async def test_a_list_may_lag_behind_what_was_written(kit: Kit, repo: Repo) -> None:
    """What the wait after an unknown outcome is for."""
    await issues.create_comment(repo, 1, "<!-- soulcaster:x --> said")
    await fault(kit, "GET", "/comments", stale=60)
    assert await issues.find_comment(repo, 1, "<!-- soulcaster:x -->") is None
    assert await issues.find_comment(repo, 1, "<!-- soulcaster:x -->")


async def test_a_github_that_keeps_failing_is_unavailable(
    kit: Kit, repo: Repo, pauses: list[float]
) -> None:
    await fault(kit, "GET", "/issues/1$", times=50, status=502)
    with pytest.raises(Unavailable):
        await issues.get_issue(repo, 1)
    assert len(pauses) > 1
    assert pauses == sorted(pauses), "each longer than the one before"


async def test_what_github_refuses_is_not_repeated(kit: Kit, repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        await issues.get_issue(repo, 99)
    assert caught.value.status == 404
    assert sum("/issues/99" in e["url"] for e in exchanges(tmp_path)) == 1


LIMITED = {"message": "API rate limit exceeded for installation."}
SECONDARY = {"message": "You have exceeded a secondary rate limit."}


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, {"Retry-After": "1"}, SECONDARY),
        (429, {"Retry-After": "1"}, SECONDARY),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{soon}"}, LIMITED),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{soon}"}, LIMITED),
    ],
)
async def test_a_short_limit_is_waited_for(
    kit: Kit, repo: Repo, pauses: list[float], status: int, headers: dict[str, str], body: Any
) -> None:
    soon = str(int(time.time()) + 2)
    headers = {name: value.replace("{soon}", soon) for name, value in headers.items()}
    await fault(kit, "POST", "/issues/1/comments", status=status, headers=headers, body=body)
    await issues.create_comment(repo, 1, "said")
    [pause] = pauses
    assert 1 <= pause <= 2
    assert await comments(kit) == 1


@pytest.mark.parametrize(
    ("headers", "body", "least", "most"),
    [
        ({"Retry-After": "120"}, SECONDARY, 119, 121),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{hour}"}, LIMITED, 3_500, 3_601),
        ({}, SECONDARY, 59, 61),
    ],
)
async def test_a_long_limit_is_the_job_runners_to_wait_for(
    kit: Kit,
    repo: Repo,
    pauses: list[float],
    headers: dict[str, str],
    body: Any,
    least: float,
    most: float,
) -> None:
    hour = str(int(time.time()) + 3_600)
    headers = {name: value.replace("{hour}", hour) for name, value in headers.items()}
    await fault(kit, "GET", "/issues/1$", status=403, headers=headers, body=body)
    with pytest.raises(Unavailable) as caught:
        await issues.get_issue(repo, 1)
    assert pauses == []
    assert caught.value.retry_after is not None
    assert least <= caught.value.retry_after <= most


async def test_a_403_that_is_no_limit_is_a_refusal(kit: Kit, repo: Repo) -> None:
    await fault(kit, "GET", "/issues/1$", status=403, body={"message": "Resource not accessible"})
    with pytest.raises(Rejected):
        await issues.get_issue(repo, 1)


async def test_every_page_is_read(kit: Kit, repo: Repo) -> None:
    for n in range(2, 206):
        await kit.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": f"No. {n}"})
    found = [issue["number"] async for issue in issues.issues(repo)]
    assert found == list(range(205, 0, -1))


async def test_what_did_not_change_is_not_sent_again(
    kit: Kit, app: GitHubApp, project: Project, tmp_path: Path
) -> None:
    for _ in range(3):
        assert (await issues.get_issue(app.repo(project), 1))["title"] == "One"
    statuses = [e["status"] for e in exchanges(tmp_path) if e["url"].endswith("/issues/1")]
    assert statuses == [200, 304, 304]
    await kit.person("PATCH", f"/repos/{SHOP}/issues/1", {"login": "ana", "title": "Two"})
    assert (await issues.get_issue(app.repo(project), 1))["title"] == "Two"


async def test_an_installation_never_sees_what_another_was_answered(app: GitHubApp) -> None:
    one, other = app.wire("a", 1), app.wire("b", 2)
    assert one._cache is not other._cache
    assert one._cache is app.wire("c", 1)._cache


async def test_a_token_reaches_one_repository_and_just_what_it_is_for(
    kit: Kit, app: GitHubApp, project: Project, tmp_path: Path
) -> None:
    await issues.get_issue(app.repo(project), 1)
    [asked] = [e for e in exchanges(tmp_path) if e["url"].endswith("/access_tokens")][1:]
    assert asked["request_body"] == {"repository_ids": [project.id], "permissions": TALK}
    with pytest.raises(Rejected):
        await issues.create_comment(app.repo(project, READ), 1, "with a reading token")
    with pytest.raises(Rejected):
        await app.repo(project, TALK).post("/git/blobs", {"content": "x", "encoding": "utf-8"})


async def test_a_token_is_kept_while_it_is_good_and_asked_for_once(
    kit: Kit, app: GitHubApp, project: Project
) -> None:
    first = await app.token(project.installation, project.id, TALK)
    assert await app.token(project.installation, project.id, TALK) == first
    assert await app.token(project.installation, project.id, READ) != first


async def test_a_token_github_no_longer_takes_is_replaced(
    kit: Kit, app: GitHubApp, repo: Repo
) -> None:
    await issues.get_issue(repo, 1)
    kit.simulator.world.tokens.clear()
    with pytest.raises(Unavailable):
        await issues.get_issue(repo, 1)
    assert (await issues.get_issue(repo, 1))["title"] == "One"


async def test_a_link_to_another_host_gets_no_token(kit: Kit, repo: Repo, serve: Any) -> None:
    seen: list[web.Request] = []

    async def trap(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response([])

    elsewhere = web.Application()
    elsewhere.router.add_route("*", "/{any:.*}", trap)
    server = await serve(elsewhere)
    link = {"Link": f'<{server.make_url("/more")}>; rel="next"'}
    await fault(kit, "GET", "/issues[?]", status=200, headers=link, body=[{"number": 1}])
    with pytest.raises(Rejected, match="another host"):
        [issue async for issue in issues.issues(repo)]
    assert seen == []


async def test_the_tarball_is_fetched_without_the_token(serve: Any) -> None:
    seen: list[tuple[str, str]] = []

    async def codeload(request: web.Request) -> web.Response:
        seen.append(("codeload", request.headers.get("authorization", "")))
        return web.Response(body=b"x" * 5_000)

    storage = web.Application()
    storage.router.add_get("/files", codeload)
    there = await serve(storage)

    async def tarball(request: web.Request) -> web.Response:
        seen.append(("api", request.headers.get("authorization", "")))
        return web.Response(status=302, headers={"Location": str(there.make_url("/files"))})

    api = web.Application()
    api.router.add_get("/repos/acme/shop/tarball/abc", tarball)
    here = await serve(api)
    async with aiohttp.ClientSession() as session:
        app = GitHubApp(
            session, app_id=1, private_key=keys()[0], base_url=str(here.make_url("")).rstrip("/")
        )
        got = await app.download("/repos/acme/shop/tarball/abc", "secret-token", 7, 10_000)
        assert len(got) == 5_000
        assert seen == [("api", "Bearer secret-token"), ("codeload", "")]
        with pytest.raises(TooLarge):
            await app.download("/repos/acme/shop/tarball/abc", "secret-token", 7, 4_000)


async def test_adding_what_is_there_changes_nothing(kit: Kit, repo: Repo) -> None:
    for _ in range(2):
        await issues.react(repo, "issues/1", "eyes")
        await issues.add_labels(repo, 1, ["soulcaster"])
    await issues.react(repo, "issues/comments/987654", "eyes")
    issue = await kit.person("GET", f"/repos/{SHOP}/issues/1")
    assert issue["reactions"] == {"eyes": ["soulcaster[bot]"]}
    assert [label["name"] for label in issue["labels"]] == ["soulcaster"]


async def test_roles_are_github_s_own(kit: Kit, repo: Repo) -> None:
    for login, role in (("ana", "maintain"), ("tom", "triage"), ("rob", "read")):
        assert await people.role(repo, Person(login=login)) == role
    assert await people.role(repo, Person(login="nobody-of-this-name")) == "none"
    assert await people.role(repo, Person()) == "none"
    kit.simulator.set_role(SHOP, "wes", "write", called="security-engineer")
    assert await people.role(repo, Person(login="wes")) == "write"
    assert dict(await people.collaborators(repo)) == {
        "ana": "maintain",
        "tom": "triage",
        "wes": "write",
    }


async def test_a_role_goes_with_the_account_and_not_with_the_login(kit: Kit, repo: Repo) -> None:
    ana = Person(login="ana", user_id=kit.simulator.world.user("ana").id)
    assert await people.role(repo, ana) == "maintain"
    kit.simulator.rename_user("ana", "ana-of-old")
    assert await people.role(repo, ana) == "maintain"
    kit.simulator.add_user("ana")
    kit.simulator.set_role(SHOP, "ana", "admin")
    assert await people.role(repo, ana) == "maintain"
    kit.simulator.set_role(SHOP, "ana-of-old", None)
    assert await people.role(repo, ana) == "read"
    assert await people.role(repo, Person(login="ana", user_id=4)) == "none"


async def test_a_person_who_writes_our_marker_has_not_written_our_comment(
    kit: Kit, repo: Repo
) -> None:
    words = {"login": "ana", "body": f"{marker('digest')}\nmine"}
    await kit.person("POST", f"/repos/{SHOP}/issues/1/comments", words)
    assert await issues.find_comment(repo, 1, marker("digest")) is None
    ours = await issues.create_comment(repo, 1, Markdown(f"{marker('digest')}\nours"))
    assert await issues.find_comment(repo, 1, marker("digest")) == ours
