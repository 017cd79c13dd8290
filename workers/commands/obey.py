"""Commands: one grammar, one file a verb, and ``obey``, which every command ends in.

**Invariant:** every command that was heard gets one answer: done, refused or failed.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, Choice, Choices, Code, Section, note
from bot.domain.commands.doors import require_door
from bot.domain.commands.grammar import parse, project_in
from bot.domain.errors import NotAllowed, Rejected, Unavailable, UserError
from bot.domain.models import Place, Project
from bot.domain.rooms import Asker, Way
from bot.github import issues
from bot.github.issues import Reaction
from bot.log import log
from bot.say import in_words, readers_at, say, whisper
from bot.storage.commands import Outcome, Utterance
from workers.commands.call import Ambiguous, Answer, Call
from workers.commands.linking import still_linked
from workers.commands.permission import require
from workers.commands.reach import way_of
from workers.commands.verbs import OWN, ROSTER, VERBS

# A command that is found later than this is asked about, not obeyed.
LATE = timedelta(hours=1)
_REACTIONS: dict[Outcome, Reaction] = {"done": "rocket", "refused": "-1", "failed": "confused"}


class Answered(NamedTuple):
    """What a verb said, how it went, and how it gets to whom it is for."""

    answer: Answer
    outcome: Outcome
    way: Way


async def obey(ctx: Context, project_id: int, command_id: str) -> None:
    """Obey one utterance, answer it, and end it."""
    said = await ctx.commands.get(project_id, command_id)
    if said is None or said.outcome != "heard":
        return
    project = await ctx.projects.find(project_id)
    if project is None:
        await ctx.commands.end(said, "failed", "the app is no longer installed there")
        return
    await _react(ctx, project, said.place, "eyes")
    await _wait_for_the_line_above(ctx, said)
    answer, outcome, way = await answer_to(ctx, project, said)
    words = in_words(answer.card)
    now = await ctx.commands.get(project_id, command_id)
    if now is None or now.outcome != "heard":
        return  # it took too long, and that was said
    try:
        await reply(ctx, project, said, answer, way)
    except Rejected as error:
        # The issue is gone, the channel archived: there is nowhere left to say it.
        log.warning("could not answer", line=said.line, why=str(error))
        outcome, words = "failed", str(error)
    await _react(ctx, project, said.place, _REACTIONS[outcome])
    await ctx.commands.end(said, outcome, words)


async def _wait_for_the_line_above(ctx: Context, said: Utterance) -> None:
    """Lines of one comment are obeyed in their order. Raises Unavailable: come back later."""
    above = await ctx.commands.get(said.project, said.after) if said.after else None
    if above is not None and above.outcome == "heard":
        raise Unavailable("The command above it is being obeyed.", retry_after=0.1)


async def answer_to(ctx: Context, project: Project, said: Utterance) -> Answered:
    """What a verb says to it. An error is an answer, too.

    Raises Unavailable: the command is kept and obeyed later.
    """
    way = Way(Audience.PUBLIC, posted=False)
    try:
        person = await still_linked(ctx, project, said.person)
        asker, way = await way_of(ctx, project, person, said.place)
        call = Call(ctx, project, person, said, way.readers)
        return Answered(*await _obeyed(call, asker), way)
    except Rejected as error:
        card = note(f"command:{said.id}", str(error), audience=way.readers, tone="failed")
        return Answered(Answer(card), "failed", way)


async def _obeyed(call: Call, asker: Asker) -> tuple[Answer, Outcome]:
    ctx, project, person, said = call.ctx, call.project, call.person, call.said
    key, readers = f"command:{said.id}", call.readers
    try:
        _require_here(project, said.line)
        command = parse(said.line, ROSTER)
        _require_said_lately(said)
        require_door(command, said.place, asker)
        own = OWN.get(type(command))
        mine = own is not None and await own(call, command)
        call.role = await require(ctx, project, person, command, mine)
        return await VERBS[type(command)](call, command), "done"
    except Ambiguous as error:
        card = Card(key=key, audience=readers, title=(str(error),), tone="refused")
        if error.choices:
            asked = (Section(blocks=(Choices(choices=error.choices),)),)
            card = card.model_copy(update={"sections": asked})
        return Answer(card), "refused"
    except UserError as error:
        return Answer(note(key, str(error), audience=readers, tone="refused")), "refused"
    except (Unavailable, Rejected):
        raise
    except Exception as error:
        reference = f"e-{secrets.token_hex(2).upper()}"
        log.error("a command broke", reference=reference, line=said.line, exc_info=error)
        card = note(
            key,
            f"Something broke (ref {reference}). Nothing was changed. Say it again: ",
            Code(said.line),
            audience=readers,
            tone="failed",
        )
        return Answer(card), "failed"


def _require_here(project: Project, line: str) -> None:
    """Raises NotAllowed for a line that names another repository: it is obeyed there."""
    name, _ = project_in(line)
    if name and name.lower() != project.full_name.lower():
        raise NotAllowed(f"This is {project.full_name}: say that in {name}, or in Slack.")


def _require_said_lately(said: Utterance) -> None:
    """Raises Ambiguous for what was found late: who said it may want something else by now."""
    if said.said_at is None or said.heard_at - said.said_at <= LATE:
        return
    sentence = said.line.removeprefix("/soulcaster ").strip()
    raise Ambiguous(
        f"This was said at {said.said_at:%d %b %H:%M} UTC and reached me only now, so I have not "
        "done it. Is it still wanted?",
        choices=(Choice(label=(Code(sentence),), sentence=sentence),),
    )


async def reply(ctx: Context, project: Project, said: Utterance, answer: Answer, way: Way) -> None:
    """On GitHub a comment; in Slack whispered to who asked, unless it is for everybody there and
    they may read it as the channel is now."""
    place, card = said.place, answer.card
    if place.issue is not None:
        await say(ctx, project, place, card, asked=True)
    elif place.channel and ctx.slack is not None:
        there = await readers_at(ctx, project, place)
        if (answer.public or way.posted) and may_read(there, card.audience):
            ts = await say(ctx, project, place, card, asked=True)
            await _remember_thread(ctx, project, place, place.thread or ts, card)
        else:
            await whisper(ctx, project, place, said.person, card, readers=way.readers)


async def _remember_thread(
    ctx: Context, project: Project, place: Place, ts: str, card: Card
) -> None:
    """What is said below a card is about its project, and its cluster where it has one."""
    kind, _, name = card.key.rpartition(":")
    letter, _, number = name.partition("-")
    cluster = int(number) if letter == "C" and number.isdigit() else None
    if kind == "run" and letter == "F" and number.isdigit():
        cluster = (await ctx.runs.get(project.id, int(number))).cluster
    await ctx.channels.set_about(place.channel, ts, project.id, cluster)


async def _react(ctx: Context, project: Project, place: Place, reaction: Reaction) -> None:
    if place.comment is not None:
        await issues.react(ctx.github.repo(project), f"issues/comments/{place.comment}", reaction)
    elif place.issue is not None:
        await issues.react(ctx.github.repo(project), f"issues/{place.issue}", reaction)
    elif place.public and place.message and ctx.slack is not None:
        names = {"eyes": "eyes", "rocket": "rocket", "-1": "no_entry_sign", "confused": "warning"}
        await ctx.slack.react(place.channel, place.message, names[reaction])
