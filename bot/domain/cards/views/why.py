"""Why a report is where it is: both sides quoted, scores in words, corrections obeyed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Said, Section, Strong, coded
from bot.domain.cards.views.cluster import count, item_link
from bot.domain.clusters.corrections import Logged
from bot.domain.clusters.engine.reasons import Phrase, Reasons
from bot.domain.clusters.evidence import Because, Near
from bot.domain.clusters.judgement import Judged, Judgement, Verdict, by_model
from bot.domain.clusters.tally import spelled
from bot.domain.models import Item

# What speaks against it, by the feature that does.
_AGAINST = {
    **dict.fromkeys(("meaning", "centred"), "the two texts mean different things"),
    "component": "another component",
    "series": "titles that differ in their numbers only",
    "other stack": "two stacks without a common frame",
    "platforms": "another platform or browser",
    "one source": "one source says them both",
    "learnt": "what people here called not the same",
    **dict.fromkeys(("hours", "days"), "the time between them"),
    "crowd": "many other reports are as alike",
}
_CHANCES = (
    (0.9, "almost certainly the same"),
    (0.7, "very likely the same"),
    (0.4, "likely the same"),
    (0.1, "possibly the same"),
    (0.0, "hardly the same"),
)
_VERDICTS: dict[Verdict, str] = {
    "same": "it is the same problem",
    "different": "it is another problem",
    "unsure": "it cannot tell",
}
LISTED = 0.045  # what reads as 4 in 100 is no candidate


@dataclass(frozen=True, slots=True)
class Compared:
    """A report that another was compared with; ``judgement`` is what the language model said,
    ``stops`` whether both stacks end in the same function, ``shared`` a word or two of both."""

    near: Near
    item: Item
    reasons: Reasons
    judgement: Judgement | None = None
    stops: bool = False
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that decided about one report. ``apart`` and ``together`` are what people said of it.
    ``judged`` is what came of asking the language model."""

    item: Item
    because: Because
    joined: Compared | None = None
    others: Sequence[Compared] = ()
    rejected: Compared | None = None
    judged: Judged | None = None
    corrections: Sequence[Logged] = ()
    together: Sequence[int] = ()
    apart: Sequence[int] = ()
    contradictions: Sequence[tuple[int, ...]] = ()


def why_card(
    name: str, explained: Sequence[Explanation], *, readers: Audience, more: int = 0
) -> Card:
    """``why C-12`` or ``why I-345``; ``more`` reports of it are not shown."""
    return Card(
        key=f"why:{name}",
        audience=readers,
        title=("Why ", Code(name), " is what it is"),
        sections=tuple(why_section(each, readers=readers) for each in explained),
        footer=coded(f"{count(more, 'more report')} not shown: `/soulcaster why I-1`" * (more > 0)),
    )


def why_section(told: Explanation, *, readers: Audience) -> Section:
    """One report's reasons."""
    lines: list[Line] = []
    if told.joined is not None:
        where = _shown(told.joined.item, readers)
        lines.append((Strong("Joined"), " because of ", *where, ": ", chance(told.joined.near)))
        lines += reason_lines(told.joined, hidden=is_hidden(told.item, told.joined.item, readers))
    elif told.because.action == "suggest":
        text = ": likely the same as another, but not sure enough to join unasked."
        lines.append((Strong("Opened a problem of its own"), text))
    elif told.because.action == "join":
        lines.append((Strong("Joined"), " a report that is not there any more."))
    else:
        lines.append((Strong("Opened a problem of its own"), ": no other report was alike enough."))
    for other in filter(is_candidate, told.others):
        line: Line = ("Compared with ", *_placed(other, readers), ": ", chance(other.near))
        if other.judgement is not None:
            hidden = is_hidden(told.item, other.item, readers)
            line = (*line, ". ", *judged_line(other.judgement, hidden=hidden))
        lines.append(line)
    if told.rejected is not None and is_candidate(told.rejected):
        near = told.rejected
        moved = near.item.cluster == told.item.cluster
        title = Strong(f"Nearest other problem{' at first' if moved else ''}")
        lines.append((title, ": ", *_placed(near, readers), ": ", chance(near.near)))
        hidden = is_hidden(told.item, near.item, readers)
        lines += reason_lines(near, hidden=hidden)
        if near.judgement is not None:
            lines.append(judged_line(near.judgement, hidden=hidden))
    if told.item.recovered_at:
        since = (
            f" since {told.item.recovered_at:%d %b %H:%M} UTC, says {spelled(told.item.source)}."
        )
        lines.append((Strong("Recovered"), since))
    lines += _unjudged(told, readers)
    lines += _corrections(told)
    return Section(Paragraph(*_shown(told.item, readers)), Bullets(*lines))


def is_candidate(compared: Compared) -> bool:
    """Whether it is worth a line: it is likely enough, or the language model has spoken."""
    near = compared.near
    return near.score >= LISTED or near.repeat or compared.judgement is not None


def chance(near: Near) -> str:
    """``very likely the same (81%)``; a repeat is no matter of chance."""
    if near.repeat:
        return "the same text or stack, apart from numbers, ids and paths"
    words = next(words for least, words in _CHANCES if near.score >= least)
    return f"{words} ({min(near.score, 0.99):.0%})"


