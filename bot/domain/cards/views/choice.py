"""What each way of clustering would have done with a history: the card a project chooses by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Code,
    Fact,
    Line,
    Section,
    Strong,
    Table,
    note,
)
from bot.domain.cards.views.cluster import count
from bot.domain.models import Record

# In words, the three that a project may choose.
WAYS: Mapping[str, str] = {
    "ask": "join only repeats",
    "sure": "join what hardly anybody would take back",
    "eager": "join whatever is likely the same",
}
_HEADER = ("", "Joined at once", "Asked about", "Problems", "Known duplicates found")
_HOLDS = "What you choose holds for new reports and can be undone. To sort the old ones anew: "


@dataclass(frozen=True, slots=True)
class Way:
    """Counts of reports that one way would have ``joined`` and ``asked`` about, of ``clusters``,
    and of known duplicates: joined (``found``), or joined or asked about (``shown``)."""

    name: str
    joined: int
    asked: int
    clusters: int
    found: int
    shown: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A report, the earlier one that is most like it, and how likely (0 to 1) they are one."""

    report: Line
    like: Line
    chance: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a history of so many ``reports``, of which the project calls ``pairs``
    duplicates; ``examples`` of what ``sure`` would have done, the likeliest first, by what that
    is."""

    reports: int
    pairs: int
    ways: Sequence[Way]
    examples: Mapping[str, Sequence[Pair]]


def choice_card(
    outcome: Outcome,
    name: str,
    *,
    key: str,
    readers: Audience,
    way: str = "",
    because: str = "",
    free: bool = False,
) -> Card:
    """The ways beside each other, for a history that is called ``name``. ``way`` is the one in
    force, ``because`` of what; ``free``: another may be chosen here."""
    known = f"The project itself calls {count(outcome.pairs, 'pair')} of them duplicates"
    beyond = "others it never marked, so more may rightly be joined"
    history = f"{count(outcome.reports, 'report')}. {known}; {beyond}."
    rows = tuple(_row(each, outcome, way) for each in outcome.ways)
    lines = ((Strong(name), f": {words}, ask about the rest.") for name, words in WAYS.items())
    others = [each for each in WAYS if each != way] if free else []
    return Card(
        key=key,
        audience=readers,
        title=("What clustering would have done with the history of ", Code(name)),
        facts=(
            Fact("History", history),
            *((Fact("In force", Code(way), f" ({because})"),) if way else ()),
        ),
        sections=(
            Section(Bullets(*lines), Table(header=_HEADER, rows=rows)),
            *(pairs_section(what, pairs) for what, pairs in outcome.examples.items() if pairs),
        ),
        actions=tuple(
            Action(f"Use {each}: {WAYS[each]}", f"backtest choose {each}") for each in others
        ),
        footer=(_HOLDS, Code("/soulcaster recluster")) if others else (),
    )


def _row(way: Way, outcome: Outcome, now: str) -> tuple[Line, ...]:
    pairs, name = outcome.pairs, Strong(way.name) if way.name == now else way.name
    first = next(each.name for each in outcome.ways if replace(each, name=way.name) == way)
    if first != way.name:
        return (name, f" (the same as {first})"), (), (), (), ()
    asked = f", {way.shown - way.found} more asked about" if way.shown > way.found else ""
    told = f"{way.found} of {pairs}{asked}" if pairs else "none known"
    return (name,), (f"{way.joined:,}",), (f"{way.asked:,}",), (f"{way.clusters:,}",), (told,)


def pairs_section(what: str, pairs: Sequence[Pair]) -> Section:
    """Reports and what each is like, folded."""
    lines: list[Line] = [
        (f"{min(each.chance, 0.99):.0%} likely the same: ", *each.report, " — like ", *each.like)
        for each in pairs
    ]
    return Section(Bullets(*lines), title=what, collapsed=True)


def chosen_card(way: str, before: str, *, key: str, readers: Audience) -> Card:
    """Another way is in force, by somebody's word; it can be taken back."""
    return note(
        key,
        *(f"From now on: {WAYS[way]}, ask about the rest (", Code(way), ")"),
        audience=readers,
        tone="succeeded",
        actions=(
            Action("Undo", f"backtest choose {before}"),
            Action("Try it on the old reports, changing nothing", "recluster --dry-run"),
        ),
    )


def trying_card(done: str, *, key: str, readers: Audience) -> Card:
    """While it is worked out; ``done`` is how far that is."""
    words = f"What clustering would have done with the history is being worked out: {done}"
    return note(key, words, audience=readers, tone="running")


class LookBack(Record):
    """Of the newest ``reports``, clustered in silence as ``sure`` would have: ``problems`` they
    would have been, ``pairs`` that comments and people call duplicates, of which ``found`` were
    joined and ``asked`` more asked about; ``unmarked`` were joined though nobody points them out.
    ``examples`` of those are numbers of reports, with the chance (0 to 1) that they are one: it
    holds no words, so what is deleted meanwhile is in it no more."""

    reports: int
    problems: int
    pairs: int
    found: int
    asked: int
    unmarked: int
    examples: tuple[tuple[int, int, float], ...] = ()

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """As people read it: what, and how it is."""
        agreed = f"{self.found:,} of {count(self.pairs, 'pair')} that people call duplicates joined"
        more = f", {self.asked:,} more asked about" if self.asked else ""
        return (
            ("Looked back on", f"{count(self.reports, 'report')}: {self.problems:,} problems"),
            ("Duplicates nobody points out", f"{self.unmarked:,}"),
            ("Agreement", agreed + more if self.pairs else "nobody calls any a duplicate"),
        )
