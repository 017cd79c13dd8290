"""The wall: what is not for the readers of a place does not get there."""

from __future__ import annotations

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, note
from bot.github.app import Repo
from bot.log import log


async def fit_on_github(repo: Repo, card: Card) -> Card:
    """The card as it may stand in this repository.

    Before what is not for everybody is shown, GitHub is asked who reads there: a repository can
    have become public since we heard of it. Without an answer it has. Raises Unavailable.
    """
    readers = repo.project.github_readers
    if not may_read(Audience.PROJECT, card.audience) and readers is Audience.TEAM:
        readers = Audience.TEAM if await repo.is_private() else Audience.PROJECT
    return fit_for(card, readers)


def fit_for(card: Card, readers: Audience) -> Card:
    """The card, or where it is not for these readers, one line that says so in its stead.

    Whoever composed the card should have composed it for them: that it did not is a mistake of
    ours, and this is what keeps it harmless.
    """
    if may_read(readers, card.audience):
        return card
    log.error("a card was withheld", card=card.key, audience=card.audience, readers=readers)
    return note(
        card.key,
        "This rests on private reports, so it is not shown here. In the project's Slack channel ",
        "it is.",
        audience=Audience.PUBLIC,
    )
