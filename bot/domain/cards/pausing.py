"""What a project has paused, and how that is said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.cards.card import Card, Code, Line
from bot.domain.models import Record

What = Literal["fixes", "posts"]


class Pause(Record):
    """One thing that is paused, by whose word, and until when: None until somebody resumes it."""

    what: What
    by: str
    since: AwareDatetime
    until: AwareDatetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is not over."""
        return self.until is None or now < self.until

    @property
    def sentence(self) -> str:
        """``Fixes are paused by @ana until 21 Nov 12:30 UTC.``"""
        when = (
            f"until {self.until:%d %b %H:%M}" if self.until else f"since {self.since:%d %b %H:%M}"
        )
        return f"{self.what.capitalize()} are paused by {self.by} {when} UTC."


def with_banner(card: Card, pauses: Iterable[Pause], now: datetime) -> Card:
    """The card; it says what is paused."""
    lasting = sorted((each for each in pauses if each.holds(now)), key=lambda one: one.what)
    if not lasting:
        return card
    words = " ".join(each.sentence for each in lasting)
    line: Line = ("⏸ ", words, " ", Code("/soulcaster resume"), " ends it.")
    return card.model_copy(update={"footer": (*line, " " * bool(card.footer), *card.footer)})
