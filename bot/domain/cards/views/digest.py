"""The triage digest: what is new, what grows, what was fixed, in one card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.audience import Audience, combined
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Line,
    Link,
    Paragraph,
    Said,
    Section,
    Strong,
    Table,
)
from bot.domain.cards.sparkline import sparkline
from bot.domain.cards.views.cluster import ClusterView, count, run_line
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Project

OPEN = frozenset(
    {
        ClusterState.NEW,
        ClusterState.TRIAGED,
        ClusterState.FIXING,
        ClusterState.PR_OPENED,
        ClusterState.WATCHING,
        ClusterState.REGRESSED,
    }
)
ROWS = 12


def ranked(views: Sequence[ClusterView]) -> list[ClusterView]:
    """Worst first: severity, then how often in the last day, then in all."""
    day = timedelta(hours=24)
    return sorted(
        (v for v in views if v.cluster.state in OPEN and v.items),
        key=lambda v: (v.cluster.severity, -v.since(day), -v.total, v.cluster.number),
    )


def digest_card(
    project: Project,
    views: Sequence[ClusterView],
    runs: Mapping[int, FixRun],
    *,
    compact: bool,
) -> Card:
    """The digest. ``compact`` is for a channel: fewer rows, buttons; otherwise checkboxes.

    ``runs`` are the newest run of each cluster that has one, by cluster number.
    """
    open_views = ranked(views)
    shown = open_views[: 6 if compact else ROWS]
    reports = sum(len(v.items) for v in open_views)
    fresh = sum(v.cluster.state is ClusterState.NEW for v in open_views)
    everything = [sum(hour) for hour in zip(*(v.day for v in views), strict=True)]
    sections: list[Section] = []
    if compact:
        sections += [_compact(view, runs.get(view.cluster.number)) for view in shown]
    elif shown:
        sections.append(Section(_table(shown, runs)))
        sections.append(_boxes(shown, runs))
    if len(open_views) > len(shown):
        more = len(open_views) - len(shown)
        sections.append(Section(Paragraph(f"{more} more: ", Code("/soulcaster clusters"))))
    done = [v for v in views if v.cluster.state == ClusterState.RESOLVED]
    if done:
        lines = tuple(v.title for v in done[:ROWS])
        sections.append(Section(Bullets(*lines), title="Fixed", collapsed=True))
    if not open_views:
        sections.append(Section(Paragraph("Nothing is open. Enjoy the quiet.")))
    return Card(
        key="digest",
        audience=combined(project.github_readers, *(view.readers for view in views)),
        title=("Triage digest for ", Code(project.full_name)),
        tone="info",
        facts=(
            Fact(
                "Open problems",
                f"{len(open_views)} from {count(reports, 'report')}, {fresh} of them new",
            ),
            Fact("Last 24 h", sparkline(everything), f" {sum(everything)} occurrences"),
        ),
        sections=tuple(sections),
        actions=(Action("All clusters", "clusters"),) if compact else (),
        footer=("Tick a box or reply with ", Code("/soulcaster help"), ".")
        if not compact
        else ("Reply with ", Code("/soulcaster help"), "."),
    )


def elsewhere_card() -> Card:
    """In the stead of a private repository's digest where other companies read."""
    words = "The digest is in the tracking issue: people of other companies read this channel."
    return Card(key="digest", audience=Audience.PUBLIC, title=(words,))


def _row_title(view: ClusterView) -> Line:
    for item in view.shown:
        if item.source.startswith("github") and item.url.startswith("http"):
            return (Link(view.cluster.title[:80], item.url),)
    return (Said(view.cluster.title[:80]),) if view.shown else ("private reports",)


def _table(views: Sequence[ClusterView], runs: Mapping[int, FixRun]) -> Table:
    rows = []
    for view in views:
        run = runs.get(view.cluster.number)
        state: Line = run_line(run) if run else (view.cluster.state.value.replace("_", " "),)
        rows.append(
            (
                (Strong(view.cluster.severity),),
                (Code(view.cluster.name), " ", *_row_title(view)),
                (Code(sparkline(_thirds(view.day))), f" {view.since(timedelta(hours=24))}"),
                (f"{len(view.items)}",),
                state,
            )
        )
    return Table(header=("", "Problem", "24 h", "Reports", "State"), rows=tuple(rows))


def _thirds(day: list[int]) -> list[int]:
    """Three hours a bar, so that a row of a table stays one line."""
    return [sum(day[hour : hour + 3]) for hour in range(0, len(day), 3)]


def _boxes(views: Sequence[ClusterView], runs: Mapping[int, FixRun]) -> Section:
    choices = tuple(
        Choice(
            *("Fix ", Code(v.cluster.name)),
            *((" ", Said(v.cluster.title[:80])) if v.shown else ()),
            sentence=f"fix {v.cluster.name}",
            done=v.cluster.number in runs and not runs[v.cluster.number].ended,
        )
        for v in views
        if v.cluster.state is not ClusterState.PR_OPENED
    )
    return Section(Choices(*choices), title="Do it from here")


def _compact(view: ClusterView, run: FixRun | None) -> Section:
    cluster = view.cluster
    title = Paragraph(Strong(cluster.severity), " ", Code(cluster.name), " ", *_row_title(view))
    day, reports = view.since(timedelta(hours=24)), count(len(view.items), "report")
    seen = Paragraph(sparkline(view.day), f" {day} in 24 h · {reports} ({view.sources})")
    if run is not None and (run.pull_url or not run.ended):
        return Section(title, seen, Paragraph(*run_line(run)))
    verbs = ("Fix", "Status", "Why")
    choices = (Choice(verb, sentence=f"{verb.lower()} {cluster.name}") for verb in verbs)
    return Section(title, seen, Choices(*choices))


def stopped_card(slot: str, by: str, role: str, *, readers: Audience) -> Card:
    """Said once, at the first time of the schedule that did not come."""
    return Card(
        key=f"schedule-stopped:{slot}",
        audience=readers,
        title=("The digest comes no more",),
        tone="failed",
        sections=(
            Section(
                Paragraph(
                    Code(by),
                    f" set its schedule, and may no longer (has: {role}). Somebody with "
                    "maintain can set it anew: ",
                    Code("/soulcaster digest schedule"),
                )
            ),
        ),
    )
