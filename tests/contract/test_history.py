"""What was there before the app is read, once, and nobody is disturbed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from history_kit import (
    BEFORE,
    Counting,
    by_us,
    comment,
    install,
    old_issue,
    open_past,
    said,
    words_of,
    work,
)
from imports_kit import finished
from stored import hours_of

from bot.domain.audience import Audience
from bot.domain.clusters.evidence import Because, Near
from bot.domain.models import Draft, Person, Place
from bot.github.issues import PAGE
from bot.render import render_markdown
from bot.simulators.github.actions.comments import add_comment
from bot.simulators.github.actions.issues import new_issue as new_past_issue
from bot.storage import keys
from bot.storage.commands import Utterance
from handlers.demo.stage import ADMIN, Stage
from workers.clusters import placing, suggestions
from workers.commands.answering import answer_to
from workers.intake import issues, items, sync
from workers.memory import know

OLD = 250


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_past(tmp_path, 12) as made:
        yield made


async def test_all_is_read_oldest_first_in_batches_and_nothing_is_said(tmp_path: Path) -> None:
    async with open_past(tmp_path, OLD, record=True) as stage:
        ctx = stage.context
        ctx.embedder = counting = Counting()
        project = await install(stage)
        await work(stage)
        known = await ctx.items.many(project.id, range(1, OLD + 1))
        assert [item.key for item in known] == [f"issue:{n}" for n in range(1, OLD + 1)]
        assert all(item.history and item.cluster for item in known)
        assert by_us(stage) == []
        assert max(counting.calls) == placing.BATCH
        assert len(counting.calls) < 2 * OLD / placing.BATCH
        lines = (tmp_path / "traffic" / "github.jsonl").read_text().splitlines()
        asked = [one for line in lines if "/issues?" in (one := json.dumps(json.loads(line)))]
        # The newest number, and each page once.
        assert len(asked) <= 1 + OLD // PAGE + 2
        past = await ctx.imports.get(project.id)
        assert past
        assert (past.total, past.progress) == (OLD, f"all {OLD} issues and pull requests")
        profile = await ctx.memory.profile(project.id)
        assert profile
        assert (profile.state, profile.problem) == ("complete", "")
        assert profile.sections.users


async def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path) -> None:
    async with open_past(tmp_path, OLD) as stage:
        ctx, project = stage.context, await install(stage)
        reading = asyncio.create_task(issues.read_issues(ctx, project.id))
        while await ctx.items.last(project.id) < 1.5 * PAGE:
            assert not reading.done()
        reading.cancel()
        await asyncio.wait({reading})
        killed = await ctx.imports.get(project.id)
        assert killed
        assert killed.ended is None
        assert killed.issues >= BEFORE + timedelta(seconds=PAGE // 7 - 1)
        status = (await said(stage, "status")).answer.card
        assert "History read" in [fact.label for fact in status.facts]
        await issues.read_issues(ctx, project.id)
        known = await ctx.items.many(project.id, range(1, OLD + 2))
        assert [item.key for item in known] == [f"issue:{n}" for n in range(1, OLD + 1)]
        hours = await hours_of(ctx, project.id, [item.number for item in known])
        assert hours.total() == OLD
        status = (await said(stage, "status")).answer.card
        assert "History read" not in [fact.label for fact in status.facts]


async def test_more_than_a_page_of_one_second_is_read_whole(tmp_path: Path) -> None:
    async with open_past(tmp_path, 0) as stage:
        for number in range((issues.PAGES + 1) * PAGE):
            old_issue(stage, f"Number {number} fails", "It does.", at=BEFORE)
        project = await install(stage)
        await issues.read_issues(stage.context, project.id)
        assert await stage.context.items.last(project.id) == (issues.PAGES + 1) * PAGE


async def test_what_is_live_goes_first(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await issues.read_issues(ctx, project.id)
    recorded = await items.take(
        ctx,
        project.id,
        Draft(
            source="sentry", key="k", event="e", title="Boom", occurred_at=ctx.now(),
            audience=project.github_readers,
        ),
    )  # fmt: skip
    assert (await ctx.items.waiting(project.id))[:2] == [recorded.item, 1]
    assert await ctx.items.next_waiting(project.id, live=9, history=2) == [recorded.item]


async def new_issue(stage: Stage, title: str, body: str) -> int:
    """Opened now and told of; the number of the report."""
    made = await stage.person("/issues", login=ADMIN, title=title, body=body)
    now = stage.context.now().isoformat()
    told = {"number": made["number"], "title": title, "body": body, "user": {"login": ADMIN}}
    project = await stage.project()
    when = {"created_at": now, "updated_at": now}
    taken = await issues.take(stage.context, project, told | when)
    assert taken
    return taken


async def test_an_old_issue_is_known_and_a_new_duplicate_joins_it(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await work(stage)
    title, body = words_of(4)
    number = await new_issue(stage, title, body)
    await work(stage)
    old = await ctx.items.get(project.id, 5)
    assert (await ctx.items.get(project.id, number)).cluster == old.cluster
    answer = await said(stage, "why", Place(issue=5))
    assert answer.outcome == "done"
    assert old.name in answer.answer.card.model_dump_json()


async def test_nobody_is_asked_about_an_old_issue(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await work(stage)
    live = await new_issue(stage, "New", "It is new.")
    await work(stage)
    near = Near(item=1, cluster=1, score=0.9, similarity=0.9)
    likely = Because(action="suggest", candidates=(near,)).model_dump_json()
    for item in (3, live):
        await ctx.redis.hset(keys.evidence(project.id), str(item), likely)
        await suggestions.suggest_on_issue(ctx, project.id, item)
    [question] = by_us(stage)
    assert "Possibly the same" in question
    [one] = stage.github.world.repository(stage.repository).comments.values()
    assert (one.body, one.issue.number) == (question, 13)


async def test_a_comment_that_says_the_same_is_an_occurrence_once(stage: Stage) -> None:
    at = BEFORE + timedelta(days=3)
    comment(stage, 2, "bo", "Same here", at=at)
    comment(stage, 2, "bo", "me too!", at=at + timedelta(hours=1))
    comment(stage, 2, "cy", "+1", at=at + timedelta(hours=2))
    comment(stage, 2, "dee", "Which version is this?", at=at)
    comment(stage, 2, "dependabot[bot]", "Same here", at=at)
    ctx, project = stage.context, await install(stage)
    await work(stage)
    number = await ctx.items.by_key(project.id, "github", "issue:2")
    assert number

    async def seen() -> int:
        return (await hours_of(ctx, project.id, [number])).total()

    assert await seen() == 3
    past = await ctx.imports.get(project.id)
    assert past
    # What was counted is forgotten after a month; where comments were read to is not.
    await ctx.redis.delete(f"sc:{project.id}:events")
    assert (await said(stage, "import github")).outcome == "done"
    await work(stage)
    assert await seen() == 3


async def test_the_card_of_the_answer_says_how_far_it_is(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    place = Place(issue=12)
    answer = (await said(stage, "import github", place)).answer
    assert "is being read" in answer.card.model_dump_json()
    await work(stage)
    [card] = by_us(stage)
    assert "is read" in card
    assert "all 12 issues and pull requests" in card
    await issues.read_issues(ctx, project.id)
    assert by_us(stage) == [card]


async def test_a_repository_without_issues_has_no_history(stage: Stage) -> None:
    stage.github.world.repository(stage.repository).has_issues = False
    project = await install(stage)
    stage.github.faults.add({"match": {"path": "/issues"}, "times": 9, "status": 410})
    await work(stage)
    past = await stage.context.imports.get(project.id)
    assert past
    assert past.ended


async def other_repository(stage: Stage, *, private: bool = False) -> int:
    """The number of its open issue, among closed ones, comments and what is none."""
    github = stage.github
    await github.add_repository("acme/api", {"README.md": b"The API."}, private=private)
    world = github.world
    repository, writer = world.repository("acme/api"), world.users[ADMIN]
    bot = github.add_user("dependabot[bot]", kind="Bot")
    old = [
        new_past_issue(repository, author, "Issue", *words_of(900 + n))
        for n, author in enumerate([writer] * 30 + [bot])
    ]
    for number, one in enumerate(old):
        one.created_at = one.updated_at = BEFORE + timedelta(seconds=number // 7)
        one.state = "open" if number == 7 else "closed"
    for login, words in (("bo", "Same here"), ("cy", "Which version is this?")):
        made = add_comment(github.add_user(login), old[7], words)
        made.created_at = made.updated_at = BEFORE + timedelta(days=1)
    github.install("acme", repositories=[stage.repository, "acme/api"], sender=ADMIN)
    await sync.sync_all(stage.context)
    await work(stage)
    return old[7].number


async def test_another_repository_is_read_once_and_can_be_taken_out(stage: Stage) -> None:
    ctx, open_one = stage.context, await other_repository(stage)
    project = await stage.project()
    own = await ctx.items.last(project.id)
    place = Place(issue=12)
    answer = (await said(stage, "import acme/api", place)).answer.card
    assert "Import 1 of `acme/api` is processing" in render_markdown(answer)
    one = await finished(stage, 1)
    assert (one.state, one.records, one.new, one.passed) == ("complete", 31, 30, 1)
    [card] = by_us(stage)
    assert "Import 1 of `acme/api` is complete" in card
    brought = await ctx.items.many(project.id, range(own + 1, own + 31))
    assert {item.audience for item in brought} == {Audience.TEAM}
    assert all(item.history and item.cluster and item.tags["repository"] for item in brought)
    stand = [await ctx.items.standing(project.id, item.number) for item in brought]
    [mine] = [i for i, how in zip(brought, stand, strict=True) if how == "open"]
    assert mine.url.endswith(f"/acme/api/issues/{open_one}")
    assert (await hours_of(ctx, project.id, [mine.number])).total() == 2
    world = stage.github.world.repository("acme/api")
    changed = world.issues[open_one]
    changed.title, changed.state = "It fails anew", "closed"
    changed.updated_at = ctx.now()
    await said(stage, "import acme/api")
    again = await finished(stage, 2)
    assert (again.records < 10, again.new) == (True, 0)
    assert (await ctx.items.get(project.id, mine.number)).title == "It fails anew"
    assert await ctx.items.standing(project.id, mine.number) == "completed"
    await said(stage, "import undo 1")
    await work(stage)
    assert await ctx.items.many(project.id, range(own + 1, own + 31)) == []
    await said(stage, "import acme/api")
    assert (await finished(stage, 3)).new == 30


async def test_who_does_not_maintain_a_private_repository_brings_nothing_of_it(
    stage: Stage,
) -> None:
    await other_repository(stage, private=True)
    ctx, project = stage.context, await stage.project()
    world = stage.github.world
    maria = stage.github.add_user("maria-rossi")
    world.repository(stage.repository).roles[maria] = "admin"
    told = Utterance(
        audience=project.github_readers, id="c1", project=project.id, line="import acme/api",
        person=Person(login="maria-rossi", user_id=maria.id), place=Place(), heard_at=ctx.now(),
    )  # fmt: skip
    for line in ("import acme/api", "import acme/nowhere"):
        refused = await answer_to(ctx, project, told.model_copy(update={"line": line}))
        assert "is not there for this app, or is private" in render_markdown(refused.answer.card)
    assert await ctx.file_imports.all(project.id) == []


async def test_the_card_of_a_profile_is_edited_as_it_goes(stage: Stage) -> None:
    ctx, project = stage.context, await install(stage)
    await work(stage)
    answer = (await said(stage, "profile refresh", Place(issue=12))).answer
    assert answer.public
    assert "processing: its turn, 0 %" in render_markdown(answer.card)
    told = [await know.shown(ctx, project, percent=n, stage=f"stage {n}") for n in (10, 40)]
    assert all(told)
    [card] = by_us(stage)
    assert "processing: stage 40, 40 %" in card
    await asyncio.sleep(0.6)
    await work(stage)
    [card] = by_us(stage)
    assert "**State** complete" in card
    await know.get_to_know(ctx, project.id)
    assert by_us(stage) == [card]
