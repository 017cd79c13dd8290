"""A door for anything: what comes waits until a person confirms how it is read."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

import pytest
from stored import hours_of

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.models import Person, Place, Project
from bot.storage.commands import Utterance
from bot.storage.inbox import MOST_HELD, Delivery
from bot.storage.vault import Hook
from workers import jobs, worker
from workers.commands.call import Call
from workers.commands.verbs.source import ManageSources, run_source
from workers.hearing.alerts import hear_alert

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
P = Project(id=7, installation=1, full_name="acme/shop")
DOWN = {"monitor": {"name": "Shop is slow", "id": 5, "state": "down"}, "at": "2026-11-21T10:00:00Z"}


async def source(ctx: Context, readers: Audience = Audience.TEAM, **words: str) -> str:
    """What is answered to ``source …``."""
    said = Utterance(
        audience=readers,
        id=secrets.token_hex(4),
        project=P.id,
        line="source",
        person=Person(operator=True),
        place=Place(),
        heard_at=NOW,
    )
    answer = await run_source(Call(ctx, P, said.person, said, readers), ManageSources(**words))
    return answer.card.model_dump_json()


async def send(ctx: Context, hook: Hook, payload: object) -> str:
    meta = {"source": hook.source, "project": str(P.id), "hook": hook.id}
    body = json.dumps(payload).encode()
    delivery = Delivery(jobs.hear_alert.name, meta, body, NOW.timestamp(), tenant=P.id)
    await ctx.inbox.accept(delivery)
    await hear_alert(ctx, delivery.row)
    return delivery.row


@pytest.fixture
async def door(ctx: Context) -> Hook:
    jobs.load()
    await ctx.projects.put(P)
    return await ctx.vault.open_hook(P.id, "generic")


async def test_what_comes_waits_for_a_person_and_is_then_read(ctx: Context, door: Hook) -> None:
    assert "waits for its first payload" in await source(ctx)
    await send(ctx, door, DOWN)
    await send(ctx, door, {**DOWN, "at": "2026-11-21T10:05:00Z"})
    assert await ctx.items.last(P.id) == 0
    listed = await source(ctx)
    assert "2 wait until you confirm" in listed
    assert "title=monitor.name key=monitor.id state=monitor.state" in listed
    answer = await source(ctx, what="confirm", name="generic", fields="when=at title=monitor.name")
    assert "2 payloads that waited: read now" in answer
    assert "Shop is slow" in answer
    await worker.drain(ctx, "work")
    item = await ctx.items.get(P.id, 1)
    assert (item.title, item.key) == ("Shop is slow", "5")
    assert (await hours_of(ctx, P.id, [1])).total() == 2
    await send(ctx, door, {"monitor": {**DOWN["monitor"], "state": "up"}, "at": 1_795_258_800})
    assert (await ctx.items.get(P.id, 1)).recovered_at is not None
    assert "wait" not in await source(ctx)


async def test_the_fields_can_be_said_before_anything_came(ctx: Context, door: Hook) -> None:
    with pytest.raises(NotFound):
        await source(ctx, what="confirm", name="generic")
    await source(ctx, what="confirm", name="generic", fields="title=text")
    await send(ctx, door, {"text": "It broke"})
    assert (await ctx.items.get(P.id, 1)).title == "It broke"


@pytest.mark.parametrize(
    "fields", ["title=monitor.", "nonsense=monitor.name", "title=nowhere", "monitor.name"]
)
async def test_fields_that_read_nothing_change_nothing(
    ctx: Context, door: Hook, fields: str
) -> None:
    row = await send(ctx, door, DOWN)
    with pytest.raises(NotUnderstood):
        await source(ctx, what="confirm", name="generic", fields=fields)
    assert (await ctx.vault.hook(door.id)).fields == ""
    assert await ctx.inbox.held(door.id) == [row]


async def test_who_may_not_read_the_alert_is_not_shown_it(ctx: Context, door: Hook) -> None:
    await send(ctx, door, DOWN)
    assert "Shop is slow" not in await source(ctx, Audience.PUBLIC)
    answer = await source(ctx, Audience.PUBLIC, what="confirm", name="generic")
    assert "Shop is slow" not in answer


async def test_no_more_than_some_wait(ctx: Context, door: Hook) -> None:
    for number in range(MOST_HELD + 2):
        await send(ctx, door, {"text": f"number {number}"})
    assert len(await ctx.inbox.held(door.id)) == MOST_HELD
    assert await ctx.inbox.unread() == {"not confirmed how to read": 2}


async def test_only_a_generic_door_is_confirmed(ctx: Context, door: Hook) -> None:
    await ctx.vault.open_hook(P.id, "sentry")
    with pytest.raises(NotUnderstood):
        await source(ctx, what="confirm", name="sentry")
