"""Which clusters are asked about as one: what holds together, and what people keep apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clusters.alike import MOST, Edge, groups

LEAST = 0.1


def edges(*told: tuple[int, int, float]) -> list[Edge]:
    """Between items 10, 20 ... of the clusters 1, 2 ..."""
    return [Edge(a * 10, b * 10, score, LEAST) for a, b, score in told]


def found(*told: tuple[int, int, float], apart: tuple[tuple[int, int], ...] = ()) -> list:
    said = [(a * 10, b * 10) for a, b in apart]
    where = {n * 10: n for n in range(1, 40)}
    return [group.clusters for group in groups(edges(*told), where, said)]


def test_what_is_near_on_average_is_one_group() -> None:
    assert found((2, 1, 0.4), (3, 1, 0.3), (3, 2, 0.2), (4, 2, 0.4), (4, 3, 0.3)) == [(1, 2, 3, 4)]


def test_a_chain_of_single_links_is_no_group() -> None:
    chain = [(n, n + 1, 0.5) for n in range(1, 5)]
    assert max(map(len, found(*chain))) <= 3
    assert found((2, 1, 0.9), (3, 2, 0.3)) == [(1, 2)]


def test_what_just_is_suggested_is_no_question_and_does_not_add_up_to_one() -> None:
    assert found((2, 1, 0.19)) == []
    assert found((2, 1, 0.21)) == [(1, 2)]
    assert found((2, 1, 0.4), (3, 1, 0.15), (3, 2, 0.15)) == [(1, 2)]


def test_what_people_keep_apart_is_never_asked_again() -> None:
    four = ((2, 1, 0.4), (3, 1, 0.3), (3, 2, 0.3), (4, 1, 0.3), (4, 2, 0.2), (4, 3, 0.2))
    assert found(*four) == [(1, 2, 3, 4)]
    assert found(*four, apart=((4, 1),)) == [(1, 2, 3)]
    every = tuple((a, b) for a in range(1, 5) for b in range(1, a))
    assert found(*four, apart=every) == []


def test_a_cannot_link_of_any_two_reports_keeps_their_clusters_apart() -> None:
    where = {10: 1, 11: 1, 20: 2}
    assert groups(edges((2, 1, 0.9)), where, [(11, 20)]) == []
    [group] = groups(edges((2, 1, 0.9)), where, [(10, 11), (5, 20)])
    assert group.clusters == (1, 2)


def test_one_report_of_many_that_is_like_one_of_many_is_no_question() -> None:
    where = {10: 1, 11: 1, 20: 2, 21: 2}
    one = edges((2, 1, 0.9))
    assert groups(one, where, ()) == []
    [group] = groups([*one, Edge(21, 11, 0.8, LEAST)], where, ())
    assert group.clusters == (1, 2)


def test_the_likeliest_comes_first_with_what_speaks_for_each() -> None:
    told = ((2, 1, 0.3), (5, 4, 0.9), (6, 5, 0.4), (6, 4, 0.2))
    first, second = groups(edges(*told), {n * 10: n for n in range(1, 9)}, ())
    assert (first.clusters, second.clusters) == ((4, 5, 6), (1, 2))
    assert [edge[:2] for edge in first.edges] == [(50, 40), (60, 50)]


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12), st.floats(0, 1)), max_size=60),
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=8),
)
def test_no_group_is_large_and_no_cluster_is_in_two(told: list, apart: list) -> None:
    made = found(*told, apart=tuple(apart))
    members = [cluster for group in made for cluster in group]
    assert len(members) == len(set(members))
    assert all(2 <= len(group) <= MOST for group in made)
    assert not any(a != b and {a, b} <= {*group} for group in made for a, b in apart)
