"""What a project's people teach: a little, within bounds, and nothing without them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_clustering_engine import feed, new_engine, report
from test_telling_apart import others

from bot.domain.clusters.engine import Links, answers, learn
from bot.domain.clusters.engine.learning import SHIFT_BOUND, SLOPE_BOUND, Lesson
from bot.domain.clusters.evidence import Because, Near

LOGITS = np.array([-2, 0, 2], dtype=np.float32)


def test_nobody_said_anything() -> None:
    assert learn([]) == Lesson()
    assert Lesson().apply(LOGITS).tolist() == LOGITS.tolist()


def test_a_people_that_takes_joins_back_is_asked_more() -> None:
    cautious = learn([(0.8, False)] * 10)
    eager = learn([(0.3, True)] * 10)
    assert (cautious.apply(LOGITS) < LOGITS).all()
    assert (eager.apply(LOGITS)[1:] > LOGITS[1:]).all()


def test_one_answer_moves_little_and_more_move_more() -> None:
    one, ten = learn([(0.8, False)]).shift, learn([(0.8, False)] * 10).shift
    assert -0.5 < one < 0
    assert ten < one


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_it_stays_within_its_bounds_and_keeps_the_order(said: list[tuple[float, bool]]) -> None:
    lesson = learn(said)
    assert abs(lesson.shift) <= SHIFT_BOUND
    assert abs(lesson.slope) <= SLOPE_BOUND
    moved = lesson.apply(LOGITS)
    assert (np.diff(moved) > 0).all()


def test_the_answers_are_what_links_say_of_what_was_given_a_chance() -> None:
    near = [
        Near(item=n, cluster=n, score=s, similarity=0.5, repeat=r)
        for n, s, r in [(1, 0.7, False), (2, 0.4, False), (3, 0.3, False), (4, 1.0, True)]
    ]
    because = Because(action="suggest", candidates=tuple(near))
    links = Links.of(must=[(9, 1), (9, 4)], cannot=[(9, 2)])
    assert answers(links, [(9, because)]) == [(0.7, True), (0.4, False)]


def test_a_lesson_moves_the_chance_and_is_said() -> None:
    def best(lesson: Lesson) -> Near:
        engine = new_engine()
        engine.lesson = lesson
        pair = [
            report(4, "CSV import drops umlauts", "Names with ä and ö are cut in the import."),
            report(5, "Umlauts lost on CSV import", "ä and ö are cut.", source="manual"),
        ]
        return feed(engine, [*others(), *pair])[5].candidates[0]

    shared, taught = best(Lesson()), best(Lesson(shift=-1.5))
    assert taught.score < shared.score
    assert "learnt" not in dict(shared.parts)
    assert dict(taught.parts)["learnt"] == pytest.approx(-1.5)


def test_a_project_that_wants_to_be_asked_joins_repeats_alone() -> None:
    engine = new_engine()
    engine.join = "ask"
    same = report(6, "Umlauts lost on CSV import", "ä and ö are cut in names.")
    near = report(5, "Umlauts lost on CSV import", "ä and ö are gone.", source="manual")
    decided = feed(engine, [*others(), report(4, same.title, same.body), near, same])
    assert decided[5].action != "join"
    assert (decided[6].action, decided[6].joined) == ("join", 4)


def taught(links: Links, title: str) -> Near:
    """The likeliest candidate of a report of this title, after these corrections."""
    body = "Since Monday it takes 40 seconds on a phone, `render_lines` does all of it."
    engine = new_engine()
    first = report(4, "The invoice page is slow on phones", body)
    feed(engine, [*others(), first, report(5, "The checkout page is slow on phones", "A wheel.")])
    engine.teach(links)
    return feed(engine, [report(6, title, body, source="manual")])[6].candidates[0]


def test_words_that_people_told_apart_are_two_things_here() -> None:
    said, title = Links.of(cannot=[(4, 5)]), "Checkout takes very long on my phone"
    apart, before = taught(said, title), taught(Links(), title)
    assert (before.item, before.opposed, before.taught) == (4, False, None)
    assert (apart.item, apart.opposed, apart.taught) == (4, True, (4, 5))
    assert apart.score == before.score


@pytest.mark.parametrize(
    ("links", "title"),
    [
        (Links.of(cannot=[(4, 5)]), "Invoice and checkout take very long on my phone"),
        (Links.of(cannot=[(4, 5)]), "It takes very long on my phone"),
        (Links.of(cannot=[(2, 4)]), "Checkout takes very long on my phone"),
        (Links.of(cannot=[(4, 5)], must=[(5, 4)]), "Checkout takes very long on my phone"),
        (Links.of(cannot=[(4, 5)]).without([(4, 5)]), "Checkout takes very long on my phone"),
    ],
)
def test_what_people_did_not_tell_apart(links: Links, title: str) -> None:
    assert taught(links, title).taught is None
