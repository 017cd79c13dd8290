"""The triage digest: what is new, what grows, what was fixed, in one card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from bot.domain.cards.views.cluster import ClusterView, count, run_line, watch_line
from bot.domain.cards.views.question import Question, question_section
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Project

ROWS, FIXED = 12, 6


@dataclass(frozen=True, slots=True)
class Board:
    """A project at a glance: the worst open problems, those resolved last, and counts of all.
    What may be one is one of ``worst``, ``asked`` about under its number."""

    worst: Sequence[ClusterView]
    fixed: Sequence[ClusterView]
    open: int
    new: int
    reports: int
    day: Sequence[int]
    asked: Mapping[int, Question] = field(default_factory=dict)


def digest_card(
    project: Project, board: Board, runs: Mapping[int, FixRun], *, compact: bool
) -> Card:
    """The digest. ``compact`` is for a channel: fewer rows, buttons; otherwise checkboxes.

    ``runs`` are the newest run of each cluster that has one, by cluster number.
    """
    shown = board.worst[: 6 if compact else ROWS]
    asked = [board.asked[v.cluster.number] for v in shown if v.cluster.number in board.asked]
    sections: list[Section] = []
    if compact:
        for view in shown:
            number = view.cluster.number
            sections.append(_compact(view, runs.get(number), board.asked.get(number)))
    elif shown:
        sections += [question_section(each) for each in asked]
        if rest := [view for view in shown if view.cluster.number not in board.asked]:
            sections += [Section(_table(rest, runs)), _boxes(rest, runs)]
    if more := board.open - len(shown) - sum(len(each.views) - 1 for each in asked):
        sections.append(Section(Paragraph(f"{more} more: ", Code("/soulcaster clusters"))))
    if board.fixed:
        lines = tuple(v.title for v in board.fixed)
        sections.append(Section(Bullets(*lines), title="Fixed", collapsed=True))
    if not board.open:
        sections.append(Section(Paragraph("Nothing is open. Enjoy the quiet.")))
    return Card(
        key="digest",
        audience=combined(
            project.github_readers, *(view.readers for view in (*board.worst, *board.fixed))
        ),
        title=("Triage digest for ", Code(project.full_name)),
        tone="info",
        facts=(
            Fact(
                "Open problems",
                f"{board.open} from {count(board.reports, 'report')}, {board.new} of them new",
            ),
            Fact("Last 24 h", sparkline(board.day), f" {sum(board.day)} occurrences"),
        ),
        sections=tuple(sections),
        actions=(Action("All clusters", "clusters"),) if compact else (),
        more=(Action("When it comes …", "digest schedule"),) if compact else (),
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
            return (Link(view.cluster.title[:80], item.url), *view.unlike)
    return (Said(view.cluster.title[:80]), *view.unlike) if view.shown else ("private reports",)


def _table(views: Sequence[ClusterView], runs: Mapping[int, FixRun]) -> Table:
    rows = []
    for view in views:
        run = runs.get(view.cluster.number)
        cluster = view.cluster
        state: Line = run_line(run) if run else (cluster.state.value.replace("_", " "),)
        if cluster.watch is not None:
            state = (watch_line(cluster, cluster.watch),)
        rows.append(
            (
                (Strong(view.cluster.severity),),
                (Code(view.cluster.name), " ", *_row_title(view)),
                (Code(sparkline(_thirds(view.day))), f" {view.since(timedelta(hours=24))}"),
                (f"{view.tally.reports}",),
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


def _compact(view: ClusterView, run: FixRun | None, asked: Question | None) -> Section:
    if asked is not None:
        return question_section(asked)
    cluster = view.cluster
    title = Paragraph(Strong(cluster.severity), " ", Code(cluster.name), " ", *_row_title(view))
    day, reports = view.since(timedelta(hours=24)), count(view.tally.reports, "report")
    told = f" {day} in 24 h · {reports} ({view.tally.sources})"
    seen = Paragraph(sparkline(view.day), told, f" · {cluster.trend}" if cluster.trend else "")
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
