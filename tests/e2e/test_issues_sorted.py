"""Labels and assignees on GitHub, severity and owner of the cluster: each follows the other."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import (
    deliver,
    issue,
    item_of_issue,
    obey,
    open_issue,
    person,
    reply,
    settled,
    unlike,
)

from bot.domain.models import Cluster
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILE = "labels:\n  critical: S1\n  minor: S3\n"


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def mapped(stage: Stage) -> None:
    files = {".github/soulcaster.yml": FILE}
    await person(stage, "POST", "/push", login=ADMIN, files=files)
    await settled(stage)


async def cluster(stage: Stage, number: int) -> Cluster:
    project, item = await stage.project(), await item_of_issue(stage, number)
    assert item is not None
    assert item.cluster is not None
    return await stage.context.clusters.get(project.id, item.cluster)


async def change(stage: Stage, number: int, **fields: Any) -> Cluster:
    await person(stage, "PATCH", f"/issues/{number}", login=ADMIN, **fields)
    await settled(stage)
    return await cluster(stage, number)


async def held(stage: Stage, number: int) -> tuple[set[str], set[str]]:
    found = await issue(stage, number)
    labels = {label["name"] for label in found["labels"]}
    return labels, set(found["assignees"])


async def test_a_label_is_a_severity_as_long_as_it_is_there(stage: Stage) -> None:
    number = await open_issue(stage, f"The {unlike()} of {unlike()}", f"It is {unlike()}.")
    before = (await cluster(stage, number)).severity
    record = await change(stage, number, labels=["bug", "Critical"])
    assert (record.severity, record.severity_by) == ("S1", "a label")
    record = await change(stage, number, labels=["bug"])
    assert (record.severity, record.severity_by) == (before, "")


async def test_who_is_assigned_owns_it(stage: Stage) -> None:
    number = await open_issue(stage, f"No {unlike()} at {unlike()}", f"Why {unlike()}?")
    assert (await change(stage, number, assignees=["tom-beckett"])).owner == "tom-beckett"
    assert (await change(stage, number, assignees=[])).owner == ""


@pytest.mark.parametrize(
    ("event", "action", "named", "link", "said"),
    [
        (
            "sub_issues",
            "parent_issue_added",
            "sub_issue",
            {"parent_issue_url": "x/7"},
            "part of #7",
        ),
        (
            "issue_dependencies",
            "blocked_by_added",
            "blocked_issue",
            {"issue_dependencies_summary": {"blocked_by": 2}},
            "blocked by 2",
        ),
    ],
)
async def test_links_between_issues_are_shown_and_join_nothing(
    stage: Stage, event: str, action: str, named: str, link: dict[str, Any], said: str
) -> None:
    number = await open_issue(stage, f"Less {unlike()} in {unlike()}", f"At {unlike()}.")
    before = await cluster(stage, number)
    told = next(d.payload for d in stage.github.webhooks.sent() if d.event == "issues")
    as_it_is = {**told["issue"], **link}
    path = f"/issues/{number}$"
    asked = {"match": {"method": "GET", "path": path}, "times": 9, "status": 200, "body": as_it_is}
    stage.github.faults.add(asked)
    payload = {k: told[k] for k in ("sender", "installation", "repository")}
    assert await deliver(stage, event, {**payload, "action": action, named: as_it_is}) == 202
    await settled(stage)
    assert (await cluster(stage, number)).name == before.name
    assert await obey(stage, number, "/soulcaster status") == "done"
    assert said in await reply(stage, number, f"status:{before.name}")


async def test_what_people_say_here_is_written_there_and_stands(stage: Stage) -> None:
    number = await open_issue(stage, f"All {unlike()} gone to {unlike()}", f"By {unlike()}.")
    await change(stage, number, labels=["ui", "critical"])
    assert await obey(stage, number, "/soulcaster severity S3") == "done"
    assert await obey(stage, number, "/soulcaster assign @tom-beckett") == "done"
    await settled(stage)
    assert await held(stage, number) == ({"ui", "minor"}, {"tom-beckett"})
    record = await cluster(stage, number)
    assert (record.severity, record.owner) == ("S3", "tom-beckett")
    assert record.severity_by == "@ines-ferreira"
    assert await obey(stage, number, "/soulcaster unassign") == "done"
    await settled(stage)
    assert await held(stage, number) == ({"ui", "minor"}, set())
    assert (await change(stage, number, labels=["critical"])).severity == "S1"
