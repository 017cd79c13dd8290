"""What somebody has asked, question by question."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from bot.domain.models import Worded

KEPT = 20  # questions of a conversation, the newest


class Conversation(Worded):
    """``A-3``: one person's questions in one place; ``audience`` reads there. Newest last."""

    number: int = 0
    title: str = Field(max_length=200)
    by: str
    place: str
    asked: tuple[str, ...] = ()
    edited_at: AwareDatetime

    @property
    def name(self) -> str:
        """``A-3``."""
        return f"A-{self.number}"
