"""What only the operator can mend is logged when GitHub tells it, and stands in ``doctor``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from gidgethub import sansio
from structlog.testing import capture_logs

from bot.simulators.github import Limits
from bot.simulators.github.records import Installation
from handlers.demo.stage import ADMIN, Stage, free_port, open_stage
from handlers.doctor import CHECKS
from workers.hearing.github.deliveries import router

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("told")
    async with open_stage(folder, processes=False, limits=Limits.none()) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installed(stage: Stage) -> Installation:
    return stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)


async def told(stage: Stage, event: str, **data: Any) -> list[tuple[str, str]]:
    """Level and words of what is logged for an event."""
    with capture_logs() as logs:
        await router.dispatch(sansio.Event(data, event=event, delivery_id="1"), stage.context)
    return [(one["log_level"], f"{one['event']} {one.get('what', '')}".strip()) for one in logs]


@pytest.mark.parametrize("action", ["suspend", "unsuspend", "new_permissions_accepted"])
async def test_a_changed_installation_is_logged(
    stage: Stage, installed: Installation, action: str
) -> None:
    said = await told(stage, "installation", action=action, installation={"id": installed.id})
    assert said == [("warning", f"the installation changed {action}")]


async def test_a_suspended_installation_stands_in_doctor(
    stage: Stage, installed: Installation
) -> None:
    assert (await CHECKS["GitHub"](stage.context))[1] == ""
    installed.suspended_at = stage.github.world.now()
    found, mend = await CHECKS["GitHub"](stage.context)
    assert "acme has suspended it" in found
    assert mend
    installed.suspended_at = None
    assert (await CHECKS["GitHub"](stage.context))[1] == ""


async def test_a_permission_that_is_lacking_stands_in_doctor(
    stage: Stage, installed: Installation
) -> None:
    held = installed.permissions.pop("actions")
    found, mend = await CHECKS["GitHub"](stage.context)
    assert "acme has yet to accept actions: read" in found
    assert mend
    installed.permissions["actions"] = held
    heard, installed.events = installed.events, ("issues",)
    assert "has yet to accept the events check_run" in (await CHECKS["GitHub"](stage.context))[0]
    installed.events = heard
    assert (await CHECKS["GitHub"](stage.context))[1] == ""


async def test_a_deleted_webhook_is_logged_and_stands_in_doctor(stage: Stage) -> None:
    [(level, said)] = await told(stage, "meta", action="deleted", hook_id=1)
    assert level == "error"
    assert "webhook was deleted" in said
    await stage.github.webhooks.settle()
    stage.github.webhooks.deliveries.clear()  # nobody listens here
    assert await CHECKS["webhook secret"](stage.context) == ("set", "")
    stage.github.world.app.webhook_url = ""
    found, mend = await CHECKS["webhook secret"](stage.context)
    assert found == "GitHub sends nothing any more"
    assert mend


async def test_a_webhook_that_does_not_arrive_stands_in_doctor(stage: Stage) -> None:
    world = stage.github.world
    kept, world.app.webhook_url = world.app.webhook_url, f"http://127.0.0.1:{free_port()}/github"
    await stage.person("/issues", login="ines-ferreira", title="Nobody hears of it")
    await stage.github.webhooks.settle()
    found, mend = await CHECKS["webhook secret"](stage.context)
    assert "the last issues was not delivered to http://127.0.0.1" in found
    assert mend
    world.app.webhook_url = kept


async def test_processes_that_do_not_run_stand_in_doctor(stage: Stage) -> None:
    ctx = stage.context
    mend = "start web, worker, fixer, clock; `soulcaster up` starts all"
    assert await CHECKS["processes"](ctx) == ("none", mend)
    shown = [asyncio.create_task(ctx.processes.show(kind)) for kind in ("web", "worker", "clock")]
    while len(await ctx.processes.alive()) < 3:  # noqa: ASYNC110 - they tell nobody
        await asyncio.sleep(0.01)
    found, mend = await CHECKS["processes"](ctx)
    assert "clock (" in found
    assert mend.startswith("start fixer;")
    for task in shown:
        task.cancel()
    await asyncio.gather(*shown, return_exceptions=True)


async def test_an_address_that_leads_nowhere_stands_in_doctor(stage: Stage) -> None:
    ctx = stage.context
    kept = ctx.settings
    for url, told in (
        (f"http://127.0.0.1:{free_port()}", "is not reached"),
        (stage.github_url, "leads to somebody else (status 404)"),
    ):
        ctx.settings = kept.model_copy(update={"soulcaster_public_url": url})
        found, mend = await CHECKS["public address"](ctx)
        assert told in found
        assert mend
    ctx.settings = kept
