"""The secret of a source's door is for who asked, and is made nowhere that others read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.commands.typed_secret import wants_secret
from bot.domain.models import Person, Place, Project
from bot.say import in_words
from bot.storage import keys
from bot.storage.commands import Outcome, Utterance
from workers.commands.answering import answer_to
from workers.commands.call import Answer

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SHOP = Project(id=7, installation=1, full_name="acme/shop", private=True)
SHELL, ISSUE = Place(), Place(issue=1)


async def say(ctx: Context, words: str, place: Place) -> tuple[Answer, Outcome]:
    said = Utterance(
        audience=Audience.TEAM,
        id=f"{place.name} {words}",
        project=SHOP.id,
        line=f"/soulcaster {words}",
        person=Person(operator=True),
        place=place,
        heard_at=NOW,
    )
    answered = await answer_to(ctx, SHOP, said)
    return answered.answer, answered.outcome


@pytest.mark.parametrize("words", ["source add datadog", "source rotate datadog"])
async def test_a_secret_is_shown_to_who_asked_for_it_and_nobody_else(
    ctx: Context, words: str
) -> None:
    refused, how = await say(ctx, words, ISSUE)
    assert how == "refused"
    assert "is for you alone, and everybody reads it here" in in_words(refused.card)
    assert await ctx.vault.hooks(SHOP.id) == []
    told, how = await say(ctx, words, SHELL)
    [hook] = await ctx.vault.hooks(SHOP.id)
    assert how == "done"
    assert hook.secret in told.card.model_dump_json()
    assert told.card.audience is Audience.PERSON
    listed, how = await say(ctx, "source list", ISSUE)
    assert (how, hook.secret in listed.card.model_dump_json()) == ("done", False)


async def test_a_secret_that_the_vendor_makes_is_asked_for(ctx: Context) -> None:
    told, _ = await say(ctx, "source add sentry", SHELL)
    [hook] = await ctx.vault.hooks(SHOP.id)
    assert hook.awaits
    assert hook.secret not in told.card.model_dump_json()
    listed, _ = await say(ctx, "source list", SHELL)
    assert "lets nothing in" in listed.card.model_dump_json()
    refused, how = await say(ctx, "source secret sentry", SHELL)
    assert (how, "asked for in a form" in in_words(refused.card)) == ("refused", True)
    word = await ctx.vault.hand_over("made-by-sentry")
    assert b"made-by-sentry" not in await ctx.redis.get(keys.handed_over(word))
    assert await ctx.redis.ttl(keys.handed_over(word)) <= 600
    refused, how = await say(ctx, f"source secret sentry {word}", ISSUE)
    assert (how, "is for you alone" in in_words(refused.card)) == ("refused", True)
    _, how = await say(ctx, f"source secret sentry {word}", SHELL)
    [given] = await ctx.vault.hooks(SHOP.id)
    assert (how, given.id, given.secret, given.awaits) == ("done", hook.id, "made-by-sentry", False)


async def test_a_secret_needs_a_door(ctx: Context) -> None:
    refused, how = await say(ctx, f"source secret sentry {await ctx.vault.hand_over('x')}", SHELL)
    assert (how, "source add sentry" in in_words(refused.card)) == ("refused", True)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("source secret sentry", "sentry"),
        ("/soulcaster acme/shop source  secret Sentry ", "sentry"),
        ("source secret sentry 0123", ""),
        ("source add sentry", ""),
        ("feedback source secret sentry", ""),
    ],
)
def test_which_lines_ask_for_a_secret(line: str, source: str) -> None:
    assert wants_secret(line) == source
