"""The triage digest: what is new, what grows, what was fixed, in one card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

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
    Preformatted,
    Said,
    Section,
    Strong,
    Table,
    coded,
)
from bot.domain.cards.sparkline import chart, sparkline
from bot.domain.cards.story import Event, Kind
from bot.domain.cards.views.cluster import ClusterView, count, run_line, watch_line
from bot.domain.cards.views.question import Question, question_section
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Project

ROWS, FIXED, BESIDE, HOURS = 12, 4, 3, 3
# Of a trend; so many have different numbers in any month.
DAYS = 14
# How long nothing is heard of what is called stale.
STALE = timedelta(days=14)
_NEWS: Mapping[str, tuple[Kind, ...]] = {
    "new": ("new",),
    "escalating": ("rise", "spike"),
    "regressed": ("regressed",),
    "fixed and verified": ("resolved",),
}
_PLACES: Mapping[ClusterState, str] = {
    ClusterState.NEW: "New",
    ClusterState.TRIAGED: "Waiting for you",
    ClusterState.REGRESSED: "Regressed",
    ClusterState.PR_OPENED: "Waiting for you",
    ClusterState.FIXING: "Running",
    ClusterState.WATCHING: "Watching",
    ClusterState.SNOOZED: "On hold",
    ClusterState.IGNORED: "On hold",
}
_RUNNING = (ClusterState.FIXING, ClusterState.WATCHING)
_HEADER = ("Severity", "Problem", "Seen in 24 h", "Reports", "State")
_ORDER = ("New", "Escalating", "Regressed", "Waiting for you", "Running", "Watching", "On hold")


@dataclass(frozen=True, slots=True)
class Board:
    """A project at a glance: the worst open problems, those resolved last, and counts of all. What
    may be one is one of ``worst``, ``asked`` about under its number. ``days`` are the occurrences
    of the last days, today's last. ``beside`` are more of each state than the worst, ``stale``
    those that were not seen for long, ``news`` what happened after ``since``, ``only`` the rule
    that chose the rows, ``sources`` how many reports each sent."""

    worst: Sequence[ClusterView]
    fixed: Sequence[ClusterView]
    open: int
    new: int
    reports: int
    day: Sequence[int]
    asked: Mapping[int, Question] = field(default_factory=dict)
    beside: Sequence[ClusterView] = ()
    stale: Sequence[ClusterView] = ()
    news: Sequence[Event] = ()
    since: datetime | None = None
    only: str = ""
    sources: str = ""
    days: Mapping[date, int] = field(default_factory=dict)

    @property
    def trends(self) -> bool:
        """Whether there is a trend: something was seen on several days."""
        return sum(map(bool, self.days.values())) > 1

    @property
    def still(self) -> bool:
        """Whether nothing happened since, nor was anything seen."""
        return not (self.news or sum(self.day))


def digest_card(
    project: Project, board: Board, runs: Mapping[int, FixRun], *, compact: bool
) -> Card:
    """The digest. ``compact`` is for a channel: fewer rows, buttons; otherwise checkboxes. ``runs``
    are the newest run of each cluster that has one, by cluster number."""
    shown = board.worst[: 6 if compact else ROWS]
    asked = [board.asked[v.cluster.number] for v in shown if v.cluster.number in board.asked]
    sections = _in_channel(board, shown, runs) if compact else _on_github(board, shown, runs)
    hidden = board.open - len(shown) - sum(len(each.views) - 1 for each in asked)
    if not compact:
        hidden -= sum(view.cluster.state.is_open for view in board.beside)
    if hidden > 0 and not board.only:
        more = f"{count(hidden, 'more problem')}: "
        sections.append(Section(Paragraph(more, Code("/soulcaster clusters"))))
    if board.stale:
        names = (name for v in board.stale for name in (" ", Code(v.cluster.name)))
        line: Line = (f"Not seen for {STALE.days} days:", *names)
        sections.append(Section(Paragraph(*line)))
    if board.fixed:
        lines = tuple(v.title for v in board.fixed)
        title = "Fixed" if compact else "Resolved"
        sections.append(Section(Bullets(*lines), title=title, collapsed=True))
    if board.trends and not compact:
        sections.append(_trend(board))
    if board.sources and not compact:
        sections.append(Section(Paragraph(board.sources), title="Sources"))
    if not board.open:
        sections.append(Section(Paragraph("Nothing is open.")))
    chosen: Line = ("Only ", Code(board.only), ". ") if board.only else ()
    return Card(
        key="digest",
        audience=combined(
            project.github_readers,
            *(view.readers for view in (*board.worst, *board.fixed, *board.beside, *board.stale)),
        ),
        title=("Triage digest for ", Code(project.full_name)),
        tone="info",
        facts=(
            Fact(
                "Open problems",
                f"{board.open}, {board.new} of them new, from {count(board.reports, 'report')}",
            ),
            Fact("Last 24 h", sparkline(board.day), f" {count(sum(board.day), 'occurrence')}"),
            *((Fact(f"Last {DAYS} days", _days(board)),) if board.trends and compact else ()),
            *((Fact(f"Since {_at(board.since)}", _news(board)),) if board.since else ()),
        ),
        sections=tuple(sections),
        actions=(Action("All problems", "clusters"),) if compact else (),
        more=(Action("When it comes …", "digest schedule"),) if compact else (),
        footer=(*chosen, "All commands: ", Code("/soulcaster help")),
    )


def _trend(board: Board) -> Section:
    """Occurrences day by day, each under its day, with the month where one begins."""
    first = min(board.days)
    names = [f"{d.day} {d:%b}" if d.day == 1 or d == first else f"{d.day}" for d in board.days]
    text = chart(names, [*board.days.values()], "occurrences a day")
    picture = Preformatted(text=text, language="mermaid", spoken=(_days(board),))
    return Section(picture, title=f"Last {DAYS} days")


def _days(board: Board) -> str:
    """``▅▃▁█ 64 occurrences, at most 10 a day``."""
    days = [*board.days.values()]
    return f"{sparkline(days)} {count(sum(days), 'occurrence')}, at most {max(days)} a day"


def _at(moment: datetime) -> str:
    return f"{moment:%a %d %b %H:%M} UTC"


def _news(board: Board) -> str:
    """``3 new · 1 regressed``: how many problems, each once."""
    told = [e for e in board.news if e.kind != "resolved" or e.what.startswith("gone ")]
    found = []
    for name, kinds in _NEWS.items():
        if seen := {event.cluster for event in told if event.kind in kinds}:
            found.append(f"{len(seen)} {name}")
    return " · ".join(found) or "no problem came up, got worse or was fixed"


def _in_channel(
    board: Board, shown: Sequence[ClusterView], runs: Mapping[int, FixRun]
) -> list[Section]:
    """Those that deserve a person's hour with their buttons, and the next ones by name."""
    sections: list[Section] = []
    further: list[ClusterView] = []
    # What is being fixed, or watched, wants nobody's hour.
    for view in sorted(shown, key=lambda one: one.cluster.state in _RUNNING):
        number = view.cluster.number
        if number in board.asked or len(sections) < HOURS:
            each = _compact(view, runs.get(number), board.asked.get(number))
            title = "" if sections else "Look at these first"
            sections.append(each.model_copy(update={"title": title}))
        else:
            further.append(view)
    if further:
        lines: list[Line] = [(Strong(v.cluster.severity), " ", *v.title) for v in further]
        sections.append(Section(Bullets(*lines), title="Next"))
    return sections


