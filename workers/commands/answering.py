"""What a line is answered, whatever comes of it: an error is an answer, too."""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choice, Choices, Code, Section, note
from bot.domain.commands.command import Level
from bot.domain.commands.grammar import parse, project_in
from bot.domain.commands.mention import asked
from bot.domain.commands.rights import require_door
from bot.domain.errors import NotAllowed, NotUnderstood, Rejected, TooLarge, Unavailable, UserError
from bot.domain.models import Person, Place, Project
from bot.domain.rooms import Asker, Way
from bot.domain.secrets import redact
from bot.log import log
from bot.say import whole_or_not
from bot.storage.commands import Outcome, Utterance
from bot.storage.leases import LeaseLost
from bot.storage.outage import is_away
from workers.commands.call import Ambiguous, Answer, Call
from workers.commands.permission import require, require_pace, still_linked, way_of
from workers.commands.verbs import OWN, ROSTER, VERBS

# A command that is found later than this is asked about, not obeyed.
LATE = timedelta(hours=1)
# What a verb may take at once; what takes long is a job of its own.
VERB_SECONDS = 80.0


class Answered(NamedTuple):
    """What a verb said, how it went, and how it gets to whom it is for."""

    answer: Answer
    outcome: Outcome
    way: Way


async def answer_to(
    ctx: Context, project: Project, said: Utterance, *, seconds: float = VERB_SECONDS
) -> Answered:
    """What a verb says to it, in so many seconds. Raises Unavailable: the command is kept and
    obeyed later."""
    way = Way(Audience.PUBLIC, posted=False)
    try:
        person = await still_linked(ctx, project, said.person)
        asker, way = await way_of(ctx, project, person, said.place)
        call = Call(ctx, project, person, said, way.readers)
        return Answered(*await _obeyed(call, asker, seconds), way)
    except Rejected as error:
        card = note(f"command:{said.id}", str(error), audience=way.readers, tone="failed")
        return Answered(Answer(card), "failed", way)


def refusal_key(person: Person) -> str:
    """Of the one comment in an issue that says why what somebody said last was not done."""
    return f"refused:{person.login or person.name}"


async def answer_at_once(
    ctx: Context, project: Project, person: Person, line: str, *, command: str = ""
) -> Answered:
    """What is said to a line of the shell or of the API; ``command`` is the same for a repeat.
    Raises Unavailable: then it may be said again."""
    await ctx.overview.make_whole(project.id)
    said = Utterance(
        id=command or secrets.token_hex(10),
        project=project.id,
        line=line,
        audience=Audience.TEAM,
        person=person,
        place=Place(),
        heard_at=ctx.now(),
    )
    return await answer_to(ctx, project, said)


async def _obeyed(call: Call, asker: Asker, seconds: float) -> tuple[Answer, Outcome]:
    said, readers = call.said, call.readers
    key = f"command:{said.id}" if said.place.issue is None else refusal_key(call.person)
    try:
        async with asyncio.timeout(seconds):
            return await _done(call, asker), "done"
    except Ambiguous as error:
        card = Card(key=key, audience=readers, title=(str(error),), tone="pending")
        if error.choices:
            asked = (Section(Choices(*error.choices)),)
            card = card.model_copy(update={"sections": asked})
        return Answer(card, refusal=error), "refused"
    except (UserError, TooLarge) as error:
        told = redact(str(error))  # it may say again what should not have been typed
        card = note(key, told, audience=readers, tone="refused")
        return Answer(card, refusal=error), "refused"
    except (Unavailable, Rejected, LeaseLost):
        raise
    except Exception as error:
        if is_away(error):
            raise
        what = "That took too long and was stopped."
        if not isinstance(error, TimeoutError):
            reference = f"e-{secrets.token_hex(2).upper()}"
            log.error("a command broke", reference=reference, line=said.line, exc_info=error)
            what = f"Something broke (ref {reference})."
        line = (f"{what} Part of it may be done: look, then say it again: ", Code(said.line))
        card = note(f"command:{said.id}", *line, audience=readers, tone="failed")
        return Answer(card), "failed"


async def _done(call: Call, asker: Asker) -> Answer:
    project, said = call.project, call.said
    _require_here(project, said.line)
    _require_plain(said.line)
    pace = call.ctx, call.person
    try:
        command = parse(said.line, ROSTER)
    except NotUnderstood:
        await require_pace(*pace, "reading", said.id, said.heard_at)
        raise
    await require_pace(*pace, command.counts_as, said.id, said.heard_at)
    _require_said_lately(said)
    require_door(command, said.place, asker)
    own = OWN.get(type(command))
    mine = own is not None and await own(call, command)
    call.role = await require(call.ctx, project, call.person, command, mine)
    answer = await VERBS[type(command)](call, command)
    card = await whole_or_not(call.ctx, answer.card)
    if said.place.issue is not None and not answer.public and command.needs is Level.L0:
        card = card.model_copy(update={"folded": True})
    return replace(answer, card=card)


def _require_here(project: Project, line: str) -> None:
    """Raises NotAllowed for a line that names another repository: it is obeyed there."""
    name, _ = project_in(line)
    if name and name.lower() != project.full_name.lower():
        raise NotAllowed(f"This is {project.full_name}: say that in {name}, or in Slack.")


def _require_plain(line: str) -> None:
    """Raises Ambiguous where the bot is only named in passing: it asks, and never guesses."""
    meant = asked(line, ROSTER)
    if meant:
        choice = Choice(Code(meant), sentence=meant)
        raise Ambiguous("You named me: is this what you want?", (choice,))
    if meant is not None:
        raise NotUnderstood("You named me. If I am to do something, say it: /soulcaster status")


def _require_said_lately(said: Utterance) -> None:
    """Raises Ambiguous for what was found late: who said it may want something else by now."""
    if said.said_at is None or said.heard_at - said.said_at <= LATE:
        return
    sentence = said.line.removeprefix("/soulcaster ").strip()
    raise Ambiguous(
        f"This was said at {said.said_at:%d %b %H:%M} UTC and reached me only now, so I have not "
        "done it. Is it still wanted?",
        choices=(Choice(Code(sentence), sentence=sentence),),
    )
