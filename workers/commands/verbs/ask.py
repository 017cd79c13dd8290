"""``ask``: a question, answered from what may be read where it is asked."""

import re
from collections.abc import Sequence
from typing import Annotated

from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import Code, Said
from bot.domain.cards.views.answer import answer_card, conversations_card
from bot.domain.commands.command import REST, Command
from bot.domain.commands.references import Duration
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.memory.conversation import KEPT, Conversation, asker
from bot.domain.memory.counting import By, Typed, typed
from bot.domain.memory.passages import asked_for
from bot.domain.text import terms
from bot.imports import KINDS
from bot.sources import SOURCES
from workers.commands.call import Answer, Call
from workers.memory.answer import answer, searched, searcher

# With its A- and nothing behind it: "delete 3 of the rows" is a question.
_EDIT = re.compile(
    r"(?:delete|(?P<rename>rename))\s+A-(?P<number>\d{1,9})(?(rename)(?:\s+(?P<title>.*))?)", re.I
)
_LONGEST = 1_000
_SOURCES = (*SOURCES, *(f"import-{kind}" for kind in KINDS))


class Ask(Command, verb="ask", calls="costly"):
    """A question, answered with where each sentence stands, counted, or "I don't know".

    Only what may be read here is looked at. "ask list" says what you asked here; rename or delete
    it with "ask rename A-3 Words" and "ask delete A-3". With --web, where that is on, the words of
    your question also go to Google, and what pages say is shown apart, as from outside."""

    examples = (
        "ask why do refunds leave out the tax?",
        "ask how many reports of timeouts in the last 7 days, by source?",
        "ask --count --source=sentry --since=30d timeout",
        "ask list",
    )

    question: Annotated[str, REST]
    count: bool = False
    source: str = ""
    since: Duration | None = None
    by: By = ""
    web: bool = False


async def run_ask(call: Call, command: Ask) -> Answer:
    """The answer, and the question in its conversation."""
    question = command.question.strip().strip("\"“”'")
    if len(question) > _LONGEST:
        raise NotUnderstood(f"A question has at most {_LONGEST:,} characters.")
    mine = await _mine(call)
    if question.lower() == "list":
        return Answer(conversations_card(mine, readers=call.readers))
    if edit := _EDIT.fullmatch(question):
        return await _edited(call, mine, edit)
    web = await searcher(call.ctx, call.project) if command.web else None
    here = next((each for each in mine if each.place == call.place.name), None)
    before = here.asked if here else ()
    # One that only makes sense behind the last one goes with that.
    whole = question if asked_for(question) or not before else f"{before[-1]} {question}"
    found = await answer(
        call.ctx,
        call.project,
        whole,
        readers=call.readers,
        typed=_typed(call, command, question, before),
        before=before[-4:],
        command=call.said.id,
    )
    if web is not None:
        told = await searched(call.ctx, web, call.project, question, call.said.id)
        private = call.project.private or may_read(call.readers, Audience.TEAM)
        told = told.model_copy(update={"private": private})
        found = found.model_copy(update={"web": told})
    await _write_down(call, here, question)
    return Answer(answer_card(found, readers=call.readers))


def _typed(call: Call, command: Ask, question: str, before: Sequence[str]) -> Typed | None:
    now = call.ctx.now()
    found = typed(question, now, _SOURCES)
    if found is None and before and re.match(r"(?:and\s+)?(?:by|per|in|since)\b", question, re.I):
        found = typed(f"{before[-1]} {question}", now, _SOURCES)
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


async def _mine(call: Call) -> list[Conversation]:
    """What the person asked where everybody here may read it."""
    told = await call.ctx.memory.conversations(call.project.id)
    return [c for c in told if c.is_of(call.person) and may_read(call.readers, c.audience)]


async def _write_down(call: Call, here: Conversation | None, question: str) -> None:
    now = call.ctx.now()
    fresh = Conversation(
        audience=call.readers,
        title=question[:120],
        by=asker(call.person),
        by_id=call.person.user_id,
        place=call.place.name,
        edited_at=now,
    )
    kept = here or fresh
    asked = kept.asked if kept.asked[-1:] == (question,) else (*kept.asked, question)[-KEPT:]
    told = {"asked": asked, "edited_at": now, "audience": combined(kept.audience, call.readers)}
    await call.ctx.memory.talk(call.project.id, kept.model_copy(update=told))


async def _edited(call: Call, mine: list[Conversation], edit: re.Match[str]) -> Answer:
    number = int(edit["number"])
    one = next((each for each in mine if each.number == number), None)
    if one is None:
        raise NotFound(f"You asked nothing here that is called A-{number}: /soulcaster ask list")
    if not edit["rename"]:
        await call.ctx.memory.drop(call.project.id, number)
        return call.done("asked", Code(one.name), " is forgotten")
    if not (title := (edit["title"] or "").strip()[:120]):
        raise NotUnderstood(f"Say how {one.name} is to be called: ask rename {one.name} Refunds")
    told = {"title": title, "audience": combined(one.audience, call.readers)}
    await call.ctx.memory.talk(call.project.id, one.model_copy(update=told))
    return call.done("asked", Code(one.name), " is called ", Said(title))