def _on_github(
    board: Board, shown: Sequence[ClusterView], runs: Mapping[int, FixRun]
) -> list[Section]:
    """A table for each thing that can be the matter with a problem; the questions stand above them
    where nothing else is worse."""
    rest = [view for view in shown if view.cluster.number not in board.asked]
    worst = min((view.cluster.severity for view in rest), default="S4")
    asked = [view.cluster for view in shown if view.cluster.number in board.asked]
    sections = [question_section(board.asked[c.number]) for c in asked if c.severity <= worst]
    for name in _ORDER:
        if views := [view for view in (*rest, *board.beside) if _place(view) == name]:
            sections.append(Section(_table(views, runs), title=name))
    sections += [question_section(board.asked[c.number]) for c in asked if c.severity > worst]
    return [*sections, _boxes(rest, runs)] if rest else sections


def _place(view: ClusterView) -> str:
    escalates = view.cluster.trend and view.cluster.state in (
        ClusterState.NEW,
        ClusterState.TRIAGED,
    )
    return "Escalating" if escalates else _PLACES.get(view.cluster.state, "")


def still_card(project: Project, board: Board) -> Card:
    """The digest of a day on which nothing happened: one line."""
    since = f" since {_at(board.since)}" if board.since else ""
    said = f": nothing happened{since}, {count(board.open, 'problem')} open."
    title: Line = ("Triage digest for ", Code(project.full_name), said)
    return Card(key="digest", audience=project.github_readers, title=title)


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
        state: Line = run_line(run) if run else (cluster.state.words,)
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
    return Table(header=_HEADER, rows=tuple(rows))


def _thirds(day: list[int]) -> list[int]:
    """Three hours a bar, so that a row of a table stays one line."""
    return [sum(day[hour : hour + 3]) for hour in range(0, len(day), 3)]


def _boxes(views: Sequence[ClusterView], runs: Mapping[int, FixRun]) -> Section:
    choices = tuple(
        Choice(
            step.label + (" of " if step.sentence.startswith("example") else " "),
            Code(v.cluster.name),
            *((" ", Said(v.cluster.title[:80])) if v.shown else ()),
            sentence=step.sentence,
            done=v.cluster.number in runs and not runs[v.cluster.number].ended,
        )
        for v, step in ((v, v.first_step) for v in views)
        if v.cluster.state is not ClusterState.PR_OPENED
    )
    return Section(Choices(*choices), title="Do it with one click")


def _compact(view: ClusterView, run: FixRun | None, asked: Question | None) -> Section:
    if asked is not None:
        return question_section(asked)
    cluster = view.cluster
    title = Paragraph(Strong(cluster.severity), " ", Code(cluster.name), " ", *_row_title(view))
    day = count(view.since(timedelta(hours=24)), "occurrence")
    reports = count(view.tally.reports, "report")
    told = f" {day} in 24 h · {reports} ({view.tally.sources})"
    seen = Paragraph(sparkline(view.day), told, f" · {cluster.trend}" if cluster.trend else "")
    if run is not None and (run.pull_url or not run.ended):
        return Section(title, seen, Paragraph(*run_line(run)))
    first, name = view.first_step, cluster.name
    choices = (
        Choice(first.label, sentence=first.sentence),
        Choice("Status", sentence=f"status {name}"),
        Choice("Why", sentence=f"why {name}"),
    )
    return Section(title, seen, Choices(*choices))


def stopped_card(slot: str, by: str, role: str, *, readers: Audience) -> Card:
    """Said once, at the first time of the schedule that did not come."""
    return Card(
        key=f"schedule-stopped:{slot}",
        audience=readers,
        title=("The digest is no longer posted",),
        tone="failed",
        sections=(
            Section(
                Paragraph(
                    *coded(
                        f"`{by}` set its schedule and may no longer do so (role now: {role}). "
                        "Somebody with maintain can set it again: `/soulcaster digest schedule`"
                    )
                )
            ),
        ),
    )
