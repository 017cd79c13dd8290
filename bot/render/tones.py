"""How a tone and a duration are said, the same in both markups."""

from bot.domain.cards.card import Card, Step, Tone
from bot.domain.cards.language import phrase

ICONS: dict[Tone, str] = {
    "info": "💬",
    "pending": "⚪",
    "running": "⏳",
    "succeeded": "✅",
    "failed": "❌",
    "refused": "⛔",
    "cancelled": "🚫",
}


def tone_word(card: Card) -> str:
    """The tone's word; empty for plain information, which has no state to report."""
    return "" if card.tone == "info" else phrase(card.tone, card.language)


def step_state(step: Step) -> str:
    """What follows a step's label: a bad end in words, and how long it took."""
    bad = f" · {step.tone}" if step.tone in ("failed", "refused", "cancelled") else ""
    return bad + (f" · {duration(step.seconds)}" if step.seconds is not None else "")


def duration(seconds: float) -> str:
    """``0.3`` is ``0.3 s``, ``125`` is ``2 min 05 s``, ``7500`` is ``2 h 05 min``."""
    if seconds < 59.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = round(whole / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
