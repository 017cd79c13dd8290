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


async def merged(stage: Stage, body: str) -> str:
    """A person's pull request with this text is merged; what the default branch is then."""
    branch = unlike()
    files = {f"notes/{branch}.md": "Done.\n"}
    await person(stage, "POST", "/push", login=ADMIN, branch=branch, files=files)
    made = await stage.person("/pulls", login=ADMIN, title="Mend it", body=body, head=branch)
    done = await stage.person(f"/pulls/{made['number']}/merge", login=ADMIN)
    await settled(stage)
    return str(done["sha"])


async def watched_from(stage: Stage, number: int) -> str | None:
    """The release that the watch begins with."""
    record = await cluster(stage, number)
    assert record.watch is not None
    return record.watch.release


async def test_what_a_persons_pull_request_closes_is_watched(stage: Stage) -> None:
    first = await open_issue(stage, f"A {unlike()} of {unlike()}", f"It {unlike()}.")
    other = await open_issue(stage, f"Some {unlike()} is {unlike()}", f"In {unlike()}.")
    await merged(stage, f"Fixes #{first}, see #{other}.")
    assert (await cluster(stage, first)).state is ClusterState.WATCHING
    assert (await cluster(stage, other)).state is ClusterState.NEW
    assert await watched_from(stage, first) is None


async def test_where_releases_are_made_the_first_with_the_merge_begins_the_watch(
    stage: Stage,
) -> None:
    number = await open_issue(stage, f"Old {unlike()} of {unlike()}", f"New {unlike()}.")

    async def release(tag: str, **fields: object) -> str | None:
        """Published by a person; what the watch begins with then."""
        await stage.person("/releases", login=ADMIN, tag=tag, **fields)
        await settled(stage)
        return await watched_from(stage, number)

    before = await merged(stage, "Nothing is closed.")
    await stage.person("/releases", login=ADMIN, tag="v1")
    fixed = await merged(stage, f"Fixes #{number}.")
    assert await watched_from(stage, number) == ""
    assert await release("hotfix", target=before) == ""
    assert await release("v2-rc", prerelease=True) == ""
    assert await release("v2", target=fixed) == "v2"
    assert await release("v3") == "v2"