def reason_lines(compared: Compared, *, hidden: bool = False) -> list[Line]:
    """What both say, quoted from both sides; nothing of a private report where it is hidden."""
    lines: list[Line] = []
    if not hidden:
        first, *rest = both_line(compared)
        lines.append((str(first).capitalize(), *rest, "."))
    if ("learnt", True) in ((name, part > 0) for name, part in compared.near.parts):
        lines.append(("What speaks for it: what people here called the same.",))
    if said := compared.near.taught:
        told = Code(_names(said))
        lines.append(("Their titles differ as those of ", told, ", which people told apart."))
    elif compared.near.opposed:
        lines.append(("Their titles tell two things apart, so it is left to you.",))
    against = (_AGAINST[name] for name, part in compared.near.parts if part < 0 if name in _AGAINST)
    if (con := list(dict.fromkeys(against))) and not compared.near.repeat:
        lines.append((f"What speaks against it: {', '.join(con)}.",))
    return lines


def both_line(compared: Compared) -> Line:
    """``both stop in `page_count`, both report “404”``."""
    found, parts = compared.reasons, list[Line]()
    if calls := [name.rpartition(":")[2] or name for name in found.frames]:
        where, shown = ("stop in", calls[-1:]) if compared.stops else ("run through", calls)
        parts.append((f"both {where} ", Code(" → ".join(shown))))
    told = " ".join(f"{e.ours}\n{e.theirs}" for e in found.errors).casefold()
    said = [phrase for phrase in found.phrases if phrase.ours.casefold() not in told]
    if compared.shared and not any(" " in phrase.ours for phrase in said):
        said = [Phrase(compared.shared, compared.shared)]
    for verb, phrases in (("report", found.errors), ("say", said)):
        if quoted := [part for phrase in phrases for part in (", ", *_both(phrase))]:
            parts.append((f"both {verb} ", *quoted[1:]))
    joined = tuple(part for line in parts for part in (", ", *line))
    return joined[1:] or ("much the same in other words",)


def judged_line(said: Judgement, *, hidden: bool) -> Line:
    """``The language model says it is the same problem: “...” and “...”``; hidden: no quotes."""
    verdict = _VERDICTS[said.verdict]
    line: Line = ("The language model says ", Strong(verdict))
    if said.ours and not hidden:
        line = (*line, ": “", Said(said.ours), "” and “", Said(said.theirs), "”")
    return line


def _unjudged(told: Explanation, readers: Audience) -> list[Line]:
    """Why the language model has not said anything, where it was to."""
    if told.judged is None or not told.judged.problem:
        return []
    # What the vendor said may be of the operator's account, which is nobody else's business.
    why = "" if not may_read(readers, Audience.TEAM) else f": {told.judged.problem.rstrip('.')}"
    again = " It will be asked again." if told.judged.again else ""
    return [(Strong("Not judged by the language model"), f"{why}.{again}")]


def _both(phrase: Phrase) -> Line:
    ours, theirs = sorted((phrase.ours.strip(" .,;:"), phrase.theirs.strip(" .,;:")), key=len)
    if theirs.casefold().removesuffix("s") == ours.casefold().removesuffix("s"):
        return ("“", Said(ours), "”")
    return ("“", Said(ours), "” and “", Said(theirs), "”")


def _corrections(told: Explanation) -> list[Line]:
    lines: list[Line] = [
        (Strong("A correction decided"), f": {words}.") for words in told.because.obeyed
    ]
    lines += [
        (
            Strong("Joined" if by_model(entry.operation.by) else "Corrected"),
            " by ",
            Code(entry.operation.by),
            f" on {entry.operation.at:%d %b %H:%M} UTC: ",
            Code(entry.said),
            f" (operation {entry.operation.number})",
        )
        for entry in told.corrections
    ]
    if told.together:
        lines.append((Strong("Stays with"), " ", Code(_names(told.together)), ": people said so."))
    if told.apart:
        lines.append(
            (Strong("Kept apart from"), " ", Code(_names(told.apart)), ": people said so.")
        )
    for path in told.contradictions:
        lines.append(
            (
                Strong("Contradiction"),
                ": ",
                *contradiction_line(path),
                ". ",
                Code(f"/soulcaster not-dup I-{path[0]} I-{path[1]}"),
                " or another pair of them settles it.",
            )
        )
    return lines


def contradiction_line(path: Sequence[int]) -> Line:
    """Reports that are said to be both: ``path`` is the way by which they are the same."""
    return (
        Code(f"I-{path[0]}"),
        " and ",
        Code(f"I-{path[-1]}"),
        " are said not to be the same, yet ",
        Code(" = ".join(f"I-{n}" for n in path)),
        " was said, too",
    )


def _names(numbers: Sequence[int]) -> str:
    names = " ".join(f"I-{n}" for n in sorted(numbers)[:12])
    return names + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")


def is_hidden(item: Item, other: Item, readers: Audience) -> bool:
    """Whether what two reports have in common is not for these readers."""
    return not (may_read(readers, item.audience) and may_read(readers, other.audience))


def _shown(item: Item, readers: Audience) -> Line:
    return item_link(item, hidden=not may_read(readers, item.audience))


def _placed(compared: Compared, readers: Audience) -> Line:
    cluster = compared.item.cluster
    where: Line = (Code(f"C-{cluster}"), ", its report ") if cluster else ()
    return (*where, *_shown(compared.item, readers))
