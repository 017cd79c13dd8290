"""Have GitHub deliver again what it could not hand over; it never does so by itself.
https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.context import Context
from bot.domain.errors import Rejected
from bot.github.app import DELIVERIES_KEPT
from bot.github.manifest import UNREACHABLE
from bot.jobs import enqueue
from bot.log import log, logged
from workers import jobs

# A delivery that is under way stands in no list yet.
OVERLAP = timedelta(minutes=10)
# One that fails so often while others arrive is let go: asking for ever would mend nothing.
MOST_ATTEMPTS = 5
# How many are asked for at once, and how many while nothing says that our door is open.
MOST_AT_ONCE, PROBES = 500, 10
MARK = "deliveries"


@dataclass(frozen=True, slots=True)
class Failed:
    """One event that never arrived: when each attempt was made, oldest first."""

    guid: str
    delivery: int
    attempts: tuple[datetime, ...]

    def is_hopeless(self, heard: Sequence[datetime]) -> bool:
        """Whether it failed again and again after others had arrived; ``heard`` is sorted. What
        failed while nothing arrived at all says nothing about this event."""
        since = bisect_right(heard, self.attempts[0])
        tries = [one for one in self.attempts if since < len(heard) and one >= heard[since]]
        return 1 + len(tries) >= MOST_ATTEMPTS


async def ask_again(ctx: Context) -> None:
    """Ask for every event since the mark of which no attempt arrived, oldest first. Everything up
    to the mark has arrived or was let go. It stops before the oldest event that is still to come,
    so that whoever looks next looks far enough back."""
    if await ctx.github.hook() == UNREACHABLE:
        return  # all of it is fetched
    now = ctx.now()
    mark = await ctx.marks.get(MARK)
    since = max(now - DELIVERIES_KEPT, mark - OVERLAP) if mark else now - DELIVERIES_KEPT
    failures = [one async for one in ctx.github.deliveries(since, status="failure")]
    wanted: list[Failed] = []
    if failures:
        arrived = [one async for one in ctx.github.deliveries(since, status="success")]
        heard = sorted(_when(one) for one in arrived)
        lost = _lost(failures, {one["guid"] for one in arrived})
        wanted = [one for one in lost if not one.is_hopeless(heard)]
        # Nothing has arrived since: our door may be closed.
        shut = not heard or heard[-1] < max(_when(one) for one in failures)
        for event in wanted[: PROBES if shut else MOST_AT_ONCE]:
            log.info("asking GitHub to deliver again", guid=event.guid)
            with logged("GitHub will not deliver again", Rejected, guid=event.guid):
                await ctx.github.redeliver(event.delivery)
    if mark and not wanted and now - mark > OVERLAP:
        # An outage is over: what GitHub has no delivery of is looked for, too.
        for project in await ctx.projects.all():
            await enqueue(ctx, jobs.read_issues, project.id)
    await ctx.marks.put(MARK, min(now, wanted[0].attempts[0]) if wanted else now)


def _lost(failures: Sequence[Any], arrived: set[str]) -> list[Failed]:
    """Events of which no attempt arrived, oldest first. Where the first attempt is out of sight the
    mark has passed it: it was let go before."""
    attempts: dict[str, list[Any]] = {}
    for one in reversed(failures):
        if one["guid"] not in arrived:
            attempts.setdefault(one["guid"], []).append(one)
    lost = [
        Failed(guid, int(made[-1]["id"]), tuple(_when(one) for one in made))
        for guid, made in attempts.items()
        if not made[0]["redelivery"]
    ]
    return sorted(lost, key=lambda event: event.attempts[0])


def _when(delivery: Any) -> datetime:
    return datetime.fromisoformat(delivery["delivered_at"])
