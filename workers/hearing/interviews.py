"""What is said where somebody describes an agent is their next answer, and nobody else's is."""

from __future__ import annotations

from bot.context import Context
from bot.domain.models import Person

_MARKS = "-*•\t "


async def as_answer(
    ctx: Context, project: int, person: Person, text: str, *places: str
) -> list[str]:
    """The sentence that hands ``text`` to the interview that the person holds at one of these
    places; none where they hold none that waits for a word."""
    held = await ctx.own_agents.held(project, person, *places)
    silence = ctx.settings.soulcaster_keep.interviews
    if held is None or held.state_at(ctx.now(), silence) != "active":
        return []
    # What is quoted is not their word.
    own = (line.strip(_MARKS) for line in text.splitlines() if not line.lstrip().startswith(">"))
    words = "; ".join(filter(None, own))
    return [f"/soulcaster agent answer --interview={held.number} -- {words}"] if words else []
