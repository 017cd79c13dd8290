"""``obey``, which every command ends in: one at a time of each queue, in the order they were said.

**Invariant:** every command that was heard gets one answer: done, refused or failed; and only the
holder of its queue's lease, which is this job, says which. Of what a person says over their limit
of a minute, the first is answered in words.

What a command came to is written down before it is said, and that it was said before anything
else is done. A job that runs again goes on from there: nothing is done twice. A comment or message
is found again; a whisper can't be, so it is said at least once: twice where the connection broke,
or we died, between Slack's taking it and our note of it. Reactions come second: where little may
be written they are left out, and the answer stands alone. What is for who asked alone is not
written down, as it may be a secret: such a verb finds what it did by the id of its command.

Each that waits for a service holds what was said after it for ``HOLDS``, and whoever waits knows
it; then what can be done passes it, each time that it still cannot go on."""

import asyncio
from datetime import timedelta

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card
from bot.domain.errors import Rejected, TooOften, Unavailable
from bot.domain.models import Place, Project
from bot.domain.rooms import Way
from bot.github.issues import Reaction
from bot.jobs import CLAIM, enqueue
from bot.log import log, logged
from bot.say import in_words, readers_at, say, whisper, withdraw
from bot.storage.commands import TOLD_AFTER, Outcome, Reply, Utterance, Wait
from bot.storage.leases import LeaseLost
from bot.storage.outage import is_away
from workers import jobs
from workers.commands.answering import answer_to, refusal_key
from workers.commands.hear import react, tell, tell_unanswered
from workers.commands.permission import still_linked, way_of

HOLDS = timedelta(minutes=2)
STANDS = timedelta(days=1)  # a refusal on GitHub, unless something of that person is done before
SAY_SECONDS = 60.0
# When a service does not say for how long it wants to be left alone.
PAUSE_SECONDS = 5.0
# So often is a home drawn again, from when something was pressed there until what stops has ended.
DRAWN = 7
_REACTIONS: dict[Outcome, Reaction] = {"done": "rocket", "refused": "-1", "failed": "confused"}


async def obey(ctx: Context, project_id: int, queue: str) -> None:
    """Obey the first command of a queue that can go on, and have the next one obeyed. Raises
    Unavailable while none can."""
    project = await ctx.projects.find(project_id)
    queued = await ctx.commands.queued(project_id, queue)
    waits: dict[str, Wait] = {}
    for command in queued:
        said = await ctx.commands.get(project_id, command)
        if said is None:
            continue
        if said.outcome == "heard" and (wait := await _obeyed(ctx, project, said)):
            waits[command] = wait
            if ctx.now() - wait.since < HOLDS:
                break
            continue
        await _let_wait(ctx, project, waits, list(waits))
        if len(queued) > 1:
            await enqueue(ctx, jobs.obey, project_id, queue)
        try:
            await finish(ctx, project_id, command)
        except Unavailable as error:
            await enqueue(ctx, jobs.finish, project_id, command, delay=_pause(error))
        # Last: whoever goes on after our death finds it here.
        await ctx.commands.leave(said)
        return
    if first := await _let_wait(ctx, project, waits, queued):
        left = (first.until - ctx.now()).total_seconds()
        raise Unavailable(first.why, retry_after=max(0.1, left))


async def finish(ctx: Context, project_id: int, command_id: str) -> None:
    """Show how an answered command went: the last there is to do. Raises Unavailable."""
    said = await ctx.commands.get(project_id, command_id)
    project = await ctx.projects.find(project_id)
    if said is None or said.outcome == "heard":
        return
    if project is not None:
        with logged("could not react", Rejected, line=said.line):
            await react(ctx, project, said.place, _REACTIONS[said.outcome])
    await ctx.commands.end(said)


async def _obeyed(ctx: Context, project: Project | None, said: Utterance) -> Wait | None:
    """Have it obeyed and answered; or why it has to wait."""
    if said.wait and ctx.now() < said.wait.until:
        return said.wait
    try:
        await _obey(ctx, project, said)
    except Unavailable as error:
        now = ctx.now()
        until = now + timedelta(seconds=_pause(error))
        return Wait(since=said.wait.since if said.wait else now, until=until, why=str(error))
    return None


def _pause(error: Unavailable) -> float:
    return PAUSE_SECONDS if error.retry_after is None else error.retry_after


