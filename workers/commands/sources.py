"""``source``: how a generic door is read, guessed and then said; and what is polled."""

import json
from typing import NamedTuple

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Bullets, Code, Line, Said, Section
from bot.domain.cards.views.cluster import count
from bot.domain.commands.references import Duration, SubredditRef
from bot.domain.errors import BadPayload, NotFound, NotUnderstood
from bot.domain.models import Draft
from bot.sources import generic
from bot.sources.reading import decode
from bot.storage.polls import Poll
from bot.storage.vault import Hook
from workers import jobs
from workers.commands.call import Answer, Call


class Waiting(NamedTuple):
    """Rows that wait at a door, the first payload of them, and how the door's fields stand."""

    rows: list[str]
    payload: object
    fields: dict[str, str]


async def waiting(ctx: Context, hook: Hook) -> Waiting:
    """What is known of a generic door: its confirmed fields, else a guess from what came first."""
    rows = await ctx.inbox.held(hook.id)
    payload: object = None
    for row in rows:
        if delivery := await ctx.inbox.read(row):
            payload = decode(delivery.body, delivery.meta.get("content-type", ""))
            break
    fields = json.loads(hook.fields) if hook.fields else generic.guess(payload)
    return Waiting(rows, payload, fields)


async def confirm(call: Call, hook: Hook, said: str) -> Answer:
    """Store the fields that stand, those of ``said`` over them, and read what has waited. Raises
    NotFound while nothing came, NotUnderstood where the first payload cannot be read so."""
    ctx = call.ctx
    known = await waiting(ctx, hook)
    try:
        fields = known.fields | generic.read_fields(said)
        if not fields:
            raise NotFound("Nothing came to this door yet: send one payload first.")
        stored = json.dumps(fields)
        lines: list[Line] = [(f"{name}: ", Code(fields[name])) for name in fields]
        if known.payload is not None:
            told = generic.SOURCE.parse(known.payload, {"fields": stored}, ctx.now())
            if may_read(call.readers, Audience.TEAM):
                lines += [
                    ("The first one is: ", Said(t.title if isinstance(t, Draft) else str(t)))
                    for t in told[:3]
                ]
    except BadPayload as error:
        raise NotUnderstood(f"{error} Say source confirm generic -- FIELD=EXPRESSION.") from error
    await ctx.vault.change(hook, fields=stored)
    for row in known.rows:
        await ctx.jobs.ask(jobs.hear_alert, row, tenant=hook.project)
    title = (
        f"What comes is read like this; {count(len(known.rows), 'payload')} that waited: read now."
    )
    return call.done("sources", title, sections=(Section(Bullets(*lines)),))


def asks(known: Waiting) -> Line:
    """What stands in ``source list`` behind a door that nobody has confirmed."""
    if not known.fields:
        return (", waits for its first payload",)
    guessed = " ".join(f"{name}={expression}" for name, expression in known.fields.items())
    return (
        *(f", {len(known.rows)} wait until you confirm how they are read: ", Code(guessed)),
        *(". Say ", Code("source confirm generic"), ", other fields behind ", Code("--"), "."),
    )


OFTEN = Duration(15 * 60)
SHORTEST = 60


async def manage(
    call: Call, what: str, name: SubredditRef, *, every: Duration | None, match: str
) -> Answer:
    """Begin to poll a subreddit, anew with other words, or end it."""
    ctx, project = call.ctx, call.project.id
    if what == "remove":
        if not await ctx.polls.remove(project, name.name):
            raise NotFound(f"{name} is not polled here: nothing to remove.")
        return call.done("sources", f"{name} is polled no longer.")
    if what != "add" or (every and every.seconds < SHORTEST):
        raise NotUnderstood("Say for example: source add reddit r/acme --every=15m --match=crash")
    seconds = (every or OFTEN).seconds
    poll = Poll(subreddit=name.name, every=seconds, match=match, since=ctx.now())
    await ctx.polls.put(project, poll, ctx.now(), new=True)
    which = f", posts with {match}" if match else ""
    done = f" is polled every {Duration(seconds)}{which}."
    return call.done("sources", Code(poll.name), done)


async def lines(call: Call) -> tuple[Line, ...]:
    """Each poll as ``source list`` shows it."""
    return tuple(
        (
            *("Reddit: ", Code(poll.name), f", every {Duration(poll.every)}"),
            *((f", posts with {poll.match}",) if poll.match else ()),
            f", last read {poll.last:%d %b %H:%M} UTC" if poll.last else ", not read yet",
            *(
                (f"; it could not be read {poll.failures} times: {poll.trouble}",)
                * bool(poll.trouble)
            ),
        )
        for poll in await call.ctx.polls.all(call.project.id)
    )
