"""After a merge: the cluster of what the pull request closes is watched."""

from __future__ import annotations

import pytest
from e2e_kit import item_of_issue, open_issue, person, settled, unlike

from bot.domain.models import Cluster, ClusterState
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def cluster(stage: Stage, number: int) -> Cluster:
    project, item = await stage.project(), await item_of_issue(stage, number)
    assert item is not None
    assert item.cluster is not None
    return await stage.context.clusters.get(project.id, item.cluster)


async def merged(stage: Stage, body: str) -> int:
    """A person's pull request with this text is merged; its number."""
    branch = unlike()
    files = {f"notes/{branch}.md": "Done.\n"}
    await person(stage, "POST", "/push", login=ADMIN, branch=branch, files=files)
    made = await stage.person("/pulls", login=ADMIN, title="Mend it", body=body, head=branch)
    await stage.person(f"/pulls/{made['number']}/merge", login=ADMIN)
    await settled(stage)
    return int(made["number"])


async def test_what_a_persons_pull_request_closes_is_watched(stage: Stage) -> None:
    first = await open_issue(stage, f"A {unlike()} of {unlike()}", f"It {unlike()}.")
    other = await open_issue(stage, f"Some {unlike()} is {unlike()}", f"In {unlike()}.")
    await merged(stage, f"Fixes #{first}, see #{other}.")
    assert (await cluster(stage, first)).state is ClusterState.WATCHING
    assert (await cluster(stage, other)).state is ClusterState.NEW
