"""Where GitHub has no way in: what it could not deliver is fetched, in order, and hears once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.github.manifest import UNREACHABLE, manifest, registration, web_host
from bot.simulators.github import Limits
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.github.webhook import Fetching
from workers.intake import deliveries


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        made.github.world.app.webhook_url = UNREACHABLE
        made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await made.github.webhooks.settle()
        yield made


async def test_all_of_it_comes_once_and_in_order(stage: Stage) -> None:
    stored: list[Delivery] = []

    async def store(delivery: Delivery) -> None:
        stored.append(delivery)

    fetching = Fetching(stage.context, store)
    await fetching.fetch()
    for title in ("The first", "The second"):
        await stage.person("/issues", login=ADMIN, title=title)
    await stage.github.webhooks.settle()
    assert await fetching.fetch() >= 2
    assert await fetching.fetch() == 0
    said = [b"The first" in one.body for one in stored if one.meta["event"] == "issues"]
    assert said == [True, False]
    assert stored[0].meta["event"] == "installation"
    # Another process, or this one after a restart: what comes twice is the same row.
    again: list[Delivery] = []

    async def store_again(delivery: Delivery) -> None:
        again.append(delivery)

    await Fetching(stage.context, store_again).fetch()
    assert {one.row for one in again} <= {one.row for one in stored}
    # Nothing is asked for again meanwhile: GitHub could not deliver that either.
    before = len(list(stage.github.webhooks.sent()))
    await deliveries.ask_again(stage.context)
    await stage.github.webhooks.settle()
    assert len(list(stage.github.webhooks.sent())) == before


async def test_one_without_headers_stops_nothing(stage: Stage) -> None:
    stored: list[Delivery] = []

    async def store(delivery: Delivery) -> None:
        stored.append(delivery)

    [blank, *others] = stage.github.webhooks.deliveries.values()
    blank.request_headers = None  # type: ignore[assignment]  # as GitHub's schema allows
    assert await Fetching(stage.context, store).fetch() == len(others) + 1
    assert len(stored) == len(others)


@pytest.mark.parametrize(
    ("api", "host"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.acme.ghe.com/", "https://acme.ghe.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example"),
    ],
)
def test_where_an_app_is_registered(api: str, host: str) -> None:
    assert web_host(api) == host
    assert registration(api, "", "s") == f"{host}/settings/apps/new?state=s"
    assert registration(api, "acme", "s") == f"{host}/organizations/acme/settings/apps/new?state=s"


def test_the_manifest_asks_for_what_the_app_needs_and_leads_back_here() -> None:
    asked = manifest(name="Soulcaster a1", here="https://bot.example", reachable=True)
    assert asked["hook_attributes"]["url"] == "https://bot.example/github/webhook"
    assert asked["redirect_url"] == "https://bot.example/setup/github"
    assert asked["default_permissions"]["issues"] == "write"
    assert asked["public"] is False
    fetched = manifest(name="Soulcaster a1", here="http://localhost:8080", reachable=False)
    assert fetched["hook_attributes"]["url"] == UNREACHABLE
