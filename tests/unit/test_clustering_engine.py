"""The engine: decisions, corrections, repeats, determinism."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from calibrate import fit
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from bot.adapters.embedders.hashing import Hashing
from bot.domain.clusters.engine import (
    Decision,
    Engine,
    Links,
    Report,
    calibration_for,
    in_order,
)
from bot.domain.clusters.engine.calibration import SERIES
from bot.domain.clusters.engine.deciding import Eagerness
from bot.domain.clusters.engine.dense import Dense
from bot.domain.clusters.engine.features import NAMES
from bot.domain.clusters.engine.reasons import reasons, shared_phrases
from bot.domain.models import Frame

START = datetime(2026, 3, 1, tzinfo=UTC)
EMBEDDER = Hashing()

TOPICS = (
    ("net/http: server panics on malformed chunked request", "runtime error: index out of range"),
    ("cmd/vet: false positive for copied mutex in range loop", "vet reports a lock copy"),
    ("encoding/json: embedded pointer fields are dropped", "the field disappears in the output"),
    ("time: parsing a leap second fails", "parse error for 23:59:60"),
    ("docs: broken link in the contributing guide", "the link leads nowhere"),
)


def report(number: int, title: str, body: str = "", *, source: str = "github") -> Report:
    return Report(number, source, title, body, START + timedelta(hours=number))


@cache
def _embedded(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return asyncio.run(EMBEDDER.embed([text]))[0]


def embed(texts: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([_embedded(text) for text in texts])


def new_engine() -> Engine:
    return Engine(calibration_for(EMBEDDER.id), EMBEDDER.dimensions)


def feed(engine: Engine, reports: list[Report], links: Links | None = None) -> dict[int, Decision]:
    """Decide and remember one by one; a new cluster gets its item's number."""
    decisions = {}
    for one in reports:
        reading = engine.read(one)
        vector = embed([reading.text])[0]
        decision = decisions[one.id] = engine.decide(reading, vector, links)
        cluster = decision.cluster if decision.action == "join" else None
        engine.add(reading, vector, cluster or one.id, decision.best)
    return decisions


def topics() -> list[Report]:
    return [report(n, title, body) for n, (title, body) in enumerate(TOPICS, start=1)]


def test_the_first_report_stands_alone() -> None:
    decision = feed(new_engine(), topics()[:1])[1]
    assert decision.action == "new"
    assert decision.candidates == ()
    assert decision.nearest_rejected is None


def test_the_same_text_with_other_numbers_joins_without_a_vector() -> None:
    engine = new_engine()
    body = (
        "Job {} on 10.0.0.{} timed out at 12:01:3{}. It had been reading the orders of the day from"
        " the second replica, which answers slowly while the first one is being backed up."
    )
    feed(engine, [report(1, "Nightly job times out", body.format(4711, 1, 3))])
    again = report(2, "nightly job  times out", body.format(4712, 9, 9))
    reading = engine.read(again)
    assert engine.repeat_of(reading) == 1
    decision = engine.decide(reading, embed([reading.text])[0])
    assert (decision.action, decision.cluster, decision.candidates[0].repeat) == ("join", 1, True)


def test_a_number_in_a_title_tells_two_apart() -> None:
    engine = new_engine()
    feed(engine, [report(1, "Update jetty to 9.4.39")])
    assert engine.repeat_of(engine.read(report(2, "Update jetty to 9.4.44"))) is None


@pytest.mark.parametrize(
    ("title", "other", "counted"),
    [
        ("asm: index out of range", "asm: index out of range (2)", True),
        ("Bump jetty to 9.4.39", "Bump jetty to 9.4.44", True),
        ("asm: index out of range", "asm: index out of range", False),
        ("asm: index out of range (2)", "gc: index out of range (3)", False),
        ("Order 7f3a9c1be2 is lost", "Order 0cc1d2e9fa is lost", False),
    ],
)
def test_an_author_who_numbers_a_title_says_that_it_is_another_one(
    title: str, other: str, counted: bool
) -> None:
    engine = new_engine()
    body = "The assembler stops with a trace when a file ends in the middle of a line."
    feed(engine, [report(1, title, body)])
    reading = engine.read(report(2, other, f"{body} Found by feeding it random bytes."))
    [candidate] = engine.decide(reading, embed([reading.text])[0]).candidates
    assert dict(candidate.parts).get("series", 0) == (SERIES if counted else 0)


def test_the_same_stack_joins_whatever_the_words() -> None:
    frames = tuple(Frame(path=f"shop/{n}.py", function=f"f{n}", line=n) for n in range(4))
    moved = tuple(frame.model_copy(update={"line": 99}) for frame in frames)
    engine = new_engine()
    first = Report(1, "sentry", "KeyError: 'a'", "boom", START, frames=frames)
    other = Report(2, "sentry", "KeyError: 'b'", "quite other words", START, frames=moved)
    assert feed(engine, [first, other])[2].cluster == 1


