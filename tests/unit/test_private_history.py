"""What is derived from private text is private: histories by chance, and no canary gets out."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from private_cards import Told
from private_history import CANARY
from properties import examples

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card
from bot.render import render_blocks, render_markdown

seeds = st.integers(0, 2**48)


def _loud(text: str) -> bool:
    """Whether a canary can be read in it."""
    return CANARY in re.sub(r"[\u200b\\]", "", html.unescape(text)).casefold()


def _said(card: Card) -> str:
    """All that a card becomes, in both markups."""
    message = render_blocks(card)
    blocks = json.dumps(message.blocks, ensure_ascii=False)
    return "\n".join((render_markdown(card), message.text, blocks))


def hold(seed: int, *, rendered: bool) -> None:
    """Whatever everybody may read of one history holds nothing private.

    A markup adds no words: the card itself is looked through, and what it becomes if ``rendered``.
    """
    history = Told.of(seed)
    for card in history.cards(Audience.PROJECT):
        assert may_read(Audience.PROJECT, card.audience), f"{card.key} would be withheld"
        _assert_quiet(card, rendered=rendered)
    for card in history.cards_of_before():
        _assert_quiet(card, rendered=rendered)
    for text in (*history.plain_words(), *history.prompts()):
        assert not _loud(text), text


def _assert_quiet(card: Card, *, rendered: bool) -> None:
    if may_read(Audience.PROJECT, card.audience):
        assert not _loud(card.model_dump_json()), card
        assert not (rendered and _loud(_said(card))), card.key


@examples(30)
@given(seeds)
def test_no_canary_gets_out(seed: int) -> None:
    hold(seed, rendered=True)


@pytest.mark.long
@examples(10_000)
@given(seeds)
def test_no_canary_gets_out_of_ten_thousand_histories(seed: int) -> None:
    hold(seed, rendered=seed % 10 == 0)


def test_the_team_reads_them() -> None:
    """The canaries are where they would be seen: nothing is hidden from whom it is for."""
    histories = [Told.of(seed) for seed in range(20)]
    said = [(c.key.partition(":")[0], _said(c)) for h in histories for c in h.cards(Audience.TEAM)]
    loud = {kind for kind, text in said if _loud(text)}
    assert loud >= {"cluster", "digest", "p", "d", "why", "suggestion", "plan", "run"}
    before = [(c.key.partition(":")[0], _said(c)) for h in histories for c in h.cards_of_before()]
    assert {kind for kind, text in before if _loud(text)} >= {
        "run", "check", "pull", "revision", "diff", "plan", "person",
    }  # fmt: skip
