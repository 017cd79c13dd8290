"""Summaries: picked sentences are real, written ones are checked."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audience import Audience
from bot.domain.clusters.summary import SENTENCE_LIMIT, TITLE_LIMIT, SummaryInput, extract, problems
from bot.domain.clusters.written_summary import (
    BODY_LIMIT,
    NEWEST,
    SummaryDraft,
    WrittenSummary,
    checksum_of,
    material,
)
from bot.domain.models import Sentence

ITEMS = (
    SummaryInput(1, "Export fails", "The CSV export fails with error E42. I use Firefox on Linux."),
    SummaryInput(
        2,
        "CSV export of large tables fails",
        "Exporting a large table to CSV fails with E42.",
        may_name=True,
    ),
    SummaryInput(
        3, "export broken", "Since version 2.3 the CSV export of large tables fails for us."
    ),
)


def test_the_title_is_the_clearest() -> None:
    assert extract(ITEMS).title == "CSV export of large tables fails"


def test_every_sentence_stands_in_an_item_it_names() -> None:
    summary = extract(ITEMS)
    texts = {item.number: item.body for item in ITEMS}
    assert summary.sentences
    for sentence in summary.sentences:
        assert sentence.items
        assert any(sentence.text in texts[number] for number in sentence.items)


def test_what_was_picked_passes_the_check() -> None:
    summary = extract(ITEMS)
    assert problems(summary.title, summary.sentences, ITEMS) == []


def test_the_head_of_a_traceback_is_no_sentence() -> None:
    body = (
        "It stops.\n```\nTraceback (most recent call last):\n  File 'a', line 3, in f\nE: no\n```"
    )
    assert not any("Traceback" in s.text for s in extract([SummaryInput(1, "No", body)]).sentences)


def check(text: str, *items: int) -> list[str]:
    return problems("CSV export fails", [Sentence(text=text, items=items)], ITEMS)


def test_a_good_sentence_passes() -> None:
    assert check("The CSV export of large tables fails with E42.", 1, 2) == []


def test_what_is_not_there_is_refused() -> None:
    assert "cites I-9" in check("The CSV export fails.", 9)[0]
    assert "cites nothing" in check("The CSV export fails.")[0]
    assert "'2.4'" in check("The CSV export fails since 2.4.", 3)[0]
    assert "E42" in check("The CSV export fails with E42.", 3)[0]
    assert "@mallory" in check("The CSV export fails, ask @mallory.", 1)[0]
    assert "little" in check("Everything burns because engineers sleep badly.", 1)[0]
    assert "over" in check("export fails " * 40, 1)[0]


def test_every_item_that_is_cited_must_have_a_word_of_it() -> None:
    others = [*ITEMS, SummaryInput(8, "Login loops", "Safari asks for a password again.")]
    cited = [Sentence(text="The CSV export fails.", items=(1, 8))]
    assert problems("CSV export fails", cited, others) == [
        "sentence 1 cites I-8, which says nothing of it"
    ]


def test_a_written_summary_holds_while_all_it_cites_is_there() -> None:
    written = WrittenSummary(
        audience=Audience.TEAM,
        checksum=checksum_of(ITEMS),
        title="CSV export fails",
        sentences=(Sentence(text="The CSV export of large tables fails with E42.", items=(1, 2)),),
    )
    assert written.holds(ITEMS)
    assert not written.holds(ITEMS[1:])
    assert not WrittenSummary(audience=Audience.TEAM, checksum="").holds(ITEMS)
    edited = [SummaryInput(1, ITEMS[0].title, "something else"), *ITEMS[1:]]
    assert len({checksum_of(told) for told in (ITEMS, ITEMS[1:], edited)}) == 3


def test_a_large_cluster_is_read_in_part() -> None:
    many = [SummaryInput(n, f"Report {n}", "x" * 9_000) for n in range(1, 100)]
    told = json.loads(
        material(many, draft=SummaryDraft(title="t", sentences=()), wrong=["no sentence"])
    )
    assert [each["id"] for each in told["reports"]] == [1, *range(100 - NEWEST, 100)]
    assert {len(each["text"]) for each in told["reports"]} == {BODY_LIMIT}
    assert told["wrong"]["problems"] == ["no sentence"]


def test_titles_are_checked_too() -> None:
    good = [Sentence(text="The CSV export fails.", items=(1,))]
    assert problems("", good, ITEMS)
    assert problems("See https://evil.example now", good, ITEMS)
    assert problems("CSV export fails", [], ITEMS) == ["there is no sentence"]


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=300)), max_size=6))
def test_any_items_give_a_bounded_summary(texts: list[tuple[str, str]]) -> None:
    items = [SummaryInput(number, *text) for number, text in enumerate(texts, start=1)]
    summary = extract(items)
    assert len(summary.title) <= TITLE_LIMIT
    for sentence in summary.sentences:
        assert len(sentence.text) <= SENTENCE_LIMIT
        assert set(sentence.items) <= {item.number for item in items}
