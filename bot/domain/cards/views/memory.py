"""Facts as a card: what is known, who says so, how old it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Link, Said, Section
from bot.domain.cards.views.cluster import count
from bot.domain.memory.facts import Fact


def fact_line(fact: Fact) -> Line:
    """``M-3 Refunds are gross (src/shop/tax.py)``."""
    about: Line = (" (", Code(fact.path), ")") if fact.path else ()
    return (Code(fact.name), " ", Said(fact.text), *about)


def _source(fact: Fact, now: datetime) -> Line:
    by = Link(fact.by, fact.url) if fact.url else Code(fact.by)
    days = (now - fact.made_at).days
    age = f", {count(days, 'day')} old" if days else ", today"
    until = f", until {fact.expires_at:%d %b %Y}" if fact.expires_at else ""
    return (" · by ", by, age, until)


def memory_card(facts: Sequence[Fact], many: int, *, now: datetime, readers: Audience) -> Card:
    """Facts, each with who said it and how old it is."""
    lines = tuple((*fact_line(fact), *_source(fact, now)) for fact in facts)
    nothing: Line = ("Nothing yet: ", Code('/soulcaster remember "Refunds are always gross"'))
    return Card(
        key="memory",
        audience=readers,
        title=(f"What is remembered: {count(many, 'fact')}",),
        sections=(Section(Bullets(*lines or (nothing,))),),
        footer=(f"The newest {len(facts)}: memory WORDS finds others.",) * (many > len(facts)),
    )
