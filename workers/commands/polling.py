"""``source add reddit r/acme``: what we ask for by ourselves, as a source among the others."""

from __future__ import annotations

from bot.domain.cards.card import Code, Line
from bot.domain.commands.references import Duration, SubredditRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.storage.polls import Poll
from workers.commands.call import Answer, Call

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
