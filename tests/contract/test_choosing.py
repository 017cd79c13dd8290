"""A project is told once what each way of clustering would have done, and chooses one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from history_kit import BEFORE, by_us, comment, install, old_issue, open_past, said, words_of, work

from bot.domain.audience import Audience
from bot.domain.models import Draft, Person, Place, Project
from bot.storage.commands import Utterance
from handlers.demo.stage import ADMIN, Stage
from handlers.setup.needs import Looks
from workers.clusters import channels, evidence
from workers.clusters.looked import looked_back
from workers.digests import choosing, posting
from workers.intake import items

OLD = choosing.FEW + 4
TOLD = "What clustering would have done with the history of `acme/shop`"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Old issues, of which two say again what #1 and #2 say; a person has marked one. The file of
    the project says nothing of clustering."""
    async with open_past(tmp_path, OLD) as made:
        for again in (0, 1):
            old_issue(made, *words_of(again), at=BEFORE + timedelta(days=1))
        comment(made, OLD + 1, "bo", "Duplicate of #1", at=BEFORE + timedelta(days=2))
        await file(made, "language: en")
        yield made


async def file(stage: Stage, text: str) -> None:
    files = {".github/soulcaster.yml": text}
    await stage.person("/push", branch="main", message="Say it", files=files, login=ADMIN)


async def asked(stage: Stage, project: Project, line: str, issue: int) -> None:
    """Somebody says it in an issue; the job is done."""
    told = Utterance(
        audience=project.github_readers, id="asked", project=project.id, line=line,
        person=Person(operator=True), place=Place(issue=issue), heard_at=stage.context.now(),
    )  # fmt: skip
    await stage.context.commands.hear(told)
    await choosing.try_ways(stage.context, project.id, "asked")


def tables(stage: Stage) -> list[str]:
    return [body for body in by_us(stage) if TOLD in body]


async def test_a_new_project_is_told_once_in_its_channel(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await channels.settle_channel(ctx, project.id)
    await work(stage)
    assert by_us(stage) == []
    old_issue(stage, *words_of(99), at=BEFORE)
    await posting.send_digest(ctx, project.id, "first")
    await work(stage)
    state = await stage.slack_state()
    [here] = [each["messages"] for each in state["channels"] if each["id"] == stage.channel]
    [told] = [message for message in here if "What clustering would" in message["text"]]
    assert "backtest choose eager" in str(told["blocks"])
    assert tables(stage) == []


async def test_without_a_channel_it_waits_for_the_first_digest(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await channels.settle_channel(ctx, project.id)
    await channels.release(ctx, project, stage.channel)
    await work(stage)
    assert by_us(stage) == [], "nothing is written where the project is not spoken of yet"
    await posting.send_digest(ctx, project.id, "first")
    await work(stage)
    [body] = tables(stage)
    assert f"{OLD + 2} reports. The project itself calls 1 pair" in body
    assert "1 of 1" in body
    assert "Joined by sure&#58; 2</summary>" in body
    assert "nearest text alone (cosine of 0.72 or more)" in body
    made = stage.github.world.repository(stage.repository).comments.values()
    [there] = [one.issue.number for one in made if TOLD in one.body]
    assert there == await ctx.digests.tracking_issue(project.id)


async def test_who_asks_is_told_where_they_asked(stage: Stage) -> None:
    project = await install(stage)
    await work(stage)
    await asked(stage, project, "backtest", 3)
    [body] = tables(stage)
    assert "in force" in body.lower()


async def test_a_choice_holds_until_it_is_taken_back_and_the_file_comes_first(
    stage: Stage,
) -> None:
    ctx, project = stage.context, await install(stage)
    assert (await evidence.remember(ctx, project.id)).engine.join == "sure"
    card = (await said(stage, "backtest choose eager")).answer.card
    assert (await evidence.remember(ctx, project.id)).engine.join == "eager"
    await said(stage, card.actions[0].sentence)
    assert (await evidence.remember(ctx, project.id)).engine.join == "sure"
    await said(stage, "backtest choose eager")
    await file(stage, "cluster: ask")
    assert (await evidence.remember(ctx, project.id)).engine.join == "ask"
    refused = await said(stage, "backtest choose sure")
    assert refused.outcome == "refused"
    assert "soulcaster.yml says so" in refused.answer.card.model_dump_json()


@pytest.mark.parametrize("why", ["chosen", "in the file", "few"])
async def test_nothing_is_said_unasked_of_what_needs_no_choice(stage: Stage, why: str) -> None:
    ctx, project = stage.context, await install(stage)
    if why == "chosen":
        await said(stage, "backtest choose eager")
    elif why == "in the file":
        await file(stage, "cluster: sure")
    if why != "few":
        await work(stage)
    await posting.send_digest(ctx, project.id, "first")
    await choosing.try_ways(ctx, project.id, "")
    assert tables(stage) == []


async def test_what_is_the_teams_is_no_example_in_public(stage: Stage) -> None:
    stage.github.world.repository(stage.repository).private = False
    ctx, project = stage.context, await install(stage)
    await work(stage)
    for key in ("a", "b"):
        draft = Draft(
            source="sentry", key=key, event=key, title="Canary of a customer", body="It fell over.",
            occurred_at=ctx.now(), audience=Audience.TEAM,
        )  # fmt: skip
        await items.take(ctx, project.id, draft)
    await work(stage)
    await asked(stage, project, "backtest", 3)
    [body] = tables(stage)
    assert f"{OLD + 4} reports" in body
    assert "Canary" not in body


async def test_what_the_history_held_is_known_before_anybody_agrees_to_anything(
    stage: Stage,
) -> None:
    ctx, project = stage.context, await install(stage)
    assert await looked_back(ctx, project.id, Audience.PERSON) is None
    await work(stage)
    found = await looked_back(ctx, project.id, Audience.TEAM)
    assert found is not None
    looked, [pair] = found
    assert (looked.reports, looked.pairs, looked.found, looked.unmarked) == (OLD + 2, 1, 1, 1)
    assert words_of(1)[0] in str(pair.report) + str(pair.like)
    assert by_us(stage) == []
    # Who may not read one of two, or where one is gone, is shown neither.
    _, hidden = await looked_back(ctx, project.id, Audience.PUBLIC) or (None, None)
    assert hidden == []
    [number] = [a for a, _, _ in looked.examples]
    item = await ctx.items.get(project.id, number)
    await items.withdraw(ctx, project.id, item.source, item.key, moved=False)
    assert await looked_back(ctx, project.id, Audience.TEAM) == (looked, [])
    # The page shows it to the owner of the server, as text.
    rows = await Looks(ctx).rows()
    [(name, shown, _)] = next(row.looked for row in rows if row.need.name == "Repositories")
    assert (name, shown) == (stage.repository, looked)
