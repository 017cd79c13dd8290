"""``remember forget memory``: what is known of the project beside its reports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.domain.cards.card import Code, Said
from bot.domain.cards.views.memory import fact_line, memory_card
from bot.domain.commands.command import REST, Command, Level
from bot.domain.commands.references import Duration, FactRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.memory.facts import LONGEST, Fact, same
from bot.domain.memory.passages import asked_for
from bot.domain.text import terms
from workers.commands.call import Answer, Call
from workers.memory.retrieve import facts_here

SHOWN = 15


class Remember(Command):
    """Write down a fact that plans, fixes and answers use and name."""

    verb = "remember"
    level = Level.L3
    examples = ('remember "Refunds are always gross" --path=src/shop/tax.py --ttl=90d',)

    fact: Annotated[str, REST]
    path: Annotated[str, Field(max_length=200)] = ""
    ttl: Duration | None = None


async def run_remember(call: Call, command: Remember) -> Answer:
    """The fact with its number; the same words again are the same fact."""
    ctx, project, who = call.ctx, call.project.id, call.person
    text = command.fact.strip().strip("\"“”'").strip()
    if not 0 < len(text) <= LONGEST:
        raise NotUnderstood(f"A fact has 1 to {LONGEST} characters, and this has {len(text)}.")
    fact = Fact(
        audience=call.said.audience,
        text=text,
        by=who.name if not who.operator else "the operator",
        path=command.path.removeprefix("/"),
        made_at=ctx.now(),
        expires_at=ctx.now() + command.ttl.timedelta if command.ttl else None,
    )
    facts = await facts_here(ctx, project, call.readers)
    if known := next((one for one in facts if same(one, fact)), None):
        return call.answer("memory", "That is remembered: ", *fact_line(known))
    fact = await ctx.memory.keep(project, fact)
    return call.answer(
        "memory",
        "Remembered as ",
        *fact_line(fact),
        tone="succeeded",
        footer=("Plans, fixes and answers use it and name it: ", Code(f"forget {fact.name}")),
    )


class Forget(Command):
    """Drop a fact: nothing uses it any more."""

    verb = "forget"
    level = Level.L3
    examples = ("forget M-3",)

    fact: FactRef


async def run_forget(call: Call, command: Forget) -> Answer:
    """It is gone for good."""
    facts = await facts_here(call.ctx, call.project.id, call.readers)
    fact = _named(facts, command.fact)
    await call.ctx.memory.forget(call.project.id, [fact.number])
    return call.answer("memory", Code(fact.name), " is forgotten: ", Said(fact.text[:200]))


def _named(facts: list[Fact], ref: FactRef) -> Fact:
    """What may not be read here is not there."""
    found = next((fact for fact in facts if fact.number == ref.number), None)
    if found is None:
        raise NotFound(f"There is no {ref} here: /soulcaster memory")
    return found


class ShowMemory(Command):
    """The facts that are remembered, each with its source, author and age."""

    verb = "memory"
    examples = ("memory", "memory refunds")

    search: Annotated[str, REST] = ""


async def run_memory(call: Call, command: ShowMemory) -> Answer:
    """The newest first, or what is about some words."""
    facts = (await facts_here(call.ctx, call.project.id, call.readers))[::-1]
    if wanted := set(asked_for(command.search)):
        facts = [f for f in facts if wanted <= set(terms(f"{f.text} {f.path} {f.by}"))]
    shown = facts[:SHOWN]
    return Answer(memory_card(shown, len(facts), now=call.ctx.now(), readers=call.readers))
