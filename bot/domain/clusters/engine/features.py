"""How alike a report and some earlier items are, feature by feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.lexical import FIELDS, Lexical
from bot.domain.clusters.engine.opposites import opposed
from bot.domain.clusters.engine.report import Kind, Reading, Terms

Rows = NDArray[np.intp]
Floats = NDArray[np.float32]

FEATURES = {
    "meaning": "cosine of the two texts, with what the whole project has in common evened out",
    "cosine": "plain cosine of the two texts",
    "centred": "cosine of the two texts seen from the project's mean",
    "title here": "share of its title's rare words found anywhere in the other",
    "title there": "share of the other title's rare words found anywhere in it",
    "titles": "rare words the two titles have in common",
    "words": "rare words in common, the most telling ones, as BM25 counts them",
    "rarest": "how rare the rarest word in common is",
    "errors": "words of error lines in common",
    "frames": "stack frames in common",
    "other stack": "1 where both bring a stack and no frame is in both",
    "platforms": "1 where one names this platform or browser and the other that",
    "one source": "1 where both came from the same source",
    "code": "identifiers of code in common",
    "names": "things both name: a function, a file, an endpoint, a code, a quoted value",
    "component": "1 for the same component in front of both titles, -1 for different ones",
    "series": "1 for two titles of a tracker that differ in their numbers only",
    "days": "log of the days between them",
    "hours": "log of the hours between them, up to two days",
    "opposed": "1 where the titles tell two things apart, such as import and export",
    "crowd": "how alike it is to its ten next neighbours: in a crowd, alike means less",
    "length": "log of its number of words",
    "size": "log of the number of items to choose from",
}
NAMES = tuple(FEATURES)
_HOUR, _DAY = 3_600.0, 86_400.0
_LAST = np.uint32(0xFFF)
_LARGEST = 10.0  # log of the project size up to which the score was fitted, about


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the two indexes say about the same candidates, row by row, and what is ``known``."""

    meaning: Floats
    cosine: Floats
    centred: Floats
    words: Floats
    known: NDArray[np.void]
    crowd: float


def _overlap(shared: Floats, mine: float, theirs: Floats) -> Floats:
    """Cosine-like share of weight in common; 0 where a side is empty."""
    scale = np.sqrt(np.maximum(mine * theirs, 1e-9))
    return np.where((theirs > 0) & (mine > 0), shared / scale, 0).astype(np.float32)


