"""A problem in the project's channel: one card, edited in place, its history in its thread."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Line,
    Link,
    Paragraph,
    Section,
    Strong,
    coded,
    note,
)
from bot.domain.cards.story import Event
from bot.domain.cards.views.cluster import ClusterView, cluster_actions, cluster_card, count
from bot.domain.fixes.run import FixRun

# Of others the kind itself.
_SAID = {
    "rise": "Got worse", "spike": "More than usual", "regressed": "Seen again",
    "asked": "Fix asked for", "proved": "Fix proved", "held": "No pull request",
    "opened": "Pull request opened",
}  # fmt: skip
_HELD = 10


def key_of(number: int) -> str:
    """The key of the card of a cluster, wherever it is said."""
    return f"problem:C-{number}"


def said(event: Event, *, pull_url: str = "") -> Line:
    """``Pull request opened: #45``; ``Severity by @ana: S3 → S1``."""
    # What somebody says is worse did not get so by them.
    kind = "severity" if event.kind == "rise" and event.by else event.kind
    words = _SAID.get(kind, kind.capitalize()) + (f" by {event.by}" if event.by else "")
    if event.kind == "opened" and pull_url:
        return (f"{words}: ", Link(event.what, pull_url))
    if event.kind == "new":
        return (f"{words}, {event.severity}",)
    return (f"{words}: {event.what}" if event.what else words,)


def event_card(event: Event, *, readers: Audience, pull_url: str = "") -> Card:
    """One line of the history, in the card's thread."""
    at = f"{event.at:%d %b %H:%M} UTC · "
    line = said(event, pull_url=pull_url)
    return note(f"event:C-{event.cluster}:{event.n}", at, *line, audience=readers)


def problem_card(view: ClusterView, run: FixRun | None, last: Event | None) -> Card:
    """What it is, how bad, how often, how it stands, and what can be done; ``last`` is what
    happened to it last."""
    cluster = view.cluster
    whole = cluster_card(view, run=run)
    left_out = ("Trend", "Recovered")
    facts = (fact for fact in whole.facts if fact.label not in left_out)
    pull = run.pull_url if run else ""
    newest: Line = (f"{last.at:%d %b %H:%M} UTC: ", *said(last, pull_url=pull)) if last else ()
    return Card(
        key=key_of(cluster.number),
        audience=view.readers,
        title=(Strong(cluster.severity), " ", *view.title),
        facts=tuple(facts),
        sections=tuple(part for part in whole.sections if part.title == "Summary"),
        actions=(*cluster_actions(view), Action("Status", f"status {cluster.name}")),
        more=whole.more,
        footer=newest + ((" ",) if newest and whole.footer else ()) + whole.footer,
    )


def tracked_card(view: ClusterView, run: FixRun | None, last: Event | None) -> Card:
    """The same in its tracking issue, with its reports."""
    view = replace(view, tracked="")
    sections = cluster_card(view).sections
    return problem_card(view, run, last).model_copy(update={"sections": sections})


def joined_card(number: int, into: str, *, readers: Audience) -> Card:
    """In the stead of the card of a cluster that was merged into another."""
    line = Code(f"C-{number}"), " is part of ", Code(into), " now."
    actions = (Action(f"Status of {into}", f"status {into}"),)
    return note(key_of(number), *line, audience=readers, actions=actions)


def later_card(
    key: str, why: str, told: Sequence[tuple[ClusterView, Event | None]], *, readers: Audience
) -> Card:
    """What was not said while ``why``: posts were paused, or it was quiet; one card for all."""
    sections = [
        Section(
            Paragraph(Strong(view.cluster.severity), " ", *view.title),
            Paragraph(
                *(said(last) if last else ()),
                f" · {count(view.since(timedelta(hours=24)), 'occurrence')} in 24 h · "
                f"{count(view.tally.reports, 'report')}",
            ),
            Choices(
                Choice("Status", sentence=f"status {view.cluster.name}"),
                Choice(step.label, sentence=step.sentence),
            ),
        )
        for view, last, step in ((view, last, view.first_step) for view, last in told[:_HELD])
    ]
    many = count(len(told), "problem")
    if rest := len(told) - len(sections):
        left = f"{count(rest, 'more problem')}: "
        sections.append(Section(Paragraph(left, Code("/soulcaster clusters"))))
    title = (f"{many} while {why}",)
    return Card(
        key=key, audience=readers, title=title, sections=tuple(sections),
        actions=(Action("All problems", "clusters"),),
    )  # fmt: skip


def notify_card(
    channel: Line,
    rule: str,
    week: Sequence[tuple[Event, ClusterView]],
    *,
    changed: bool,
    readers: Audience,
) -> Card:
    """What a channel hears of at once, and what that would have been in the last seven days."""
    if rule == "off":
        title: Line = (*channel, " hears of nothing at once")
    else:
        title = (*channel, " hears at once of ", Code(rule))
    lines: list[Line] = [
        (f"{e.at:%a %d %b %H:%M} UTC · ", Strong(e.severity), " ", *view.title, " · ", *said(e))
        for e, view in reversed(week)
    ]
    problems = len({event.cluster for event, _ in week})
    would = "would have been" if changed else "was"
    summary = (
        f"In the last 7 days that {would} {count(problems, 'card')} for "
        f"{count(len(week), 'event')}."
        if week
        else "In the last 7 days nothing happened that it would have posted."
    )
    blocks = (Paragraph(summary), *((Bullets(*lines[:_HELD]),) if lines else ()))
    if rule == "off":
        blocks = (Paragraph("Digests still come, and cards that were posted are kept up to date."),)
    rest = len(lines) - _HELD
    if rest > 0 and rule != "off":
        blocks = (*blocks, Paragraph(f"and {count(rest, 'more event')}."))
    return Card(
        key="notify",
        audience=readers,
        title=title,
        tone="succeeded" if changed else "info",
        sections=(Section(*blocks),),
        footer=coded(
            "A rule is made of severity, source, label, team, owner, state and event: "
            "`/soulcaster notify severity>=S2`. Off: `/soulcaster notify off`"
        ),
    )
