"""State has a time: what is older than what is known changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.models import Project
from handlers.demo.stage import Stage
from workers.intake import sync


@pytest.fixture
async def known(stage: Stage) -> Project:
    found = await stage.project()
    assert found.updated_at is not None
    return found


def told(known: Project, later: int, **fields: Any) -> Project:
    """What a webhook says of a repository, so many seconds after what is known."""
    assert known.updated_at is not None
    when = known.updated_at + timedelta(seconds=later)
    return known.model_copy(update={**fields, "updated_at": when})


STALE = [{"private": False}, {"full_name": "acme/old"}, {"installation": 1}]


@pytest.mark.parametrize("fields", STALE)
async def test_an_older_delivery_changes_nothing(
    stage: Stage, known: Project, fields: dict[str, Any]
) -> None:
    assert await sync.know_project(stage.context, told(known, -1, **fields))
    assert await stage.context.projects.find(known.id) == known


@pytest.mark.parametrize("fields", STALE[:2])
async def test_a_delivery_is_not_believed_but_asked_about(
    stage: Stage, known: Project, fields: dict[str, Any]
) -> None:
    assert await sync.know_project(stage.context, told(known, 1, **fields))
    assert await stage.context.projects.find(known.id) == known


async def test_what_has_changed_is_known_with_the_next_delivery(
    stage: Stage, known: Project
) -> None:
    stage.github.world.repository(known.full_name).pushed_at += timedelta(seconds=5)
    stage.github.change_repository(known.full_name, name="store", private=False)
    assert await sync.know_project(stage.context, told(known, 5, full_name="acme/store"))
    now = await stage.context.projects.get(known.id)
    assert (now.full_name, now.private) == ("acme/store", False)
    assert await sync.know_project(stage.context, known)
    assert await stage.context.projects.get(known.id) == now


async def test_an_old_list_changes_nothing(stage: Stage, known: Project) -> None:
    newer = told(known, 60, private=False)
    await stage.context.projects.put(newer)
    await sync.sync_installation(stage.context, known.installation)
    assert await stage.context.projects.get(known.id) == newer
