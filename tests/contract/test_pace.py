"""A person has so many calls a minute: each counted once, and what stops is always heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from judge_kit import NOW, Shop, open_shop

from bot.context import open_context
from bot.domain.audience import Audience
from bot.domain.commands.grammar import parse
from bot.domain.errors import NotUnderstood, TooOften
from bot.domain.models import Person, Place
from bot.settings import Settings
from bot.storage.commands import Utterance
from workers.commands.answering import answer_to
from workers.commands.permission import require_pace
from workers.commands.verbs import ROSTER

OPERATOR, PAUSED = Person(operator=True), timedelta(seconds=20)


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path, soulcaster_calls=(3, 2, 1)) as made:
        made.ctx.clock = lambda: NOW + PAUSED
        yield made


async def say(shop: Shop, line: str, command: str, later: int = 0, who: Person = OPERATOR):
    """What it is refused for."""
    said = Utterance(
        audience=Audience.TEAM, id=command, project=shop.id, line=line, person=who,
        place=Place(), heard_at=NOW + timedelta(seconds=later),
    )  # fmt: skip
    return (await answer_to(shop.ctx, shop.project, said)).answer.refusal


async def test_over_the_limit_of_a_minute_one_is_told_when_to_come_back(shop: Shop) -> None:
    for command in "aabbc":  # obeyed again
        assert await say(shop, "status", command) is None
    refused = await say(shop, "no such thing", "d")
    assert isinstance(refused, TooOften)
    assert (str(refused), refused.retry_after, refused.told) == (
        "A person has 3 commands a minute: come back in 40 s. "
        "What stops, pauses or undoes is always obeyed.", 40, False,
    )  # fmt: skip
    again = [await say(shop, "status", command) for command in "de"]
    assert [one.told for one in again if isinstance(one, TooOften)] == [False, True]
    assert await say(shop, "status", "c", later=40) is None, "it was counted in its minute"
    assert await say(shop, "status", "f", later=60) is None
    assert await say(shop, "ask who?", "g") is None, "these are counted apart"


async def test_what_stops_is_always_heard(shop: Shop) -> None:
    for command in "abcd":
        last = await say(shop, "status", command)
    assert isinstance(last, TooOften)
    for line in ("stop F-1", "undo", "import stop", "pause"):
        assert not isinstance(await say(shop, line, line), TooOften)


async def test_each_person_is_counted_and_a_token_has_a_limit_of_its_own(shop: Shop) -> None:
    ana, token = Person(login="Ana"), Person(login="ana", token="7")
    for call in "ab":
        await require_pace(shop.ctx, ana, "costly", call, NOW)
    with pytest.raises(TooOften):
        await require_pace(shop.ctx, token, "costly", "c", NOW)
    await require_pace(shop.ctx, Person(login="ben"), "costly", "c", NOW)
    for call in "abcd":
        await require_pace(shop.ctx, token, "reading", call, NOW)
    assert "ana" not in str([key async for key in shop.ctx.redis.scan_iter()])


async def test_while_redis_is_away_nobody_is_kept_out(tmp_path: Path) -> None:
    nowhere = Settings(
        redis_url="redis://127.0.0.1:1/0", soulcaster_data_dir=tmp_path, soulcaster_calls=(1, 1, 1)
    )
    async with open_context(nowhere, chosen=False) as ctx:
        for call in range(2):
            await require_pace(ctx, OPERATOR, "costly", str(call), NOW)


def test_what_keeps_a_model_or_a_machine_busy_costs() -> None:
    for line in (
        *("ask who?", "plan C-1", "fix C-1", "retry F-1", "backtest", "recluster", "digest now"),
        *("import github", "import undo 3", "profile refresh", "doctor"),
    ):
        assert parse(line, ROSTER).counts_as == "costly", line
    for line in ("status", "digest preview", "import status", "profile", "recluster status"):
        assert parse(line, ROSTER).counts_as == "reading", line
    with pytest.raises(NotUnderstood):
        parse("no such thing", ROSTER)
