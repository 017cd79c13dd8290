"""What a channel hears of at once: ``severity>=S2 and not source:reddit``.

    rule  = all *("or" all)      all = one *("and" one)
    one   = "not" one | "(" rule ")" | field (":" | "=" | "!=" | ">=" | ">" | "<=" | "<") values

Values are words with commas between them, of which one has to hold, in quotes where they have
blanks. A problem has reports from several sources: a rule holds for it where it holds for one."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import get_args

from bot.domain.cards.story import FIX, WORTH
from bot.domain.errors import NotUnderstood
from bot.domain.models import ClusterState, Severity

DEFAULT = "severity>=S2 or event:regressed,spike,fix"
OFF = "off"
EXAMPLE = "Example: notify severity>=S2 and not source:reddit"
LONGEST, DEEPEST = 500, 20
_TOKEN = re.compile(r'\s*(\(|\)|(?:"[^"]*"|[^\s()"])+|")')
_TEST = re.compile(r"(\w*)(>=|<=|!=|[:=<>])(.*)", re.DOTALL)
_SEVERITIES: tuple[str, ...] = get_args(Severity)
_EVENTS: dict[str, tuple[str, ...]] = {**{kind: (kind,) for kind in WORTH}, "fix": FIX}
_STATES = (*ClusterState, "open")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as a rule sees it, after something happened to it. ``teams`` is the part behind
    ``team`` of labels such as ``team:payments``."""

    severity: str
    state: ClusterState
    event: str
    sources: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    owner: str = ""
    source: str = ""

    @property
    def teams(self) -> frozenset[str]:
        """``payments`` of ``team:payments``, ``team/payments``, ``team-payments``."""
        found = (re.fullmatch(r"team\s*[:/-]\s*(.+)", label) for label in self.labels)
        return frozenset(each[1] for each in found if each)


Test = Callable[[Problem], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in the words it was said in."""

    words: str
    test: Test

    def holds(self, problem: Problem) -> bool:
        """Whether it holds for one of the problem's sources."""
        each = sorted(problem.sources) or [""]
        return any(self.test(replace(problem, source=source)) for source in each)


def read_rule(words: str, sources: Collection[str]) -> Rule:
    """Raises NotUnderstood with the word that is wrong and what would do."""
    words = " ".join(words.split())
    spaced = re.sub(r"\s*(>=|<=|!=|[:=<>])\s*", r"\1", words)
    if len(words) > LONGEST:
        raise NotUnderstood(f"A rule has at most {LONGEST} characters. {EXAMPLE}")
    reading = _Reading(_TOKEN.findall(spaced), sources)
    test = reading.any_of(0)
    if reading.tokens:
        raise NotUnderstood(f'"{reading.tokens[0][:40]}" wants "and" or "or" before it. {EXAMPLE}')
    return Rule(words, test)


class _Reading:
    """Recursive descent over what is left of the words."""

    def __init__(self, tokens: list[str], sources: Collection[str]) -> None:
        self.tokens, self.sources = tokens, sources

    def _next_is(self, word: str) -> bool:
        found = bool(self.tokens) and self.tokens[0].lower() == word
        if found:
            self.tokens.pop(0)
        return found

    def any_of(self, depth: int) -> Test:
        tests = [self._all_of(depth)]
        while self._next_is("or"):
            tests.append(self._all_of(depth))
        return lambda problem: any(test(problem) for test in tests)

    def _all_of(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._next_is("and"):
            tests.append(self._one(depth))
        return lambda problem: all(test(problem) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > DEEPEST:
            raise NotUnderstood(f"A rule is at most {DEEPEST} deep. {EXAMPLE}")
        if self._next_is("not"):
            inner = self._one(depth + 1)
            return lambda problem: not inner(problem)
        if self._next_is("("):
            test = self.any_of(depth + 1)
            if not self._next_is(")"):
                raise NotUnderstood(f'A "(" is never closed. {EXAMPLE}')
            return test
        if not self.tokens or self.tokens[0].lower() in ("and", "or", ")"):
            before = f'before "{self.tokens[0]}"' if self.tokens else "at the end"
            raise NotUnderstood(f"Something is missing {before}. {EXAMPLE}")
        return self._test(self.tokens.pop(0))

    def _test(self, word: str) -> Test:
        found = _TEST.fullmatch(word)
        name, sign, said = found.groups() if found else (word, "", "")
        name = name.lower()
        if name not in _FIELDS or not sign:
            fields = ", ".join(_FIELDS)
            raise NotUnderstood(f'"{word[:40]}" is no test of {fields}. {EXAMPLE}')
        values = [part.strip().strip('"').lower() for part in said.split(",")]
        if sign in (">=", ">", "<=", "<") and (name != "severity" or len(values) > 1):
            raise NotUnderstood(f"{name}{sign} is no test: only one severity can be more or less.")
        for value in values:
            self._check(name, value)
        field = _FIELDS[name]
        if name == "severity" and sign not in (":", "=", "!="):
            return _compared(sign, values[0].upper())
        wanted = {each for value in values for each in _EVENTS.get(value, (value,))}
        if sign == "!=":
            return lambda problem: not wanted & field(problem)
        return lambda problem: bool(wanted & field(problem))

    def _check(self, name: str, value: str) -> None:
        """Raises NotUnderstood for a word that no problem could ever have there."""
        known: dict[str, Collection[str]] = {
            "severity": [each.lower() for each in _SEVERITIES],
            "source": self.sources,
            "state": _STATES,
            "event": _EVENTS,
        }
        if not value:
            raise NotUnderstood(f"{name} wants a word behind it. {EXAMPLE}")
        if name == "severity" and value not in known[name]:
            raise NotUnderstood(f'"{value[:40].upper()}" is no severity: S1 to S4.')
        if value not in known.get(name, (value,)):
            choices = ", ".join(sorted(known[name]))
            raise NotUnderstood(f'"{value[:40]}" is no {name}: {choices}.')


def _compared(sign: str, than: str) -> Test:
    """``>=S2`` is S2 or worse: S1 is more than S2."""
    at = _SEVERITIES.index(than)
    holds: dict[str, Callable[[int], bool]] = {
        ">=": lambda rank: rank <= at,
        ">": lambda rank: rank < at,
        "<=": lambda rank: rank >= at,
        "<": lambda rank: rank > at,
    }
    return lambda problem: holds[sign](_SEVERITIES.index(problem.severity))


def _state(problem: Problem) -> frozenset[str]:
    return frozenset({str(problem.state), *(("open",) if problem.state.is_open else ())})


_FIELDS: dict[str, Callable[[Problem], frozenset[str]]] = {
    "severity": lambda problem: frozenset({problem.severity.lower()}),
    "source": lambda problem: frozenset({problem.source}),
    "label": lambda problem: problem.labels,
    "team": lambda problem: problem.teams,
    "owner": lambda problem: frozenset({problem.owner.lower(), f"@{problem.owner.lower()}"}),
    "state": _state,
    "event": lambda problem: frozenset({problem.event}),
}
