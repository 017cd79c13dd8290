"""``source confirm``: how the payloads of a generic door are read, guessed and then said."""

from __future__ import annotations

import json
from typing import NamedTuple

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Bullets, Code, Line, Said, Section
from bot.domain.cards.views.cluster import count
from bot.domain.errors import BadPayload, NotFound, NotUnderstood
from bot.domain.models import Draft
from bot.sources import generic
from bot.sources.reading import decode
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
    """Store the fields that stand, those of ``said`` over them, and read what has waited.

    Raises NotFound while nothing came, NotUnderstood where the first payload cannot be read so.
    """
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
