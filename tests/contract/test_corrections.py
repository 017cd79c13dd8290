"""Corrections on a real Redis: exact, whole, and never acting on what has changed."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from properties import examples

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.clusters.corrections import Logged
from bot.domain.clusters.engine import Links
from bot.domain.clusters.engine.forest import Forest
from bot.domain.clusters.engine.operations import Blocked, Clustering, apply, last_undoable
from bot.domain.clusters.evidence import Because, Near
from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Draft, Person, Place, Project
from bot.jobs import CLAIM, Claim
from bot.storage import keys
from bot.storage.commands import Utterance
from workers.clusters import corrections, evidence, explain, placing, refresh, suggestions
from workers.clusters.alike import alike
from workers.clusters.corrections import Plan
from workers.commands.answering import answer_to
from workers.commands.call import Answer

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
LEASE = "sc:lease:clustering"
_projects = iter(range(1_000, 1_000_000))
P = 0


@pytest.fixture(autouse=True)
def _own_project() -> None:
    """A process remembers what it knows of a project: every test has another."""
    global P
    P = next(_projects)


def the_project() -> Project:
    return Project(id=P, installation=1, full_name="acme/shop", private=True)


async def report(ctx: Context, project: int, item: int, **fields: Any) -> None:
    """A report with this number: reports are made in the order of their numbers."""
    draft = Draft(
        audience=Audience.PROJECT,
        source=fields.pop("source", "github"),
        key=f"issue:{item}",
        event=f"issue:{item}",
        title=fields.pop("title", f"Problem {item}"),
        occurred_at=NOW,
        **fields,
    )
    made = await ctx.items.record(project, draft, NOW)
    assert made.item == item


async def put(ctx: Context, project: int, item: int, into: int | None, **because: Any) -> int:
    """Place a report as the clustering does; the cluster."""
    await ctx.redis.set(LEASE, "mine")
    why = Because(**{"action": "new"} | because)
    found = await ctx.clusters.place(
        project,
        item,
        into,
        now=NOW,
        title=f"Problem {item}",
        audience=Audience.PROJECT,
        evidence=why.model_dump_json(),
        corrections=await ctx.operations.count(project),
        lease=LEASE,
        token="mine",
        alike=why.alike(item),
    )
    assert found is not None
    return found


async def clustered(ctx: Context, *clusters: list[int], project: int = 0) -> None:
    """Reports 1.. in clusters C-1, C-2, ..., as listed."""
    await ctx.projects.put(the_project())
    project = project or P
    where = {item: number for number, items in enumerate(clusters, 1) for item in items}
    for item in sorted(where):
        await report(ctx, project, item)
    for number, items in enumerate(clusters, 1):
        for place, item in enumerate(items):
            assert await put(ctx, project, item, number if place else None) == number


async def do(ctx: Context, plan: Plan, project: int = 0) -> Logged | None:
    worked = await plan("@ana")
    return await corrections.apply(
        ctx, project or P, worked, said="said", command=secrets.token_hex(4)
    )


async def say(ctx: Context, line: str, *, place: Place | None = None, command: str = "") -> Answer:
    said = Utterance(
        audience=Audience.TEAM,
        id=command or secrets.token_hex(4),
        project=P,
        line=line,
        person=Person(operator=True),
        place=place or Place(),
        heard_at=NOW - timedelta(hours=1),
    )
    answer, *_ = await answer_to(ctx, the_project(), said)
    return answer


def title(answer: Answer) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in answer.card.title)


def confirmation(answer: Answer) -> str:
    """The sentence of the card's Confirm."""
    return next(
        choice.sentence
        for section in answer.card.sections
        for block in section.blocks
        if hasattr(block, "choices")
        for choice in block.choices
    )


