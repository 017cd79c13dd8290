"""A cluster as a card: what it is, how often, since when, and what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Line, Link, Said, Section, Tone
from bot.domain.cards.sparkline import sparkline
from bot.domain.clusters.labels import Likely
from bot.domain.clusters.tally import Tally, spelled
from bot.domain.clusters.titles import plain
from bot.domain.fixes.plan import shows_example
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, ClusterState, Ending, Item, Watch

# How a fix that was merged has turned out.
_TONES: Mapping[ClusterState, Tone] = {
    ClusterState.WATCHING: "running",
    ClusterState.RESOLVED: "succeeded",
    ClusterState.REGRESSED: "failed",
}
_MENU = ("fix", "merge", "split", "snooze", "ignore")
_ENDINGS: Mapping[Ending, str] = {
    "completed": "closed as completed",
    "not planned": "closed as not planned",
    "duplicate": "closed as duplicates",
    "gone": "deleted",
    "moved": "moved to another repository",
}


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster with a sample of its items, oldest first, and the tally of all of them. ``readers``
    are those of the card: items that they may not read are only counted, and the cluster says
    nothing that they may not read, however it was handed in. ``unlike`` tells it from another
    beside it that is called the same. ``writes_tests``: the agent that repairs needs no example
    that can be run. ``tracked`` is the address of its tracking issue, "" for none. ``likely`` are
    labels that people would give its newest issue that lacks them."""

    cluster: Cluster
    items: Sequence[Item]
    tally: Tally
    now: datetime
    readers: Audience
    unlike: Line = ()
    writes_tests: bool = False
    tracked: str = ""
    likely: Sequence[Likely] = ()

    def __post_init__(self) -> None:
        read = self.cluster.as_read_by(self.readers, self.shown)
        # That of a single report, or one that is stored as it was, may hold a mention.
        title = {"title": plain(read.title) or "untitled"}
        object.__setattr__(self, "cluster", read.model_copy(update=title))

    @property
    def shown(self) -> list[Item]:
        """Those of the sample that may be quoted, the newest last."""
        return [i for i in self.items if not i.gone and may_read(self.readers, i.audience)]

    @property
    def hidden(self) -> int:
        """How many private reports are not shown."""
        return self.tally.hidden(self.readers)

    def since(self, age: timedelta) -> int:
        """Occurrences in the last ``age``."""
        return self.tally.since(age, self.now)

    @property
    def day(self) -> list[int]:
        """Occurrences in each of the last 24 hours."""
        return self.tally.day(self.now)

    @property
    def people(self) -> int:
        """People known to be affected: those a source counted, and those who wrote the sample."""
        authors = {(i.source, i.author) for i in self.items if i.author}
        return max([len(authors), *(item.people for item in self.items)], default=0)

    @property
    def first_step(self) -> Action:
        """A fix where it can work; else what it lacks, where somebody can be asked, or a plan."""
        name = self.cluster.name
        if self.writes_tests or any(map(shows_example, self.shown)):
            return Action("Fix", f"fix {name}", style="primary")
        if any(item.source == "github" and item.key.startswith("issue:") for item in self.shown):
            return Action("Comment on the issue to ask for an example", f"example {name}")
        return Action("Plan", f"plan {name}")

    @property
    def title(self) -> Line:
        """``C-12 Checkout fails`` (an item's words, so untrusted)."""
        return (Code(self.cluster.name), " ", Said(self.cluster.title), *self.unlike)


def told_apart(views: Sequence[ClusterView]) -> list[ClusterView]:
    """Those that are called the same with what tells them apart: where they are from, a file they
    stop in, another report's title, else since when they are known."""
    tells, found = list[list[str]](), []
    for view in views:
        files = (item.frames[-1].path for item in view.shown if item.frames)
        titles = (title for i in view.shown if (title := plain(i.title)) != view.cluster.title)
        sources = ", ".join(sorted({spelled(item.source) for item in view.shown}))
        tells.append([*filter(None, (sources, *files, *titles))])
    called = [view.cluster.title.casefold() for view in views]
    for view, mine, title in zip(views, tells, called, strict=True):
        same = [other for other, its in zip(tells, called, strict=True) if its == title]
        words = next((w for w in mine if sum(w in other for other in same) == 1), "")
        unlike = f" ({words[:60] or format(view.cluster.created_at, 'since %d %b')})"
        found.append(replace(view, unlike=(Said(unlike),) if len(same) > 1 else ()))
    return found


