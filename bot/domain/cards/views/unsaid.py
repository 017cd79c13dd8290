"""Commands that stand in a text and are nobody's to give."""

from collections.abc import Sequence

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Section

_LONGEST = 200


def unsaid_card(lines: Sequence[str], *, audience: Audience) -> Card:
    """One a place, edited when there are more."""
    shown = tuple((Code(line[:_LONGEST]),) for line in lines)
    return Card(
        key="unsaid",
        audience=audience,
        title=("Not done: it counts only from who wrote it",),
        tone="refused",
        sections=(Section(Bullets(*shown)),),
        footer=(
            "A command counts for who wrote it, by themselves and in this place: not in a text "
            "that was moved here, that another app sent, or that somebody else edited.",
        ),
    )
