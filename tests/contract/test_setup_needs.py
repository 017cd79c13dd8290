"""The rows of the setup page: whether GitHub's webhooks arrive, and what mends it where not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.adapters.sandboxes import isolation
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.doctor import CHECKS
from handlers.setup.needs import Looks, Row
from workers.intake import sync

Serve = Callable[..., Awaitable[TestServer]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """GitHub has told of the installation, and nobody listened."""
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        installed = made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await made.github.webhooks.settle()
        await sync.sync_installation(made.context, installed.id)
        yield made


async def row(stage: Stage) -> Row:
    return next(r for r in await Looks(stage.context).rows() if r.need.name == "GitHub App")


async def test_what_could_not_be_delivered_is_said_until_something_was(
    stage: Stage, serve: Serve
) -> None:
    found = await row(stage)
    assert found.state == "wrong"
    assert "does not hear `installation`: the name is not found, or a network" in found.found

    answers: list[int] = []

    async def hear(_request: web.Request) -> web.Response:
        return web.Response(status=answers[-1])

    app = web.Application()
    app.router.add_post("/github/webhook", hear)
    await serve(app, port=URL(stage.web_url).port)
    for title, status, state, mend in (
        ("Refused", 401, "wrong", "GITHUB_WEBHOOK_SECRET"),
        ("Heard", 202, "ok", ""),
    ):
        answers.append(status)
        for sent in stage.github.webhooks.sent():  # GitHub's times are whole seconds
            assert sent.delivered_at is not None
            sent.delivered_at -= timedelta(seconds=5)
        await stage.person("/issues", login=ADMIN, title=title)
        await stage.github.webhooks.settle()
        found = await row(stage)
        assert (found.state, mend in found.mend) == (state, True), found


@pytest.mark.skipif(isolation.way() is None, reason="no working bubblewrap here")
async def test_who_looks_at_the_sandbox_at_once_does_not_end_each_others(stage: Stage) -> None:
    found = await asyncio.gather(*(CHECKS["sandbox"](stage.context) for _ in range(3)))
    assert [mend for _, mend in found] == [""] * 3
