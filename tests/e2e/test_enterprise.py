"""GitHub Enterprise Server by one setting. ``make long`` runs the whole suite so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from e2e_kit import ask, cluster_of, issue, obey, open_issue, replies, settled, unlike
from enterprise_kit import API, open_enterprise_stage

from bot.github.app import READ
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INES = "U07INESF01"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_enterprise_stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


async def test_the_setting_is_the_only_difference(stage: Stage) -> None:
    assert stage.environment["GITHUB_API_URL"].endswith(API)


async def test_an_issue_is_read_and_a_command_is_answered(stage: Stage) -> None:
    number = await open_issue(stage, f"Totals are wrong {unlike()}", "They are off by one.")
    cluster = await cluster_of(stage, number)
    await obey(stage, number, "/soulcaster severity S1")
    assert "S1" in (await replies(stage, number))[-1]["body"]
    assert f"C-{cluster.removeprefix('C-')}" in await ask(stage, INES, f"status {cluster}")


async def test_links_lead_to_where_people_read(stage: Stage) -> None:
    await ask(stage, INES, "digest now")
    await settled(stage)
    tracking = await stage.context.digests.tracking_issue((await stage.project()).id)
    body = (await issue(stage, tracking or 0))["body"]
    host = stage.environment["GITHUB_API_URL"].removesuffix(API)
    assert f"{host}/acme/shop/issues/" in body
    assert API not in body


async def test_the_files_of_a_commit_are_fetched(stage: Stage) -> None:
    repo = stage.context.github.repo(await stage.project(), READ)
    assert (await repo.tarball("main")).startswith(b"\x1f\x8b")
