"""Reports come in from everywhere and are counted: nothing lost, nothing twice."""

from __future__ import annotations

import json
import re

import pytest
from e2e_kit import (
    SENDERS,
    all_items,
    ask,
    cluster_of,
    comment,
    deliver,
    github,
    inbox,
    issue,
    item_of_issue,
    knock,
    occurrences,
    open_issue,
    parked,
    person,
    report_of,
    settled,
    unlike,
)

from bot.simulators.github.webhooks import Delivery
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage
from workers import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

INES = "U07INESF01"


def sent(stage: Stage, event: str, action: str, number: int) -> Delivery:
    """The newest webhook that a person's act on an issue was told by."""
    return next(
        d
        for d in stage.github.webhooks.sent()
        if d.event == event
        and d.payload.get("action") == action
        and d.payload["issue"]["number"] == number
        and d.payload["sender"]["type"] == "User"
    )


@pytest.mark.parametrize("source", SENDERS)
async def test_every_source_arrives_and_is_counted(stage: Stage, source: str) -> None:
    report = report_of(source)
    before = len(await all_items(stage))
    assert await send_alert(stage, report) == 202
    await settled(stage)
    items = await all_items(stage)
    assert len(items) == before + 1
    assert items[-1].source == source
    assert items[-1].cluster
    assert await occurrences(stage, items[-1]) >= 1


async def test_an_issue_is_a_report(stage: Stage) -> None:
    number = await open_issue(stage, f"Totals are wrong {unlike()}", "They are off by one.")
    item = await item_of_issue(stage, number)
    assert item is not None
    assert item.author == "pavel-novak"
    assert item.url == (await issue(stage, number))["html_url"]
    assert await occurrences(stage, item) == 1


async def test_a_repeated_alert_is_an_occurrence_of_the_same_item(stage: Stage) -> None:
    report = report_of("datadog")
    await send_alert(stage, report)
    await settled(stage)
    items = await all_items(stage)
    mine = next(i for i in items if i.source == "datadog")
    before = await occurrences(stage, mine)
    for repeat in range(3):
        again = {**report.body, "id": f"again-{unlike()}-{repeat}"}
        await send_alert(stage, report.model_copy(update={"body": again}))
    await settled(stage)
    assert len(await all_items(stage)) == len(items)
    assert await occurrences(stage, mine) == before + 3


async def test_an_alert_sent_twice_counts_once(stage: Stage) -> None:
    report = report_of("sentry")
    await send_alert(stage, report)
    await settled(stage)
    items = await all_items(stage)
    counts = [await occurrences(stage, item) for item in items]
    await send_alert(stage, report)
    await settled(stage)
    after = await all_items(stage)
    assert [await occurrences(stage, item) for item in after] == counts


async def test_a_redelivery_changes_nothing(stage: Stage) -> None:
    number = await open_issue(stage, f"The invoice is empty {unlike()}", "No lines at all.")
    opened = sent(stage, "issues", "opened", number)
    before = await item_of_issue(stage, number)
    stage.github.webhooks.redeliver(opened)
    await settled(stage)
    assert await deliver(stage, "issues", opened.body, guid="another-guid") == 202
    await settled(stage)
    after = await item_of_issue(stage, number)
    assert after == before
    assert after is not None
    assert await occurrences(stage, after) == 1


async def test_a_redelivered_command_is_obeyed_once(stage: Stage) -> None:
    number = await open_issue(stage, f"The export hangs {unlike()}", "At 80 %.")
    said = await comment(stage, number, "/soulcaster whoami")
    await settled(stage)
    created = sent(stage, "issue_comment", "created", number)
    assert created.payload["comment"]["id"] == said
    calls = len(stage.github.webhooks.deliveries)
    assert await deliver(stage, "issue_comment", created.body, guid="one-more-guid") == 202
    await settled(stage)
    # Nothing was written: GitHub has had nothing to tell since.
    assert len(stage.github.webhooks.deliveries) == calls


async def test_an_edited_issue_updates_its_item(stage: Stage) -> None:
    number = await open_issue(stage, f"Broken {unlike()}", "It is broken.")
    title = f"Search is broken {unlike()}"
    await person(
        stage, "PATCH", f"/issues/{number}", login="pavel-novak", title=title, body="Since May."
    )
    await settled(stage)
    item = await item_of_issue(stage, number)
    assert item is not None
    assert (item.title, item.body) == (title, "Since May.")
    project = await stage.project()
    cluster = await stage.context.clusters.get(project.id, item.cluster or 0)
    assert cluster.title == title
    assert await occurrences(stage, item) == 1


async def test_an_older_edit_that_arrives_late_does_not_overwrite(stage: Stage) -> None:
    number = await open_issue(stage, f"Slow {unlike()}", "first words")
    await person(stage, "PATCH", f"/issues/{number}", login="pavel-novak", body="newest words")
    await settled(stage)
    late = json.loads(sent(stage, "issues", "edited", number).body)
    late["issue"]["body"] = "older words"
    late["issue"]["updated_at"] = "2020-01-01T00:00:00Z"
    assert await deliver(stage, "issues", late) == 202
    await settled(stage)
    item = await item_of_issue(stage, number)
    assert item is not None
    assert item.body == "newest words"


