"""What a card is, however long it was stored."""

from __future__ import annotations

from hostile_cards import card
from hypothesis import assume, given
from properties import examples

from bot.domain.cards.card import Card


@examples(40)
@given(made=card)
def test_a_card_that_was_stored_says_the_same_by_the_same(made: Card) -> None:
    assume("\\ud" not in repr(made))  # half a character is in no JSON
    assert Card.model_validate_json(made.model_dump_json()) == made
