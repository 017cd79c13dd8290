"""``channel``: whether this Slack channel is the project's."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.cards.card import Code
from bot.domain.cards.views.channel import channels_card
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotUnderstood
from workers.clusters import channels
from workers.commands.call import Answer, Call


class Channel(Command):
    """Have the project spoken of in this Slack channel, or no longer; its digests come here.

    Everybody in the channel then reads what is said of the project. A channel is one account's.
    """

    verb = "channel"
    level = Level.L4
    examples = ("channel show", "channel bind", "channel release")

    what: Annotated[Literal["show", "bind", "release"], WORD] = "show"


async def run(call: Call, command: Channel) -> Answer:
    """The word of somebody who decides for the project, said there."""
    ctx, project, here = call.ctx, call.project, call.place.channel
    if command.what == "show":
        standings = await ctx.channels.standings(project.id)
        return Answer(channels_card(project, standings, here, readers=call.readers))
    if not here or here.startswith("D"):
        raise NotUnderstood(
            f"channel {command.what} is said in the Slack channel that it is about."
        )
    if command.what == "bind":
        await channels.bind(ctx, project, here, call.person.name)
        await channels.show_card(ctx, project, here, "bound", call.person.name)
        done = "is spoken of here now"
    else:
        await channels.release(ctx, project, here)
        await channels.show_card(ctx, project, here, "released", call.person.name)
        done = "is spoken of here no longer"
    return call.answer(
        f"channel-said:{project.id}", Code(project.full_name), f" {done}.", tone="succeeded"
    )
