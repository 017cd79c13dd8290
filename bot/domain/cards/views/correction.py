"""Corrections as cards: what one would do, what it did, and the log of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Line,
    Paragraph,
    Said,
    Section,
    Strong,
)
from bot.domain.cards.views.cluster import count, item_link
from bot.domain.clusters.corrections import Logged, Proposal, StateChange, undone_by
from bot.domain.clusters.engine.operations import Operation
from bot.domain.models import Cluster, Item

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What a card may need to name: reports and clusters by number. ``readers`` are the card's."""

    items: Mapping[int, Item]
    clusters: Mapping[int, Cluster]
    readers: Audience
    regressed: Sequence[StateChange] = field(default=())


def preview_card(
    key: str, sentence: str, proposal: Proposal, seen: Seen, *, changed: bool = False
) -> Card:
    """What would happen, with the one choice that makes it so. ``changed``: it was confirmed, but
    no longer is what the person had seen."""
    operation = proposal.operation
    confirmed = f"{sentence} --confirm --preview={proposal.checksum}"
    warning = "Not done: the reports have changed since that preview. This is how it would be now."
    sections = (
        *((Section(Paragraph(Strong(warning))),) if changed else ()),
        *_moves(operation, seen),
        *_taken_back(proposal),
        *_regressions(seen.regressed),
        Section(Choices(Choice("Confirm", sentence=confirmed))),
    )
    return Card(
        key=key,
        audience=seen.readers,
        title=(*_title(operation, done=False), "?"),
        tone="pending",
        facts=tuple(_sizes(proposal)),
        sections=sections,
        footer=(
            "Nothing is closed, and undo takes it back exactly. Or say ",
            Code(f"/soulcaster {sentence} --confirm"),
        ),
    )


def done_card(key: str, logged: Logged, seen: Seen, *, contradictions: Sequence[Line] = ()) -> Card:
    """What was done, with its undo."""
    operation = logged.operation
    undo = Action("Undo", f"undo {operation.number}")
    warnings: tuple[Section, ...] = ()
    if contradictions:
        warnings = (Section(Bullets(*contradictions), title="Contradiction"),)
    return Card(
        key=key,
        audience=seen.readers,
        title=_title(operation, done=True),
        tone="succeeded",
        facts=(Fact("Operation", str(operation.number)), Fact("By", Code(operation.by))),
        sections=(*_moves(operation, seen), *_regressions(logged.states), *warnings),
        actions=(undo,) if operation.undoes is None else (),
        footer=("Nothing was closed.",),
    )


def history_card(
    name: str,
    log: Sequence[Logged],
    *,
    shown: Sequence[Logged],
    actions: tuple[Action, ...] = (),
    readers: Audience,
) -> Card:
    """Corrections, newest first; ``shown`` is one page of them, ``actions`` lead to the next."""
    undone = undone_by(log)
    lines: list[Line] = []
    for entry in shown:
        operation = entry.operation
        line: Line = (
            Strong(str(operation.number)),
            " ",
            *_title(operation, done=True),
            f" · {operation.at:%d %b %H:%M} UTC · ",
            Code(operation.by),
            " · ",
            Code(entry.said),
        )
        if operation.number in undone:
            line = (*line, f" · undone by {undone[operation.number]}")
        lines.append(line)
    nothing: tuple[Line, ...] = (("Nothing was corrected yet.",),)
    return Card(
        key=f"history:{name}" if name else "history",
        audience=readers,
        title=("Corrections", *((" of ", Code(name)) if name else ())),
        sections=(Section(Bullets(*lines or nothing)),),
        actions=actions,
        footer=("One of them is taken back with ", Code("/soulcaster undo NUMBER"), ".")
        if lines
        else (),
    )


def more(lines: Sequence[Line]) -> list[Line]:
    """The first of them, and how many more there are."""
    left = len(lines) - SHOWN
    return [*lines[:SHOWN], *([(f"and {left:,} more",)] if left > 0 else [])]


def cluster_name(number: int) -> Line:
    """``C-12``; ``a new problem`` for one that is still to be made."""
    return (Code(f"C-{number}"),) if number > 0 else ("a new problem",)


