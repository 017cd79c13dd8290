"""A refusal of us is no fact about them: nothing is removed for it, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Unavailable
from bot.domain.models import Project
from bot.simulators.github import Limits
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.doctor import CHECKS
from workers.hearing.github.deliveries import hear_github
from workers.intake import sync

TOKENS, LIST = "/access_tokens$", "^/installation/repositories"
ALLOW_LIST = {
    "message": "Although you appear to have the correct authorization credentials, the `acme` "
    "organization has an IP allow list enabled, and your IP address is not permitted to access "
    "this resource."
}
SAML = {"message": "Resource protected by organization SAML enforcement."}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        yield made


@pytest.fixture
async def installation(stage: Stage) -> int:
    """Of the app on the one repository."""
    installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
    await sync.sync_installation(stage.context, installed.id)
    return installed.id


async def projects(stage: Stage) -> list[str]:
    return [project.full_name for project in await stage.context.projects.all()]


def refuse(stage: Stage, path: str, status: int, body: Any = None) -> None:
    fault = {"match": {"path": path}, "times": 1, "status": status, "body": body}
    stage.github.faults.add(fault)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (TOKENS, 401, {"message": "A JSON web token could not be decoded"}),
        (TOKENS, 403, {"message": "This installation has been suspended"}),
        (TOKENS, 403, ALLOW_LIST),
        (LIST, 403, ALLOW_LIST),
        (LIST, 403, SAML),
        (LIST, 401, {"message": "Bad credentials"}),
    ],
)
async def test_a_refusal_of_us_removes_nothing_and_is_asked_again(
    stage: Stage, installation: int, path: str, status: int, body: Any
) -> None:
    refuse(stage, path, status, body)
    with pytest.raises(Unavailable):
        await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == [stage.repository]
    await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == [stage.repository]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_token_that_is_refused_is_waited_for(
    stage: Stage, installation: int, status: int
) -> None:
    repo = stage.context.github.repo(await stage.project())
    refuse(stage, TOKENS, status, {"message": "Not Found"})
    with pytest.raises(Unavailable):
        await repo.get("")
    assert (await repo.get(""))["full_name"] == stage.repository


async def test_a_list_that_is_short_by_mistake_removes_nothing(
    stage: Stage, installation: int
) -> None:
    refuse(stage, LIST, 200, {"total_count": 0, "repositories": []})
    await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == [stage.repository]


async def test_a_repository_that_was_taken_from_the_installation_goes(
    stage: Stage, installation: int
) -> None:
    stage.github.world.installations[installation].repositories = set()
    await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == []


async def test_an_installation_that_is_missing_parks_its_projects(
    stage: Stage, installation: int
) -> None:
    del stage.github.world.installations[installation]
    await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == []


async def test_who_asks_as_another_app_removes_nothing(stage: Stage, installation: int) -> None:
    refuse(stage, TOKENS, 404, {"message": "Not Found"})
    refuse(stage, "^/app$", 200, {"id": 1, "slug": "another"})
    with pytest.raises(Unavailable, match="takes us for app 1"):
        await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == [stage.repository]


async def test_several_that_are_missing_at_once_wait_for_the_operator(
    stage: Stage, installation: int
) -> None:
    other = Project(id=7, installation=8, full_name="acme/other")
    await stage.context.projects.put(other)
    del stage.github.world.installations[installation]
    for missing in (installation, other.installation):
        with pytest.raises(Unavailable, match="several"):
            await sync.sync_installation(stage.context, missing)
    assert len(await projects(stage)) == 2
    found, mend = await CHECKS["GitHub"](stage.context)
    assert mend
    assert "acme/other, acme/shop" in found
    # What GitHub itself tells is enough.
    await sync.forget_installation(stage.context, other.installation)
    await sync.sync_installation(stage.context, installation)
    assert await projects(stage) == []


async def test_an_event_that_cannot_be_judged_stays(stage: Stage) -> None:
    stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
    await stage.person("/issues", login=ADMIN, title="While we were kept out")
    await stage.github.webhooks.settle()
    told = next(d for d in stage.github.webhooks.sent() if d.event == "issues")
    meta = {"event": told.event, "guid": told.guid}
    row = Delivery(kind="hear_github", meta=meta, body=told.body, received_at=1.0)
    await stage.context.inbox.accept(row)
    refuse(stage, LIST, 403, ALLOW_LIST)
    with pytest.raises(Unavailable):
        await hear_github(stage.context, row.row)
    assert await stage.context.inbox.read(row.row)
    await hear_github(stage.context, row.row)
    number = json.loads(told.body)["issue"]["number"]
    project = await stage.project()
    assert await stage.context.items.by_key(project.id, "github", f"issue:{number}")