async def everything(ctx: Context, project: int, clusters: int) -> Clustering:
    """The whole clustering as it is stored, both ways of asking for it being equal."""
    membership = await ctx.items.membership(project)
    by_cluster = {
        item: number
        for number in range(1, clusters + 1)
        for item in await ctx.clusters.sample(project, number)
    }
    assert membership == by_cluster
    records = await ctx.clusters.records(project, list(range(1, clusters + 1)))
    parents = {c.number: c.redirect for c in records.values() if c.redirect is not None}
    return Clustering(membership, Forest(parents), await ctx.operations.links(project))


# Exactness


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_what_is_stored_is_what_the_pure_model_says(
    ctx: Context, data: st.DataObject
) -> None:
    project = next(_projects)
    where = data.draw(st.lists(st.integers(0, 3), min_size=3, max_size=9))
    groups: dict[int, list[int]] = {}
    for item, group in enumerate(where, 1):
        groups.setdefault(group, []).append(item)
    await clustered(ctx, *groups.values(), project=project)
    items, model = st.integers(1, len(where)), await everything(ctx, project, len(groups))
    log: list[Logged] = []
    before: list[Clustering] = []
    for _ in range(data.draw(st.integers(1, 6))):
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        cluster_numbers = st.integers(1, last)
        verb = data.draw(st.sampled_from(["merge", "split", "move", "new", "dup", "not", "undo"]))
        a, b = data.draw(items), data.draw(items)
        plan = {
            "merge": lambda a=a, n=cluster_numbers: corrections.merging(
                ctx, project, data.draw(st.lists(n, min_size=1, max_size=2)), data.draw(n)
            ),
            "split": lambda: corrections.splitting(
                ctx, project, data.draw(st.lists(items, min_size=1, max_size=3, unique=True))
            ),
            "move": lambda a=a, n=cluster_numbers: corrections.moving(
                ctx, project, a, data.draw(n)
            ),
            "new": lambda a=a: corrections.moving(ctx, project, a, None),
            "dup": lambda a=a, b=b: corrections.linking(ctx, project, a, b, alike=True),
            "not": lambda a=a, b=b: corrections.linking(ctx, project, a, b, alike=False),
            "undo": lambda: corrections.undoing(
                ctx, project, data.draw(st.integers(1, len(log) + 1)), None
            ),
        }[verb]()
        try:
            done = await do(ctx, plan, project)
        except (Blocked, NotFound):
            continue
        assert done is not None
        before.append(model)
        log.append(done)
        model = apply(model, done.operation)
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        stored = await everything(ctx, project, last)
        assert stored.membership == model.membership
        assert dict(stored.redirects.parents) == dict(model.redirects.parents)
        assert stored.links == model.links
        for number in range(1, last + 1):
            assert bool(stored.members(number)) is (number not in stored.redirects.parents)
        if done.operation.undoes is not None:
            restored = before[done.operation.undoes - 1]
            target = log[done.operation.undoes - 1].operation
            moved = {change.number for change in target.items}
            assert {i: model.membership[i] for i in moved} == {
                i: restored.membership[i] for i in moved
            }
    assert await ctx.operations.log(project) == log


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_undoing_everything_restores_the_exact_membership(
    ctx: Context, data: st.DataObject
) -> None:
    project = next(_projects)
    await clustered(ctx, [1, 2, 3], [4, 5], [6], project=project)
    beginning = await everything(ctx, project, 3)
    items = st.integers(1, 6)
    for _ in range(4):
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        plans = [
            corrections.merging(
                ctx, project, [data.draw(st.integers(1, last))], data.draw(st.integers(1, last))
            ),
            corrections.splitting(ctx, project, data.draw(st.lists(items, min_size=1, max_size=2))),
            corrections.moving(ctx, project, data.draw(items), data.draw(st.integers(1, last))),
            corrections.linking(
                ctx, project, data.draw(items), data.draw(items), alike=data.draw(st.booleans())
            ),
        ]
        try:
            await do(ctx, data.draw(st.sampled_from(plans)), project)
        except Blocked:
            continue
    while last_undoable([entry.operation for entry in await ctx.operations.log(project)]):
        assert await do(ctx, corrections.undoing(ctx, project, None, None), project)
    last = int(await ctx.redis.get(keys.counter(project, "cluster")))
    ended = await everything(ctx, project, last)
    assert ended.membership == beginning.membership
    assert ended.links == beginning.links
    assert {n for n in (1, 2, 3) if n in ended.redirects.parents} == set()