def count(number: int, thing: str) -> str:
    """``1 report``, ``2 reports``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def item_link(item: Item, *, hidden: bool = False) -> Line:
    """An item by its number and title, linked where it has an address; hidden without its title."""
    if hidden:
        return (Code(item.name), " (private)")
    if item.url.startswith(("https://", "http://")):
        return (Code(item.name), " ", Link(item.title[:120], item.url))
    return (Code(item.name), " ", Said(item.title[:120]))


def named(item: Item) -> Code | Link:
    """An item by its number, linked where it has an address."""
    linked = item.url.startswith(("https://", "http://"))
    return Link(item.name, item.url) if linked else Code(item.name)


def _part_of(item: Item) -> Line:
    """What it is part of, and how many open issues it waits for."""
    shown = (("parent", " · part of #"), ("blocked", " · blocked by "))
    found = ((words, item.tags.get(name, "")) for name, words in shown)
    return tuple(f"{words}{number}" for words, number in found if number.isdigit())


def counts_line(view: ClusterView) -> Line:
    """``▁▁▃█ 12 in 24 h · 40 in 7 d · 61 in all``."""
    day, week = view.since(timedelta(hours=24)), view.since(timedelta(days=7))
    return (sparkline(view.day), f" {day} in 24 h · {week} in 7 d · {view.tally.total} in all")


def cluster_card(view: ClusterView, *, run: FixRun | None = None) -> Card:
    """The card of ``status C-12``."""
    cluster = view.cluster
    facts = [
        Fact("State", *state_line(cluster)),
        Fact("Severity", *severity_line(cluster)),
        Fact("Seen", *counts_line(view)),
        Fact("Reports", f"{view.tally.reports} ({view.tally.sources})"),
    ]
    if cluster.trend:
        facts.append(Fact("Trend", cluster.trend))
    if over := [item.recovered_at for item in view.items if item.recovered_at]:
        last = f"{max(over):%d %b %H:%M} UTC"
        facts.append(Fact("Recovered", f"{len(over)} of {view.tally.reports}, the last on {last}"))
    if view.people:
        facts.append(Fact("People affected", str(view.people)))
    if cluster.standing != "open":
        facts.append(Fact("Its issues", _ENDINGS[cluster.standing]))
    if cluster.watch is not None:
        facts.append(Fact("Its fix", watch_line(cluster, cluster.watch)))
    if cluster.owner:
        facts.append(Fact("Owner", Code(cluster.owner)))
    on = ((one, f" (on {one.likes} of {one.of} similar issues)") for one in view.likely)
    each = ((" · ", Said(one.name), words) for one, words in on)
    if labels := [part for parts in each for part in parts][1:]:
        facts.append(Fact("Suggested labels", *labels))
    if run is not None:
        facts.append(Fact("Fix run", *run_line(run)))
    if view.tracked:
        facts.append(Fact("Tracked in", Link("#" + view.tracked.rpartition("/")[2], view.tracked)))
    sections = []
    if cluster.summary and view.shown:
        lines = tuple((Said(s.text), *_citations(s.items)) for s in cluster.summary)
        sections.append(Section(Bullets(*lines), title="Summary"))
    if view.shown:
        newest = list(reversed(view.shown))[:8]
        gone = sum(i.gone and may_read(view.readers, i.audience) for i in view.items)
        more = view.tally.reports - view.hidden - gone - len(newest)
        lines = tuple((*item_link(item), *_part_of(item)) for item in newest)
        if more > 0:
            lines += ((f"and {count(more, 'more report')}",),)
        sections.append(Section(Bullets(*lines), title="Reports", collapsed=len(lines) > 4))
    hidden = f"{count(view.hidden, 'private report')} {'is' if view.hidden == 1 else 'are'}"
    footer: Line = (f"{hidden} not shown here.",) if view.hidden else ()
    return Card(
        key=f"cluster:{cluster.name}",
        audience=view.readers,
        title=view.title,
        facts=tuple(facts),
        sections=tuple(sections),
        actions=cluster_actions(view),
        more=cluster_menu(cluster),
        footer=footer,
    )


def state_line(cluster: Cluster) -> Line:
    """``ignored (third-party) by ana on 12 Nov 10:03 UTC``."""
    state, snoozed = cluster.state.words, cluster.state is ClusterState.SNOOZED
    if cluster.state is ClusterState.IGNORED and cluster.ignored_reason:
        state += f" ({cluster.ignored_reason})"
    if snoozed and cluster.snoozed_until:
        state += f" until {cluster.snoozed_until:%d %b %H:%M} UTC"
    if snoozed and cluster.snoozed_events:
        state += f" until seen {cluster.snoozed_events:,} times"
    return (state, *_by(cluster.state_by, cluster.state_at))


def _by(name: str, at: datetime | None) -> Line:
    when = f" on {at:%d %b %H:%M} UTC" if at else ""
    return (" by ", Code(name), when) if name else ()


def severity_line(cluster: Cluster) -> Line:
    """``S2: 12 people, words "payment"``."""
    if cluster.severity_by:
        by = _by(cluster.severity_by, cluster.severity_at)
        return (f"{cluster.severity}, set", *by)
    reasons = "; ".join(cluster.severity_reasons[:3])
    return (f"{cluster.severity}: {reasons}" if reasons else cluster.severity,)


def watch_line(cluster: Cluster, watch: Watch) -> str:
    """``gone after #45 (Sentry 40 → 0)``; what came back later was ``seen again``."""
    back = cluster.state is ClusterState.REGRESSED and watch.verdict != "still there"
    after = f"#{watch.pull} in {watch.release[:60]}" if watch.release else f"#{watch.pull}"
    if watch.release == "" and not back:
        return f"watched from the first release with {after} on"
    if not (watch.verdict or back):
        return f"watched after {after} until {watch.until:%d %b %H:%M} UTC"
    counts = ", ".join(
        f"{spelled(name)} {before} → {after}" for name, before, after in watch.counts
    )
    seen = f" ({counts})" if counts else ""
    return f"{'seen again' if back else watch.verdict} after {after}{seen}"


