"""What is remembered, who may read it, when it goes, and what uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import gemini_server as gemini
import pytest
from judge_kit import NOW, Shop, open_shop
from test_ask import ask

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.memory.conversation import Conversation
from bot.domain.memory.facts import MOST, SIZE, Fact, as_said
from bot.domain.memory.profile import Profile, Sections
from bot.domain.memory.written import Cited
from bot.domain.models import Item, Person, Place, Verdict
from bot.domain.writings import PROFILE
from bot.storage import keys
from bot.storage.commands import Utterance
from bot.storage.memory import CONVERSATIONS
from handlers.demo.stage import Stage
from workers.commands.answering import answer_to
from workers.fixes import planning
from workers.memory.know import draw_facts, get_to_know
from workers.memory.retrieve import learn

VAT = ("Refund is too small", "I paid 119 euros and the refund was 100, so the tax stayed there.")
DATES = ("Dates are odd", "The invoice shows 31/12 where it should show 12/31 for American buyers.")


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path, soulcaster_facts_budget=3) as made:
        made.ctx.clock = lambda: NOW
        yield made


async def say(shop: Shop, line: str, place: Place | None = None) -> str:
    said = Utterance(
        audience=Audience.TEAM if place is None else Audience.PROJECT, id=line, project=shop.id,
        line=line, person=Person(operator=True), place=place or Place(), heard_at=NOW,
    )  # fmt: skip
    return (await answer_to(shop.ctx, shop.project, said)).answer.card.model_dump_json()


async def claim(shop: Shop, text: str, item: Item) -> Fact:
    made = Fact(
        audience=Audience.PROJECT, text=text, items=(item.number,), said=as_said([item]),
        made_at=NOW,
    )  # fmt: skip
    return await shop.ctx.memory.keep(shop.id, made)


async def test_too_much_is_not_kept(shop: Shop) -> None:
    """The oldest claim goes before a fact that somebody stands for, and the oldest question."""
    memory, here = shop.ctx.memory, {"audience": Audience.PROJECT, "made_at": NOW}
    for n in range(MOST + 2):
        by = "" if n in (5, 6) else "@ana"
        await memory.keep(shop.id, Fact(text=f"It is {n}", by=by, **here))
    kept = {fact.number for fact in await memory.facts(shop.id)}
    assert kept == {*range(1, MOST + 3)} - {6, 7}
    for n in range(CONVERSATIONS + 1):
        at = NOW + timedelta(seconds=n)
        asked = Conversation(audience=Audience.PROJECT, title="?", by="a", place="#1", edited_at=at)
        await memory.talk(shop.id, asked)
    assert {c.number for c in await memory.conversations(shop.id)} == {*range(2, CONVERSATIONS + 2)}


async def test_a_fact_is_remembered_once_found_used_and_forgotten(shop: Shop) -> None:
    told = await say(shop, 'remember "Refunds are gross" --path=src/shop/tax.py --ttl=90d')
    assert "M-1" in told
    assert "already" in await say(shop, 'remember "refunds are gross" --path=src/shop/tax.py')
    shown = await say(shop, "memory refunds")
    assert "Refunds are gross" in shown
    assert "src/shop/tax.py" in shown
    assert "until" in shown
    assert "0 facts" in await say(shop, "memory invoices")
    await shop.report(VAT)
    plan = await planning.plan_for(
        shop.ctx, shop.project, await shop.ctx.clusters.get(shop.id, 1), model=None,
        readers=Audience.TEAM,
    )  # fmt: skip
    assert plan.known == ("M-1: Refunds are gross",)
    shop.ctx.settings = shop.ctx.settings.model_copy(update={"soulcaster_ask_budget": 0})
    assert "M-1" in (await ask(shop, "Are refunds gross?")).model_dump_json()
    assert "is forgotten" in await say(shop, "forget M-1")
    assert "There is no M-1" in await say(shop, "forget M-1")


async def test_what_the_team_told_is_not_there_in_public(shop: Shop) -> None:
    shop.project = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(shop.project)
    await say(shop, "remember The launch is called bluebird")
    here = Place(issue=1, comment=1)
    for line in ("memory", "memory bluebird", "forget M-1", "remember M-1", "ask launch bluebird?"):
        assert "The launch" not in await say(shop, line, here)
    assert "The launch" in await say(shop, "memory")
    await shop.report(("The launch bluebird is late", "Bluebird is late, says the launch page."))
    cluster = await shop.ctx.clusters.get(shop.id, 1)
    for readers, told in ((Audience.PROJECT, 0), (Audience.TEAM, 1)):
        plan = await planning.plan_for(shop.ctx, shop.project, cluster, model=None, readers=readers)
        assert len(plan.known) == told
        assert plan.audience is readers


async def test_a_claim_is_used_by_nothing_until_it_is_confirmed(shop: Shop) -> None:
    item = await shop.item(await shop.report(VAT))
    await claim(shop, "The refund leaves out the tax", item)
    cluster = await shop.ctx.clusters.get(shop.id, 1)
    shown = await say(shop, "memory")
    assert "Claimed in reports" in shown
    asked = {"model": None, "readers": Audience.TEAM}
    assert not (await planning.plan_for(shop.ctx, shop.project, cluster, **asked)).known
    assert "Remembered" in await say(shop, "remember M-1")
    assert (await planning.plan_for(shop.ctx, shop.project, cluster, **asked)).known


async def test_a_fact_goes_with_its_source_and_its_time(shop: Shop) -> None:
    ctx = shop.ctx
    item, other = [await shop.item(await shop.report(words)) for words in (VAT, DATES)]
    await claim(shop, "The refund leaves out the tax", item)
    await claim(shop, "Dates are the wrong way round", other)
    await say(shop, "remember Soon over --ttl=1d")
    await ctx.items.edit(shop.id, item.model_copy(update={"body": "All is well."}), NOW)
    ctx.clock = lambda: NOW + timedelta(days=2)
    shown = await say(shop, "memory")
    assert "1 fact" in shown
    assert "wrong way round" in shown
    await ctx.items.withdraw(shop.id, other.source, other.key)
    assert "0 facts" in await say(shop, "memory")
    assert await ctx.memory.facts(shop.id) == []


async def test_a_merged_fix_leaves_what_it_taught_once(shop: Shop) -> None:
    await shop.report(VAT)
    run = FixRun(
        audience=Audience.PROJECT, number=7, cluster=1, command="c", requested_by="ana",
        agent="mechanic", seconds_allowed=60, created_at=NOW, updated_at=NOW, grade=Verdict.PROVED,
        change="--- a/src/shop/tax.py\n+++ b/src/shop/tax.py\n@@ -1 +1 @@ def refund(net, rate):\n",
        pull_url="https://github.com/acme/shop/pull/45",
    )  # fmt: skip
    for _ in range(2):
        await learn(shop.ctx, shop.project, run, {"number": 45})
    (fact,) = await shop.ctx.memory.facts(shop.id)
    assert fact.text == ("Refund is too small: mended in src/shop/tax.py, refund() by #45, proved.")
    assert (fact.by, fact.path) == ("F-7", "src/shop/tax.py")


async def test_the_full_pass_draws_claims_within_its_budget(shop: Shop) -> None:
    await shop.report(VAT)
    await shop.report(DATES)
    good = {"text": "The refund was 100 where 119 euros were paid", "of": ["I-1"]}
    bad = {"text": "Mended in 4.2.1 by @mallory", "of": ["I-2"]}
    shop.model.script = [gemini.says({"facts": [good, bad, good | {"of": ["I-9"]}]})]
    await shop.ctx.memory.put_profile(shop.id, Profile(audience=Audience.PROJECT, made_at=NOW))
    await draw_facts(shop.ctx, shop.id)
    (fact,) = await shop.ctx.memory.facts(shop.id)
    assert fact.is_claim
    profile = await shop.ctx.memory.profile(shop.id)
    assert profile is not None
    assert (profile.state, profile.read_to, profile.problem) == ("complete", 2, "")
    await draw_facts(shop.ctx, shop.id)
    assert len(shop.model.asked) == 1, "what was read is not read again"
    shop.ctx.settings = shop.ctx.settings.model_copy(update={"soulcaster_facts_budget": 1})
    await shop.report(("Another", "Something else is wrong with the footer of a page."))
    await draw_facts(shop.ctx, shop.id)
    profile = await shop.ctx.memory.profile(shop.id)
    assert profile is not None
    assert "SOULCASTER_FACTS_BUDGET" in profile.problem


async def test_a_full_pass_ends_after_half_an_hour_and_the_next_goes_on(shop: Shop) -> None:
    """Ten at a time; what the model refuses is named, and ends nothing."""
    ctx, later = shop.ctx, NOW + timedelta(minutes=31)
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_facts_budget": 100})
    for number in range(12):
        await shop.receive((f"No {number}", f"Report {number} is long. " + "x" * SIZE))
    await ctx.memory.put_profile(shop.id, Profile(audience=Audience.PROJECT, made_at=NOW))

    def reply(_: gemini.Body) -> gemini.Reply:
        ctx.clock = lambda: later
        return gemini.says({"facts": []})

    shop.model.script = [reply] * 10 + [(400, {}), gemini.says({"facts": []})]
    await draw_facts(ctx, shop.id)
    profile = await ctx.memory.profile(shop.id)
    assert profile is not None
    assert (profile.state, profile.read_to, len(shop.model.asked)) == ("quick ready", 10, 10)
    assert "half an hour was over after I-10" in profile.problem
    ctx.clock = lambda: later + timedelta(minutes=1)
    await shop.work()
    profile = await ctx.memory.profile(shop.id)
    assert profile is not None
    assert (profile.state, profile.read_to) == ("complete", 12), "the next pass is asked for"
    assert profile.problem in ("not read: I-11", "not read: I-12")


@pytest.mark.parametrize("erased", [False, True])
async def test_what_happens_during_a_full_pass_stands(shop: Shop, *, erased: bool) -> None:
    await shop.report(VAT)
    memory, done, under_way = shop.ctx.memory, asyncio.Event(), set[asyncio.Task[None]]()
    made = Profile(audience=Audience.PROJECT, made_at=NOW)
    anew = made.model_copy(update={"author": "a quick pass"})

    async def meanwhile() -> None:
        await shop.ctx.redis.delete(keys.profile(shop.id))
        if not erased:
            await memory.put_profile(shop.id, anew)
        done.set()

    def reply(_: gemini.Body) -> gemini.Reply:
        under_way.add(asyncio.create_task(meanwhile()))
        return gemini.says({"facts": []}, after=done)

    shop.model.script = [reply]
    await memory.put_profile(shop.id, made)
    await draw_facts(shop.ctx, shop.id)
    found = await memory.profile(shop.id)
    stands = found and (found.state, found.read_to, found.author)
    assert stands == (None if erased else ("complete", 1, "a quick pass"))


async def test_a_profile_that_github_keeps_waiting_is_made_later(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    stage.github.faults.add({"match": {"path": "/git/trees"}, "times": 20, "status": 502})
    with pytest.raises(Unavailable):
        await get_to_know(ctx, project.id)
    profile = await ctx.memory.profile(project.id)
    assert profile
    assert profile.state == "failed"
    assert profile.problem


async def test_a_model_that_is_away_loses_no_report(shop: Shop) -> None:
    await shop.report(VAT)
    await shop.ctx.memory.put_profile(shop.id, Profile(audience=Audience.PROJECT, made_at=NOW))
    shop.model.script = [(503, {})] * 40
    await draw_facts(shop.ctx, shop.id)
    profile = await shop.ctx.memory.profile(shop.id)
    assert profile is not None
    assert (profile.state, profile.read_to) == ("quick ready", 0)
    assert "the next pass goes on there" in profile.problem


async def test_the_profile_is_within_the_days_questions(shop: Shop, stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    ctx.models = shop.ctx.models
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_facts_budget": 0})
    await get_to_know(ctx, project.id)
    profile = await ctx.memory.profile(project.id)
    assert profile is not None
    assert "SOULCASTER_FACTS_BUDGET" in profile.problem
    assert shop.model.asked == []


async def test_what_was_asked_in_private_gives_no_title_in_public(shop: Shop) -> None:
    shop.project = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(shop.project)
    here = Place(issue=1, comment=1)
    await say(shop, "ask why do refunds fail?", here)
    assert "why do refunds fail?" in await say(shop, "ask list", here)
    assert "is called" in await say(shop, "ask rename A-1 Project bluebird")
    assert "bluebird" in await say(shop, "ask list")
    assert "bluebird" not in await say(shop, "ask list", here)


async def test_a_profile_is_in_the_words_of_its_files(stage: Stage, ctx: Context) -> None:
    project = (await stage.context.projects.all())[0]
    await get_to_know(stage.context, project.id)
    profile = await stage.context.memory.profile(project.id)
    assert profile is not None
    assert profile.problem == ""
    assert profile.state == "complete"
    assert profile.sections.identity
    assert "pytest" in profile.sections.tools[0].text


async def test_a_profile_goes_back_and_is_erased_with_its_versions(shop: Shop) -> None:
    for words in ("It is a shop", "It is a bank"):
        said = Sections(identity=(Cited(text=words, of=("README.md",)),))
        made = Profile(audience=Audience.TEAM, made_at=NOW, sections=said)
        await shop.ctx.memory.put_profile(shop.id, made)
        await shop.ctx.writings.keep(shop.id, PROFILE, made, "me", NOW, items=())
    assert "v2: 2026" in await say(shop, "versions profile")
    assert "-- It is a shop" in await say(shop, "diff profile v2 v1")
    assert "It is a shop" in await say(shop, "revert profile v1")
    assert "It is a shop" in await say(shop, "profile")
    assert "v3 is what stands" in await say(shop, "revert profile v3")
    shop.project = shop.project.model_copy(update={"private": False})
    await shop.ctx.projects.put(shop.project)
    for line in ("versions profile", "diff profile v1 v2", "revert profile v2"):
        assert "None was written yet" in await say(shop, line, Place(issue=1, comment=1))
    await shop.ctx.memory.erase(shop.id, lambda *_: False, (), ())
    assert await shop.ctx.writings.all(shop.id, PROFILE) == []


async def test_a_plan_is_listed_and_taken_back_by_its_problem(shop: Shop) -> None:
    await shop.report(VAT)
    cluster = await shop.ctx.clusters.get(shop.id, 1)
    for words in ("keep the tax", "drop the tax"):
        await planning.steer(shop.ctx, shop.project, cluster, words)
        await planning.plan_for(shop.ctx, shop.project, cluster, model=None, readers=Audience.TEAM)
    assert "v2: 2026" in await say(shop, "versions plan C-1")
    assert "+- drop the tax" in await say(shop, "diff plan v1 v2 C-1")
    assert "drop the tax" not in await say(shop, "revert plan v1 C-1")
    stands = await planning.standing(shop.ctx, shop.project, 1)
    assert stands is not None
    assert stands.version == 1
    assert "F-7 has no plan" in await say(shop, "versions plan F-7")
