"""``history``: the corrections people made."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.correction import history_card
from bot.domain.clusters.corrections import Logged
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef
from workers.commands.call import Answer, Call

PAGE = 15


class ShowHistory(Command):
    """List corrections, newest first, with who made them and what was undone."""

    verb = "history"
    level = Level.L2
    examples = ("history", "history C-12", "history --page=2")

    about: Annotated[ClusterRef | None, WORD] = None
    page: int = 1


async def run(call: Call, command: ShowHistory) -> Answer:
    """One page of the log; of one cluster where it is named."""
    log = await call.ctx.operations.log(call.project.id)
    name = str(command.about) if command.about else ""
    chosen = [entry for entry in reversed(log) if _concerns(entry, command.about)]
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, command.page), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    card = history_card(name, log, shown=shown, page=page, pages=pages, readers=call.readers)
    return Answer(card)


def _concerns(entry: Logged, about: ClusterRef | None) -> bool:
    operation = entry.operation
    ends = {c for change in operation.items for c in (change.before, change.after)}
    ends |= {c for r in operation.redirects for c in (r.number, r.before, r.after)}
    return about is None or about.number in ends
