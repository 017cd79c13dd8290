"""Commands: one grammar, one file a verb, and ``obey``, which every command ends in.

**Invariant:** every command that was heard gets one answer: done, refused or failed.
"""

from __future__ import annotations

import secrets

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choices, Code, Section, note
from bot.domain.commands.command import Command
from bot.domain.commands.grammar import parse
from bot.domain.errors import NotAllowed, Rejected, Unavailable, UserError
from bot.domain.models import Place, Project
from bot.github import issues
from bot.github.issues import Reaction
from bot.log import log
from bot.say import in_words, say, whisper
from bot.storage.commands import Outcome, Utterance
from workers.commands.call import Ambiguous, Answer, Call
from workers.commands.permission import linked, require
from workers.commands.verbs import OWN, ROSTER, VERBS

_REACTIONS: dict[Outcome, Reaction] = {"done": "rocket", "refused": "-1", "failed": "confused"}


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
    answer, outcome = await answer_to(ctx, project, said)
    words = in_words(answer.card)
    now = await ctx.commands.get(project_id, command_id)
    if now is None or now.outcome != "heard":
        return  # it took too long, and that was said
    try:
        await _reply(ctx, project, said, answer)
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


async def answer_to(ctx: Context, project: Project, said: Utterance) -> tuple[Answer, Outcome]:
    """What a verb says to it; an error is an answer, too.

    Raises Unavailable: the command is kept and obeyed later.
    """
    person = await linked(ctx, said.person)
    key, readers = f"command:{said.id}", project.readers(said.place)
    try:
        command = parse(said.line, ROSTER)
        _require_a_private_door(command, said.place)
        call = Call(ctx, project, person, said)
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
    except Unavailable:
        raise
    except Rejected as error:
        return Answer(note(key, str(error), audience=readers, tone="failed")), "failed"
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


def _require_a_private_door(command: Command, place: Place) -> None:
    """Raises NotAllowed where everybody would read what is for the asker only."""
    if command.answers_asker and place.issue is not None:
        raise NotAllowed(
            f"The answer to {command.verb} is for you alone, and everybody reads it here: say it "
            "in Slack, where only you will see it, or in the shell."
        )


async def _reply(ctx: Context, project: Project, said: Utterance, answer: Answer) -> None:
    """On GitHub a comment; in Slack whispered to who asked, unless it is for everybody."""
    place = said.place
    if place.issue is not None:
        await say(ctx, project, place, answer.card, asked=True)
    elif place.channel and ctx.slack is not None:
        for_all = answer.card.audience is not Audience.PERSON
        if for_all and (answer.public or place.public):
            thread = place.thread
            ts = await say(ctx, project, place, answer.card, asked=True)
            await _remember_thread(ctx, project, place, thread or ts, answer.card)
        else:
            await whisper(ctx, said.person, place, answer.card)


async def _remember_thread(
    ctx: Context, project: Project, place: Place, ts: str, card: Card
) -> None:
    """What is said below a card of a cluster is about that cluster."""
    kind, _, name = card.key.rpartition(":")
    letter, _, number = name.partition("-")
    if kind == "run" and letter == "F" and number.isdigit():
        run = await ctx.runs.get(project.id, int(number))
        await ctx.digests.set_thread(project.id, place.channel, ts, run.cluster)
    elif letter == "C" and number.isdigit():
        await ctx.digests.set_thread(project.id, place.channel, ts, int(number))


async def _react(ctx: Context, project: Project, place: Place, reaction: Reaction) -> None:
    if place.comment is not None:
        await issues.react(ctx.github.repo(project), f"issues/comments/{place.comment}", reaction)
    elif place.issue is not None:
        await issues.react(ctx.github.repo(project), f"issues/{place.issue}", reaction)
    elif place.public and place.message and ctx.slack is not None:
        names = {"eyes": "eyes", "rocket": "rocket", "-1": "no_entry_sign", "confused": "warning"}
        await ctx.slack.react(place.channel, place.message, names[reaction])
