"""Our GitHub client against the simulator: retries, limits, pages, caches, and where tokens go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web
from github_simulator_kit import APP_ID, SHOP, Kit, github, keys

from bot.context import Context
from bot.domain.errors import OverBudget, Rejected, TooLarge, Unavailable
from bot.domain.models import Person, Project
from bot.github import issues, people
from bot.github.app import READ, TALK, GitHubApp
from bot.github.repo import Repo
from bot.render import Markdown, marker
from bot.simulators.github import Limits
from bot.storage import keys as storage_keys
from bot.storage.budget import Priority, at


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, record=tmp_path / "exchanges.jsonl", limits=Limits.none()) as made:
        await made.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": "One"})
        yield made


def made(
    ctx: Context, http: aiohttp.ClientSession, base_url: str, app_id: int = APP_ID
) -> GitHubApp:
    return GitHubApp(
        http, app_id=app_id, private_key=keys()[0], base_url=base_url, scripts=ctx.scripts
    )


@pytest.fixture
def app(ctx: Context, kit: Kit) -> GitHubApp:
    return made(ctx, kit.http, kit.base)


def project_of(kit: Kit) -> Project:
    [installation] = kit.simulator.world.installations
    return Project(
        id=kit.simulator.world.repository(SHOP).id, installation=installation, full_name=SHOP
    )


@pytest.fixture
def project(kit: Kit) -> Project:
    return project_of(kit)


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
        ("https://api.acme.ghe.com", "https://acme.ghe.com/acme/shop/issues/7"),
        ("https://api.git.example/api/v3", "https://api.git.example/acme/shop/issues/7"),
    ],
)
async def test_a_page_is_where_people_read(
    ctx: Context, kit: Kit, project: Project, api: str, page: str
) -> None:
    assert made(ctx, kit.http, api).page(project, "issues/7") == page


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
    assert await issues.find_comments(repo, 1, "<!-- soulcaster:x -->") == []
    assert await issues.find_comments(repo, 1, "<!-- soulcaster:x -->")


async def test_a_github_that_keeps_failing_is_unavailable(
    kit: Kit, repo: Repo, waits: list[float]
) -> None:
    await fault(kit, "GET", "/issues/1$", times=50, status=502)
    with pytest.raises(Unavailable):
        await issues.get_issue(repo, 1)
    assert len(waits) > 1


async def test_what_github_refuses_is_not_repeated(kit: Kit, repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        await issues.get_issue(repo, 99)
    assert caught.value.status == 404
    assert sum("/issues/99" in e["url"] for e in exchanges(tmp_path)) == 1


async def test_history_leaves_a_part_of_the_hours_requests_to_what_is_live(
    kit: Kit, repo: Repo
) -> None:
    hour = str(int(datetime.now(UTC).timestamp()) + 1_200)
    left = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "1400"}
    await fault(kit, "GET", "/issues", status=404, headers={**left, "X-RateLimit-Reset": hour})
    with pytest.raises(Rejected):
        await issues.newest(repo)
    with at(Priority.HISTORY), pytest.raises(OverBudget) as held:
        await issues.newest(repo)
    assert 1_100 < (held.value.retry_after or 0) <= 1_201
    assert await issues.newest(repo) == 1


LIMITED = {"message": "API rate limit exceeded for installation."}
SECONDARY = {"message": "You have exceeded a secondary rate limit."}
GONE_BY = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "body", "least", "most"),
    [
        ({"Retry-After": "120"}, SECONDARY, 119, 121),
        ({"Retry-After": "{date}"}, SECONDARY, 118, 121),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{hour}"}, LIMITED, 3_500, 3_601),
        ({}, SECONDARY, 59, 61),
    ],
)
async def test_who_is_told_to_wait_sends_nothing_meanwhile(
    kit: Kit,
    repo: Repo,
    tmp_path: Path,
    status: int,
    headers: dict[str, str],
    body: Any,
    least: float,
    most: float,
) -> None:
    now = datetime.now(UTC)
    said = {
        "{hour}": str(int(now.timestamp()) + 3_600),
        "{date}": format_datetime(now + timedelta(seconds=120), usegmt=True),
    }
    headers = {name: said.get(value, value) for name, value in headers.items()}
    await fault(kit, "POST", "/comments$", status=status, headers=headers, body=body)
    with pytest.raises(Unavailable) as caught:
        await issues.create_comment(repo, 1, "said")
    assert least <= (caught.value.retry_after or 0) <= most
    before = len(exchanges(tmp_path))
    for ask in (issues.get_issue(repo, 1), issues.create_comment(repo, 1, "said")):
        with pytest.raises(OverBudget) as refused:
            await ask
        assert least - 2 <= (refused.value.retry_after or 0) <= most
    assert len(exchanges(tmp_path)) == before


async def test_a_limit_that_is_over_is_no_limit(kit: Kit, repo: Repo) -> None:
    headers = {"Retry-After": GONE_BY}
    await fault(kit, "POST", "/comments$", status=403, headers=headers, body=SECONDARY)
    with pytest.raises(Unavailable):
        await issues.create_comment(repo, 1, "said")
    await issues.create_comment(repo, 1, "said")
    assert await comments(kit) == 1


@pytest.mark.parametrize("wait", ["seconds", "date", "nothing"])
async def test_a_limit_that_nobody_told_us_of_is_met_once(
    ctx: Context, tmp_path: Path, wait: Literal["seconds", "date", "nothing"]
) -> None:
    limits = replace(Limits.none(), content_per_minute=10, wait=wait)
    async with github(tmp_path, record=tmp_path / "exchanges.jsonl", limits=limits) as kit:
        repo = made(ctx, kit.http, kit.base).repo(project_of(kit))
        for _ in range(30):
            with suppress(Unavailable):
                await issues.create_issue(repo, "One more", Markdown("."), [])
        asked = [e["status"] for e in exchanges(tmp_path) if e["url"].endswith("/issues")]
        assert asked == [201] * 10 + [403]
        key = storage_keys.budget(f"github:{repo.project.installation}", "told")
        assert await ctx.redis.hget(key, "most") == b"10"


async def test_the_last_request_of_the_hour_is_known_to_be_the_last(
    ctx: Context, tmp_path: Path
) -> None:
    limits = replace(Limits.none(), requests_per_hour=2)
    async with github(tmp_path, record=tmp_path / "exchanges.jsonl", limits=limits) as kit:
        repo = made(ctx, kit.http, kit.base).repo(project_of(kit))
        for number in (1, 1, 2):
            await repo.get(f"/labels?page={number}")
        with pytest.raises(OverBudget):
            await repo.get("/labels?page=3")
        asked = [e["status"] for e in exchanges(tmp_path) if "/labels" in e["url"]]
        assert asked == [200, 304, 200]


async def test_a_403_that_is_no_limit_is_a_refusal(kit: Kit, repo: Repo) -> None:
    await fault(kit, "GET", "/issues/1$", status=403, body={"message": "Resource not accessible"})
    with pytest.raises(Rejected):
        await issues.get_issue(repo, 1)


async def test_every_page_is_read(kit: Kit, repo: Repo) -> None:
    for n in range(2, 206):
        await kit.person("POST", f"/repos/{SHOP}/issues", {"login": "ana", "title": f"No. {n}"})
    found = [issue["number"] async for issue in issues.issues(repo, state="all", labels="")]
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
        [issue async for issue in issues.issues(repo, state="all", labels="")]
    assert seen == []


async def test_the_tarball_is_fetched_without_the_token(ctx: Context, serve: Any) -> None:
    seen: list[tuple[str, str]] = []

    async def codeload(request: web.Request) -> web.Response:
        seen.append(("codeload", request.headers.get("authorization", "")))
        return web.Response(body=b"x" * 5_000)

    storage = web.Application()
    storage.router.add_get("/files", codeload)
    there = await serve(storage)

    async def token(request: web.Request) -> web.Response:
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return web.json_response({"token": "secret-token", "expires_at": expires})

    async def tarball(request: web.Request) -> web.Response:
        seen.append(("api", request.headers.get("authorization", "")))
        location = {"Location": str(there.make_url("/files"))}
        return web.Response(status=302, headers=location, content_type="text/html")

    api = web.Application()
    api.router.add_post("/app/installations/1/access_tokens", token)
    api.router.add_get("/repos/acme/shop/tarball/abc", tarball)
    here = await serve(api)
    async with aiohttp.ClientSession() as session:
        app = made(ctx, session, str(here.make_url("")).rstrip("/"), app_id=1)
        repo = app.repo(Project(id=7, installation=1, full_name=SHOP), READ)
        assert len(await repo.tarball("abc", max_bytes=10_000)) == 5_000
        assert seen == [("api", "token secret-token"), ("codeload", "")]
        with pytest.raises(TooLarge):
            await repo.tarball("abc", max_bytes=4_000)
        with pytest.raises(Rejected, match="nothing at /repos/acme/shop/tarball/xyz"):
            await repo.tarball("xyz")


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
    assert await issues.find_comments(repo, 1, marker("digest")) == []
    ours = await issues.create_comment(repo, 1, Markdown(f"{marker('digest')}\nours"))
    assert [each["id"] for each in await issues.find_comments(repo, 1, marker("digest"))] == [ours]