def watch_card(view: ClusterView) -> Card:
    """What is said on the pull request that was meant to end the problem."""
    cluster = view.cluster
    watch = cluster.watch
    line = watch_line(cluster, watch) if watch else ""
    return Card(
        key=f"watch:{cluster.name}",
        audience=view.readers,
        title=(Code(cluster.name), f": {line}"),
        tone=_TONES.get(cluster.state, "info"),
        actions=cluster_actions(view),
    )


def example_card(cluster: Cluster, *, readers: Audience) -> Card:
    """What is asked of who reported it."""
    words = "Can you add a call with its values, what it gives, and what it should give?"
    such = Fact("Such as", Code("total([3, 4]) returns 6, expected 7"))
    return Card(key=f"example:{cluster.name}", audience=readers, title=(words,), facts=(such,))


def missing_card(item: Item, left: Sequence[str], *, readers: Audience) -> Card:
    """What is asked of who reported it, as the repository's own form calls it."""
    title = ("Can you add what the issue form asks for?",)
    shown = (Section(Bullets(*((Said(label),) for label in left))),)
    how = "Thanks! Add it to the issue or in a comment; this comment is deleted once all is there."
    key = f"missing:{item.name}"
    return Card(key=key, audience=readers, title=title, sections=shown, footer=(how,))


def cluster_actions(view: ClusterView) -> tuple[Action, ...]:
    """The buttons that make sense in this state."""
    cluster, name = view.cluster, view.cluster.name
    if not cluster.state.is_open:
        return (Action("Reopen", f"reopen {name}"),)
    if cluster.state is ClusterState.FIXING:
        return (Action("Stop", f"stop {name}", style="danger"),)
    actions = [
        view.first_step,
        Action("Why", f"why {name}"),
        Action("Snooze 3 d", f"snooze {name} 3d"),
        Action("Resolve", f"resolve {name}"),
    ]
    return tuple(actions[1:] if cluster.state is ClusterState.PR_OPENED else actions)


def cluster_menu(cluster: Cluster) -> tuple[Action, ...]:
    """What else can be done with an open problem; Slack asks for the rest in a form."""
    verbs = _MENU if cluster.state.is_open else ()
    return tuple(Action(f"{verb.capitalize()} …", f"{verb} {cluster.name}") for verb in verbs)


def run_line(run: FixRun) -> Line:
    """``F-7 running`` or ``F-7 proved, #45``; only its own card follows its steps."""
    how = run.verdict.value if run.verdict else run.state.value
    said = Code(run.name), " stopping" if run.stop_asked_by and not run.ended else f" {how}"
    pull = ", ", Link(f"pull request {run.pull_request}", run.pull_url)
    return (*said, *pull) if run.pull_url else said


def _citations(items: tuple[int, ...]) -> Line:
    return (" ", Code(" ".join(f"I-{n}" for n in items[:6]))) if items else ()
