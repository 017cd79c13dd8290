"""Closed and reopened on GitHub: the cluster follows, and a bot's word changes nothing."""

from __future__ import annotations

import pytest
from e2e_kit import comment, item_of_issue, obey, open_issue, person, settled, unlike

from bot.domain.models import Cluster, ClusterState
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(stage: Stage, number: int, state: str, reason: str | None = None) -> None:
    said = {"state": state} | ({"state_reason": reason} if reason else {})
    await person(stage, "PATCH", f"/issues/{number}", login=ADMIN, **said)
    await settled(stage)


async def cluster(stage: Stage, number: int) -> Cluster:
    project, item = await stage.project(), await item_of_issue(stage, number)
    assert item is not None
    assert item.cluster is not None
    return await stage.context.clusters.get(project.id, item.cluster)


@pytest.mark.parametrize(
    ("reason", "state", "why"),
    [
        ("completed", ClusterState.RESOLVED, ""),
        ("not_planned", ClusterState.IGNORED, "not planned"),
        ("duplicate", ClusterState.IGNORED, "duplicate"),
    ],
)
async def test_a_cluster_whose_issue_is_closed_is_no_open_problem(
    stage: Stage, reason: str, state: ClusterState, why: str
) -> None:
    number = await open_issue(stage, f"The {unlike()} is {unlike()}", f"It {unlike()} at once.")
    await told(stage, number, "closed", reason)
    record = await cluster(stage, number)
    assert (record.state, record.ignored_reason) == (state, why)
    await told(stage, number, "open")
    assert (await cluster(stage, number)).state is ClusterState.TRIAGED


async def test_only_all_of_its_issues_end_a_cluster(stage: Stage) -> None:
    about = f"Opening {unlike()} says {unlike()} and then {unlike()}"
    first = await open_issue(stage, about, f"{about}. Always.")
    second = await open_issue(stage, about, f"{about}. Always.")
    assert (await cluster(stage, first)).number == (await cluster(stage, second)).number
    await told(stage, first, "closed", "completed")
    assert (await cluster(stage, first)).state is ClusterState.NEW
    await told(stage, second, "closed", "not_planned")
    assert (await cluster(stage, first)).state is ClusterState.RESOLVED
    await told(stage, first, "open")
    assert (await cluster(stage, first)).state is ClusterState.TRIAGED


async def test_what_people_say_of_a_closed_problem_stands(stage: Stage) -> None:
    number = await open_issue(stage, f"A {unlike()} of {unlike()}", f"No {unlike()} is here.")
    await told(stage, number, "closed", "not_planned")
    assert await obey(stage, number, "/soulcaster reopen") == "done"
    await person(stage, "PATCH", f"/issues/{number}", login=ADMIN, body=f"More {unlike()}.")
    await settled(stage)
    assert (await cluster(stage, number)).state is ClusterState.TRIAGED


async def test_a_duplicate_joins_what_the_comment_names_until_it_is_reopened(stage: Stage) -> None:
    first = await open_issue(stage, f"Saving {unlike()} fails", f"A {unlike()} is shown.")
    second = await open_issue(stage, f"Lost my {unlike()}", f"After the {unlike()} update.")
    before = await cluster(stage, second)
    await comment(stage, second, f"Duplicate of #{first}", ADMIN)
    await told(stage, second, "closed", "duplicate")
    joined = await cluster(stage, second)
    assert joined.number == (await cluster(stage, first)).number
    assert joined.state is ClusterState.NEW
    await told(stage, second, "open")
    assert (await cluster(stage, second)).number == before.number


async def test_a_stranger_names_no_original(stage: Stage) -> None:
    first = await open_issue(stage, f"Icons of {unlike()} blink", f"See {unlike()}.")
    second = await open_issue(stage, f"Mail from {unlike()} is late", f"Hours of {unlike()}.")
    await comment(stage, second, f"Duplicate of #{first}", "pavel-novak")
    await told(stage, second, "closed", "duplicate")
    assert (await cluster(stage, first)).number != (await cluster(stage, second)).number


async def test_a_deleted_issue_leaves_the_open_problems(stage: Stage) -> None:
    number = await open_issue(stage, f"Secret {unlike()} shown", f"My {unlike()} is public.")
    held = await cluster(stage, number)
    await person(stage, "DELETE", f"/issues/{number}", login=ADMIN)
    await settled(stage)
    record = await stage.context.clusters.get((await stage.project()).id, held.number)
    assert (record.state, record.ignored_reason) == (ClusterState.IGNORED, "gone")
