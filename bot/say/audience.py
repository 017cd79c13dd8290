"""The wall: what is not for the readers of a place does not get there."""

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, note
from bot.domain.models import Place, Project
from bot.domain.rooms import Room, readers_in
from bot.github.repo import Repo
from bot.log import log


async def fit_on_github(repo: Repo, card: Card) -> Card:
    """The card as it may stand in this repository. Before what is not for everybody is shown,
    GitHub is asked who reads there: a repository can have become public since we heard of it.
    Without an answer it has. Raises Unavailable."""
    readers = repo.project.github_readers
    if not may_read(Audience.PROJECT, card.audience) and readers is Audience.TEAM:
        readers = Audience.TEAM if await repo.is_private() else Audience.PROJECT
    return fit_for(card, readers)


async def room_of(ctx: Context, project: Project, channel: str) -> Room:
    """The Slack conversation as the project sees it now. Raises Unavailable or Rejected."""
    if ctx.slack is None or project.id not in await ctx.channels.bound(channel):
        return Room()
    return Room(own=True, shared=await ctx.slack.is_shared(channel))


async def readers_at(ctx: Context, project: Project, place: Place) -> Audience:
    """Who reads what is posted there now; in the shell it is whoever runs this server."""
    if place.issue is not None:
        return project.github_readers
    if not place.channel:
        return Audience.TEAM
    return readers_in(project, await room_of(ctx, project, place.channel))


def fit_for(card: Card, readers: Audience) -> Card:
    """The card, or where it is not for these readers, one line that says so in its stead. Whoever
    composed the card should have composed it for them: that it did not is a mistake of ours, and
    this is what keeps it harmless."""
    if may_read(readers, card.audience):
        return card
    log.error("a card was withheld", card=card.key, audience=card.audience, readers=readers)
    return note(
        card.key,
        "This rests on private reports, so it is not shown here. In the project's Slack channel ",
        "it is.",
        audience=Audience.PUBLIC,
    )
