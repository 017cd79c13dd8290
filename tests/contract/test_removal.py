"""Where the app was removed nothing is said, heard or run; and who says so, when it is erased."""

from __future__ import annotations

from typing import Any

import pytest
from test_storage import run

from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.domain.fixes.versions import new_revision
from bot.domain.models import Person, Place, Project, RunState
from bot.say import say
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN, Stage
from workers import jobs
from workers.fixes.revise import revise
from workers.fixes.run import fix_run
from workers.hearing.alerts import hear_alert
from workers.hearing.github.deliveries import hear_github
from workers.intake import sync

OTHER = "acme/other"


@pytest.fixture
async def project(stage: Stage) -> Project:
    return await stage.project()


async def hear_all(stage: Stage, time: str = "") -> None:
    """Hear every delivery that GitHub has made so far; at another ``time`` they are heard anew."""
    await stage.github.webhooks.settle()
    for told in stage.github.webhooks.sent():
        meta = {"event": told.event, "guid": told.guid + time}
        row = Delivery(kind="hear_github", meta=meta, body=told.body, received_at=1.0)
        await stage.context.inbox.accept(row)
        await hear_github(stage.context, row.row)


async def sim(stage: Stage, method: str, path: str, **body: Any) -> None:
    url = f"{stage.github_url}/_sim{path}"
    async with stage.http.request(method, url, json={"login": ADMIN, **body}) as response:
        response.raise_for_status()


async def test_an_uninstallation_is_dated_by_githubs_word_alone(
    stage: Stage, project: Project
) -> None:
    await sim(stage, "DELETE", f"/installations/{project.installation}")
    await hear_all(stage)
    gone = await stage.context.projects.known(project.id)
    assert gone
    assert gone.removed
    assert gone.removed_at
    # Told of it again, or found out by asking: the time runs from the first word.
    await hear_all(stage, "again")
    await sync.forget_installation(stage.context, project.installation)
    assert await stage.context.projects.known(project.id) == gone


async def test_a_repository_that_is_taken_off_is_dated_and_comes_back(
    stage: Stage, project: Project
) -> None:
    where = f"/installations/{project.installation}"
    await stage.github.add_repository(OTHER, {"a.py": b"1"})
    await sim(stage, "PATCH", where, add=[OTHER], remove=[stage.repository])
    await hear_all(stage)
    gone = await stage.context.projects.known(project.id)
    assert gone
    assert gone.removed_at
    assert [each.full_name for each in await stage.context.projects.all()] == [OTHER]
    await sim(stage, "PATCH", where, add=[stage.repository])
    await sync.sync_installation(stage.context, project.installation)
    # The old word comes again, and is not believed.
    await hear_all(stage, "again")
    now = await stage.context.projects.get(project.id)
    assert now.removed_at is None


async def test_nothing_is_said(stage: Stage, project: Project) -> None:
    await stage.person("/issues", login=ADMIN, title="It breaks", body="Always.")
    await stage.context.projects.remove(project)
    for place in (Place(issue=1), Place(channel=stage.channel)):
        assert (
            await say(stage.context, project, place, note("k", "x", audience=Audience.PUBLIC)) == ""
        )
    assert await stage.context.cards.get(project.id, "gh:1", "k") is None


async def test_no_alert_is_taken_that_came_before(stage: Stage, project: Project) -> None:
    ctx = stage.context
    meta = {"source": "feedback", "project": str(project.id)}
    body = b'{"id": "1", "text": "It breaks", "at": "2026-11-21T10:00:00Z"}'
    row = Delivery(jobs.hear_alert.name, meta, body, 1.0, tenant=project.id)
    await ctx.inbox.accept(row)
    await ctx.projects.remove(project)
    await hear_alert(ctx, row.row)
    assert await ctx.items.last(project.id) == 0
    assert await ctx.inbox.read(row.row) is None
    await ctx.projects.put(project)
    again = Delivery(jobs.hear_alert.name, meta, body + b" ", 1.0, tenant=project.id)
    await ctx.inbox.accept(again)
    await hear_alert(ctx, again.row)
    assert await ctx.items.last(project.id) == 1


async def test_a_run_and_a_revision_stop(stage: Stage, project: Project) -> None:
    ctx = stage.context
    opened, _ = await ctx.runs.open(project.id, run("a"))
    made = new_revision(
        opened,
        key="review:1",
        kind="revise",
        asker=Person(login="ana"),
        place=Place(),
        now=ctx.now(),
    )
    await ctx.versions.open(project.id, made)
    await ctx.redis.hset(f"sc:{project.id}:clusters", "1", CLUSTER)
    await ctx.projects.remove(project)
    await fix_run(ctx, project.id, opened.number)
    await revise(ctx, project.id, opened.number, made.key)
    ended = await ctx.runs.get(project.id, opened.number)
    assert (ended.state, ended.reason) == (RunState.CANCELLED, "Stopped by the app's removal.")
    work = (await ctx.versions.get(project.id, opened.number, made.key)).work
    assert (work.state, work.reason) == (RunState.CANCELLED, "Stopped by the app's removal.")
    assert await ctx.runs.active(project.id, 1) is None


CLUSTER = (
    '{"number":1,"audience":"team","title":"It breaks",'
    '"created_at":"2026-11-21T10:00:00Z","updated_at":"2026-11-21T10:00:00Z"}'
)
