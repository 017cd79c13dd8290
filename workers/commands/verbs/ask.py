"""``ask``: a question, answered from what may be read where it is asked."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.answer import answer_card
from bot.domain.commands.command import REST, Command
from bot.domain.commands.references import Duration
from bot.domain.errors import NotUnderstood
from bot.domain.memory.counting import By, Typed, typed
from bot.domain.text import terms
from bot.sources import SOURCES
from workers.commands.call import Answer, Call
from workers.memory.answer import answer

_LONGEST = 1_000


class Ask(Command):
    """A question, answered with where each sentence stands, counted, or "I don't know".

    Only what may be read here is looked at. Pages of the web are not read.
    """

    verb = "ask"
    examples = (
        "ask why do refunds leave out the tax?",
        "ask how many reports of timeouts in the last 7 days, by source?",
        "ask --count --source=sentry --since=30d timeout",
    )

    question: Annotated[str, REST]
    count: bool = False
    source: str = ""
    since: Duration | None = None
    by: By = ""
    web: bool = False


async def run_ask(call: Call, command: Ask) -> Answer:
    """The answer for who reads here."""
    question = command.question.strip().strip("\"“”'")
    if command.web:
        raise NotUnderstood("ask --web is not there: pages of the web are not read. Ask without.")
    if len(question) > _LONGEST:
        raise NotUnderstood(f"A question has at most {_LONGEST:,} characters.")
    found = await answer(
        call.ctx,
        call.project,
        question,
        readers=call.readers,
        typed=_typed(call, command, question),
        command=call.said.id,
    )
    return Answer(answer_card(found, readers=call.readers))


def _typed(call: Call, command: Ask, question: str) -> Typed | None:
    now = call.ctx.now()
    found = typed(question, now, SOURCES)
    asked = command.count or command.source or command.by or command.since
    if found is None and asked:
        found = Typed(words=tuple(dict.fromkeys(terms(question))))
    if found is None or not asked:
        return found
    given = {
        "source": command.source.lower(),
        "by": command.by,
        "since": now - command.since.timedelta if command.since else None,
    }
    return found.model_copy(update={name: value for name, value in given.items() if value})
