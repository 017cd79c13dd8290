"""Questions about the demo's reports: cited, counted, or "I don't know"."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import gemini_server as gemini
import pytest
from asked import asked, drafts
from judge_kit import NOW, Shop, material, open_shop

from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.models import Item, Person, Place
from bot.storage.commands import Utterance
from workers import jobs
from workers.commands.answering import answer_to


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path, gemini_api_key="") as made:
        await filled(made)
        yield made


async def filled(shop: Shop) -> None:
    shop.ctx.clock = lambda: NOW
    for draft, _ in drafts(NOW):
        await shop.ctx.items.record(shop.id, draft, NOW)
    await shop.ctx.jobs.ask(jobs.cluster_items, shop.id)
    await shop.work()


async def ask(shop: Shop, line: str, place: Place | None = None, *, outcome: str = "done") -> Card:
    said = Utterance(
        audience=Audience.TEAM, id=line, project=shop.id, line=f"ask {line}",
        person=Person(operator=True), place=place or Place(), heard_at=NOW,
    )  # fmt: skip
    found = await answer_to(shop.ctx, shop.project, said)
    assert found.outcome == outcome, found.answer.card
    return found.answer.card


async def reports(shop: Shop) -> list[Item]:
    numbers = range(1, await shop.ctx.items.last(shop.id) + 1)
    return await shop.ctx.items.many(shop.id, numbers)


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


async def test_every_sentence_of_an_answer_stands_in_what_it_cites(shop: Shop) -> None:
    texts = {item.name: f"{item.title}\n{item.body}" for item in await reports(shop)}
    found = 0
    for each in asked()["answered"]:
        card = await ask(shop, each["ask"])
        for section in card.sections:
            for line in getattr(section.blocks[0], "lines", ()):
                cited = [part.text for part in line[1:] if not isinstance(part, str)]
                assert letters(line[0].text) in letters(texts[cited[0]])
                found += bool(re.search(each["says"], line[0].text))
    assert found >= 12


async def test_what_is_counted_is_what_is_there(shop: Shop) -> None:
    there = await reports(shop)
    for each in asked()["counted"]:
        card = await ask(shop, each["ask"])
        since = NOW - timedelta(hours=each.get("hours", 10_000))
        want = [
            item
            for item in there
            if re.search(each.get("matching", ""), f"{item.title}\n{item.body}", re.I)
            and item.source == each.get("source", item.source)
            and item.occurred_at >= since
        ]
        if each.get("kind") == "when":
            assert f"{min(i.occurred_at for i in want):%d %b %Y %H:%M} UTC" in str(card.title[0])
        else:
            assert str(card.title[0]).split()[0] == str(len(want)), each["ask"]
        assert set(each.get("people", ())) <= set(re.findall(r"\w+", card.model_dump_json()))
        assert card.footer[0].startswith("Counted; ")


async def test_options_count_too(shop: Shop) -> None:
    card = await ask(shop, "--count --source=sentry --since=30d coupon")
    assert json.dumps(card.title[0]).startswith('"1 report')


async def test_what_nobody_said_is_not_known(shop: Shop) -> None:
    told = {q: str((await ask(shop, q)).title[0]) for q in asked()["refused"]}
    answered = [q for q, title in told.items() if not title.startswith("I don't know")]
    assert answered == []


async def test_a_private_report_is_not_even_counted_in_public(shop: Shop) -> None:
    shop.project = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(shop.project)
    here = Place(issue=1, comment=1)
    everywhere = await ask(shop, "how many reports from sentry are there?")
    assert everywhere.title[0] != "0 reports"
    assert (await ask(shop, "how many reports from sentry are there?", here)).title[
        0
    ] == "0 reports"
    told = (await ask(shop, "What does Sentry say about UnknownCoupon?", here)).model_dump_json()
    private = {i.name for i in await reports(shop) if i.audience is Audience.TEAM}
    assert private
    assert private.isdisjoint(re.findall(r"I-\d+", told))


async def test_what_was_asked_can_be_renamed_and_forgotten(shop: Shop) -> None:
    await ask(shop, "Why are product photos grey?")
    await ask(shop, "by source?")
    listed = (await ask(shop, "list")).model_dump_json()
    assert "A-1" in listed
    assert "2 questions" in listed
    assert "called" in (await ask(shop, "rename A-1 Photos")).model_dump_json()
    assert "Photos" in (await ask(shop, "list")).model_dump_json()
    await ask(shop, "delete A-1")
    assert "Nothing yet" in (await ask(shop, "list")).model_dump_json()
    await ask(shop, "Why are product photos grey?")
    for question in ("delete 2 of the coupons?", "delete A-2 reports", "list 2 it"):
        assert (await ask(shop, question)).key != "asked"
    assert "4 questions" in (await ask(shop, "list")).model_dump_json()


def drafted(*sentences: tuple[str, list[str]], **fields: object) -> gemini.Reply:
    told = [{"text": words, "of": of} for words, of in sentences]
    return gemini.says({"answered": bool(told), "sentences": told, "count": None} | fields)


async def test_a_model_is_held_to_what_it_cites(redis_url: str, tmp_path: Path) -> None:
    async with open_shop(redis_url, tmp_path, soulcaster_ask_budget=5) as shop:
        await filled(shop)
        name = next(i.name for i in await reports(shop) if "fountain pen for 19.90" in i.body)
        good = drafted(("With a 10 % coupon I was asked for 18.00.", [name]))
        wrong = drafted(("It was fixed in 4.2.1.", [name]))
        shop.model.script = script = []
        question = "Is the discount on 19.90 right?"
        script += [wrong, good]
        card = await ask(shop, question)
        assert "asked for 18.00" in card.model_dump_json()
        assert card.footer[0].startswith("gemini")
        assert "4.2.1" in material(shop.model.asked[1].body)["wrong"][0]
        script += [wrong, drafted(("It is right.", ["I-999"]))]
        card = await ask(shop, f"{question} really")
        assert card.footer[0].startswith("The reports' own words")
        assert "gave no answer that holds" in card.footer[0]
        script += [drafted()]
        assert str((await ask(shop, "Is it raining?")).title[0]).startswith("I don't know")
        script += [drafted(answered=True, count={"kind": "count", "words": "coupon"})]
        assert (await ask(shop, "Coupons: a lot?")).footer[0].startswith("Counted")


WEB: dict[str, Any] = {"soulcaster_ask_web": True}
PAGES = [("rfc-editor.org", "https://rfc-editor.org/rfc9110"), ("evil", "javascript:x")]
SAID = "Retry-After says when. @all"


@pytest.mark.parametrize(
    ("chosen", "file", "said"),
    [
        ({}, "", "SOULCASTER_ASK_WEB=on"),
        (WEB, '{"ask_web": false}', "soulcaster.yml says so"),
        (WEB | {"gemini_api_key": ""}, "", "and GEMINI_API_KEY"),
        (WEB | {"soulcaster_lend_keys": False}, "", "and GEMINI_API_KEY"),
    ],
)
async def test_the_web_is_not_asked_unless_it_is_on(
    redis_url: str, tmp_path: Path, chosen: dict[str, Any], file: str, said: str
) -> None:
    async with open_shop(redis_url, tmp_path, **chosen) as shop:
        if file:
            await shop.ctx.projects.keep_config(shop.id, file)
        card = await ask(shop, "--web which header says when to retry?", outcome="refused")
        assert said in card.model_dump_json()
        assert not shop.model.asked


@pytest.mark.parametrize("private", [True, False])
async def test_nothing_but_the_words_of_a_question_goes_to_the_web(
    redis_url: str, tmp_path: Path, private: bool
) -> None:
    """What is sent is the same, to the byte, whatever is known and was asked before."""
    sent = []
    for known in (True, False):
        async with open_shop(redis_url, tmp_path / str(known), **WEB) as shop:
            shop.project = shop.project.model_copy(update={"private": private})
            await shop.ctx.projects.put(shop.project)
            place = None if private else Place(issue=1, comment=1)
            if known:
                await shop.report(("Retry header", "Which header? It is X-Secret."))
                await shop.say("remember Our retry header is X-Bluebird")
                shop.model.script = [drafted(), drafted()]
                await ask(shop, "Which coupon header is secret?", place)
            shop.model.asked.clear()
            web = gemini.grounded(SAID, PAGES, (SAID, [0, 1]))
            shop.model.script, shop.model._left = [*([drafted()] if known else []), web], None
            token = "ghp_" + "a1B2" * 9
            card = await ask(shop, f"--web by which header? {token}", place)
            (out,) = [a.body for a in shop.model.asked if "tools" in a.body]
            sent.append(out)
            told = card.model_dump_json()
            assert "https://rfc-editor.org/rfc9110" in told
            assert "javascript" not in told
            assert ("where not everybody reads" in told) == private
            assert known or "1,100 tokens" in await shop.ctx.models.month(shop.id)
    assert sent[0] == sent[1]
    assert token not in json.dumps(sent)
    assert out["tools"] == [{"googleSearch": {}}]
    assert "by which header?" in out["contents"][0]["parts"][1]["text"]


async def test_where_the_web_says_nothing_one_line_says_why(redis_url: str, tmp_path: Path) -> None:
    replies = {
        "No page was found": gemini.text("I guess so."),
        "refused to read the material (SAFETY)": gemini.blocked(),
        "refused (400)": gemini.error(400, "INVALID_ARGUMENT", message="<!here> no"),
        "answered 429": gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="3600s"),
        "today's 4 questions": gemini.text("not asked"),
    }
    async with open_shop(redis_url, tmp_path, **WEB, soulcaster_ask_budget=4) as shop:
        shop.model.script = list(replies.values())
        for number, said in enumerate(replies):
            section = (await ask(shop, f"--web by which header {number}?")).sections[-1]
            assert said in section.model_dump_json()
            assert section.title.startswith("From the web")
