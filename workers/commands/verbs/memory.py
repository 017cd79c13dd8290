"""``remember forget memory profile``: what is known of the project beside its reports."""

from typing import Annotated, Literal

from pydantic import Field

from bot.domain.audience import may_read
from bot.domain.cards.card import Code, Said
from bot.domain.cards.views.memory import fact_line, memory_card, profile_card
from bot.domain.commands.command import REST, WORD, Command, Level, levels
from bot.domain.commands.references import Duration, FactRef
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood
from bot.domain.memory.facts import LONGEST, Fact, consolidated, outdated
from bot.domain.memory.passages import asked_for
from bot.domain.text import terms
from workers.commands.call import Answer, Call, next_page, require_page
from workers.memory import know
from workers.memory.retrieve import facts_here

SHOWN = 15


class Remember(Command, verb="remember", level=Level.L3):
    """Write down a fact that plans, fixes and answers use, or confirm one that reports claim."""

    examples = (
        'remember "Refunds are always gross" --path=src/shop/tax.py --ttl=90d',
        "remember M-3",
    )

    fact: Annotated[str, REST]
    path: Annotated[str, Field(max_length=200)] = ""
    ttl: Duration | None = None


async def run_remember(call: Call, command: Remember) -> Answer:
    """The fact with its number; the same words again are the same fact."""
    ctx, project, who = call.ctx, call.project.id, call.person
    text = command.fact.strip().strip("\"“”'").strip()
    facts = await facts_here(ctx, project, call.readers)
    if (ref := FactRef.read(text)) is not None:
        fact = _named(facts, ref)
        if fact.is_claim:
            fact = await ctx.memory.confirm(project, fact.number, who.name)
        return call.done("memory", "Remembered: ", *fact_line(fact))
    if not 0 < len(text) <= LONGEST:
        raise NotUnderstood(f"A fact has 1 to {LONGEST} characters, and this has {len(text)}.")
    fact = Fact(
        audience=call.said.audience,
        text=text,
        by=who.name if not who.operator else "the operator",
        by_id=who.user_id,
        path=command.path.removeprefix("/"),
        made_at=ctx.now(),
        expires_at=ctx.now() + command.ttl.timedelta if command.ttl else None,
    )
    same = [f for f in facts if f.path == fact.path and (f.by_id, f.by) == (fact.by_id, fact.by)]
    if not consolidated(same, [fact]):
        return call.answer("memory", "That is remembered already.")
    fact = await ctx.memory.keep(project, fact)
    return call.done(
        "memory",
        "Remembered as ",
        *fact_line(fact),
        footer=("Plans, fixes and answers use it and name it: ", Code(f"forget {fact.name}")),
    )


class Forget(Command, verb="forget", level=Level.L3, examples=("forget M-3",)):
    """Drop a fact: nothing uses it any more."""

    fact: FactRef


async def run_forget(call: Call, command: Forget) -> Answer:
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


class ShowMemory(Command, verb="memory", examples=("memory", "memory refunds")):
    """The facts that are remembered, each with its source, author and age."""

    search: Annotated[str, REST] = ""
    page: Annotated[int, Field(ge=1)] = 1


async def run_memory(call: Call, command: ShowMemory) -> Answer:
    """The newest first, or what is about some words."""
    facts = (await facts_here(call.ctx, call.project.id, call.readers))[::-1]
    if wanted := set(asked_for(command.search)):
        facts = [f for f in facts if wanted <= set(terms(f"{f.text} {f.path} {f.by}"))]
    require_page(command.page, len(facts), SHOWN)
    first = (command.page - 1) * SHOWN
    card = memory_card(
        facts[first : first + SHOWN],
        len(facts),
        outdated(facts),
        now=call.ctx.now(),
        readers=call.readers,
    )
    more = next_page(command, command.page, len(facts), SHOWN)
    return Answer(card.model_copy(update={"actions": (*card.actions, *more)}))


class ShowProfile(Command, verb="profile"):
    """What the project is, in five sections, each sentence with where it comes from.

    Refresh reads its files, its people's answers and a sample of its reports again."""

    costly_when = ("refresh",)
    level_when = levels(L3="refresh")
    examples = ("profile", "profile refresh")

    what: Annotated[Literal["show", "refresh"], WORD] = "show"


async def run_profile(call: Call, command: ShowProfile) -> Answer:
    """As it was found out last; refreshed it is there within half a minute."""
    ctx, project = call.ctx, call.project
    here = command.what == "refresh" and call.place.name != "shell"
    if here:
        await know.asked(ctx, project, call.place)
    elif command.what == "refresh":
        await know.get_to_know(ctx, project.id)
    profile = await ctx.memory.profile(project.id)
    if profile is None:
        raise NotFound("Nobody has looked at this project yet: /soulcaster profile refresh")
    if not may_read(call.readers, profile.audience):
        raise NotAllowed("The profile of a private repository is not shown here: ask on GitHub.")
    return Answer(profile_card(profile, project.full_name, readers=call.readers), public=here)
