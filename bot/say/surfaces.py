"""Where else cards stand in Slack: on a person's home tab, and below links to what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Card
from bot.domain.models import Person
from bot.render.blocks import render_blocks
from bot.say.audience import fit_for

# https://docs.slack.dev/surfaces/app-home
MOST_BLOCKS = 100


async def show_home(
    ctx: Context, person: Person, channel: str, cards: Sequence[tuple[int, Card]]
) -> None:
    """Show a person, and nobody else, these cards of projects (0 for none), as many as there is
    room for; ``channel`` is where what they press there is answered.

    Raises Unavailable or Rejected; twice is harmless.
    """
    if ctx.slack is None:
        return
    blocks: list[dict[str, Any]] = []
    for project, card in cards:
        part = render_blocks(card, project).blocks
        if blocks:
            part = [{"type": "divider"}, *part]
        if len(blocks) + len(part) <= MOST_BLOCKS:
            blocks += part
    await ctx.slack.show_home(person.slack_user, blocks, channel)


async def unfurl(
    ctx: Context, place: Mapping[str, str], cards: Mapping[str, Card], *, readers: Audience
) -> None:
    """Show below links, by their address, what ``readers`` may read. Raises as above."""
    if ctx.slack is not None and cards:
        shown = {url: render_blocks(fit_for(card, readers)).blocks for url, card in cards.items()}
        await ctx.slack.unfurl(place, shown)


async def suggest(ctx: Context, channel: str, thread: str, actions: Sequence[Action]) -> None:
    """Offer sentences in the assistant's pane: what is pressed there is said by who presses it.

    Raises as above.
    """
    if ctx.slack is not None:
        prompts = [{"title": each.label, "message": each.sentence} for each in actions]
        await ctx.slack.suggest(channel, thread, prompts)
