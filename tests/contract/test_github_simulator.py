"""What every request to the GitHub simulator goes through: who asks, how often, how much."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import gidgethub
import gidgethub.apps
import pytest
from github_simulator_kit import APP_ID, SHOP, Kit, app_jwt, github, keys

from bot.simulators.github import GitHubSimulator, Limits, serving

REPO = f"/repos/{SHOP}"


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, private=True) as kit:
        yield kit


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": -5}, "'Expiration time' claim ('exp') must be"),
        ({"exp": 3600}, "'Expiration time' claim ('exp') is too far"),
        ({"iat": 600}, "'Issued at' claim ('iat') must be an Integer"),
        ({"iat": "now"}, "'Issued at' claim ('iat') must be an Integer"),
    ],
)
async def test_a_jwt_outside_its_time_is_refused(kit: Kit, claims: dict, message: str):
    """Numbers are seconds from now: when it runs, not when it was collected."""
    claims = {
        name: value if isinstance(value, str) else int(time.time()) + value
        for name, value in claims.items()
    }
    answer = await kit.api("GET", "/app", token=app_jwt(**claims))
    assert answer.status == 401
    assert answer.body["message"].startswith(message)


async def test_a_jwt_of_another_key_or_app_is_refused(kit: Kit):
    forged = app_jwt()[:-8] + "AAAAAAAA"
    assert (await kit.api("GET", "/app", token=forged)).status == 401
    assert (await kit.api("GET", "/app", token=app_jwt(iss="1"))).status == 404
    assert (await kit.api("GET", "/app", token=kit.token)).status == 401
    by_client_id = app_jwt(iss=kit.simulator.world.app.client_id)
    assert (await kit.ok("GET", "/app", token=by_client_id))["id"] == APP_ID
    assert (await kit.api("GET", REPO, token=app_jwt())).status == 403


async def test_a_token_dies_after_an_hour(kit: Kit):
    kit.clock.ahead = timedelta(minutes=59)
    assert (await kit.api("GET", REPO)).status == 200
    kit.clock.ahead = timedelta(minutes=61)
    answer = await kit.api("GET", REPO)
    assert (answer.status, answer.body["message"]) == (401, "Bad credentials")
    assert answer.body["documentation_url"].startswith("https://docs.github.com/rest")


async def test_gidgethub_gets_its_tokens_here(kit: Kit):
    made = await gidgethub.apps.get_installation_access_token(
        kit.gidgethub(token=""),
        installation_id=str(next(iter(kit.simulator.world.installations))),
        app_id=str(APP_ID),
        private_key=keys()[0],
    )
    assert (await kit.gidgethub(made["token"]).getitem(REPO))["full_name"] == SHOP


async def test_a_narrowed_token_reaches_no_further(kit: Kit):
    await kit.simulator.add_repository("acme/other", {}, private=True)
    token = await kit.new_token(repositories=["shop"], permissions={"contents": "read"})
    assert (await kit.api("GET", REPO, token=token)).status == 200
    assert (await kit.api("GET", "/repos/acme/other", token=token)).status == 404
    listed = await kit.ok("GET", "/installation/repositories", token=token)
    assert [one["full_name"] for one in listed["repositories"]] == [SHOP]
    assert (await kit.api("GET", f"{REPO}/contents/README.md", token=token)).status == 200
    for method, path, body in (
        ("GET", f"{REPO}/issues", None),
        ("POST", f"{REPO}/git/blobs", {"content": "x"}),
        ("POST", f"{REPO}/issues", {"title": "x"}),
    ):
        answer = await kit.api(method, path, body, token=token)
        assert answer.status == 403, path
        assert answer.body["message"] == "Resource not accessible by integration"


@pytest.mark.parametrize(
    "narrowed",
    [
        {"permissions": {"administration": "write"}},
        {"permissions": {"metadata": "admin", "contents": "admin"}},
        {"repositories": ["shop", "somebody-elses"]},
        {"repository_ids": [1]},
    ],
)
async def test_a_token_cannot_have_more_than_the_installation(kit: Kit, narrowed: dict):
    where = next(iter(kit.simulator.world.installations))
    path = f"/app/installations/{where}/access_tokens"
    assert (await kit.api("POST", path, narrowed, token=app_jwt())).status == 422


async def test_pull_requests_permission_is_enough_to_comment_on_a_pull_request_only(kit: Kit):
    await kit.commit("fix", {"a.txt": "a"})
    pull = await kit.ok("POST", f"{REPO}/pulls", {"title": "A", "head": "fix", "base": "main"})
    issue = await kit.ok("POST", f"{REPO}/issues", {"title": "B"})
    token = await kit.new_token(permissions={"pull_requests": "write"})
    for number, status in ((pull["number"], 201), (issue["number"], 403)):
        path = f"{REPO}/issues/{number}/comments"
        assert (await kit.api("POST", path, {"body": "x"}, token=token)).status == status


async def test_a_suspended_or_removed_installation_has_no_tokens(kit: Kit):
    where = next(iter(kit.simulator.world.installations))
    await kit.person("PATCH", f"/installations/{where}", {"login": "ana", "suspended": True})
    assert (await kit.api("GET", REPO)).status == 403
    path = f"/app/installations/{where}/access_tokens"
    assert (await kit.api("POST", path, {}, token=app_jwt())).status == 403
    await kit.person("PATCH", f"/installations/{where}", {"login": "ana", "suspended": False})
    assert (await kit.api("GET", REPO)).status == 200
    await kit.person("DELETE", f"/installations/{where}", {"login": "ana"})
    assert (await kit.api("GET", REPO)).status == 401
    assert (await kit.api("POST", path, {}, token=app_jwt())).status == 404


async def test_anonymous_callers_see_what_is_public_and_change_nothing(kit: Kit):
    await kit.simulator.add_repository("acme/open", {"a": b"b"})
    assert (await kit.api("GET", "/repos/acme/open", token="")).status == 200
    assert (await kit.api("GET", REPO, token="")).status == 404
    answer = await kit.api("POST", "/repos/acme/open/issues", {"title": "x"}, token="")
    assert (answer.status, answer.body["message"]) == (401, "Requires authentication")
    limit = (await kit.api("GET", "/repos/acme/open", token="")).headers["X-RateLimit-Limit"]
    assert limit == "60"


async def test_a_request_without_a_user_agent_is_forbidden(kit: Kit):
    async with (
        aiohttp.ClientSession(skip_auto_headers=["User-Agent"]) as plain,
        plain.get(kit.base + REPO) as answer,
    ):
        assert answer.status == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{REPO}/issues", {"title": "x" * 257}, 422),
        ("POST", f"{REPO}/issues", {"title": "x", "body": "y" * 65_537}, 422),
        ("POST", f"{REPO}/issues", {"body": "no title"}, 422),
        ("POST", f"{REPO}/issues", {"title": ["x"]}, 422),
        ("POST", f"{REPO}/issues", ["x"], 400),
        ("POST", f"{REPO}/labels", {"name": "x" * 51}, 422),
        ("POST", f"{REPO}/labels", {"name": "bug"}, 422),
        ("POST", f"{REPO}/labels", {"name": "x", "color": "#ff0000"}, 422),
        ("GET", f"{REPO}/nothing/here", None, 404),
        ("GET", f"{REPO}/issues/abc", None, 404),
        ("PUT", f"{REPO}/issues", {}, 404),
    ],
)
async def test_what_github_refuses_is_refused(kit: Kit, method, path, body, status):
    answer = await kit.api(method, path, body)
    assert answer.status == status
    assert answer.body["message"]
    assert answer.body["status"] == str(status)


async def test_a_body_that_is_not_json_is_a_bad_request(kit: Kit):
    headers = {"Authorization": f"Bearer {kit.token}", "User-Agent": "x"}
    async with kit.http.post(f"{kit.base}{REPO}/issues", data="{", headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["message"] == "Problems parsing JSON"


async def test_pages_follow_their_links(kit: Kit):
    for n in range(7):
        await kit.ok("POST", f"{REPO}/issues", {"title": f"Issue {n}"})
    gh = kit.gidgethub()
    path = f"{REPO}/issues?state=all&per_page=3"
    assert [i["number"] async for i in gh.getiter(path)] == [7, 6, 5, 4, 3, 2, 1]
    middle = await kit.api("GET", f"{path}&page=2")
    for rel in ("prev", "next", "last", "first"):
        assert f'rel="{rel}"' in middle.headers["Link"]
    assert "Link" not in (await kit.api("GET", f"{REPO}/issues?per_page=500")).headers
    assert (await kit.ok("GET", f"{path}&page=9")) == []


async def test_lists_filter_and_sort(kit: Kit):
    one = await kit.ok("POST", f"{REPO}/issues", {"title": "one", "labels": ["bug", "sev"]})
    two = await kit.ok("POST", f"{REPO}/issues", {"title": "two", "labels": ["bug"]})
    await kit.person("POST", f"{REPO}/issues", {"login": "rob", "title": "three"})
    await kit.ok("PATCH", f"{REPO}/issues/{two['number']}", {"state": "closed"})

    async def numbers(query: str) -> list[int]:
        return [issue["number"] for issue in await kit.ok("GET", f"{REPO}/issues?{query}")]

    assert await numbers("") == [3, one["number"]]
    assert await numbers("state=all&labels=bug&direction=asc") == [1, 2]
    assert await numbers("state=all&labels=BUG,sev") == [1]
    assert await numbers("creator=rob") == [3]
    assert await numbers("state=all&since=2099-01-01T00:00:00Z") == []


async def test_what_has_not_changed_is_answered_304_and_not_counted(kit: Kit):
    await kit.ok("POST", f"{REPO}/issues", {"title": "x"})
    first = await kit.api("GET", f"{REPO}/issues")
    left = int(first.headers["X-RateLimit-Remaining"])
    again = await kit.api("GET", f"{REPO}/issues", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert int(again.headers["X-RateLimit-Remaining"]) == left
    await kit.ok("POST", f"{REPO}/issues", {"title": "y"})
    changed = await kit.api(
        "GET", f"{REPO}/issues", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert changed.status == 200


async def test_head_is_get_without_the_body(kit: Kit):
    answer = await kit.api("HEAD", REPO)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-GitHub-Request-Id"]


async def test_the_hourly_limit_ends_and_begins_again(tmp_path: Path):
    async with github(tmp_path, limits=Limits(requests_per_hour=3)) as kit:
        gh = kit.gidgethub()
        for _ in range(3):
            await gh.getitem(f"{REPO}/labels?page={_}")
        with pytest.raises(gidgethub.RateLimitExceeded):
            await gh.getitem(REPO)
        assert (await kit.ok("GET", "/rate_limit"))["rate"]["remaining"] == 0
        answer = await kit.api("GET", REPO)
        assert answer.status == 403
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        kit.clock.ahead = timedelta(minutes=59)
        token = await kit.new_token()
        assert (await kit.api("GET", REPO, token=token)).status == 403
        kit.clock.ahead = timedelta(minutes=61)
        assert (await kit.api("GET", REPO, token=token)).status == 200


async def test_content_is_made_no_faster_than_github_lets_it(tmp_path: Path):
    async with github(tmp_path, limits=Limits(content_per_minute=3, content_per_hour=5)) as kit:

        async def comment() -> tuple[int, str]:
            answer = await kit.api("POST", f"{REPO}/issues", {"title": "x"})
            return answer.status, answer.headers.get("Retry-After", "")

        assert [(await comment())[0] for _ in range(3)] == [201] * 3
        status, wait = await comment()
        assert status == 403
        assert 1 <= int(wait) <= 60
        assert (await kit.api("GET", f"{REPO}/issues")).status == 200
        assert (await kit.api("POST", f"{REPO}/git/blobs", {"content": "x"})).status == 201
        kit.clock.ahead = timedelta(seconds=61)
        assert [(await comment())[0] for _ in range(3)] == [201, 201, 403]
        kit.clock.ahead = timedelta(minutes=30)
        status, wait = await comment()
        assert status == 403
        assert int(wait) > 1500


async def test_faults_happen_as_often_as_asked_and_no_more(kit: Kit):
    fault = {"match": {"method": "POST", "path": "/issues$"}, "times": 2, "status": 502}
    await kit.person("POST", "/faults", fault)
    path, body = f"{REPO}/issues", {"title": "x"}
    assert (await kit.api("GET", path)).status == 200
    assert [(await kit.api("POST", path, body)).status for _ in range(3)] == [502, 502, 201]


async def test_a_slow_answer_comes_after_those_asked_for_later(kit: Kit):
    slow = {
        "match": {"path": "/labels"},
        "delay": 0.3,
        "status": 429,
        "headers": {"Retry-After": 1},
    }
    await kit.person("POST", "/faults", slow)
    answered = []

    async def get(path: str):
        answer = await kit.api("GET", f"{REPO}/{path}")
        answered.append(path)
        return answer

    answer, _ = await asyncio.gather(get("labels"), get("issues"))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert answered == ["issues", "labels"]


async def test_a_dropped_connection_may_or_may_not_have_done_its_work(kit: Kit):
    path, body = f"{REPO}/issues", {"title": "x"}
    for spec, issues in (({"drop_connection": True}, 0), ({"after": True}, 1)):
        await kit.person("POST", "/faults", {"match": {"method": "POST"}, **spec})
        with pytest.raises(aiohttp.ClientConnectionError):
            await kit.api("POST", path, body)
        assert len(await kit.ok("GET", path)) == issues


async def test_permission_is_what_the_role_says(kit: Kit):
    found = {}
    for login in ("acme", "ana", "wes", "tom", "rob"):
        one = await kit.ok("GET", f"{REPO}/collaborators/{login}/permission")
        found[login] = (one["permission"], one["role_name"])
    assert found == {
        "acme": ("admin", "admin"),
        "ana": ("write", "maintain"),
        "wes": ("write", "write"),
        "tom": ("read", "triage"),
        "rob": ("read", "read"),
    }
    kit.simulator.set_role(SHOP, "rob", None)
    gone = await kit.ok("GET", f"{REPO}/collaborators/rob/permission")
    assert (gone["permission"], gone["role_name"]) == ("none", "none")
    unknown = await kit.api("GET", f"{REPO}/collaborators/zed/permission")
    assert (unknown.status, unknown.body["message"]) == (404, "zed is not a user")


async def test_reactions_are_one_of_eight_and_once_a_person(kit: Kit):
    await kit.ok("POST", f"{REPO}/issues", {"title": "x"})
    path = f"{REPO}/issues/1/reactions"
    statuses = [
        (await kit.api("POST", path, {"content": c})).status for c in ("eyes", "eyes", "ok")
    ]
    assert statuses == [201, 200, 422]
    await kit.person("POST", f"{REPO}/reactions", {"login": "rob", "issue": 1, "content": "eyes"})
    view = await kit.ok("GET", f"{REPO}/issues/1")
    assert (view["reactions"]["eyes"], view["reactions"]["total_count"]) == (2, 2)


async def test_people_may_only_do_what_their_role_allows(kit: Kit):
    await kit.ok("POST", f"{REPO}/issues", {"title": "x"})

    async def status(method: str, path: str, body: dict) -> int:
        async with kit.http.request(method, f"{kit.base}/_sim{REPO}{path}", json=body) as answer:
            return answer.status

    assert await status("PATCH", "/issues/1", {"login": "rob", "state": "closed"}) == 403
    assert await status("PATCH", "/issues/1", {"login": "tom", "state": "closed"}) == 200
    assert await status("POST", "/push", {"login": "tom", "files": {"a": "b"}}) == 403
    assert await status("DELETE", "/issues/1", {"login": "ana"}) == 403
    assert await status("POST", "/issues", {"login": "nobody", "title": "x"}) == 404


async def test_registering_from_a_manifest_makes_it_that_app(kit: Kit):
    manifest = {
        "name": "Soulcaster for Acme",
        "url": "https://example.com",
        "hook_attributes": {"url": kit.simulator.world.app.webhook_url},
        "redirect_url": "http://127.0.0.1:1/setup/done",
        "default_permissions": {"issues": "write"},
        "default_events": ["issues"],
    }
    async with kit.http.post(
        f"{kit.base}/settings/apps/new?state=s1",
        data={"manifest": json.dumps(manifest)},
        allow_redirects=False,
    ) as answer:
        assert answer.status == 302
        location = answer.headers["Location"]
    assert location.startswith("http://127.0.0.1:1/setup/done?code=")
    assert location.endswith("&state=s1")
    code = location.split("code=")[1].split("&")[0]
    made = await kit.ok("POST", f"/app-manifests/{code}/conversions", token="")
    assert made["slug"] == "soulcaster-for-acme"
    assert made["pem"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert (await kit.api("POST", f"/app-manifests/{code}/conversions", token="")).status == 404
    assert (await kit.api("GET", "/app", token=app_jwt())).status == 401


async def test_the_record_holds_no_credential(tmp_path: Path):
    record = tmp_path / "exchanges.jsonl"
    async with github(tmp_path, record=record) as kit:
        await kit.ok("GET", REPO)
        token = kit.token
    written = record.read_text()
    assert written.count("\n") == 2
    assert token not in written
    assert app_jwt().split(".")[2] not in written


async def test_it_serves_before_anything_exists(tmp_path: Path):
    simulator = GitHubSimulator(
        tmp_path,
        app_id=1,
        app_slug="x",
        public_key=keys()[1],
        webhook_secret="s",
        webhook_url="http://127.0.0.1:9/hook",
    )
    async with serving(simulator) as base, aiohttp.ClientSession() as http:
        async with http.get(f"{base}/_sim/state") as answer:
            assert (await answer.json())["repositories"] == []
        await asyncio.sleep(0)
