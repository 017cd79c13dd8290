"""How bad a problem is, S1 to S4, with its reasons; and whether it is getting worse. Counts are
``{hour: occurrences}``, an hour being whole hours since the epoch. A cluster's counts are the sum
of its items', so merging and splitting loses nothing and invents nothing."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.models import Severity

Hours = Mapping[int, int]

DAY, WEEK = 24, 7 * 24
SURE = 4.0  # standard deviations over the usual rate
SPIKE_LEAST, RISE_LEAST, RISE_TIMES = 5, 20, 3.0

# What is spoken of, the points it counts, and how it is said.
_WORDS = {
    "security": (
        4,
        r"\b(?:vulnerabilit(?:y|ies)|CVE-\d{4}-\d+|security (?:hole|issue|bug|problem|flaw)"
        r"|(?:sql|code|command|script) injection|XSS|CSRF|RCE|privilege escalation"
        r"|leak(?:s|ed|ing)? (?:of )?(?:\w+ )?(?:passwords?|tokens?|secrets?|credentials?)"
        r"|auth\w* bypass|account takeover|exploit(?:ed|able)?)\b",
    ),
    "data loss": (
        4,
        r"\b(?:data[ -]?loss"
        r"|(?:loses?|losing|lost|corrupt(?:s|ed|ing|ion)?|wip(?:es|ed)) (?:of )?(?:\w+ ){0,2}"
        r"(?:data|files?|records?|rows?|work|changes|database|history|messages?)"
        r"|data (?:is |was |were |gets? |got )?(?:lost|corrupted|gone|deleted))\b",
    ),
    "payment": (
        3,
        r"\b(?:payments?|charged (?:twice|two times|double)|double[- ]charg(?:e|ed)|billing"
        r"|refund(?:s|ed)?|checkout|invoices?|credit cards?)\b",
    ),
    "crash": (
        2,
        r"\b(?:crash(?:es|ed|ing)?|segfaults?|segmentation fault|panic(?:s|ked)?"
        r"|core dump(?:ed)?|out of memory|OOM(?:Killed)?|deadlock(?:s|ed)?|outage"
        r"|(?:site|service|server|api) (?:is )?down)\b",
    ),
    "blocked": (
        1,
        r"\b(?:can(?:no|')t (?:log ?in|sign ?in|start|open|build|install|deploy)"
        r"|unusable|hangs?|freezes?|regression|times? out|timeouts?)\b",
    ),
}
_DENIED = re.compile(
    r"\b(?:no|not|without|never|isn't|wasn't|doesn't|non)[\s-]+(?:\w+\s+){0,2}$", re.I
)
_LEVELS = {"critical": 2, "error": 1}
_PEOPLE = ((1_000, 4), (100, 3), (20, 2), (5, 1))
_RATE = ((1_000, 2), (100, 1))
_BOUNDS: tuple[tuple[int, Severity], ...] = ((7, "S1"), (4, "S2"), (2, "S3"))


@dataclass(frozen=True, slots=True)
class Trend:
    """How the newest counts stand to the usual ones; ``sentence`` says it, empty when steady."""

    change: Literal["spike", "rising", "steady"]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A severity and what it rests on, the weightiest first."""

    severity: Severity
    reasons: tuple[str, ...]
    trend: Trend


def trend(counts: Hours, now: int) -> Trend:
    """Whether hour ``now`` and the day up to it are out of the usual. A spike: the last three hours
    lie ``SURE`` deviations over what the week before them makes likely (Anscombe's square root
    makes Poisson counts comparable, https://doi.org/10.2307/2332343). Rising: the last day has
    ``RISE_TIMES`` the average day of the week before."""
    recent = _sum(counts, now - 2, now)
    usual = _sum(counts, now - 2 - WEEK, now - 3) / WEEK * 3
    apart = 2 * (math.sqrt(recent + 0.375) - math.sqrt(usual + 0.375))
    if recent >= SPIKE_LEAST and apart >= SURE:
        rate = f"{usual:.0f}" if usual >= 1 else "hardly any"
        return Trend("spike", f"{recent} times in the last 3 hours, where {rate} would be usual")
    day = _sum(counts, now - DAY + 1, now)
    average = _sum(counts, now - DAY + 1 - WEEK, now - DAY) / 7
    if day >= RISE_LEAST and day >= RISE_TIMES * max(average, 1.0):
        return Trend(
            "rising", f"{day} times in the last day, {average:.0f} a day in the week before"
        )
    return Trend("steady")


def assess(
    *,
    texts: Iterable[str],
    people: int = 0,
    counts: Hours | None = None,
    now: int = 0,
    levels: Iterable[str] = (),
    alerting: bool = False,
) -> Assessment:
    """Weigh up a problem. ``texts`` are titles and bodies, ``people`` how many different ones it
    affects, ``levels`` what its sources call it, ``alerting`` whether a monitoring source sees
    it."""
    counts = counts or {}
    seen = trend(counts, now)
    weighed = [*_words(texts)]
    day = _sum(counts, now - DAY + 1, now)
    for count, steps, said in (
        (people, _PEOPLE, "people affected"),
        (day, _RATE, "times in the last day"),
    ):
        if points := next((points for least, points in steps if count >= least), 0):
            weighed.append((points, f"{count:,} {said}"))
    if seen.change != "steady":
        weighed.append((2 if seen.change == "spike" else 1, seen.sentence))
    worst = max(levels, key=lambda level: _LEVELS.get(level, 0), default="")
    if alerting and worst in _LEVELS:
        weighed.append((_LEVELS[worst], f"monitoring calls it {worst}"))
    total = sum(points for points, _ in weighed)
    severity: Severity = next((s for least, s in _BOUNDS if total >= least), "S4")
    reasons = tuple(reason for _, reason in sorted(weighed, key=lambda w: -w[0]))
    return Assessment(severity, reasons or ("nothing points to harm",), seen)


def _words(texts: Iterable[str]) -> Iterable[tuple[int, str]]:
    """The two weightiest kinds of words that are said and not denied, each with its quote."""
    found: dict[str, tuple[int, str]] = {}
    for text in texts:
        for name, (points, pattern) in _WORDS.items():
            if name in found:
                continue
            for match in re.finditer(pattern, text, re.IGNORECASE):
                if not _DENIED.search(text[max(0, match.start() - 40) : match.start()]):
                    found[name] = points, f"speaks of {name} (“{match[0]}”)"
                    break
    return sorted(found.values(), key=lambda entry: -entry[0])[:2]


def _sum(counts: Hours, first: int, last: int) -> int:
    return sum(count for hour, count in counts.items() if first <= hour <= last)
