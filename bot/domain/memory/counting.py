"""Questions whose answer is a number, a name or a date: read by rules, counted by code.

A language model may choose and fill one in; it never says the number.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from bot.domain.models import Item, Record
from bot.domain.text import terms

Kind = Literal["count", "trend", "top", "who", "when", "release"]
By = Literal["", "source", "week", "cluster", "author", "release"]

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("release", r"\b(?:before|since|after)\b.{0,30}\b(?:release|version)\s+(?P<release>\S*\d\S*)"),
    ("trend", r"\btrends?\b|\b(?:increasing|rising|falling|more often|less often)\b"),
    ("top", r"\bwhich (?P<of>problems?|sources?|clusters?|releases?|people|authors?)\b.*\b(?:the )?"
            r"most(?: often)?\b|\btop \d*\s*(?P<many>problems|sources|clusters|releases|people)\b"),
    ("count", r"\bhow (?:many|often)\b|\bcount\b"
              r"|\bnumber of (?:reports|issues|alerts|tickets|people)\b"),
    ("who", r"^\W*who\b.{0,20}\b(?:report|open|fil|complain|wrote|said|mention)(?:ed|s)?\b"),
    ("when", r"^\W*(?:when|since when)\b.*"
             r"\b(?:report|seen|see|saw|happen|start|begin|began)(?:ed|s)?\b"),
)  # fmt: skip
_BY = re.compile(r"\b(?:by|per) (?P<by>source|week|problem|cluster|person|author|release)s?\b")
_GROUPS: Mapping[str, By] = {"problem": "cluster", "person": "author", "people": "author"}
BYS: Mapping[Kind, By] = {"top": "source", "trend": "week", "who": "author"}
_TELLING = terms(
    "complained filed opened wrote said mentioned seen see saw happen start begin began"
)
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_SPAN = re.compile(
    r"\b(?:in|during|over|within)?\s*(?:the )?(?:last|past) (?P<n>\d+)?\s*"
    r"(?P<unit>hour|day|week|month)s?\b"
    r"|\b(?P<this>today|yesterday|this week|this month)\b"
    rf"|\bin (?P<month>{'|'.join(_MONTHS)})(?:\s+(?P<year>\d{{4}}))?\b"
    r"|\bsince (?P<day>\d{4}-\d\d-\d\d)\b",
)
_UNITS = {"hour": 1, "day": 24, "week": 24 * 7, "month": 24 * 30}
# What is counted needs no word for it.
_COUNTED = re.compile(
    r"\b(?:reports?|reported|reporting|issues?|alerts?|tickets?|times|first|last|came|come|"
    r"often|most|top|people|problems?|sources?|clusters?|releases?|versions?)\b"
)


class Typed(Record):
    """A question that is counted. ``words`` must all stand in a report that counts, stemmed."""

    kind: Kind = "count"
    words: tuple[str, ...] = ()
    source: str = ""
    by: By = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    release: str = Field(default="", max_length=200)

    def takes(self, item: Item) -> bool:
        """Whether a report counts."""
        return (
            not item.gone
            and self.source in ("", item.source)
            and (self.since is None or item.occurred_at >= self.since)
            and (self.until is None or item.occurred_at < self.until)
            and set(self.words) <= set(terms(f"{item.title}\n{item.body}"))
        )


class Row(Record):
    """What a part comes to: reports, and how often they were seen."""

    name: str
    reports: int
    seen: int


def typed(question: str, now: datetime, sources: Collection[str]) -> Typed | None:
    """What a question wants counted; None for one that wants words."""
    text = question.lower()
    found = next(((k, m) for k, p in _KINDS if (m := re.search(p, text))), None)
    if found is None:
        return None
    kind, match = found
    said = match.groupdict()
    by, taken = BYS.get(kind, ""), [match.span()] if kind in ("count", "trend", "release") else []
    if of := (said.get("of") or said.get("many") or "").rstrip("s"):
        by, taken = _group(of), [match.span("many")] if said.get("many") else []
    if group := _BY.search(text):
        by = _group(group["by"])
        taken.append(group.span())
    since = until = None
    if span := _SPAN.search(text):
        since, until = _span(span, now)
        taken.append(span.span())
    source = next((s for s in sources if re.search(rf"\b(?:from|in|by|at) {s}\b", text)), "")
    for start, end in sorted(taken, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    left = re.sub(_KINDS[3][1], " ", _COUNTED.sub(" ", text))
    over = {source, *(_TELLING if kind in ("who", "when") else ())}
    words = [word for word in terms(left) if word not in over]
    return Typed(
        kind=kind, words=tuple(dict.fromkeys(words)), source=source, by=by, since=since,
        until=until, release=(said.get("release") or "").strip("?.,!")[:200],
    )  # fmt: skip


def _group(word: str) -> By:
    by: By = _GROUPS.get(word) or word  # type: ignore[assignment]
    return by


def _span(match: re.Match[str], now: datetime) -> tuple[datetime, datetime | None]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if match["unit"]:
        hours = min(10**6, int(match["n"] or 1) * _UNITS[match["unit"]])  # of dates there are few
        return now - timedelta(hours=hours), None
    if match["day"]:
        try:
            return datetime.fromisoformat(match["day"]).replace(tzinfo=now.tzinfo), None
        except ValueError:
            return today, None
    if match["month"]:
        month = _MONTHS.index(match["month"]) + 1
        year = int(match["year"] or (now.year - (month > now.month)))
        first = today.replace(year=min(9_998, max(1970, year)), month=month, day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    if match["this"] == "yesterday":
        return today - timedelta(days=1), today
    back = {"today": 0, "this week": today.weekday(), "this month": today.day - 1}
    return today - timedelta(days=back[match["this"]]), None


def rows(
    question: Typed, items: Sequence[Item], seen: Mapping[int, int], released: datetime | None
) -> list[Row]:
    """What is counted, part by part. ``seen`` is how often each report was, by number;
    ``released`` when the release that is asked about came out."""
    reports, times = Counter[str](), Counter[str]()
    for item in items:
        name = _part(item, question.by)
        if question.kind == "release" and released is not None:
            name = "before" if item.occurred_at < released else "after"
        reports[name] += 1
        times[name] += seen.get(item.number, 0) or item.count
    made = [Row(name=name, reports=reports[name], seen=times[name]) for name in reports]
    if question.by == "week":
        return sorted(made, key=lambda row: row.name)
    return sorted(made, key=lambda row: (-row.reports, -row.seen, row.name))


def _part(item: Item, by: By) -> str:
    monday = item.occurred_at - timedelta(days=item.occurred_at.weekday())
    parts = {
        "source": item.source,
        "week": f"{monday:%Y-%m-%d}",
        "cluster": f"C-{item.cluster}" if item.cluster else "no problem yet",
        "author": item.author or "nobody named",
        "release": item.release or "no release named",
    }
    return parts.get(by, "")
