"""Where else cards stand in Slack: on a person's home tab, and below links to what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.context import Context
from bot.domain.cards.card import Action, Card
from bot.domain.models import Person, Place, Project
from bot.render.blocks import render_blocks
from bot.say.audience import fit_for, readers_at

# https://docs.slack.dev/surfaces/app-home
MOST_BLOCKS = 100


async def show_home(
    ctx: Context, person: Person, channel: str, cards: Sequence[tuple[int, Card]]
) -> None:
    """Show a person, and nobody else, these cards of projects (0 for none), as many as there is
    room for; ``channel`` is where what they press there is answered. Raises Unavailable or
    Rejected; twice is harmless."""
    if ctx.slack is None:
        return
    blocks: list[dict[str, Any]] = []
    for project, card in cards:
        part = [{"type": "divider"}] * bool(blocks) + render_blocks(card, project).blocks
        if len(blocks) + len(part) <= MOST_BLOCKS:
            blocks += part
    await ctx.slack.show_home(person.slack_user, blocks, channel)


async def unfurl(
    ctx: Context, project: Project, channel: str, below: Mapping[str, str], url: str, card: Card
) -> None:
    """Show the card below a link, to those who read in the channel. Raises as above."""
    if ctx.slack is not None:
        card = fit_for(card, await readers_at(ctx, project, Place(channel=channel)))
        await ctx.slack.unfurl(channel, below, url, render_blocks(card).blocks)


async def suggest(ctx: Context, channel: str, thread: str, actions: Sequence[Action]) -> None:
    """Offer sentences in the assistant's pane: who presses one says it. Raises as above."""
    if ctx.slack is not None:
        prompts = [{"title": each.label, "message": each.sentence} for each in actions]
        await ctx.slack.suggest(channel, thread, prompts)


async def tell(ctx: Context, user: str, card: Card) -> None:
    """Say a card to one person of Slack alone. Raises Rejected or Unavailable."""
    if ctx.slack:
        await ctx.slack.post(await ctx.slack.direct(user), render_blocks(card))