def _title(operation: Operation, *, done: bool) -> Line:
    if operation.undoes is not None:
        return (f"Operation {operation.undoes} is undone",)
    if not operation.items:
        links = operation.must_added or operation.cannot_added
        a, b = min(links, default=(0, 0))
        if len(links) > 1:
            named = sorted({item for link in links for item in link})
            return ("No two of ", Code(" ".join(f"I-{n}" for n in named)), " are the same problem")
        verdict = "are the same problem" if operation.must_added else "are not the same problem"
        return (Code(f"I-{a}"), " and ", Code(f"I-{b}"), f" {verdict}")
    if operation.verb == "recluster":
        return (f"Clustered everything again: {count(len(operation.items), 'report')} moved",)
    origins = sorted({c.before for c in operation.items if c.before is not None})
    targets = sorted({c.after for c in operation.items if c.after is not None}, key=abs)
    if operation.verb == "merge":
        verb = "Merged " if done else "Merge "
        return (verb, *_listed(origins), " into ", *cluster_name(targets[0]))
    many = count(len(operation.items), "report")
    verb = f"Split {many} off"
    if operation.verb == "move":
        verb = f"{'Moved' if done else 'Move'} {many}"
    if targets[0] < 0:
        into: Line = ("a new problem" if len(targets) == 1 else f"{len(targets)} new problems",)
    else:
        into = _listed(targets)
    return (f"{verb} from ", *_listed(origins), " into ", *into)


def _listed(clusters: Sequence[int]) -> Line:
    return (Code(", ".join(f"C-{c}" for c in clusters)),)


def _moves(operation: Operation, seen: Seen) -> tuple[Section, ...]:
    """Who goes where, one list a way."""
    ways: dict[tuple[int, int], list[int]] = {}
    for change in operation.items:
        ways.setdefault((change.before or 0, change.after or 0), []).append(change.number)
    sections = []
    ordered = sorted(ways.items(), key=lambda way: (way[0][0], way[1]))
    for (before, after), numbers in ordered[:SHOWN]:
        shown = [seen.items[n] for n in numbers if n in seen.items]
        lines: list[Line] = [
            item_link(i, hidden=not may_read(seen.readers, i.audience)) for i in shown
        ]
        heading: Line = (
            Strong(count(len(numbers), "report")),
            " from ",
            *titled(before, seen),
            " to ",
            *titled(after, seen),
        )
        sections.append(Section(Paragraph(*heading), Bullets(*more(lines))))
    if len(ordered) > SHOWN:
        sections.append(Section(Paragraph(f"and {len(ordered) - SHOWN:,} more ways")))
    return tuple(sections)


def titled(cluster: int, seen: Seen) -> Line:
    """A cluster by its name, with its title where they may read it."""
    record = seen.clusters.get(cluster)
    if record is None or not record.title or not may_read(seen.readers, record.audience):
        return cluster_name(cluster)  # a title may be the words of a private report
    return (*cluster_name(cluster), " ", Said(record.title[:80]))


def _sizes(proposal: Proposal) -> list[Fact]:
    """How many reports each cluster has now and would have."""
    gains: Counter[int] = Counter()
    for change in proposal.operation.items:
        gains[change.before or 0] -= 1
        gains[change.after or 0] += 1
    facts = []
    for cluster in sorted(gains, key=lambda c: (c < 0, abs(c)))[:SHOWN]:
        now = len(proposal.members.get(cluster, ()))
        label = f"C-{cluster}" if cluster > 0 else "New problem"
        then = f"{now} → {now + gains[cluster]}" if cluster > 0 else str(gains[cluster])
        facts.append(Fact(label, f"{then} {'report' if then == '1' else 'reports'}"))
    return facts


def _taken_back(proposal: Proposal) -> tuple[Section, ...]:
    """Earlier corrections that this one contradicts."""
    lines: list[Line] = [
        (Code(f"I-{a}"), " and ", Code(f"I-{b}"), " were said ", "" if same else "not ",
         "to be the same")
        for (a, b), same in proposal.taken_back
    ]  # fmt: skip
    title = "This takes back what people said"
    return (Section(Bullets(*more(lines)), title=title),) if lines else ()


def _regressions(states: Sequence[StateChange]) -> tuple[Section, ...]:
    lines: list[Line] = [
        (
            Code(f"C-{state.cluster}"),
            f" {state.before.value} → {state.after.value}",
            ": it was resolved and is reported again" if state.after.value == "regressed" else "",
        )
        for state in states
    ]
    return (Section(Bullets(*lines), title="State"),) if lines else ()
