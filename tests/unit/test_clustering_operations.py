"""Merge, split, move and undo are exact inverses; corrections and forests hold."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from bot.domain.clusters.engine.forest import Forest, Loop
from bot.domain.clusters.engine.links import Links
from bot.domain.clusters.engine.operations import (
    Blocked,
    Clustering,
    LogEntry,
    Operation,
    apply,
    last_undoable,
    merge,
    move,
    split,
    undo,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)

ITEMS = st.integers(1, 12)
CLUSTERS = st.integers(101, 106)
PAIRS = st.sets(
    st.tuples(ITEMS, ITEMS).filter(lambda p: p[0] != p[1]).map(lambda p: (min(p), max(p))),
    max_size=6,
)


@st.composite
def clusterings(draw: st.DrawFn) -> Clustering:
    membership = draw(st.dictionaries(ITEMS, CLUSTERS, min_size=1))
    return Clustering(membership, Forest(), Links.of(draw(PAIRS), draw(PAIRS)))


def entry(number: int) -> LogEntry:
    return LogEntry(number, "@ana", NOW)


def act(draw: Any, state: Clustering, number: int, log: list[Operation]) -> Operation | None:
    """Any operation people may ask for here; None when it is refused."""
    verb = draw(st.sampled_from(["merge", "split", "move", "undo"]))
    try:
        if verb == "merge":
            return merge(state, draw(st.lists(CLUSTERS, max_size=3)), draw(CLUSTERS), entry(number))
        if verb == "split":
            return split(state, draw(st.sets(ITEMS, max_size=4)), 200 + number, entry(number))
        if verb == "move":
            to = draw(st.one_of(CLUSTERS, st.just(200 + number)))
            return move(state, draw(ITEMS), to, entry(number))
        return undo(state, log, draw(st.integers(0, number)), entry(number))
    except Blocked:
        return None


def same(a: Clustering, b: Clustering) -> bool:
    return (dict(a.membership), dict(a.redirects.parents), a.links) == (
        dict(b.membership),
        dict(b.redirects.parents),
        b.links,
    )


@examples(300)
@given(st.data())
def test_undo_restores_exactly(data: st.DataObject) -> None:
    state = data.draw(clusterings())
    operation = act(data.draw, state, 1, [])
    if operation is None:
        return
    after = apply(state, operation)
    assert same(apply(after, undo(after, [operation], 1, entry(2))), state)


@examples(300)
@given(st.data())
def test_undoing_everything_backwards_restores_the_beginning(data: st.DataObject) -> None:
    beginning = state = data.draw(clusterings())
    log: list[Operation] = []
    for number in range(1, data.draw(st.integers(1, 8))):
        operation = act(data.draw, state, number, log)
        if operation is not None:
            state = apply(state, operation)
            log.append(operation)
    number = 100
    while (last := last_undoable(log)) is not None:
        operation = undo(state, log, last, entry(number))
        state = apply(state, operation)
        log.append(operation)
        number += 1
    assert same(state, beginning)


@examples(300)
@given(st.data())
def test_no_item_is_lost_or_doubled_and_no_number_loops(data: st.DataObject) -> None:
    state = data.draw(clusterings())
    items = set(state.membership)
    log: list[Operation] = []
    for number in range(1, 8):
        operation = act(data.draw, state, number, log)
        if operation is None:
            continue
        state = apply(state, operation)
        log.append(operation)
        assert set(state.membership) == items
        for cluster in state.redirects.parents:
            assert state.redirects.root(cluster) not in state.redirects.parents
        alive = {state.redirects.root(c) for c in state.membership.values()}
        assert all(state.members(cluster) for cluster in alive)


@examples(200)
@given(clusterings(), st.data())
def test_what_is_merged_is_not_kept_apart_any_more(state: Clustering, data: st.DataObject) -> None:
    clusters = sorted(set(state.membership.values()))
    sources, into = data.draw(st.lists(st.sampled_from(clusters))), data.draw(CLUSTERS)
    try:
        after = apply(state, merge(state, sources, into, entry(1)))
    except Blocked:
        return
    members = set(after.members(into))
    assert not [p for p in after.links.cannot if members.issuperset(p)]
    assert {after.redirects.root(c) for c in sources} == {into}


@examples(200)
@given(clusterings(), st.data())
def test_what_is_split_is_kept_apart(state: Clustering, data: st.DataObject) -> None:
    cluster = data.draw(st.sampled_from(sorted(set(state.membership.values()))))
    members = state.members(cluster)
    moving = data.draw(st.sets(st.sampled_from(members), min_size=1))
    if moving == set(members):
        with pytest.raises(Blocked, match="nothing would be left"):
            split(state, moving, 900, entry(1))
        return
    after = apply(state, split(state, moving, 900, entry(1)))
    assert set(after.members(900)) == moving
    staying = set(members) - moving
    assert not [p for p in after.links.must if len(staying & {*p}) == 1 and moving & {*p}]
    assert any(moving & {*p} and staying & {*p} for p in after.links.cannot)


def test_undo_names_what_blocks_it() -> None:
    state = Clustering({1: 101, 2: 102, 3: 103})
    first = merge(state, [102], 101, entry(1))
    state = apply(state, first)
    second = merge(state, [101], 103, entry(2))
    state = apply(state, second)
    with pytest.raises(Blocked, match="merge #2 came after"):
        undo(state, [first, second], 1, entry(3))


def test_undo_leaves_what_came_later_alone() -> None:
    state = Clustering({1: 101, 2: 102})
    first = merge(state, [102], 101, entry(1))
    state = apply(state, first)
    state = Clustering({**state.membership, 3: 101}, state.redirects, state.links)
    state = apply(state, undo(state, [first], 1, entry(2)))
    assert state.membership == {1: 101, 2: 102, 3: 101}
    assert state.redirects.root(102) == 102


def test_an_undo_is_done_once() -> None:
    state = Clustering({1: 101, 2: 102})
    first = merge(state, [102], 101, entry(1))
    state = apply(state, first)
    second = undo(state, [first], 1, entry(2))
    with pytest.raises(Blocked, match="undone already"):
        undo(apply(state, second), [first, second], 1, entry(3))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=20))
def test_a_forest_never_loops(edges: list[tuple[int, int]]) -> None:
    forest = Forest()
    for child, parent in edges:
        way = forest.path(parent)
        if child in way:
            with pytest.raises(Loop):
                Forest({**forest.parents, child: parent})
        else:
            forest = Forest({**forest.parents, child: parent})
    for number in range(1, 10):
        assert len(forest.path(number)) <= 9
        assert forest.root(number) not in forest.parents


def test_a_forest_with_a_circle_cannot_be_made() -> None:
    with pytest.raises(Loop):
        Forest({1: 2, 2: 1})


@given(PAIRS, PAIRS)
def test_links_do_not_depend_on_the_order(
    must: set[tuple[int, int]], cannot: set[tuple[int, int]]
) -> None:
    one, two = Links.of(must, cannot), Links.of(sorted(must)[::-1], sorted(cannot)[::-1])
    for item in range(1, 13):
        assert one.together(item) == two.together(item)
        assert one.apart(item) == two.apart(item)
        assert all(item in one.apart(other) for other in one.apart(item))
        assert all(one.together(mate) == one.together(item) for mate in one.together(item))


@given(PAIRS, PAIRS)
def test_contradictions_have_a_way_to_show(
    must: set[tuple[int, int]], cannot: set[tuple[int, int]]
) -> None:
    links = Links.of(must, cannot)
    for a, b in cannot:
        path = links.path(a, b)
        assert ((a, b) in links.contradictions()) == bool(path)
        if path:
            assert path[0] == a
            assert path[-1] == b
            assert all((min(s), max(s)) in must for s in pairwise(path))


def test_the_last_word_counts() -> None:
    links = Links().same(1, 2).different(2, 1)
    assert links.apart(1) == {2}
    assert links.together(1) == {1}
    assert links.same(1, 2).apart(1) == frozenset()
