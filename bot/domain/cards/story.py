"""What happened to a problem: what is new about it since it was looked at last. Nobody has to tell
of an event. A cluster and its newest fix run are compared with what was known of them, so whatever
changed them, and however often it is looked at, each change is told once."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, ClusterState, Record, Severity

Kind = Literal[
    "new", "rise", "spike", "regressed", "asked", "proved", "held", "opened", "merged",
    "resolved", "ignored", "snoozed", "reopened", "severity", "owner",
]  # fmt: skip
FIX: tuple[Kind, ...] = ("asked", "proved", "held", "opened", "merged")
# After these a problem may be worth a person; the others are told where it is spoken of already.
WORTH: tuple[Kind, ...] = ("new", "rise", "spike", "regressed", *FIX)
TOLD = 20
# What is of the story, and not of the cluster as it is.
_ITS_OWN = {"events", "heard", "n", "spiked", "worst", "written"}
FRESH = timedelta(days=1)
_SETTLED: dict[ClusterState, Kind] = {
    ClusterState.REGRESSED: "regressed",
    ClusterState.WATCHING: "merged",
    ClusterState.RESOLVED: "resolved",
    ClusterState.IGNORED: "ignored",
    ClusterState.SNOOZED: "snoozed",
}


class Event(Record):
    """One thing that happened, the ``n``-th of its cluster. ``by`` is who did it, "" for us;
    ``what`` is said beside it: ``S3 → S1``, ``#45``, ``F-7``."""

    cluster: int
    n: int
    kind: Kind
    at: AwareDatetime
    severity: Severity
    by: str = ""
    what: str = ""


class Story(Record):
    """A cluster as it was looked at last, and its newest events. ``worst`` is how bad it has been
    since it was last settled, ``spiked`` when it last came more often than usual; ``run`` is its
    newest fix run, ``over`` that it ended, ``pull`` its pull request. ``heard``: up to which event
    each Slack channel and tracking issue (``#9``) was told; ``written`` is when the latter was."""

    state: ClusterState = ClusterState.NEW
    severity: Severity = "S4"
    worst: Severity = "S4"
    owner: str = ""
    spiked: AwareDatetime | None = None
    run: int = 0
    over: bool = False
    pull: int = 0
    n: int = 0
    events: tuple[Event, ...] = ()
    heard: Mapping[str, int] = {}
    written: AwareDatetime | None = None

    def unheard(self, channel: str) -> list[Event]:
        """The events that a channel was not told of."""
        return [event for event in self.events if event.n > self.heard.get(channel, 0)]


def told_on(
    story: Story | None, cluster: Cluster, run: FixRun | None, now: datetime, *, live: bool
) -> Story:
    """The story with what happened since. ``live``: not all of its reports are from before the app
    came; who has no story yet and is not new begins one in silence."""
    fresh = now - cluster.created_at < FRESH
    first = story is None and live and fresh
    begun = story or (Story() if first else _as_it_is(cluster, run))
    calm = not fresh and (begun.spiked is None or now - begun.spiked > FRESH)
    news = _news(begun, cluster, run, first=first, calm=calm) if story or first else ()
    told = tuple(
        Event(
            cluster=cluster.number, n=begun.n + nth, kind=kind, at=now,
            severity=cluster.severity, by=by, what=what,
        )
        for nth, (kind, by, what) in enumerate(news, start=1)
    )  # fmt: skip
    spiked = begun.spiked
    if cluster.trend and (spiked is None or now - spiked > FRESH):
        spiked = now
    settled = cluster.state in (ClusterState.RESOLVED, ClusterState.IGNORED)
    update = {
        **_as_it_is(cluster, run).model_dump(exclude=_ITS_OWN),
        "worst": "S4" if settled else min(begun.worst, cluster.severity),
        "spiked": spiked,
        "n": begun.n + len(told),
        "events": (*begun.events, *told)[-TOLD:],
    }
    return begun.model_copy(update=update)


def _as_it_is(cluster: Cluster, run: FixRun | None) -> Story:
    return Story(
        state=cluster.state,
        severity=cluster.severity,
        worst=cluster.severity,
        owner=cluster.owner,
        run=run.number if run else 0,
        over=bool(run and run.ended),
        pull=(run and run.pull_request) or 0,
    )


def _news(
    was: Story, cluster: Cluster, run: FixRun | None, *, first: bool, calm: bool
) -> Iterator[tuple[Kind, str, str]]:
    """Kind, by whom, and what is said beside it."""
    if first:
        yield "new", "", ""
    elif cluster.severity != was.severity:
        what, by = f"{was.severity} → {cluster.severity}", cluster.severity_by
        # What counts alone brought down and up again was told of before.
        if cluster.severity < was.worst:
            yield "rise", by, what
        elif by:
            yield "severity", by, what
    if cluster.trend and calm:
        yield "spike", "", cluster.trend
    if run is not None:
        yield from _of_run(was, run)
    if cluster.state is not was.state:
        yield from _of_state(was, cluster)
    if cluster.owner != was.owner:
        yield "owner", "", f"@{cluster.owner}" if cluster.owner else "nobody"


def _of_run(was: Story, run: FixRun) -> Iterator[tuple[Kind, str, str]]:
    other = run.number != was.run
    if other:
        yield "asked", "the operator" if run.operator else f"@{run.requested_by}", run.name
    if run.ended and (other or not was.over):
        if run.holds:
            yield "proved", "", run.name
        elif not run.pull_request:
            why = run.verdict.value if run.verdict else run.state.value
            yield "held", "", f"{run.name}, {why}"
    if run.pull_request and run.pull_request != was.pull:
        yield "opened", "", f"#{run.pull_request}"


def _of_state(was: Story, cluster: Cluster) -> Iterator[tuple[Kind, str, str]]:
    kind, watch = _SETTLED.get(cluster.state), cluster.watch
    if kind == "merged":
        yield kind, "", f"#{watch.pull}" if watch else ""
    elif kind in ("resolved", "regressed"):
        verdict = f"{watch.verdict} after #{watch.pull}" if watch and watch.verdict else ""
        yield kind, cluster.state_by, verdict
    elif kind == "ignored":
        yield kind, cluster.state_by, cluster.ignored_reason
    elif kind == "snoozed":
        until = cluster.snoozed_until
        yield kind, cluster.state_by, f"until {until:%d %b %H:%M} UTC" if until else ""
    elif cluster.state_by and was.state in _SETTLED:
        yield "reopened", cluster.state_by, ""