def test_a_log_line_joins_its_template() -> None:
    engine = new_engine()
    lines = [
        "INFO dfs.DataNode: Receiving block blk_-16089 src: /10.250.19.102:54106",
        "INFO dfs.DataNode: Receiving block blk_38865 src: /10.251.7.9:1",
        "INFO dfs.DataNode: Deleting block blk_38865 file /mnt/a/b/c",
    ]
    decisions = feed(
        engine, [report(n, line, line, source="splunk") for n, line in enumerate(lines, 1)]
    )
    assert decisions[2].cluster == 1
    assert decisions[3].action != "join"


def test_a_likely_one_is_suggested_with_its_parts() -> None:
    engine = new_engine()
    feed(engine, topics())
    reading = engine.read(
        report(
            9, "net/http: malformed chunked request makes the server panic", "index out of range"
        )
    )
    decision = engine.decide(reading, embed([reading.text])[0])
    best = decision.candidates[0]
    assert best.item == 1
    assert decision.action in ("suggest", "join")
    assert decision.suggested()[0] == best
    total = sum(value for _, value in best.parts)
    bias = engine.calibration.scales[reading.kind].bias
    assert best.score == pytest.approx(1 / (1 + np.exp(-(total + bias))), abs=1e-4)


def test_a_must_link_joins_and_is_named() -> None:
    engine = new_engine()
    decisions = feed(engine, [*topics(), report(9, "quite another thing")], Links.of([(9, 4)]))
    assert (decisions[9].action, decisions[9].cluster) == ("join", 4)
    assert any("I-4" in said for said in decisions[9].obeyed)


def test_a_cannot_link_bars_the_whole_cluster() -> None:
    engine = new_engine()
    text = ("Crash when saving", "the editor crashes when saving a file")
    links = Links.of(cannot=[(3, 1)])
    decisions = feed(engine, [report(1, *text), report(2, *text), report(3, *text)], links)
    assert decisions[2].cluster == 1
    assert decisions[3].action == "new"
    assert decisions[3].nearest_rejected is not None
    assert any("I-1 is not the same" in said for said in decisions[3].obeyed)


def test_a_contradiction_is_shown_and_not_joined() -> None:
    engine = new_engine()
    links = Links.of(must=[(3, 2)], cannot=[(3, 1)])
    text = ("Crash when saving", "the editor crashes when saving a file")
    feed(engine, [report(1, *text), report(2, *text)])
    decisions = feed(engine, [report(3, *text)], links)
    assert decisions[3].action != "join"
    assert any("I-2" in said for said in decisions[3].obeyed)


def test_forgotten_and_moved_items() -> None:
    engine = new_engine()
    text = ("Crash when saving", "the editor crashes when saving a file")
    feed(engine, [report(1, *text), report(2, *text)])
    engine.move(1, 77)
    reading = engine.read(report(3, *text))
    vector = embed([reading.text])[0]
    assert engine.decide(reading, vector).cluster == 77
    engine.forget(1)
    engine.forget(1)
    assert 1 not in engine
    assert all(c.item != 1 for c in engine.decide(reading, vector).candidates)


def test_an_item_is_no_candidate_of_itself() -> None:
    engine = new_engine()
    feed(engine, topics())
    for one in topics():
        reading = engine.read(one)
        decision = engine.decide(reading, embed([reading.text])[0])
        assert one.id not in [c.item for c in decision.candidates]


@examples(25)
@given(st.permutations(range(10)))
def test_the_order_within_a_batch_does_not_matter(order: list[int]) -> None:
    batch = [report(n + 1, *TOPICS[n % 5]) for n in range(10)]
    expected = feed(new_engine(), in_order(batch))
    assert feed(new_engine(), in_order([batch[i] for i in order])) == expected


def together(reports: list[Report], join: Eagerness) -> list[list[tuple[str, datetime]]]:
    """The clusters of a batch, each report named by what it says and when."""
    engine = new_engine()
    engine.join = join
    groups: dict[int, list[tuple[str, datetime]]] = {}
    decisions = feed(engine, in_order(reports))
    for one in reports:
        decision = decisions[one.id]
        where = decision.cluster if decision.action == "join" else None
        groups.setdefault(where or one.id, []).append((one.title, one.created_at))
    return sorted(sorted(group) for group in groups.values())


CHAIN = "the night import of orders stops when one supplier sends prices twice in a file"


