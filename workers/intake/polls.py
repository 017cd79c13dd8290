"""Reddit, which sends nothing: asked for by the clock, from the newest that is known on."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.context import Context
from bot.domain.errors import UpstreamError
from bot.domain.models import Draft
from bot.jobs import enqueue
from bot.log import log
from bot.sources import reddit
from bot.sources.reading import at
from bot.storage.polls import Poll
from workers import jobs
from workers.intake import items

# What a filter of Reddit held back appears later, with the time at which it was written.
OVERLAP = timedelta(hours=1)
# Reddit lists no more.
PAGES = 10
LONGEST = 24 * 3600


async def ask_for_due(ctx: Context) -> None:
    """The clock's: each has its time."""
    for project, subreddit in await ctx.polls.due(ctx.now()):
        await enqueue(ctx, jobs.poll_reddit, project, subreddit)


async def poll_reddit(ctx: Context, project: int, subreddit: str) -> None:
    """Take what is new, oldest first. What hinders it is written down, and it is tried later."""
    poll, now = await ctx.polls.get(project, subreddit), ctx.now()
    if poll is None or await ctx.projects.find(project) is None:
        await ctx.polls.remove(project, subreddit)
        return
    wait, fields = float(poll.every), {"trouble": "", "failures": 0, "last": now}
    try:
        posts = await _newer(ctx, poll, "new")
        comments = await _newer(ctx, poll, "comments")
    except UpstreamError as error:
        fields = {"trouble": str(error), "failures": poll.failures + 1}
        wait = max(getattr(error, "retry_after", None) or 0, wait * 2.0**poll.failures)
        log.info("could not poll", name=poll.name, why=str(error))
    else:
        listing = {"kind": "Listing", "data": {"children": posts}}
        for draft in reddit.SOURCE.parse(listing, {}, now):
            if isinstance(draft, Draft) and _matches(poll, draft):
                old = {"history": draft.occurred_at < poll.since}
                await items.take(ctx, project, draft.model_copy(update=old))
        for thing in comments:
            await items.take_echo(ctx, project, reddit.echo(thing, now))
        fields["upto"] = max((_written(one) for one in (*posts, *comments)), default=poll.upto)
    due = now + timedelta(seconds=min(wait, LONGEST) * random.uniform(0.9, 1.1))  # noqa: S311
    await ctx.polls.put(project, poll.model_copy(update=fields), due)


async def _newer(ctx: Context, poll: Poll, what: Literal["new", "comments"]) -> list[Any]:
    """What was written since the newest that is known, oldest first; the first time, a page."""
    since = poll.upto - OVERLAP if poll.upto else None
    found: list[Any] = []
    after = ""
    for _ in range(PAGES):
        listing = await ctx.reddit.newest(poll.subreddit, what, after)
        page, after = at(listing, "data.children") or [], at(listing, "data.after") or ""
        fresh = [one for one in page if since is None or _written(one) >= since]
        found += fresh
        if since is None or not after or len(fresh) < len(page):
            break
    return found[::-1]


def _written(thing: Any) -> datetime:
    return datetime.fromtimestamp(float(at(thing, "data.created_utc") or 0), UTC)


def _matches(poll: Poll, draft: Draft) -> bool:
    words = [word.strip().lower() for word in poll.match.split(",") if word.strip()]
    said = f"{draft.title}\n{draft.body}".lower()
    return not words or any(word in said for word in words)