async def test_a_deleted_issue_keeps_its_count_and_loses_its_words(stage: Stage) -> None:
    words = unlike()
    number = await open_issue(stage, f"My address {words}", f"I live at {words} street")
    edited = json.loads(sent(stage, "issues", "opened", number).body)
    await person(stage, "DELETE", f"/issues/{number}", login=ADMIN)
    await settled(stage)
    item = await item_of_issue(stage, number)
    assert item is not None
    assert item.gone
    assert await occurrences(stage, item) == 1
    # An edit made before the deletion arrives after it.
    edited |= {"action": "edited", "changes": {}}
    edited["issue"]["updated_at"] = "2090-01-01T00:00:00Z"
    await deliver(stage, "issues", edited)
    await settled(stage)
    redis = stage.context.redis
    project = await stage.project()
    for key in ("items", "clusters"):
        stored = b"".join((await redis.hgetall(f"sc:{project.id}:{key}")).values())
        assert words.encode() not in stored, key


async def test_closing_and_reopening_counts_nothing_new(stage: Stage) -> None:
    number = await open_issue(stage, f"The menu flickers {unlike()}", "On hover.")
    for state in ("closed", "open"):
        await person(stage, "PATCH", f"/issues/{number}", login="pavel-novak", state=state)
        await settled(stage)
    item = await item_of_issue(stage, number)
    assert item is not None
    assert await occurrences(stage, item) == 1
    assert item.body == "On hover."


async def test_an_issue_of_a_bot_is_no_report(stage: Stage) -> None:
    stage.github.add_user("renovate[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "renovate[bot]", "write")
    made = await stage.person("/issues", login="renovate[bot]", title="Dependency dashboard")
    await settled(stage)
    assert await item_of_issue(stage, made["number"]) is None


async def test_an_issue_of_a_bot_that_the_project_names_is_one(stage: Stage) -> None:
    stage.github.add_user("sentry-io[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "sentry-io[bot]", "write")
    named = {".github/soulcaster.yml": "bots: [Sentry-IO]\n"}
    await stage.person("/push", login="tom-beckett", branch="main", files=named)
    await open_issue(stage, f"KeyError in the till {unlike()}", "At noon.", login="sentry-io[bot]")


async def test_a_pull_request_is_no_report(stage: Stage) -> None:
    await stage.person("/push", login="tom-beckett", branch="topic", files={"NEW.md": "new"})
    made = await stage.person("/pulls", login="tom-beckett", title="Add a file", head="topic")
    await comment(stage, made["number"], "Please review.", login="tom-beckett")
    await settled(stage)
    assert await item_of_issue(stage, made["number"]) is None


async def test_a_delivery_that_github_lost_is_asked_for_again(stage: Stage) -> None:
    stage.github.webhooks.lose = 1
    made = await stage.person(
        "/issues", login="pavel-novak", title=f"Lost {unlike()}", body="Nobody heard of this."
    )
    await settled(stage)
    assert await item_of_issue(stage, made["number"]) is None
    await stage.context.jobs.ask(jobs.ask_again)
    await settled(stage)

    async def there() -> bool:
        return await item_of_issue(stage, made["number"]) is not None

    await stage.wait("the lost report", there, timeout=10)
    item = await item_of_issue(stage, made["number"])
    assert item is not None
    assert await occurrences(stage, item) == 1


async def test_removed_and_installed_again(stage: Stage) -> None:
    number = await open_issue(stage, f"Before we leave {unlike()}", "words")
    late = sent(stage, "issues", "opened", number)
    [installation] = stage.github.world.installations
    await github(stage, "DELETE", f"/installations/{installation}", login=ADMIN)
    await settled(stage)
    assert await stage.context.projects.all() == []
    # What is heard late must not bring it back.
    changed = {**late.payload, "action": "edited", "changes": {}}
    assert await deliver(stage, "issues", changed) == 202
    await settled(stage)
    assert await stage.context.projects.all() == []
    stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
    await settled(stage)
    [project] = await stage.context.projects.all()
    assert project.full_name == stage.repository
    assert (await cluster_of(stage, number)).startswith("C-")
    assert await open_issue(stage, f"Back again {unlike()}", "words") > number


async def test_nothing_was_given_up_or_left_behind(stage: Stage) -> None:
    await settled(stage)
    assert await parked(stage) == {}
    assert await inbox(stage) == []


async def test_a_door_is_opened_rotated_and_paused_by_what_a_person_says(stage: Stage) -> None:
    told = await ask(stage, INES, "source add datadog:eu")
    [hook] = re.findall(r"/hooks/datadog/([\w-]{22})", told)
    [before] = re.findall(r"shown once\): `([\w-]{43})`", told)
    [after] = re.findall(
        r"shown once\): `([\w-]{43})`", await ask(stage, INES, "source rotate datadog:eu")
    )

    async def send(secret: str, number: int) -> int:
        body = json.dumps({"title": f"Full disk {unlike()}", "id": number}).encode()
        headers = {"Authorization": f"Bearer {secret}"}
        return await knock(stage, "datadog", body, hook=hook, headers=headers)

    assert [await send(secret, n) for n, secret in enumerate((before, after, "wrong"))] == [
        *(202, 202, 401)
    ]
    await settled(stage)
    items = len(await all_items(stage))
    assert "is paused" in await ask(stage, INES, "source pause datadog:eu")
    assert await send(after, 3) == 202
    listed = await ask(stage, INES, "source list")
    for words in (
        "taken 2 in 24 hours",
        "let pass 1 in 24",
        "a wrong secret 1 in 24",
        "is good until",
    ):
        assert words in listed
    assert "is heard again" in await ask(stage, INES, "source resume datadog:eu")
    assert len(await all_items(stage)) == items
    assert "is closed" in await ask(stage, INES, "source remove datadog:eu")
    assert await send(after, 4) == 401
