"""The home tab of one person: cards below each other, edited as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.domain.cards.card import Card
from bot.domain.models import Person
from bot.render.blocks import render_blocks

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
