"""Which sentences of what may be read here answer a question, and whether any does.

**Invariant:** what the readers may not read is left out first, so that nothing of it is weighed,
quoted or counted."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import AwareDatetime

from bot.domain.audience import Audience, may_read
from bot.domain.clusters.summary import SENTENCE_LIMIT, SummaryInput, sentences_of
from bot.domain.models import Item, Worded
from bot.domain.text import read, terms, usual

_COUNT = (
    r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|thousand|million|half|twice|dozen"
)
_NUMBER = re.compile(rf"\d|\b(?:{_COUNT})\b", re.I)
_TIME = re.compile(
    r"\b(?:\d{4}-\d\d|(?:19|20)\d\d|\d{1,2}:\d\d|(?:jan|febr)uary|march|april|june|july|august"
    r"|(?:septem|octo|novem|decem)ber|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|yesterday|today"
    r"|tomorrow|tonight|night|morning|noon|evening|weekend|daily|weekly|monthly|yearly|ago"
    r"|(?:every|each|last|next|this|per|a|an|\d+|" + _COUNT + ")"
    r" (?:second|minute|hour|day|week|month|year)s?"
    r"|release|version)\b",
    re.I,
)
# What always happens does so at a time or on an occasion.
_OCCASION = re.compile(
    rf"{_TIME.pattern}|\b(?:after|before|during|if|once|until|when|whenever|while)\b", re.I
)
_PERSON = re.compile(
    r"[@~]\w|(?i:\b(?:admin|author|buyer|colleague|customer|developer|everybody|everyone|guest"
    r"|maintainer|manager|member|nobody|operator|owner|people|person|reporter|seller|somebody"
    r"|someone|stranger|support|team|user|visitor)s?\b)|\w[,;]? (?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]+"
)
# What is used is named behind a verb that says so; by another word only a name is one.
_NAME = re.compile(
    r"\b(?i:(?:use[sd]?|using|chose|chosen)\s+(?:the |an? )?(\w[\w.+-]*))"
    r"|\b(?i:with|via|through|called|named|is|by|on)\s+([A-Z]\w*|\w*[a-z]\w*[A-Z\d]\w*|\d[\w.]*)"
)
_WANTS = (
    (r"^\W*(?:which|what) [\w -]+? (?:do|does|did) (?:we|you|they|it|the [\w-]+|[A-Z]\w+)"
     r" (?:use|choose|run on|rely on)\b", _NAME),
    (r"^\W*(?:who|whom|whose)\b", _PERSON),
    (r"^\W*when (?:are|can|do|does|is|must|should)\b", _OCCASION),
    (r"^\W*(?:since |until )?when\b", _TIME),
    (r"^\W*(?:how (?:many|much|long|often|old|big|large|small|fast|slow|full|far|high|deep)"
     r"|what (?:percentage|share|number|amount|price|size))\b", _NUMBER),
)  # fmt: skip
_VALUE = re.compile(r"\d+(?:\.\d+)*")
_UNITS = {"eur": "euro", "usd": "dollar", "gbp": "pound", "pct": "percent"}
_SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "%": "percent"}


def values(text: str) -> set[str]:
    """The numbers in a text, each in one spelling: 50.00 is 50, and 1.6.0 a release."""
    found = _VALUE.findall(text.replace(",", "."))
    return {f"{float(v):.12g}" if v.count(".") < 2 else v for v in found}


def said(text: str) -> set[str]:
    """What a text says: its words, stemmed, a unit in one spelling, and its numbers."""
    words = {_UNITS.get(word, word) for word in terms(text)}
    return words | {unit for sign, unit in _SIGNS.items() if sign in text} | values(text)


def is_answer(question: str, sentence: str) -> bool:
    """Whether a sentence can answer the question at all: it asks nothing itself, and where a
    person, a time or a number is wanted, it has one that the question does not have."""
    if sentence.rstrip(" \"'”)").endswith("?"):
        return False
    found = ((re.search(asked, question, re.I), wanted) for asked, wanted in _WANTS)
    asked, wants = next(((match, wanted) for match, wanted in found if match), (None, None))
    if asked is None or wants is None:
        return True
    rest = question[asked.end() :]
    known = {match[0].lower() for match in wants.finditer(rest)}
    if wants is _NAME:
        known = set(re.findall(r"\w+", question.lower()))
    told = (match[match.lastindex or 0].lower() for match in wants.finditer(sentence))
    return any(each not in known for each in told)


MOST = 50  # chunks that an answer is looked for in
QUOTED = 4
# What a passage must score, of at most 2, to answer at all: see tests/benchmarks/bench_ask.py,
# which has the dev set.
ENOUGH = 1.2
_SENTENCE, _MEANING = 0.5, 0.5
_AROUND = 2  # sentences before and after
_NEAR = 0.75  # of the best passage's score
_ALIKE = 0.7
_CODE = 10  # lines of it that can be quoted
_RARE = 0.002  # of all reports have a word that is nowhere usual

# Words of questions about anything, and of questions to us.
_ASKING = frozenset(
    terms(
        "anybody anyone anything everybody give happen happens know mean people say says somebody "
        "someone something tell thing think there work works right true case reason cause kind"
    )
)


class Chunk(Worded):
    """Something that can be cited: a report, a fact, a problem's state. ``name`` is what people
    call it, ``cluster`` the problem it is about, ``image`` where an image's bytes are kept."""

    name: str
    title: str
    text: str
    url: str = ""
    at: AwareDatetime | None = None
    cluster: int | None = None
    image: str = ""

    @property
    def sentences(self) -> list[str]:
        """What can be quoted of it, its title first."""
        told = sentences_of(SummaryInput(0, self.title, self.text))
        lines = read(self.title, self.text[:4_000]).code.splitlines()
        code = [line for line in lines if len(line.split()) >= 3 and len(line) <= SENTENCE_LIMIT]
        return list(dict.fromkeys(p for p in (self.title, *told, *code[:_CODE]) if p.strip()))


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of a chunk; ``carries`` is how much of the question it says with what stands
    around it and its title, 0 to 1, by how telling each word is. ``score`` adds how much of that
    it says by itself, and how near it is."""

    text: str
    chunk: Chunk
    carries: float
    score: float = 0.0


def report_chunk(item: Item) -> Chunk:
    """A report as it can be cited."""
    return Chunk(
        audience=item.audience,
        name=item.name,
        title=item.title,
        text=item.body,
        url=item.url,
        at=item.occurred_at,
        cluster=item.cluster,
    )


def readable(chunks: Iterable[Chunk], readers: Audience) -> list[Chunk]:
    """Those that they may read, at most ``MOST``, the first first."""
    return [chunk for chunk in chunks if may_read(readers, chunk.audience)][:MOST]


def within(chunks: Sequence[Chunk], time: tuple[datetime, datetime] | None) -> list[Chunk]:
    """Those of that time, where there is one; what has no time is of none."""
    return [c for c in chunks if not time or (c.at and time[0] <= c.at < time[1])]


def asked_for(question: str) -> list[str]:
    """The words of a question that an answer must have something to do with, stemmed."""
    return [word for word in dict.fromkeys(terms(question)) if word not in _ASKING]


def telling(word: str) -> float:
    """How much a stemmed word tells, from how usual it is anywhere: 0 to 1."""
    return math.log(max(_RARE, usual().get(word, _RARE))) / math.log(_RARE)


def weigh(question: str, chunks: Sequence[Chunk]) -> list[Passage]:
    """Every sentence that can answer with how well it does by its words, best first; not those
    which no meaning makes an answer."""
    weights = {word: telling(word) for word in asked_for(question)}
    weights |= dict.fromkeys(values(question), 1.0)
    whole = sum(weights.values())
    found = []
    for chunk in chunks:
        title, parts = said(chunk.title), chunk.sentences
        told = [said(text) for text in parts]
        for place, text in enumerate(parts):
            if not is_answer(question, text):
                continue
            around = told[max(0, place - _AROUND) : place + _AROUND + 1]
            carries = _share(weights, title.union(*around), whole)
            words = _share(weights, told[place], whole)
            found.append(Passage(text, chunk, carries, carries + _SENTENCE * words))
    found = [each for each in found if each.score >= ENOUGH - _MEANING]
    return sorted(found, key=lambda each: -each.score)


def nearer(passages: Sequence[Passage], near: Mapping[str, float]) -> list[Passage]:
    """The same by how near each text is to the question in meaning, too: -1 to 1."""
    found = [replace(p, score=p.score + _MEANING * max(0.0, near[p.text])) for p in passages]
    return sorted(found, key=lambda each: -each.score)


def best(passages: Sequence[Passage]) -> list[Passage]:
    """The few that answer, each saying something else, and each of another chunk but where that
    chunk's title alone was taken so far; none where what is asked for is not said."""
    chosen: list[Passage] = []
    for each in passages:
        if each.score < max(ENOUGH, _NEAR * passages[0].score):
            continue
        words = set(terms(each.text))
        repeats = any(
            (each.chunk.name == one.chunk.name and one.text != one.chunk.title)
            or len(words & set(terms(one.text))) > _ALIKE * len(words)
            for one in chosen
        )
        if words and not repeats:
            chosen.append(each)
        if len(chosen) == QUOTED:
            break
    return chosen


def _share(weights: dict[str, float], told: set[str], whole: float) -> float:
    return sum(weight for word, weight in weights.items() if word in told) / whole if whole else 0.0