@examples(20)
@given(st.permutations(range(9)), st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_whatever_numbers_a_batch_got_by_arriving_its_clusters_are_the_same(
    order: list[int], hours: list[int]
) -> None:
    # Each is like the next and not like the last, so that who comes first matters.
    words = [" ".join(CHAIN.split()[n : n + 7]) for n in range(9)]
    batch = [Report(n, "github", words[n], "", START + timedelta(hours=hours[n])) for n in range(9)]
    arrived = [replace(batch[i], id=number) for number, i in enumerate(order, start=1)]
    straight = [replace(one, id=number) for number, one in enumerate(batch, start=1)]
    assert together(arrived, "eager") == together(straight, "eager")


@examples(20)
@given(
    st.lists(st.text(max_size=80), min_size=1, max_size=12),
    st.sampled_from(["github", "splunk", "manual"]),
)
def test_any_text_is_taken(texts: list[str], source: str) -> None:
    decisions = feed(new_engine(), [report(n, t, t, source=source) for n, t in enumerate(texts, 1)])
    for number, decision in decisions.items():
        scores = [c.score for c in decision.candidates]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        assert all(c.item < number for c in decision.candidates)


def test_the_sketch_finds_what_an_exact_search_finds() -> None:
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((400, 64))
    rows = centres[rng.integers(0, 400, 7_000)] + 0.6 * rng.standard_normal((7_000, 64))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    dense = Dense(64)
    for row in rows:
        dense.append(row)
    hits = 0
    for query in rows[:50]:
        measured = dense.whitened(query)
        found, _ = dense.nearest(query, measured, top_k=10)
        exact = np.argsort(-dense.measure(np.arange(7_000), measured)[0], kind="stable")[:10]
        hits += len(set(found.tolist()) & set(exact.tolist()))
    assert hits >= 0.95 * 500


@examples(25)
@given(st.sets(st.integers(1, 40)), st.data())
def test_a_vector_counts_from_when_it_comes(late: set[int], data: st.DataObject) -> None:
    reports = [report(n, f"{TOPICS[n % 5][0]} {n}", TOPICS[n % 5][1]) for n in range(1, 41)]
    whole, patched = new_engine(), new_engine()
    vectors = {}
    for one in reports:
        reading = whole.read(one)
        vectors[one.id] = embed([reading.text])[0]
        whole.add(reading, vectors[one.id], one.id)
        patched.add(reading, None if one.id in late else vectors[one.id], one.id)
    assert patched.lacking == sorted(late)
    asked = whole.read(report(99, *TOPICS[0]))
    wanted = embed([asked.text])[0]
    for candidate in patched.decide(asked, wanted).candidates:
        assert (candidate.similarity == 0) == (candidate.item in late)
    for item in data.draw(st.permutations(sorted(late))):
        patched.fill(item, vectors[item])
        patched.fill(item, np.zeros_like(wanted))  # it has one: ignored
    assert patched.lacking == []
    expected = {c.item: c.similarity for c in whole.decide(asked, wanted).candidates}
    found = {c.item: c.similarity for c in patched.decide(asked, wanted).candidates}
    assert found.keys() & expected.keys()
    assert all(found[item] == expected[item] for item in found.keys() & expected.keys())


def test_what_has_no_vector_is_found_by_its_words() -> None:
    engine = new_engine()
    for one in topics():
        engine.add(engine.read(one), None, one.id)
    asked = engine.read(report(9, "the vet command reports a lock copy for a mutex in a loop"))
    assert engine.lacking_near(asked, 1) == [2]
    best = engine.decide(asked, embed([asked.text])[0]).candidates[0]
    assert (best.item, best.similarity) == (2, 0)


@pytest.mark.parametrize("count", [200, 7_000])
def test_a_row_without_a_vector_is_near_nothing(count: int) -> None:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((count, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    dense = Dense(64)
    for number, row in enumerate(rows):
        dense.append(None if number % 2 else row)
    for query in rows[1:40:2]:
        found, _ = dense.nearest(query, dense.whitened(query), top_k=60)
        assert len(found) == 60
        assert not (found % 2).any()
        for measure in (dense.whitened(query), dense.centred(query), dense.cosine(query)):
            assert not dense.measure(np.arange(1, count, 2), measure)[0].any()


def test_fitting_recovers_a_known_scale() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((20_000, len(NAMES))).astype(np.float32)
    first, second = NAMES[0], NAMES[3]
    logits = -3 + 5 * values[:, 0] - 2 * values[:, 3]
    same = rng.random(20_000) < 1 / (1 + np.exp(-logits))
    scale = fit(values, same, (first, second))
    assert scale.bias == pytest.approx(-3, abs=0.25)
    assert scale.weights[first] == pytest.approx(5, abs=0.3)
    assert scale.weights[second] == pytest.approx(-2, abs=0.3)


def test_reasons_quote_both() -> None:
    ours = report(1, "Server panics", "The SERVER panics on malformed chunked requests since 1.2")
    theirs = report(2, "Panic", "since yesterday our server panicked on malformed chunked request")
    found = reasons(ours, theirs)
    longest = found.phrases[0]
    assert longest.ours in ours.body
    assert longest.theirs in theirs.body
    assert "malformed chunked" in longest.ours


@given(st.text(max_size=200), st.text(max_size=200))
def test_phrases_stand_in_both_texts(ours: str, theirs: str) -> None:
    for phrase in shared_phrases(ours, theirs):
        assert phrase.ours.rstrip("…") in " ".join(ours.split())
        assert phrase.theirs.rstrip("…") in " ".join(theirs.split())