async def _let_wait(
    ctx: Context, project: Project | None, waits: dict[str, Wait], behind: list[str]
) -> Wait | None:
    """The wait that ends first, if there is one. Whoever is ``behind`` it for long knows it, and
    it is written down."""
    if project is None or not waits:
        return None
    first = min(waits.values(), key=lambda wait: wait.until)
    found = [await ctx.commands.get(project.id, command) for command in behind]
    late = [
        said
        for said in found
        if said and said.outcome == "heard" and first.until - said.heard_at > TOLD_AFTER
    ]
    told = await tell(ctx, project, [said for said in late if not said.told], first.why)
    for said in late:
        now = said.model_copy(
            update={"wait": waits.get(said.id, said.wait), "told": said.told or said.id in told}
        )
        if now != said:
            await _write(ctx, now)
    return first


async def _obey(ctx: Context, project: Project | None, said: Utterance) -> None:
    if project is None:
        return await _end(ctx, said, "failed", "the app is no longer installed there")
    if said.reply is None:
        answer, outcome, way = await answer_to(ctx, project, said)
        if isinstance(answer.refusal, TooOften) and answer.refusal.told:
            return await _end(ctx, said, "refused", str(answer.refusal))
        reply = Reply(outcome=outcome, card=answer.card, public=answer.public)
        if reply.card.audience is not Audience.PERSON:
            await _write(ctx, said.model_copy(update={"reply": reply}))
    else:
        reply, way = said.reply, None
    outcome, words = reply.outcome, in_words(reply.card)
    try:
        async with asyncio.timeout(SAY_SECONDS):
            await _say(ctx, project, said, reply, way or await _way_now(ctx, project, said))
    except TimeoutError:
        raise Unavailable("The answer could not be said in time.") from None
    except (Unavailable, LeaseLost):
        raise
    except Exception as error:
        if is_away(error):
            raise
        # The issue is gone, the channel archived: there is nowhere left to say it.
        log.warning("could not answer", line=said.line, why=f"{type(error).__name__}: {error}")
        await tell_unanswered(ctx, project, said, str(error))
        outcome, words = "failed", str(error)
    await _end(ctx, said, outcome, words)
    if said.place.home:
        who = said.person
        ids = project.id, who.slack_team, who.slack_user, said.place.channel, DRAWN
        await enqueue(ctx, jobs.draw_home, *ids)


async def _end(ctx: Context, said: Utterance, outcome: Outcome, words: str) -> None:
    ended = {"outcome": outcome, "answer": words[:500], "reply": None, "wait": None}
    await _write(ctx, said.model_copy(update=ended))


async def _write(ctx: Context, said: Utterance) -> None:
    claim = CLAIM.get()
    await ctx.commands.write(said, lease=claim.lease, token=claim.token)


async def _way_now(ctx: Context, project: Project, said: Utterance) -> Way:
    """What may be answered may be less than when it was obeyed."""
    person = await still_linked(ctx, project, said.person)
    _, way = await way_of(ctx, project, person, said.place)
    return way


async def _say(ctx: Context, project: Project, said: Utterance, reply: Reply, way: Way) -> None:
    """On GitHub a comment; in Slack whispered to who asked, unless it is for everybody there and
    they may read it as the channel is now."""
    place, card = said.place, reply.card
    if place.issue is not None:
        stands = await say(ctx, project, place, card, asked=True)
        key = refusal_key(said.person)
        if reply.outcome == "refused":
            ids = project.id, place.issue, key, stands
            await enqueue(ctx, jobs.withdraw_refusal, *ids, delay=STANDS.total_seconds())
        elif reply.outcome == "done" and await ctx.cards.get(project.id, place.name, key):
            await enqueue(ctx, jobs.withdraw_refusal, project.id, place.issue, key, "")
    elif place.channel and ctx.slack is not None:
        there = await readers_at(ctx, project, place)
        if (reply.public or way.posted) and may_read(there, card.audience):
            ts = await say(ctx, project, place, card, asked=True)
            await _remember_thread(ctx, project, place, place.thread or ts, card)
        else:
            await whisper(ctx, project, place, said.person, card, readers=way.readers)


async def withdraw_refusal(
    ctx: Context, project_id: int, issue: int, key: str, comment: str
) -> None:
    """It was read by now, or never will be."""
    if project := await ctx.projects.find(project_id):
        await withdraw(ctx, project, issue, key, comment)


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
