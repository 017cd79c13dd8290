"""People who describe an agent, by script."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.audience import Audience
from bot.domain.cards.rule import read_rule
from bot.domain.cards.schedule import read_schedule
from bot.domain.fixes.interview import Interview, answered
from bot.domain.fixes.own_agent import AgentLimits, Bounds
from bot.domain.models import Person

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
BOUNDS = Bounds(
    bases={"mechanic", "claude"},
    models={"openai/gpt-5.2"},
    reads={"problem": lambda rule: read_rule(rule, ["sentry"]), "schedule": read_schedule},
    egress=False,
    most=AgentLimits(minutes=60, dollars=1.0, files=10, lines=400),
    tree=["docs/guide.md", "docs/start.md", "src/shop/cart.py", "README.md"],
)


def begun() -> Interview:
    """An interview that just began."""
    return Interview(
        audience=Audience.PROJECT, number=3, command="c1", by=Person(login="ana", user_id=7),
        place="gh:12", edited_at=NOW,
    )  # fmt: skip


def talk(*words: str) -> Interview:
    """What comes of these answers."""
    held = begun()
    for each in words:
        held = answered(held, each, BOUNDS)
    return held
