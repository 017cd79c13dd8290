"""Everything the simulator answers and sends, against GitHub's own descriptions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_simulator_kit import SHOP, Kit, app_jwt, faults_found, github, judges
from real_answers import at_odds

from bot.simulators.github.manifest import accept

REPO = f"/repos/{SHOP}"


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path, record=tmp_path / "exchanges.jsonl") as kit:
        yield kit


async def _the_app(kit: Kit) -> None:
    jwt = app_jwt()
    installation = next(iter(kit.simulator.world.installations))
    await kit.ok("GET", "/app", token=jwt)
    await kit.ok("GET", "/app/installations?per_page=1", token=jwt)
    await kit.ok("GET", f"/app/installations/{installation}", token=jwt)
    await kit.ok("GET", f"{REPO}/installation", token=jwt)
    await kit.new_token(repositories=["shop"], permissions={"contents": "write"})
    await kit.ok("GET", "/installation/repositories")
    await kit.ok("GET", "/users/ana")
    await kit.ok("GET", "/users/soulcaster[bot]")
    await kit.ok("GET", "/rate_limit")
    await kit.ok("GET", "/app/hook/config", token=jwt)


async def _the_repository(kit: Kit) -> None:
    await kit.ok("GET", REPO)
    await kit.ok("GET", f"{REPO}/collaborators")
    await kit.ok("GET", f"{REPO}/collaborators/ana/permission")
    await kit.ok("GET", f"{REPO}/collaborators/rob/permission")
    await kit.ok("GET", f"{REPO}/contents/README.md")
    await kit.ok("GET", f"{REPO}/contents/shop?ref=main")
    await kit.ok("GET", f"{REPO}/commits/main")
    assert (await kit.api("GET", f"{REPO}/tarball/main")).status == 302


async def _issues(kit: Kit) -> None:
    await kit.ok("POST", f"{REPO}/labels", {"name": "sev:S1", "color": "b60205"})
    made = await kit.ok(
        "POST",
        f"{REPO}/issues",
        {"title": "Totals are wrong", "body": "- [ ] a\n- [ ] b", "labels": ["bug", "new one"]},
    )
    issue = f"{REPO}/issues/{made['number']}"
    await kit.ok("PATCH", issue, {"title": "Totals are too low", "body": "look", "labels": ["bug"]})
    await kit.ok("POST", f"{issue}/labels", {"labels": ["sev:S1"]})
    await kit.ok("DELETE", f"{issue}/labels/bug")
    await kit.ok("POST", f"{issue}/assignees", {"assignees": ["ana", "rob"]})
    await kit.ok("DELETE", f"{issue}/assignees", {"assignees": ["ana"]})
    comment = await kit.ok("POST", f"{issue}/comments", {"body": "On it."})
    place = f"{REPO}/issues/comments/{comment['id']}"
    await kit.ok("PATCH", place, {"body": "Done."})
    await kit.ok("GET", place)
    await kit.ok("GET", f"{issue}/comments")
    await kit.ok("GET", f"{REPO}/issues/comments?sort=updated&direction=desc")
    for subject in (issue, place):
        reaction = await kit.ok("POST", f"{subject}/reactions", {"content": "eyes"})
        await kit.ok("POST", f"{subject}/reactions", {"content": "eyes"})
        await kit.ok("DELETE", f"{subject}/reactions/{reaction['id']}")
    await kit.ok("PATCH", issue, {"state": "closed", "state_reason": "not_planned"})
    await kit.ok("PATCH", issue, {"state": "open"})
    await kit.ok("GET", issue)
    await kit.ok("GET", f"{issue}/events")
    await kit.ok("GET", f"{REPO}/issues?state=all&sort=updated&per_page=1")
    await kit.ok("DELETE", place)
    await kit.ok("GET", f"{REPO}/labels")


async def _a_pull_request(kit: Kit) -> None:
    sha = await kit.commit("fix", {"shop/cart.py": "def total(prices):\n    return sum(prices)\n"})
    await kit.ok("GET", f"{REPO}/git/trees/fix?recursive=1")
    await kit.ok("GET", f"{REPO}/compare/main...fix")
    pull = await kit.ok(
        "POST",
        f"{REPO}/pulls",
        {"title": "Fix totals", "body": "Closes #1", "head": "fix", "base": "main", "draft": True},
    )
    place = f"{REPO}/pulls/{pull['number']}"
    run = await kit.ok(
        "POST",
        f"{REPO}/check-runs",
        {
            "name": "soulcaster/proof",
            "head_sha": sha,
            "status": "in_progress",
            "output": {"title": "Proof", "summary": "running"},
            "actions": [{"label": "Again", "description": "Run again", "identifier": "again"}],
        },
    )
    await kit.ok(
        "PATCH",
        f"{REPO}/check-runs/{run['id']}",
        {
            "status": "completed",
            "conclusion": "success",
            "output": {
                "title": "Proof",
                "summary": "red, then green",
                "annotations": [
                    {
                        "path": "shop/cart.py",
                        "start_line": 2,
                        "end_line": 2,
                        "annotation_level": "notice",
                        "message": "here",
                    }
                ],
            },
        },
    )
    await kit.ok("GET", f"{REPO}/check-runs/{run['id']}")
    await kit.ok("GET", f"{REPO}/check-runs/{run['id']}/annotations")
    await kit.ok("GET", f"{REPO}/commits/fix/check-runs")
    await kit.ok("GET", f"{REPO}/commits/{sha}/check-suites")
    job = await kit.simulator.run_job(SHOP, sha, "lint", "failure", step="Run ruff", log="wrong")
    await kit.ok("GET", f"{REPO}/actions/jobs/{job.id}")
    assert (await kit.api("GET", f"{REPO}/actions/jobs/{job.id}/logs")).status == 302
    await kit.ok("GET", place)
    await kit.ok("GET", f"{REPO}/pulls?head=acme:fix&base=main&state=open")
    await kit.ok("PATCH", place, {"title": "Fix the totals"})
    await kit.ok("GET", f"{place}/files")
    await kit.ok("GET", f"{place}/commits")
    line = {"path": "shop/cart.py", "line": 2, "side": "RIGHT", "body": "why?"}
    comment = await kit.person("POST", f"{place}/comments", {"login": "wes", **line})
    await kit.ok("POST", f"{place}/comments/{comment['id']}/replies", {"body": "because"})
    inline = f"{REPO}/pulls/comments/{comment['id']}"
    await kit.ok("PATCH", inline, {"body": "how?"})
    await kit.ok("GET", inline)
    await kit.ok("POST", f"{inline}/reactions", {"content": "rocket"})
    await kit.ok("GET", f"{place}/comments")
    hm = {"login": "wes", "event": "COMMENT", "body": "hm", "comments": [line]}
    review = await kit.person("POST", f"{place}/reviews", hm)
    await kit.ok("GET", f"{place}/reviews/{review['id']}")
    await kit.ok("GET", f"{place}/reviews/{review['id']}/comments")
    await kit.ok("GET", f"{place}/reviews")
    await kit.ok("DELETE", inline)
    await kit.person(
        "POST",
        f"{place}/reviews",
        {"login": "wes", "event": "REQUEST_CHANGES", "body": "no", "comments": [line]},
    )
    await kit.person("POST", f"{place}/reviews", {"login": "ana", "event": "APPROVE"})
    await kit.person("POST", f"{REPO}/check-runs/{run['id']}/rerequest", {"login": "ana"})
    press = {"login": "ana", "identifier": "again"}
    await kit.person("POST", f"{REPO}/check-runs/{run['id']}/actions", press)
    await kit.person("POST", f"{REPO}/push", {"login": "wes", "branch": "fix", "files": {"a": "1"}})
    await kit.person("POST", f"{place}/ready", {"login": "ana"})
    await kit.person("POST", f"{place}/ready", {"login": "ana", "draft": True})
    how = {"login": "ana", "ready": True, "method": "squash"}
    await kit.person("POST", f"{place}/merge", how)
    await kit.ok("GET", place)
    await kit.ok("DELETE", f"{REPO}/git/refs/heads/fix")
    for tag, early in (("v1", False), ("v2-rc", True)):
        fields = {"login": "ana", "tag": tag, "prerelease": early}
        await kit.person("POST", f"{REPO}/releases", fields)
    await kit.ok("GET", f"{REPO}/releases?per_page=100")
    second = await kit.commit("again", {"b.txt": "b"})
    await kit.person("POST", f"{REPO}/pulls", {"login": "wes", "title": "B", "head": "again"})
    await kit.ok("PATCH", f"{REPO}/git/refs/heads/again", {"sha": second, "force": True})
    await kit.person("DELETE", f"{REPO}/branches/again", {"login": "wes"})


async def _people(kit: Kit) -> None:
    issues = f"{REPO}/issues"
    body = {"login": "rob", "title": "Broken", "body": "- [ ] here\n"}
    made = await kit.person("POST", issues, body)
    number = made["number"]
    await kit.person("PATCH", f"{issues}/{number}", {"login": "rob", "body": "- [ ] there"})
    await kit.person(
        "POST",
        f"{REPO}/checkbox",
        {"login": "ana", "issue": number, "index": 0, "checked": True},
    )
    said = await kit.person("POST", f"{issues}/{number}/comments", {"login": "rob", "body": "?"})
    comment = f"{REPO}/comments/{said['id']}"
    await kit.person("PATCH", comment, {"login": "rob", "body": "??"})
    await kit.person(
        "POST", f"{REPO}/reactions", {"login": "ana", "issue": number, "content": "+1"}
    )
    await kit.person("DELETE", comment, {"login": "rob"})
    await kit.person("PATCH", f"{issues}/{number}", {"login": "ana", "state": "closed"})
    await kit.person("PATCH", f"{issues}/{number}", {"login": "ana", "assignees": ["wes"]})
    await kit.person("PATCH", f"{issues}/{number}", {"login": "ana", "locked": True})
    await kit.simulator.add_repository("acme/other", {"a": b"b"})
    await kit.person("POST", f"{issues}/{number}/transfer", {"login": "ana", "to": "acme/other"})
    kit.simulator.set_role(SHOP, "ana", "admin")
    last = await kit.person("POST", issues, {"login": "ana", "title": "Spam"})
    await kit.person("DELETE", f"{issues}/{last['number']}", {"login": "ana"})
    installation = next(iter(kit.simulator.world.installations))
    where = f"/installations/{installation}"
    await kit.person("PATCH", where, {"login": "ana", "remove": ["acme/other"]})
    await kit.person("PATCH", where, {"login": "ana", "add": ["acme/other"]})
    await kit.person("PATCH", where, {"login": "ana", "suspended": True})
    await kit.person("PATCH", where, {"login": "ana", "suspended": False})


async def _refusals(kit: Kit) -> None:
    sha = "0" * 40
    for method, path, body, status in (
        ("GET", f"{REPO}/issues/999", None, 404),
        ("GET", f"{REPO}/issues/4", None, 301),
        ("POST", f"{REPO}/issues", {"title": ""}, 422),
        ("POST", f"{REPO}/issues/1/reactions", {"content": "+1"}, 201),
        ("POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": sha}, 422),
        ("PATCH", f"{REPO}/pulls/2", {"state": "open"}, 422),
        ("GET", "/repos/acme/none", None, 404),
        ("GET", f"{REPO}/collaborators/nobody/permission", None, 404),
    ):
        answer = await kit.api(method, path, body)
        assert answer.status == status, (method, path, answer.body)
    tag = (await kit.api("GET", REPO)).headers["ETag"]
    assert (await kit.api("GET", REPO, headers={"If-None-Match": tag})).status == 304
    assert (await kit.api("GET", REPO, token="ghs_wrong")).status == 401


async def _deliveries(kit: Kit) -> None:
    await kit.settled()
    jwt = app_jwt()
    listed = await kit.ok("GET", "/app/hook/deliveries?per_page=2", token=jwt)
    place = f"/app/hook/deliveries/{listed[0]['id']}"
    await kit.ok("GET", place, token=jwt)
    await kit.ok("POST", f"{place}/attempts", token=jwt)
    hook = {"url": kit.simulator.world.app.webhook_url}
    manifest = {"name": "Another", "url": "https://example.com", "hook_attributes": hook}
    code = accept(kit.simulator.world, manifest)
    await kit.ok("POST", f"/app-manifests/{code}/conversions", token="")
    installation = next(iter(kit.simulator.world.installations))
    await kit.person("DELETE", f"/installations/{installation}", {"login": "ana"})
    await kit.settled()


async def test_everything_it_answers_and_sends_is_as_github_describes_it(
    kit: Kit, tmp_path: Path, shared: Path
):
    for part in (_the_app, _the_repository, _issues, _a_pull_request, _people, _refusals):
        await part(kit)
    events = await kit.settled()
    await _deliveries(kit)

    found = faults_found(kit, tmp_path / "exchanges.jsonl", shared)
    exchanges = [json.loads(x) for x in (tmp_path / "exchanges.jsonl").read_text().splitlines()]
    found += at_odds(exchanges, shared, judges(shared)[0])
    assert not found, "\n".join(found)
    assert len({(event, payload.get("action")) for event, payload in events}) > 35
