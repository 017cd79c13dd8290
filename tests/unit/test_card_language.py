"""The digest and the problem's card in another language: read as files, and nothing left behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

import pytest
from factories_cards import tally_of
from pydantic import BaseModel
from test_question_golden import NOW, digest, item, view

from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Code, Link, Said
from bot.domain.cards.language import NAMES, Language, in_language, phrase, table
from bot.domain.cards.views.cluster import ClusterView, cluster_card, missing_card
from bot.domain.clusters.labels import Likely
from bot.domain.clusters.summary import SummaryInput, problems
from bot.domain.clusters.written_summary import checksum_of
from bot.domain.models import ClusterState, Sentence
from bot.render import render_markdown
from bot.repo_config import read_repo_config

OTHERS = [each for each in get_args(Language) if each != "en"]


def problem() -> Card:
    """A problem's card with nearly all that one may say."""
    shown = view(12)
    report = item(12).model_copy(update={"recovered_at": NOW, "people": 3})
    changed = {
        "state": ClusterState.REGRESSED,
        "owner": "ana",
        "standing": "not planned",
        "severity_by": "ana",
        "summary": (Sentence(text="The last page has no products.", items=(12,)),),
    }
    cluster = shown.cluster.model_copy(update=changed)
    said = ClusterView(cluster, [report], tally_of([report]), NOW, Audience.TEAM)
    return cluster_card(replace(said, likely=[Likely(name="area/pages", likes=7, of=9)]))


def missing() -> Card:
    return missing_card(item(12), ["Version", "Steps to reproduce"], readers=Audience.PUBLIC)


CARDS = {
    "digest": lambda: digest(compact=True),
    "tracking": lambda: digest(compact=False),
    "problem": problem,
    "missing": missing,
}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", CARDS)
def test_a_card_as_it_is_read(name: str, language: str, golden: Callable[[str, str], None]) -> None:
    golden(f"language_{name}_{language}.md", render_markdown(in_language(CARDS[name](), language)))


def ours(part: object) -> Iterator[str]:
    """Our own words of a card."""
    match part:
        case str():
            yield part
        case Code() | Said() | Link():
            return
        case tuple():
            for each in part:
                yield from ours(each)
        case BaseModel():
            own = ("text", "label", "title", "header", "rows", "line", "lines", "choices", "value")
            for name in (*own, "facts", "sections", "actions", "more", "footer", "blocks"):
                yield from ours(getattr(part, name, ()))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", CARDS)
def test_no_word_of_ours_stays_english(name: str, language: str) -> None:
    card = CARDS[name]()
    words = {word for word in ours(card) if re.search(r"[a-z]{2}", word)}
    same = {"Problem", "S3: ", "Status", "1 (GitHub)"}
    assert {w for w in words if phrase(w, language) == w} - same == set()


def test_every_table_has_the_same_phrases_with_the_same_places() -> None:
    known = table("de").keys()
    for language in OTHERS:
        assert table(language).keys() == known
        for english, said in table(language).items():
            assert english.count("{}") == len(re.findall(r"\{\d?\}", said)), said
    assert NAMES.keys() == set(OTHERS)


def test_words_of_others_and_commands_stay_as_they_are() -> None:
    card = in_language(digest(compact=False), "ja")
    written = render_markdown(card)
    assert "Last page of a category is missing" in written
    assert "soulcaster-choice: plan C-12 -->" in written
    assert "`/soulcaster help`" in written


def test_what_is_longer_than_any_phrase_of_ours_is_not_searched_for_one() -> None:
    for language in OTHERS:
        assert phrase("12 in 24 h", language) != "12 in 24 h"
        long = "1, 2 of them new, " * 500 + "from 3"
        assert phrase(long, language) == long


def test_the_file_says_which_language() -> None:
    assert read_repo_config(b"language: ja\n").language == "ja"
    with pytest.raises(Exception, match=r"soulcaster.yml:2: language .*'en', 'de'"):
        read_repo_config(b"bots: []\nlanguage: klingon\n")


def test_a_summary_in_another_language_keeps_names_and_numbers() -> None:
    source = SummaryInput(4, "apply_coupon fails", "The coupon SPRING10 is rejected since 2.4.")
    good = Sentence(text="Der Gutschein SPRING10 wird seit 2.4 abgelehnt.", items=(4,))
    wrong = Sentence(text="Der Gutschein SPRING25 wird abgelehnt.", items=(4,))
    title = "Gutschein in apply_coupon"
    assert problems(title, [good], [source]) != []
    assert problems(title, [good], [source], translated=True) == []
    assert problems(title, [wrong], [source], translated=True) != []
    assert checksum_of([source], "German") != checksum_of([source])
