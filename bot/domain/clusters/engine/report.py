"""A report as the engine sees it, and what it reads out of it."""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.opposites import PLATFORMS, Sides, negated, sides_of
from bot.domain.models import Frame
from bot.domain.text import (
    BODY_LIMIT,
    CommonLines,
    fingerprint,
    in_english,
    mask,
    names,
    read,
    stack_signature,
    template_key,
    terms,
    whole_words,
)

Terms = NDArray[np.uint32]


class Kind(StrEnum):
    """What sort of stream a report belongs to: it decides how eagerly reports are joined."""

    TRACKER = "tracker"
    ALERT = "alert"
    FEEDBACK = "feedback"


TRACKERS = frozenset({"github", "gitlab", "jira", "linear", "bugzilla", "asana", "azure"})
ALERTS = frozenset(
    {"sentry", "datadog", "splunk", "alertmanager", "grafana", "opsgenie", "pagerduty", "rollbar",
     "bugsnag", "newrelic", "cloudwatch", "logs"}
)  # fmt: skip
SHORT_FEEDBACK = 400  # characters; longer manual reports are written like issues


@dataclass(frozen=True, slots=True)
class Report:
    """One feedback item, as much of it as clustering needs. ``id`` is its number."""

    id: int
    source: str
    title: str
    body: str
    created_at: datetime
    frames: tuple[Frame, ...] = ()
    fingerprint: str = ""
    environment: str = ""
    stream: Kind | None = None

    @property
    def kind(self) -> Kind:
        """What the source is known to be; an unknown one is judged by how its text is written."""
        if self.stream is not None:
            return self.stream
        if self.source in TRACKERS:
            return Kind.TRACKER
        if self.source in ALERTS or self.fingerprint:
            return Kind.ALERT
        return Kind.FEEDBACK if len(self.title) + len(self.body) <= SHORT_FEEDBACK else Kind.TRACKER


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a report says, in the engine's terms. A pure function of the report and of the lines
    that the project's earlier reports share. ``text`` is for the embedder. ``keys`` name exact and
    near-exact repeats. The fields of terms are hashes, sorted and unique. ``component`` names what
    the title says it is about (``net/http: ...``, ``[ui] ...``), 0 where it doesn't. ``named`` are
    the things it names, see ``names``; ``sides`` and ``negated`` are what its title says of the
    questions in ``opposites``, ``platforms`` what the whole text says of those among them.
    ``series`` names the title without its numbers, and ``numbers`` those; ``wording`` its words as
    they follow each other, ``rest`` the same without the component; ``bag`` is the sum of their
    hashes, without ids and numbers, so that one word for another moves it by what these two
    differ."""

    id: int
    source: str
    origin: int
    kind: Kind
    created: float
    text: str
    keys: tuple[str, ...]
    title: Terms
    prose: Terms
    code: Terms
    errors: Terms
    frames: Terms
    named: Terms
    sides: Sides
    platforms: Sides
    negated: bool
    component: int
    series: int
    numbers: int
    wording: int
    rest: int
    bag: int
    lines: frozenset[int]


def hashed(words: Iterable[str]) -> Terms:
    """Sorted unique 32-bit names of words."""
    return np.unique(np.fromiter((zlib.crc32(w.encode()) for w in words), dtype=np.uint32))


def _terms(english: str, said: str) -> list[str]:
    """Words to find by: of one language two reports share more than what the glossary knows."""
    found = terms(english)[:PROSE_TERMS]
    return found if english == said else [*found, *terms(said)[:PROSE_TERMS]]


PROSE_TERMS, CODE_TERMS = 160, 80


def frame_names(frames: Iterable[Frame]) -> list[str]:
    """Frames as words, free of line numbers and folders."""
    return [f"{frame.path.rsplit('/', 1)[-1]}:{frame.function.split('(')[0]}" for frame in frames]


def read_report(report: Report, common: CommonLines | None = None) -> Reading:
    """Read one report; lines in ``common`` are left out."""
    said = read(report.title, report.body, common)
    english = in_english(f"{said.title}\n{said.prose}")
    title, _, prose = english.partition("\n")
    frames = report.frames or said.frames
    keys = [f"given:{report.fingerprint}"] if report.fingerprint else []
    if report.kind is Kind.ALERT:
        keys += [key for key in (template_key(report.body or report.title),) if key]
    keys += [key for key in (fingerprint(report.title, report.body),) if key]
    # People paste all sorts of traces into a tracker; what monitoring sends is the crash itself.
    if report.kind is Kind.ALERT or report.frames:
        signature = stack_signature(said.error or report.title, frames)
        if signature:  # the same words of another stack are another crash
            keys = [key for key in keys if key.startswith("given:")] + [signature]
    series, numbers = series_of(report.title)
    named_first = _COMPONENT.match(said.title)
    whole = f"{report.title}\n{report.body[:BODY_LIMIT]}"
    return Reading(
        id=report.id,
        source=report.source,
        origin=zlib.crc32(report.source.encode()),
        kind=report.kind,
        created=report.created_at.timestamp(),
        text=said.to_embed(),  # as it was written: what knows English alone reads it so
        keys=tuple(keys),
        title=hashed(_terms(title, said.title)),
        prose=hashed(_terms(prose, said.prose)),
        code=hashed(terms(said.code)[:CODE_TERMS]),
        errors=hashed(terms("\n".join(said.errors[:5]))),
        frames=hashed(frame_names(frames[-20:])),
        named=hashed(
            n if n.startswith("#") else t
            for n in names(whole, frames[-20:])
            for t in terms(n)[:1] or [n]
        ),
        sides=sides_of(title),
        platforms=sides_of(whole) & PLATFORMS,
        negated=negated(title),
        component=component_of(said.title),
        series=series,
        numbers=numbers,
        wording=wording_of(said.title),
        rest=wording_of(said.title[named_first.end() :]) if named_first else 0,
        bag=int(hashed(whole_words(mask(said.title))).sum(dtype=np.uint32)),
        lines=said.lines,
    )


_COMPONENT = re.compile(r"\s*(?:\[([^\]\n]{1,40})\]|([\w./,*() -]{2,30}?):(?=\s))")


def component_of(title: str) -> int:
    """Names the component a title begins with; 0 for none."""
    match = _COMPONENT.match(title)
    name = (match[1] or match[2]).strip().lower() if match else ""
    return zlib.crc32(name.encode()) if name else 0


_FILLING = frozenset("a an and are be is it my of our that the this to was were".split())  # noqa: SIM905


def wording_of(title: str) -> int:
    """Names the words of a title in their order, small words such as "over" among them."""
    words = re.findall(r"[^\W\d_]+", title.lower())
    return zlib.crc32(" ".join(word for word in words if word not in _FILLING).encode())


_TELLING = frozenset({"num", "url"})
_NUMBER = re.compile(r"[\W_]*\d+[\W_]*")


def series_of(title: str) -> tuple[int, int]:
    """Names a title without its numbers, and the numbers: "update to 9.4", "fails (2)". Ids, times
    and addresses are no such numbers: nobody counts by them."""
    said = mask(title, _TELLING).lower()
    words = " ".join(_NUMBER.sub(" ", f" {said} ").split())
    return zlib.crc32(words.encode()), zlib.crc32(" ".join(re.findall(r"\d+", said)).encode())


def in_order(reports: Iterable[Report]) -> list[Report]:
    """A batch as the engine must meet it, whatever order it came in, and so its numbers."""
    return sorted(reports, key=lambda r: (r.created_at, r.title, r.body, r.source, r.id))