def compare(reading: Reading, lexical: Lexical, rows: Rows, measured: Measured) -> Floats:
    """``values[i, j]`` is feature ``NAMES[j]`` of ``reading`` with the item in ``rows[i]``."""
    count, known = len(rows), measured.known
    theirs = lexical.fields(rows)
    text = np.unique(np.concatenate([getattr(reading, name) for name in FIELDS]))
    # Few of their terms are among ours: most are told by the last bits already.
    maybe = np.zeros(int(_LAST) + 1, dtype=bool)
    maybe[text & _LAST] = True
    likely = np.flatnonzero(maybe[theirs.terms & _LAST])
    found = theirs.terms[likely]

    def total(chosen: NDArray[np.bool_]) -> Floats:
        sums = np.bincount(theirs.items[chosen], weights=weight[chosen], minlength=count)
        return sums.astype(np.float32)

    def shared(ours: Terms) -> NDArray[np.bool_]:
        same = np.zeros(len(theirs.terms), dtype=bool)
        if len(ours):
            same[likely] = ours[np.searchsorted(ours, found).clip(max=len(ours) - 1)] == found
        return same

    def mine(ours: Terms) -> float:
        return float((lexical.rarity(ours) ** 2).sum())

    def count_of(chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.bincount(theirs.items[chosen], minlength=count)

    of = {name: theirs.field == number for number, name in enumerate(FIELDS)}
    compared = [n for n in ("errors", "frames", "code") if len(getattr(reading, n))]
    wanted = np.logical_or.reduce([of[name] for name in ("title", *compared)])
    wanted[likely] = True
    rarity = np.zeros(len(theirs.terms), dtype=np.float32)
    rarity[wanted] = lexical.rarity(theirs.terms[wanted])
    weight = rarity**2
    in_text, in_title = shared(text), shared(reading.title)
    # One place of a term that stands in several fields of an item, so that it counts once.
    keys = (theirs.items[likely].astype(np.uint64) << np.uint64(32)) | found
    first = np.zeros(len(theirs.terms), dtype=bool)
    first[likely[np.unique(keys, return_index=True)[1]]] = True
    rarest = np.zeros(count, dtype=np.float32)
    np.maximum.at(rarest, theirs.items[in_text], rarity[in_text])
    apart = np.abs(reading.created - known["created"])
    my_title, their_title = mine(reading.title), total(of["title"])

    columns: dict[str, NDArray[Any] | float] = {
        "meaning": measured.meaning,
        "cosine": measured.cosine,
        "centred": measured.centred,
        "title here": total(first & in_title) / max(my_title, 1e-9),
        "title there": total(of["title"] & in_text) / np.maximum(their_title, 1e-9),
        "titles": _overlap(total(of["title"] & in_title), my_title, their_title),
        "words": np.log1p(measured.words),
        "rarest": rarest,
        "names": np.log1p(total(first & shared(reading.named))),
        "hours": np.log1p((apart / _HOUR).clip(max=48)),
        "days": np.log1p(apart / _DAY),
        "crowd": measured.crowd,
        "platforms": opposed(reading.platforms, known["platforms"]).astype(np.float32),
        "one source": (known["source"] == reading.origin).astype(np.float32),
        "length": float(np.log1p(len(reading.prose) + len(reading.code))),
        "size": min(float(np.log1p(lexical.rows)), _LARGEST),
    }
    for name in compared:
        ours: Terms = getattr(reading, name)
        columns[name] = _overlap(total(of[name] & shared(ours)), mine(ours), total(of[name]))
    if len(reading.frames):
        other = (count_of(of["frames"]) > 0) & (columns["frames"] == 0)
        columns["other stack"] = other.astype(np.float32)
    if reading.component:
        named = known["component"] != 0
        same = np.where(known["component"] == reading.component, 1, -1) * named
        columns["component"] = same.astype(np.float32)
    same = count_of(of["title"] & in_title)
    ours_only, theirs_only = len(reading.title) - same, count_of(of["title"]) - same
    most = np.maximum(ours_only, theirs_only)
    # One word for another in titles else alike, or the same words in another order.
    exchanged = (ours_only == 1) & (theirs_only == 1) & (same > 1)
    # An identifier is one word although its parts are terms, too.
    new = of["title"] & ~in_title
    without = known["bag"][theirs.items[new]] - theirs.terms[new]
    swapped = np.isin(without, np.uint32(reading.bag) - reading.title)
    exchanged |= (np.bincount(theirs.items[new][swapped], minlength=count) > 0) & (same > 1)
    reordered = (most == 0) & (same > 1) & (known["wording"] != reading.wording)
    counted = (known["series"] == reading.series) & (known["numbers"] != reading.numbers)
    # "Is not shown" and "is hidden" are one: what one of them denies is no opposite.
    denied = np.where(
        known["negated"] != reading.negated,
        same >= 2 * most,
        opposed(reading.sides, known["sides"]),
    )
    opposite = exchanged | reordered | counted | denied
    if reading.kind is Kind.TRACKER:
        # Alerts of one monitor begin with another severity; issues with what they are about.
        opposite |= (known["rest"] == reading.rest) & (known["component"] != reading.component)
        columns["series"] = counted.astype(np.float32)
    columns["opposed"] = opposite.astype(np.float32)
    values = np.zeros((count, len(NAMES)), dtype=np.float32)
    for position, name in enumerate(NAMES):
        values[:, position] = columns.get(name, 0.0)
    return values
