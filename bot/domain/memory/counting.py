"""Questions whose answer is a number, a name or a date: read by rules, counted by code. A language
model may choose and fill one in; it never says the number."""

import calendar
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from bot.domain.models import Item, Record
from bot.domain.text import terms

Kind = Literal["count", "trend", "top", "who", "when", "release"]
By = Literal["", "source", "day", "week", "month", "year", "cluster", "author", "release"]

# What is counted, and how people say that it came: no report needs such a word for it.
_NOUN = r"(?:report|issue|alert|ticket|post|message|complaint|event|entr(?:y|ie))s?"
_FROM = rf"\b(?:from|in|by|at|on|via|over|through) (?:the )?{{0}}\b(?: form)?|\b{{0}} {_NOUN}\b"
_WHO = "people|persons|users|customers|authors|reporters"
_CAME = (
    r"(?:report|mention|fil|submit|rais|receiv|open|post|complain|arriv|creat|log|register)"
    r"(?:s|es|ed|ing|ted|ting|ged|ging)?|com(?:e|es|ing) in|came(?: in)?|sent in|wrote|written|said"
)

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("release", r"\b(?:before|since|after)\b.{0,30}\b(?:release|version)\s+(?P<release>\S*\d\S*)"),
    ("trend", r"\btrends?\b|\b(?:increasing|rising|falling|more often|less often)\b"),
    ("top", r"\bwhich (?P<of>problems?|sources?|clusters?|releases?|people|authors?)\b.*\b(?:the )?"
            r"most(?: often)?\b|\btop \d*\s*(?P<many>problems|sources|clusters|releases|people)\b"),
    ("count", rf"\bhow many (?P<each>{_WHO}|sources|releases|problems|clusters)\b"
              r"|\bhow (?:many|often)\b|\bcount\b"
              rf"|\bnumber of (?:{_NOUN}|people)\b"),
    ("who", rf"^\W*who\b.{{0,20}}\b(?:{_CAME})\b"),
    ("when", r"^\W*(?:when|since when)\b.*"
             rf"\b(?:{_CAME}|seen|see|saw|(?:happen|start|occurr?|appear)(?:ed|s)?|began)\b"),
)  # fmt: skip
_BY = re.compile(
    r"\b(?:by|per|each|every) (?P<by>source|day|week|month|year|problem|cluster|person|author"
    r"|release)s?\b"
)
_GROUPS: dict[str, By] = {"problem": "cluster"}
_GROUPS |= dict.fromkeys(("person", "people", "user", "customer", "reporter"), "author")
# How many of them there were is counted, how many a thing has or takes is told.
_MANY = re.compile(
    rf"\bhow many (?:[\w-]+ ){{0,4}}?(?:{_NOUN}|{_WHO}|times|sources|releases|problems|clusters)\b"
    r"|\bhow often\b|\bcount\b|\bnumber of\b|\b(?:are|were|was|been) there\b"
    r"|\b(?:did|do|have) (?:we|you|they|people|customers|users)\b"
)
BYS: Mapping[Kind, By] = {"top": "source", "trend": "week", "who": "author"}
_TELLING = terms("seen see saw happen start begin began occur appear")
_DATES: Mapping[str, str] = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_COARSER: tuple[By, ...] = ("day", "week", "month", "year")
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_SPAN = re.compile(
    r"\b(?:in|during|over|within)?\s*(?:the )?(?:last|past) (?P<n>\d+)?\s*"
    r"(?P<unit>hour|day|week|month|year)s?\b"
    r"|\b(?P<this>today|yesterday|this week|this month|this year)\b"
    r"|\b(?P<way>in|during|since|before|until) "
    rf"(?:(?P<month>{'|'.join(_MONTHS)})(?:\s+(?P<year>\d{{4}}))?|(?P<whole>(?:19|20)\d\d))\b"
    r"(?![-.]\d)"
    r"|\bsince (?P<day>\d{4}-\d\d-\d\d)\b",
)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_UNITS = {"hour": 1, "day": 24, "week": 24 * 7, "month": 24 * 30, "year": 24 * 365}
_COUNTED = re.compile(
    rf"\b(?:{_NOUN}|{_CAME}|times|first|last|earliest|latest|ever|come|"
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
    if kind == "count" and not (_MANY.search(text) or _BY.search(text) or _SPAN.search(text)):
        return None
    if of := (said.get("of") or said.get("many") or said.get("each") or "").rstrip("s"):
        by, taken = _group(of), [match.span("many")] if said.get("many") else taken
    if group := _BY.search(text):
        by = _group(group["by"])
        taken.append(group.span())
    since = until = None
    if span := _SPAN.search(text):
        since, until = _span(span, now)
        taken.append(span.span())
    through = ((s, re.search(_FROM.format(s.removeprefix("import-")), text)) for s in sources)
    source, heard = next(((name, m.span()) for name, m in through if m), ("", None))
    taken += [heard] if heard else []
    for start, end in sorted(taken, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    left = re.sub(_KINDS[3][1], " ", _COUNTED.sub(" ", text))
    words = [w for w in terms(left) if kind not in ("who", "when") or w not in _TELLING]
    return Typed(
        kind=kind, words=tuple(dict.fromkeys(words)), source=source, by=by, since=since,
        until=until, release=(said.get("release") or "").strip("?.,!")[:200],
    )  # fmt: skip


def _group(word: str) -> By:
    by: By = _GROUPS.get(word) or word  # type: ignore[assignment]
    return by


def _span(match: re.Match[str], now: datetime) -> tuple[datetime | None, datetime | None]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if match["unit"]:
        hours = min(10**6, int(match["n"] or 1) * _UNITS[match["unit"]])  # of dates there are few
        return now - timedelta(hours=hours), None
    if match["day"]:
        try:
            return datetime.fromisoformat(match["day"]).replace(tzinfo=now.tzinfo), None
        except ValueError:
            return today, None
    if match["way"]:
        month = _MONTHS.index(match["month"]) + 1 if match["month"] else 1
        year = int(match["whole"] or match["year"] or (now.year - (month > now.month)))
        first = today.replace(year=min(9_998, max(1970, year)), month=month, day=1)
        after = (first + timedelta(days=32 if match["month"] else 366)).replace(day=1)
        if match["way"] in ("before", "until"):
            return None, first if match["way"] == "before" else after
        return first, None if match["way"] == "since" else after
    if match["this"] == "yesterday":
        return today - timedelta(days=1), today
    back = {"today": 0, "this week": today.weekday(), "this month": today.day - 1}
    back["this year"] = today.timetuple().tm_yday - 1
    return today - timedelta(days=back[match["this"]]), None


def span(question: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The time that a question is about, where it begins or ends with one."""
    text = question.lower().strip(" ?!.")
    found = next((m for m in _SPAN.finditer(text) if m.start() == 0 or m.end() == len(text)), None)
    since, until = _span(found, now) if found else (None, None)
    return (since or _FIRST, until or _LAST) if found else None


def coarse(question: Typed, items: Sequence[Item], most: int) -> Typed:
    """The same by a coarser time where there would be more than ``most`` parts."""
    by = question.by
    while by in _COARSER[:-1] and len({_part(item, by) for item in items}) > most:
        by = _COARSER[_COARSER.index(by) + 1]
    return question.model_copy(update={"by": by})


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
    if question.by in _DATES:
        return sorted(made, key=lambda row: row.name)
    return sorted(made, key=lambda row: (-row.reports, -row.seen, row.name))


def _part(item: Item, by: By) -> str:
    if by in _DATES:
        back = item.occurred_at.weekday() if by == "week" else 0
        return (item.occurred_at - timedelta(days=back)).strftime(_DATES[by])
    parts = {
        "source": item.source,
        "cluster": f"C-{item.cluster}" if item.cluster else "no problem yet",
        "author": item.author or "nobody named",
        "release": item.release or "no release named",
    }
    return parts.get(by, "")
