"""The webhooks of the GitHub simulator: what, in which order, signed how, and again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gidgethub.sansio import Event
from github_simulator_kit import SECRET, SHOP, Kit, app_jwt, github

REPO = f"/repos/{SHOP}"
ISSUES = f"{REPO}/issues"


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path) as kit:
        await kit.settled()
        kit.hooks.clear()
        yield kit


def _told(events: list[tuple[str, dict]]) -> list[str]:
    return [f"{event}.{p['action']}" if "action" in p else event for event, p in events]


async def test_a_delivery_is_signed_and_says_whose_it_is(kit: Kit):
    await kit.person("POST", ISSUES, {"login": "rob", "title": "Broken", "body": "é <!-- x -->"})
    await kit.settled()
    [(headers, body)] = kit.hooks
    event = Event.from_http(headers, body, secret=SECRET)
    assert (event.event, event.data["action"]) == ("issues", "opened")
    assert event.data["issue"]["body"] == "é <!-- x -->"
    assert event.data["sender"]["login"] == "rob"
    assert event.data["installation"]["id"] in kit.simulator.world.installations
    assert headers["X-Hub-Signature"].startswith("sha1=")
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["Content-Type"] == "application/json"


async def test_an_edit_says_what_it_was_before(kit: Kit):
    body = {"login": "rob", "title": "Broken", "body": "- [ ] one\n```\n- [ ] no\n```\n* [x] two"}
    await kit.person("POST", ISSUES, body)
    box = {"login": "ana", "issue": 1, "index": 1, "checked": False}
    await kit.person("POST", f"{REPO}/checkbox", box)
    await kit.person("PATCH", f"{ISSUES}/1", {"login": "rob", "title": "Very broken"})
    await kit.person("PATCH", f"{ISSUES}/1", {"login": "rob", "title": "Very broken"})
    events = await kit.settled()
    assert _told(events) == ["issues.opened", "issues.edited", "issues.edited"]
    ticked, renamed = events[1][1], events[2][1]
    assert ticked["changes"] == {"body": {"from": body["body"]}}
    assert ticked["issue"]["body"].endswith("- [ ] no\n```\n* [ ] two")
    assert ticked["sender"]["login"] == "ana"
    assert renamed["changes"] == {"title": {"from": "Broken"}}
    missing = {"login": "ana", "issue": 1, "index": 2, "checked": True}
    async with kit.http.post(f"{kit.base}/_sim{REPO}/checkbox", json=missing) as answer:
        assert answer.status == 404


async def test_what_the_app_does_comes_back_from_its_bot(kit: Kit):
    await kit.ok("POST", ISSUES, {"title": "Tracking", "labels": ["bug", "brand new"]})
    await kit.ok("POST", f"{ISSUES}/1/comments", {"body": "card"})
    events = await kit.settled()
    assert _told(events) == [
        "issues.opened",
        "label.created",
        "issues.labeled",
        "issues.labeled",
        "issue_comment.created",
    ]
    assert {payload["sender"]["type"] for _, payload in events} == {"Bot"}
    assert {payload["sender"]["login"] for _, payload in events} == {"soulcaster[bot]"}
    assert events[-1][1]["comment"]["performed_via_github_app"]["slug"] == "soulcaster"


async def test_a_push_to_a_pull_request_is_told_from_both_sides(kit: Kit):
    await kit.commit("fix", {"a.txt": "a"})
    await kit.ok("POST", f"{REPO}/pulls", {"title": "A", "head": "fix", "base": "main"})
    await kit.person(
        "POST", f"{REPO}/push", {"login": "wes", "branch": "fix", "files": {"a.txt": "b"}}
    )
    await kit.person("DELETE", f"{REPO}/branches/fix", {"login": "wes"})
    events = await kit.settled()
    assert _told(events) == [
        "create",
        "push",
        "check_suite.requested",
        "pull_request.opened",
        "push",
        "check_suite.requested",
        "pull_request.synchronize",
        "push",
        "delete",
        "pull_request.closed",
    ]
    push, moved = events[4][1], events[6][1]
    assert (push["before"], push["after"]) == (moved["before"], moved["after"])
    assert push["commits"][0]["modified"] == ["a.txt"]
    assert push["commits"][0]["author"]["username"] == "wes"
    assert moved["pull_request"]["head"]["sha"] == push["after"]
    assert events[7][1]["deleted"] is True


async def test_events_of_a_repository_arrive_in_order_and_never_hold_up_the_api(kit: Kit):
    kit.answers[:] = [202] * 40
    for n in range(40):
        await kit.ok("POST", ISSUES, {"title": f"Issue {n}"})
    events = await kit.settled()
    assert [payload["issue"]["number"] for _, payload in events] == list(range(1, 41))


async def test_a_failed_delivery_is_seen_and_sent_again_under_its_guid(kit: Kit):
    kit.answers[:] = [503]
    await kit.person("POST", ISSUES, {"login": "rob", "title": "One"})
    await kit.settled()
    kit.simulator.webhooks.lose = 1
    await kit.person("POST", ISSUES, {"login": "rob", "title": "Two"})
    await kit.settled()
    jwt = app_jwt()
    failed = await kit.ok("GET", "/app/hook/deliveries?status=failure", token=jwt)
    assert [(one["status_code"], one["status"]) for one in failed] == [
        (502, "failed to connect to host"),
        (503, "Invalid HTTP Response: 503"),
    ]
    whole = await kit.ok("GET", f"/app/hook/deliveries/{failed[0]['id']}", token=jwt)
    assert whole["request"]["payload"]["issue"]["title"] == "Two"
    for one in failed[::-1]:
        again = await kit.api("POST", f"/app/hook/deliveries/{one['id']}/attempts", token=jwt)
        assert again.status == 202
    await kit.settled()
    seen = [headers["X-GitHub-Delivery"] for headers, _ in kit.hooks]
    assert seen == [failed[1]["guid"], failed[1]["guid"], failed[0]["guid"]]
    latest = await kit.ok("GET", "/app/hook/deliveries?per_page=2", token=jwt)
    assert [one["redelivery"] for one in latest] == [True, True]


async def test_deliveries_are_paged_by_cursor(kit: Kit):
    for n in range(5):
        await kit.person("POST", ISSUES, {"login": "rob", "title": f"Issue {n}"})
    await kit.settled()
    path, ids = "/app/hook/deliveries?per_page=2", []
    while path:
        page = await kit.api("GET", path, token=app_jwt())
        ids += [one["id"] for one in page.body]
        link = page.headers.get("Link", "")
        path = link.partition("<")[2].partition(">")[0]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(kit.simulator.webhooks.deliveries)


async def test_an_app_hears_only_of_what_it_is_installed_on_and_listens_to(kit: Kit):
    where = next(iter(kit.simulator.world.installations))
    await kit.simulator.add_repository("zed/alone", {"a": b"b"})
    await kit.person("POST", "/repos/zed/alone/issues", {"login": "zed", "title": "x"})
    await kit.person("DELETE", f"/installations/{where}", {"login": "ana"})
    kit.simulator.install("acme", sender="ana", repositories=[SHOP], events=["issues"])
    await kit.person("POST", ISSUES, {"login": "rob", "title": "x"})
    await kit.person("POST", f"{ISSUES}/1/comments", {"login": "rob", "body": "x"})
    assert _told(await kit.settled()) == [
        "installation.deleted",
        "installation.created",
        "issues.opened",
    ]


async def test_a_transferred_issue_moves_and_a_deleted_one_is_gone(kit: Kit):
    await kit.simulator.add_repository("acme/other", {"a": b"b"})
    await kit.person("POST", ISSUES, {"login": "rob", "title": "Moves"})
    await kit.person("POST", f"{ISSUES}/1/comments", {"login": "rob", "body": "with this"})
    await kit.person("POST", f"{ISSUES}/1/transfer", {"login": "ana", "to": "acme/other"})
    moved = await kit.api("GET", f"{REPO}/issues/1")
    assert moved.status == 301
    assert (await kit.ok("GET", moved.headers["Location"]))["comments"] == 1
    kit.simulator.set_role(SHOP, "ana", "admin")
    await kit.person("POST", ISSUES, {"login": "rob", "title": "Goes"})
    await kit.person("DELETE", f"{ISSUES}/2", {"login": "ana"})
    assert (await kit.api("GET", f"{REPO}/issues/2")).status == 410
    told = _told(await kit.settled())
    assert told.count("issues.transferred") == 1
    assert told[-1] == "issues.deleted"


async def test_the_stream_tells_of_each_change(kit: Kit):
    async with kit.http.get(f"{kit.base}/_sim/stream") as answer:
        lines = answer.content

        async def news() -> dict:
            while True:
                line = (await asyncio.wait_for(lines.readline(), 60)).decode()
                if line.startswith("data: "):
                    return json.loads(line.removeprefix("data: "))

        hello = await news()
        await kit.person("POST", ISSUES, {"login": "rob", "title": "x"})
        change = await news()
        assert change["version"] > hello["version"]
        assert (change["kind"], change["repository"], change["number"]) == ("issue", SHOP, 1)


async def test_who_leaves_the_stream_is_not_missed(kit: Kit, caplog: pytest.LogCaptureFixture):
    async with kit.http.get(f"{kit.base}/_sim/stream") as answer:
        await answer.content.readline()
        answer.close()
    for n in range(3):
        await kit.person("POST", ISSUES, {"login": "rob", "title": f"Issue {n}"})
        await asyncio.sleep(0.05)
    assert "Error handling request" not in caplog.text
