""" "Possibly the same as C-12, C-31": the question, its reasons, and the answers given."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Line,
    Paragraph,
    Section,
)
from bot.domain.cards.views.cluster import item_link
from bot.domain.cards.views.why import Compared, chance, is_hidden, judged_line, reason_lines
from bot.domain.models import Item


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer: which report it was about, where that is now, who gave it, which operation."""

    alike: bool
    other: int
    cluster: int
    by: str
    operation: int


def suggestion_key(item: Item) -> str:
    """The key of the card that asks about an item."""
    return f"suggestion:{item.name}"


def suggestion_card(
    item: Item, open_: Sequence[Compared], settled: Sequence[Settled] = (), *, readers: Audience
) -> Card:
    """The card that stands on the item's issue."""
    named = [part for each in open_ for part in (", ", Code(f"C-{each.item.cluster}"))]
    actions = tuple(
        Action(f"Undo (said by {each.by})", f"undo {each.operation}") for each in settled
    )
    answers: tuple[Line, ...] = tuple(
        ("The same as " if each.alike else "Not the same as ", Code(f"I-{each.other}"), " in ",
         Code(f"C-{each.cluster}"), f", said {each.by}")
        for each in settled
    )  # fmt: skip
    return Card(
        key=suggestion_key(item),
        audience=readers,
        title=("Possibly the same as ", *named[1:]) if open_ else ("Settled",),
        tone="info" if open_ else "succeeded",
        sections=(
            *suggestion_sections(item, open_, readers=readers),
            *((Section(Bullets(*answers)),) if answers else ()),
        ),
        actions=actions,
        footer=("Nothing was joined and nothing is ever closed. One answer settles it.",)
        if open_
        else (),
    )


def suggestion_sections(
    item: Item, open_: Sequence[Compared], *, readers: Audience, title: str = ""
) -> tuple[Section, ...]:
    """One section a candidate: what speaks for it, and the two answers."""
    sections = []
    for place, each in enumerate(open_):
        hidden = is_hidden(item, each.item, readers)
        about = item_link(each.item, hidden=hidden)
        cluster = f"C-{each.item.cluster}"
        line: Line = (Code(cluster), ", its report ", *about, ": ", chance(each.near))
        reasons = tuple(reason_lines(each, hidden=hidden))
        if each.judgement is not None:
            reasons = (*reasons, judged_line(each.judgement, hidden=hidden))
        two = f"{item.name} {each.item.name}"
        same = Choice("Same as ", Code(cluster), sentence=f"dup {two}")
        other = Choice("Not the same as ", Code(cluster), sentence=f"not-dup {two}")
        sections.append(
            Section(
                Paragraph(*line),
                *((Bullets(*reasons),) if reasons else ()),
                Choices(same, other),
                title=title if not place else "",
            )
        )
    return tuple(sections)
