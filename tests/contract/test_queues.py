"""Commands of one issue, pull request or thread are obeyed in the order in which they were said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from properties import examples

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import Unavailable
from bot.domain.models import Person, Place, Project
from bot.jobs import CLAIM, Claim
from bot.storage import keys
from bot.storage.commands import Utterance
from workers.commands.obey import obey
from workers.commands.verbs.intake import PATIENCE

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SHOP = Project(id=7, installation=1, full_name="acme/shop", private=True)
P = SHOP.id
OF_A_TEST = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


def said(command: str = "a", **fields: Any) -> Utterance:
    known: dict[str, Any] = {
        "audience": Audience.TEAM,
        "id": command,
        "project": P,
        "line": f"/soulcaster feedback {command}",
        "person": Person(operator=True),
        "place": Place(issue=1),
        "heard_at": NOW,
    }
    return Utterance(**{**known, **fields})


# Seconds are as fine as GitHub tells them.
AT = [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(seconds=9), NOW + timedelta(hours=3)]
IN_ORDER = [
    (said_at, comment, index)
    for said_at in AT
    for comment in (None, 9, 10, 4_000_000_000)
    for index in range(3)
]


@examples(30, **OF_A_TEST)
@given(shuffled=st.permutations(IN_ORDER))
async def test_however_they_come_commands_queue_as_they_were_said(
    ctx: Context, shuffled: list[tuple[datetime, int | None, int]]
) -> None:
    await ctx.redis.flushdb()
    for said_at, comment, index in [*shuffled, *shuffled[:5]]:
        name = f"{said_at.isoformat()} {comment} {index}"
        place = Place(issue=1, comment=comment)
        await ctx.commands.hear(said(name, said_at=said_at, index=index, place=place))
    wanted = [f"{at.isoformat()} {comment} {index}" for at, comment, index in IN_ORDER]
    assert await ctx.commands.queued(P, "gh:1") == wanted


IN_CHANNEL = Place(channel="C1")
MENTION = Place(channel="C1", thread="1.1", message="1.1", public=True)
ANA, BO = (Person(slack_user=name, slack_team="T1") for name in ("ANA", "BO"))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ((Place(issue=1), ANA), (Place(issue=1, comment=5), BO), True),
        ((Place(issue=1), ANA), (Place(issue=2), ANA), False),
        ((IN_CHANNEL, ANA), (MENTION, ANA), True),
        ((IN_CHANNEL, ANA), (IN_CHANNEL, BO), False),
        ((MENTION, ANA), (MENTION.model_copy(update={"message": "1.2"}), ANA), False),
        (
            (Place(channel="C1", thread="1.1", message="1.1"), ANA),
            (MENTION.model_copy(update={"message": "1.2"}), BO),
            True,
        ),
    ],
    ids=["comments", "two issues", "outside threads", "two people", "in and out", "a button"],
)
def test_what_is_in_order_with_what(
    one: tuple[Place, Person], other: tuple[Place, Person], together: bool
) -> None:
    first, second = (said(place=place, person=person) for place, person in (one, other))
    assert (first.queue == second.queue) == together


# What happens: one of six commands is heard, perhaps again, or a job tries to go on.
STEPS = st.lists(st.one_of(st.integers(0, 5), st.just("try"), st.just("away")), max_size=30)


@examples(60, **OF_A_TEST)
@given(steps=STEPS, times=st.permutations(range(6)))
async def test_whatever_comes_between_what_was_heard_is_obeyed_as_it_was_said(
    ctx: Context, steps: list[int | str], times: list[int]
) -> None:
    """``times`` says when each was said; a report that is not clustered keeps its command waiting,
    until its patience is over: then it is as if the service was there again."""
    await ctx.redis.flushdb()
    await ctx.projects.put(SHOP)
    claim = Claim(json.dumps(["obey", P, "shell"]), "1", "mine", "people", str(P))
    await ctx.redis.set(claim.lease, "mine")
    CLAIM.set(claim)
    waiting: list[int] = []
    ended: list[int] = []
    first_tries: list[int] = []
    for step in [*steps, *["try"] * 6]:
        if isinstance(step, int):
            at = NOW + timedelta(seconds=times[step])
            now = said(f"{step}", said_at=at, heard_at=NOW, place=Place())
            await ctx.commands.hear(now)
            if step not in waiting + ended:
                waiting.append(step)
            continue
        ctx.clock = lambda away=step == "away": NOW + (timedelta(0) if away else PATIENCE)
        head = min(waiting, key=lambda one: times[one], default=None)
        if head is not None and head not in first_tries:
            first_tries.append(head)
        try:
            await obey(ctx, P, "shell")
        except Unavailable:
            assert step == "away"
        else:
            if head is not None:
                waiting.remove(head)
                ended.append(head)
    count = await ctx.items.last(P)
    done = await ctx.items.many(P, range(1, count + 1))
    assert [int(item.title) for item in done] == first_tries
    commands = [await ctx.commands.get(P, str(one)) for one in ended]
    assert all(one and one.outcome == "done" for one in commands)
    assert await ctx.redis.exists(keys.queue(P, "shell")) == 0