# Together with the clustering


async def test_a_placement_decided_before_a_correction_is_decided_again(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await report(ctx, P, 3)
    known = await ctx.operations.count(P)
    assert await do(ctx, corrections.merging(ctx, P, [2], 1))
    stale = await ctx.clusters.place(
        P,
        3,
        2,
        now=NOW,
        title="",
        audience=Audience.PROJECT,
        evidence=Because(action="new").model_dump_json(),
        corrections=known,
        lease=LEASE,
        token="mine",
    )
    assert stale is None
    assert await ctx.items.waiting(P) == [3]
    assert await ctx.clusters.sample(P, 2) == []


async def test_a_correction_worked_out_before_a_placement_is_not_applied(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await report(ctx, P, 3)
    worked = await corrections.merging(ctx, P, [2], 1)("@ana")
    await put(ctx, P, 3, 2)
    before = await everything(ctx, P, 2)
    assert await corrections.apply(ctx, P, worked, said="", command="c") is None
    after = await everything(ctx, P, 2)
    assert (after.membership, await ctx.operations.log(P)) == (before.membership, [])


@pytest.mark.parametrize("merged", [2, 4], ids=["the same cluster", "another cluster"])
async def test_of_two_corrections_of_the_same_state_one_is_applied(
    ctx: Context, merged: int
) -> None:
    await clustered(ctx, [1], [2], [3], [4])
    one = await corrections.merging(ctx, P, [2], 1)("@ana")
    other = await corrections.merging(ctx, P, [merged], 3)("@bo")
    done = await asyncio.gather(
        corrections.apply(ctx, P, one, said="", command="a"),
        corrections.apply(ctx, P, other, said="", command="b"),
    )
    assert sorted(entry is not None for entry in done) == [False, True]
    assert len(await ctx.operations.log(P)) == 1


async def cluster_now(ctx: Context) -> None:
    """The clustering job, under its lease."""
    member = f'["cluster_items", {P}]'
    claim = Claim(member, "1", secrets.token_hex(4), "work", "1")
    await ctx.redis.set(claim.lease, claim.token)
    CLAIM.set(claim)
    await placing.cluster_items(ctx, P)


async def test_corrections_and_placements_at_once_lose_nothing(ctx: Context) -> None:
    await ctx.projects.put(the_project())
    for item in range(1, 41):
        await report(ctx, P, item, title=f"Problem {item % 4} of the checkout {item}")

    async def correct() -> None:
        for _ in range(30):
            placed = await ctx.items.membership(P)
            numbers = sorted(set(placed.values()))
            if len(numbers) > 1:
                await do(ctx, corrections.merging(ctx, P, [numbers[-1]], numbers[0]))
            await asyncio.sleep(0.002)

    await asyncio.gather(cluster_now(ctx), correct())
    last = int(await ctx.redis.get(keys.counter(P, "cluster")))
    stored = await everything(ctx, P, last)
    assert sorted(stored.membership) == list(range(1, 41))
    for parent in stored.redirects.parents:
        assert stored.members(parent) == [], "nothing is in a cluster that was merged away"
    assert await ctx.operations.count(P) > 0


async def test_later_clustering_obeys_what_people_said(ctx: Context) -> None:
    await ctx.projects.put(the_project())
    same_text = {"title": "Cart total is wrong", "body": "The last item is not counted."}
    for item in (1, 2):
        await report(ctx, P, item, **same_text)
    await report(ctx, P, 3, title="Login loops on Safari")
    await cluster_now(ctx)
    where = await ctx.items.membership(P)
    assert where[1] == where[2] != where[3]
    assert await do(ctx, corrections.splitting(ctx, P, [2]))
    assert await do(ctx, corrections.linking(ctx, P, 3, 2, alike=True))
    memory = await evidence.remember(ctx, P)
    assert 1 in memory.links.apart(2)
    assert 1 in memory.links.apart(3), "what is the same as I-2 is not I-1 either"
    for item in (1, 2, 3):
        told = memory.engine.read(evidence.report_of(await ctx.items.get(P, item)))
        (vector,) = await ctx.embedder.embed([told.text])
        decision = memory.engine.decide(told, vector, memory.links)
        assert decision.joined not in memory.links.apart(item)


async def test_words_that_were_told_apart_are_until_it_is_undone(ctx: Context) -> None:
    await ctx.projects.put(the_project())
    pages = ("cart", "search", "search")
    for item, page in enumerate(pages, start=1):
        await report(ctx, P, item, title=f"The {page} page is slow on phones")
    await cluster_now(ctx)
    assert (await evidence.remember(ctx, P)).engine.words == {}
    assert await do(ctx, corrections.linking(ctx, P, 1, 2, alike=False))
    assert [*(await evidence.remember(ctx, P)).engine.words.values()] == [(1, 2)]
    assert await do(ctx, corrections.undoing(ctx, P, None, None))
    assert (await evidence.remember(ctx, P)).engine.words == {}


# What people say and see


async def test_a_merge_is_previewed_confirmed_and_undone(ctx: Context) -> None:
    await clustered(ctx, [1, 2], [3])
    shown = await say(ctx, "merge C-2 into C-1")
    assert title(shown) == "Merge C-2 into C-1?"
    assert await ctx.operations.count(P) == 0
    done = await say(ctx, confirmation(shown))
    assert title(done) == "Merged C-2 into C-1"
    assert await ctx.clusters.sample(P, 1) == [1, 2, 3]
    assert (await ctx.clusters.get(P, 2)).name == "C-1", "the old number leads on"
    assert title(await say(ctx, "status C-2")).startswith("C-1 ")
    assert title(await say(ctx, "undo")) == "Operation 1 is undone"
    assert await ctx.clusters.sample(P, 2) == [3]
    assert (await ctx.clusters.get(P, 2)).name == "C-2"
    assert title(await say(ctx, "undo")) == "Nothing was corrected yet: there is nothing to undo."


async def test_confirm_alone_is_about_the_preview_shown_last_here(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    assert title(await say(ctx, "merge C-2 into C-1 --confirm")).endswith("?")
    assert title(await say(ctx, "merge C-2 into C-1 --confirm")) == "Merged C-2 into C-1"


async def test_a_confirm_holds_for_what_was_seen(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    old = confirmation(await say(ctx, "merge C-2 into C-1"))
    await report(ctx, P, 3)
    await put(ctx, P, 3, 2)
    again = await say(ctx, old)
    assert "changed since that preview" in again.card.model_dump_json()
    assert await ctx.operations.count(P) == 0
    new = confirmation(again)
    assert new != old
    assert title(await say(ctx, new)) == "Merged C-2 into C-1"
    assert await ctx.clusters.sample(P, 1) == [1, 2, 3]


async def test_a_command_that_is_obeyed_twice_corrects_once(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    line = confirmation(await say(ctx, "merge C-2 into C-1"))
    first = await say(ctx, line, command="same")
    assert await say(ctx, line, command="same") == first
    assert await ctx.operations.count(P) == 1


async def test_a_split_by_source_parts_every_source(ctx: Context) -> None:
    await ctx.projects.put(the_project())
    for item, source in enumerate(["github", "sentry", "datadog", "sentry"], 1):
        await report(ctx, P, item, source=source)
        await put(ctx, P, item, 1 if item > 1 else None)
    shown = await say(ctx, "split C-1 --by=source")
    assert title(shown) == "Split 3 reports off from C-1 into 2 new problems?"
    await say(ctx, confirmation(shown))
    assert await ctx.items.membership(P) == {1: 1, 2: 2, 3: 3, 4: 2}
    links = await ctx.operations.links(P)
    assert links.apart(3) >= {1, 2}
    await say(ctx, "undo 1")
    assert await ctx.items.membership(P) == {1: 1, 2: 1, 3: 1, 4: 1}
    assert await ctx.operations.links(P) == Links()
    assert (await ctx.clusters.get(P, 3)).name == "C-1"


async def test_a_split_by_meaning_parts_what_is_least_alike(ctx: Context) -> None:
    await ctx.projects.put(the_project())
    titles = ["Cart total drops the last item", "Login loops on Safari", "Cart total is too low",
              "Safari login goes round in a loop"]  # fmt: skip
    for item, words in enumerate(titles, 1):
        await report(ctx, P, item, title=words)
        await put(ctx, P, item, 1 if item > 1 else None)
    await say(ctx, confirmation(await say(ctx, "split C-1 --by=auto")))
    assert await ctx.items.membership(P) == {1: 1, 3: 1, 2: 2, 4: 2}


async def test_a_moved_report_stays_and_an_emptied_number_leads_on(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await say(ctx, confirmation(await say(ctx, "move I-2 to C-1")))
    assert (await ctx.clusters.get(P, 2)).number == 1
    assert (await ctx.operations.links(P)).together(2) == {1, 2}
    assert "alone in C-1" not in title(await say(ctx, "move I-2 to new"))
    await say(ctx, "undo")
    assert title(await say(ctx, "move I-2 to new")) == "I-2 is alone in C-2 already."


async def test_undo_says_what_blocks_it(ctx: Context) -> None:
    await clustered(ctx, [1], [2], [3])
    await say(ctx, confirmation(await say(ctx, "merge C-2 into C-1")))
    await say(ctx, confirmation(await say(ctx, "merge C-1 into C-3")))
    assert "undo that first" in title(await say(ctx, "undo 1"))
    assert title(await say(ctx, "undo 9")).startswith("There is no operation 9.")


async def test_history_tells_everything(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await say(ctx, confirmation(await say(ctx, "merge C-2 into C-1")))
    await say(ctx, "undo")
    told = (await say(ctx, "history")).card.model_dump_json()
    assert "undone by 2" in told
    assert "merge C-2 into C-1" in told
    assert "Merged" in (await say(ctx, "history C-2")).card.model_dump_json()
    assert "Nothing" in (await say(ctx, "history C-9")).card.model_dump_json()


async def test_a_duplicate_of_a_resolved_problem_is_a_regression(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await ctx.clusters.change(P, 1, state=ClusterState.RESOLVED, seen_when_resolved=1)
    done = await say(ctx, "dup #2 #1")
    assert title(done) == "Merged C-2 into C-1"
    assert "reported again" in done.card.model_dump_json()
    assert (await ctx.clusters.get(P, 1)).state is ClusterState.REGRESSED
    assert (await ctx.operations.links(P)).must == {(1, 2)}
    await say(ctx, "undo")
    assert (await ctx.clusters.get(P, 1)).state is ClusterState.RESOLVED
    await refresh.refresh_cluster(ctx, P, 1)
    assert (await ctx.clusters.get(P, 1)).state is ClusterState.RESOLVED


async def test_resolved_problems_that_are_merged_stay_resolved(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    for number in (1, 2):
        await ctx.clusters.change(P, number, state=ClusterState.RESOLVED, seen_when_resolved=1)
    await say(ctx, confirmation(await say(ctx, "merge C-2 into C-1")))
    await refresh.refresh_cluster(ctx, P, 1)
    assert (await ctx.clusters.get(P, 1)).state is ClusterState.RESOLVED


async def test_a_duplicate_asks_before_it_moves_reports_of_others(ctx: Context) -> None:
    await clustered(ctx, [1], [2, 3])
    shown = await say(ctx, "dup I-2 I-1")
    assert title(shown) == "Merge C-2 into C-1?"
    await say(ctx, confirmation(shown))
    assert await ctx.clusters.sample(P, 1) == [1, 2, 3]


async def test_what_was_said_before_is_not_taken_back_unasked(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    assert title(await say(ctx, "not-dup I-2 I-1")) == "I-1 and I-2 are not the same problem"
    assert "known not to be" in title(await say(ctx, "not-dup I-1 I-2"))
    shown = await say(ctx, "dup I-2 I-1")
    told = shown.card.model_dump_json()
    assert "This takes back what people said" in told
    await say(ctx, confirmation(shown))
    assert (await ctx.operations.links(P)) == Links.of(must=[(1, 2)])


async def test_not_dup_parts_what_is_together(ctx: Context) -> None:
    await clustered(ctx, [1, 2, 3])
    await say(ctx, "not-dup I-2 C-1")
    assert await ctx.items.membership(P) == {1: 1, 2: 2, 3: 1}
    assert (await ctx.operations.links(P)).apart(2) == {1}


async def test_contradictions_are_shown(ctx: Context) -> None:
    await clustered(ctx, [1, 2, 3])
    for link in ("1,2", "2,3"):
        await ctx.redis.sadd(keys.pairs(P, "must"), link)
    await ctx.redis.sadd(keys.pairs(P, "cannot"), "1,3")
    told = (await say(ctx, "why I-1")).card.model_dump_json()
    assert "Contradiction" in told
    assert "I-1 = I-2 = I-3" in told


async def test_a_cluster_that_is_being_fixed_is_not_merged_away(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    wanted = FixRun(audience=Audience.TEAM,
        number=0, cluster=2, command="c", requested_by="ana", agent="mechanic",
        seconds_allowed=60, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await ctx.runs.open(P, wanted)
    assert title(await say(ctx, "merge C-2 into C-1")).startswith("F-1 is fixing C-2")
    assert title(await say(ctx, "merge C-1 into C-2")).endswith("?")


async def test_no_other_repository_and_no_unknown_report(ctx: Context) -> None:
    await clustered(ctx, [1])
    assert "acme/shop" in title(await say(ctx, "dup I-1 other/repo#3"))
    assert "#9 is not known" in title(await say(ctx, "dup I-1 #9"))
    assert "There is no I-9" in title(await say(ctx, "move I-9 to new"))
    assert "There is no C-9" in title(await say(ctx, "merge C-9 into C-1"))
    assert title(await say(ctx, "dup I-1 I-1")) == "I-1 is itself."


# Suggestions


def near(item: int, cluster: int, score: float) -> Near:
    return Near(item=item, cluster=cluster, score=score, similarity=0.6)


async def suggested(ctx: Context) -> None:
    """I-3 opened C-3 and is possibly the same as I-1 or I-2."""
    await clustered(ctx, [1], [2])
    await report(ctx, P, 3)
    candidates = (near(1, 1, 0.6), near(2, 2, 0.3), near(2, 2, 0.01))
    await put(ctx, P, 3, None, action="suggest", candidates=candidates)


async def asked(ctx: Context) -> list[int]:
    found = await suggestions.pending(ctx, P, await ctx.items.get(P, 3))
    return [each.item.number for each in found]


async def test_one_answer_settles_a_suggestion(ctx: Context) -> None:
    await suggested(ctx)
    assert await asked(ctx) == [1, 2]
    told = (await say(ctx, "status C-3")).card.model_dump_json()
    assert "Possibly the same" in told
    assert '"dup I-3 I-1"' in told
    await say(ctx, "not-dup I-3 C-1")
    assert await asked(ctx) == [2]
    await say(ctx, "dup I-3 C-2")
    assert await asked(ctx) == []
    await say(ctx, "undo")
    assert await asked(ctx) == [2]
    [told] = await explain.explain(ctx, P, [await ctx.items.get(P, 3)])
    assert told.apart == [1]


async def test_how_likely_it_must_be_is_that_of_the_two_sources(ctx: Context) -> None:
    await clustered(ctx, [1], [2])
    await report(ctx, P, 3)
    between = near(1, 1, 0.15).model_copy(update={"mixed": True})
    await put(ctx, P, 3, None, action="suggest", candidates=(between, near(2, 2, 0.15)))
    assert await asked(ctx) == [2]


async def test_a_suggestion_follows_what_was_merged(ctx: Context) -> None:
    await suggested(ctx)
    assert await do(ctx, corrections.merging(ctx, P, [1], 2))
    found = await suggestions.pending(ctx, P, await ctx.items.get(P, 3))
    assert [(each.item.number, each.item.cluster) for each in found] == [(1, 2)]


# Questions


async def three(ctx: Context, *, source: str = "github", audience: str = "project") -> None:
    """C-1, C-2 and C-3, of a report each, look like one problem; the third is of ``source``."""
    await clustered(ctx, [1], [2])
    await report(ctx, P, 3, source=source)
    await ctx.redis.delete(keys.alike(P))
    await put(ctx, P, 3, None, candidates=(near(1, 1, 0.6), near(2, 2, 0.5)))
    if audience != "project":
        item = (await ctx.items.get(P, 3)).model_copy(update={"audience": Audience(audience)})
        kept = item.model_dump_json(exclude={"cluster"})
        await ctx.redis.hset(keys.items(P), "3", kept)


async def questions(ctx: Context, readers: Audience = Audience.TEAM) -> list[list[int]]:
    found, many = await alike(ctx, the_project(), readers=readers)
    assert many == len(found)
    return [[*question.clusters] for question in found]


async def test_what_they_may_not_read_is_not_even_hinted_at(ctx: Context) -> None:
    await three(ctx, audience="team")
    assert await questions(ctx) == [[1, 2, 3]]
    assert await questions(ctx, Audience.PROJECT) == []


async def test_an_older_project_is_asked_about_what_its_evidence_says(ctx: Context) -> None:
    await three(ctx)
    before = await ctx.clusters.alike(P)
    assert before == [((3, 1), 0.6), ((3, 2), 0.5)]
    await ctx.redis.delete(keys.alike(P))
    await ctx.overview.rebuild(P)
    assert await ctx.clusters.alike(P) == before


@pytest.mark.parametrize("state", ["resolved", "snoozed", "ignored"])
async def test_only_open_problems_are_asked_about(ctx: Context, state: str) -> None:
    await three(ctx)
    await ctx.clusters.change(P, 3, state=ClusterState(state))
    assert await questions(ctx) == []


async def test_what_is_not_the_same_is_said_once_and_taken_back_with_one_undo(ctx: Context) -> None:
    await three(ctx)
    said = await say(ctx, "not-dup C-1 C-2 C-3")
    assert title(said) == "No two of I-1 I-2 I-3 are the same problem"
    assert await questions(ctx) == []
    assert "was said already" in title(await say(ctx, "not-dup C-1 C-2 C-3"))
    await say(ctx, "undo")
    assert await questions(ctx) == [[1, 2, 3]]
    await say(ctx, "not-dup C-1 C-3")
    assert await questions(ctx) == [[2, 3]], "C-1 is no part of it any more"


async def test_a_question_that_has_changed_is_shown_before_it_is_done(ctx: Context) -> None:
    await three(ctx)
    old = confirmation(await say(ctx, "merge --suggest"))
    assert old == "merge C-2 C-3 into C-1 --suggest --confirm"
    await say(ctx, "not-dup C-1 C-3")
    assert "Merge C-2, C-3 into C-1?" in title(await say(ctx, old))
    await say(ctx, "undo")
    assert "Merged C-2, C-3 into C-1" in title(await say(ctx, old))
    assert await questions(ctx) == []


async def test_why_and_similar_are_about_the_report_of_the_issue(ctx: Context) -> None:
    await clustered(ctx, [1, 2])
    told = await say(ctx, "why", place=Place(issue=2))
    assert title(told) == "Why I-2 is what it is"
    assert title(await say(ctx, "similar", place=Place(issue=2))) == "Nothing is similar to I-2"
