"""The secret of a source's door is for who asked, and is made nowhere that others read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.commands.typed_secret import wants_secret
from bot.domain.models import Person, Place, Project
from bot.say import in_words
from bot.sources import SOURCES, VENDORS_SECRET
from bot.storage import keys
from bot.storage.commands import Outcome, Utterance
from bot.storage.inbox import Delivery
from handlers.web import PAGES
from workers import jobs, worker
from workers.commands.answering import answer_to
from workers.commands.call import Answer

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SHOP = Project(id=7, installation=1, full_name="acme/shop", private=True)
SHELL, ISSUE = Place(), Place(issue=1)


async def say(
    ctx: Context, words: str, place: Place, project: Project = SHOP
) -> tuple[Answer, Outcome]:
    said = Utterance(
        audience=Audience.TEAM,
        id=f"{place.name} {words}",
        project=SHOP.id,
        line=f"/soulcaster {words}",
        person=Person(operator=True),
        place=place,
        heard_at=NOW,
    )
    answered = await answer_to(ctx, project, said)
    return answered.answer, answered.outcome


@pytest.mark.parametrize("words", ["source add datadog", "source add datadog:eu"])
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
    assert 0 < await ctx.redis.ttl(keys.handed_over(word)) <= 600
    refused, how = await say(ctx, f"source secret sentry --given={word}", ISSUE)
    assert (how, "is for you alone" in in_words(refused.card)) == ("refused", True)
    _, how = await say(ctx, f"source secret sentry --given={word}", SHELL)
    [given] = await ctx.vault.hooks(SHOP.id)
    assert (how, given.id, given.secret, given.awaits) == ("done", hook.id, "made-by-sentry", False)


async def test_a_secret_needs_a_door(ctx: Context) -> None:
    refused, how = await say(
        ctx, f"source secret sentry --given={await ctx.vault.hand_over('x')}", SHELL
    )
    assert (how, "source add sentry" in in_words(refused.card)) == ("refused", True)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("source secret sentry", "secret of sentry"),
        ("/soulcaster acme/shop source  secret Sentry:eu ", "secret of Sentry:eu"),
        ("acme/shop key set openai", "key of openai"),
        ("key set openai --given=0123", ""),
        ("key remove openai", ""),
        ("source secret sentry --given=0123", ""),
        ("source add sentry", ""),
        ("feedback source secret sentry", ""),
    ],
)
def test_which_lines_ask_for_a_secret(line: str, source: str) -> None:
    assert wants_secret(line) == source


async def test_the_last_payload_and_how_it_was_read_are_shown_to_the_team(ctx: Context) -> None:
    jobs.load()
    await ctx.projects.put(SHOP)
    hook = await ctx.vault.open_hook(SHOP.id, "feedback")
    nothing, _ = await say(ctx, "source test feedback", SHELL)
    assert "nothing came yet" in nothing.card.model_dump_json()
    meta = {"source": "feedback", "project": str(SHOP.id), "hook": hook.id}
    body = b'{"text": "The cart is empty", "key": "ghp_' + b"a1B2" * 9 + b'"}'
    await ctx.inbox.accept(Delivery("hear_alert", meta, body, NOW.timestamp(), tenant=SHOP.id))
    await worker.drain(ctx, "work")
    told, _ = await say(ctx, "source test feedback", SHELL)
    shown = told.card.model_dump_json()
    assert "last 21 Nov 10:30 UTC" in shown
    assert "read as I-1" in shown
    assert "The cart is empty" in shown
    assert "ghp_" not in shown
    listed, _ = await say(ctx, "source list", SHELL)
    assert "read as I-1" in listed.card.model_dump_json()
    everybodys = SHOP.model_copy(update={"private": False})
    on_github, _ = await say(ctx, "source list", ISSUE, everybodys)
    assert "last 21 Nov" in on_github.card.model_dump_json()
    assert "read as" not in on_github.card.model_dump_json()
    assert (await say(ctx, "source test feedback", ISSUE))[1] == "refused"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_page_says_what_to_click_and_ends_with_a_check(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    assert f"source add {name}" in page
    assert f"source test {name}" in page.partition("## Check")[2]
    assert ("source secret" in page) == (name in VENDORS_SECRET)
    assert len(page.splitlines()) <= 25
