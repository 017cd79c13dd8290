"""``feedback``: report something from where you are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from bot.domain.audience import Audience
from bot.domain.cards.card import Code, Fact, Line, Said
from bot.domain.commands.command import REST, Command
from bot.domain.errors import QuotaExceeded, Unavailable
from bot.domain.models import Draft
from workers.commands.call import Answer, Call
from workers.intake import items, quota

# How long the answer waits for the cluster.
PATIENCE = timedelta(seconds=10)


class Feedback(Command):
    """Report a problem from here; it is grouped with others like any report."""

    verb = "feedback"
    aliases = ("report",)
    examples = ('feedback "The invoice PDF is empty" --title="Empty invoice"',)

    text: Annotated[str, REST]
    title: str = ""


async def run(call: Call, command: Feedback) -> Answer:
    """One item for this utterance, however often it is obeyed."""
    text = command.text.strip()
    draft = Draft(
        source="feedback",
        key=call.said.id,
        event=call.said.id,
        title=(command.title or text.splitlines()[0])[:200],
        body=text,
        author=call.person.login or call.person.slack_user,
        author_id=call.person.user_id,
        occurred_at=call.said.heard_at,
        audience=Audience.TEAM if call.place.issue is None else Audience.PROJECT,
    )
    recorded = await items.take(call.ctx, call.project.id, draft)
    if recorded.item < 0:
        raise QuotaExceeded(await quota.refusals(call.ctx, call.project))
    item = await call.ctx.items.get(call.project.id, recorded.item)
    age = call.ctx.now() - call.said.heard_at
    if item.cluster is None and age < PATIENCE:
        raise Unavailable(f"{item.name} is still being read.", retry_after=0.3)
    why = Code(f"/soulcaster why {item.name}")
    where: Line = ("being found: ", why, " in a moment")
    if item.cluster:
        where = (Code(f"C-{item.cluster}"), ", because: ", why)
    return call.done(
        f"feedback:{item.name}",
        *("Written down as ", Code(item.name), ": ", Said(draft.title)),
        facts=(Fact("Cluster", *where),),
    )
