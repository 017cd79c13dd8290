"""A cluster's title and summary, every sentence tied to the items it came from. Without a model the
sentences are picked, not written. What a model wrote is checked here before anybody sees it."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.clusters.titles import clearest, plain
from bot.domain.models import Sentence
from bot.domain.text import read, terms

TITLE_LIMIT, SENTENCE_LIMIT = 120, 280
SENTENCES = 3
_MOST_ITEMS = 50  # of a cluster, the newest are read
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(`])|\n+")
_SHARED = 0.5  # of a sentence's words in an item that also says it
_GROUNDED = 0.5  # of a written sentence's words that its items must have
_EXACT = re.compile(
    r"`[^`]+`|https?://\S+|@[\w-]+|\b\w*\d[\w.]*\b|\b[A-Za-z]+(?:[A-Z]\w+)+|\b\w+_\w+\b"
)


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """One item as far as a summary is concerned."""

    number: int
    title: str
    body: str
    may_name: bool = False  # it may change what the problem is called


@dataclass(frozen=True, slots=True)
class Summary:
    """A title and a few sentences."""

    title: str
    sentences: tuple[Sentence, ...]


def extract(items: Sequence[SummaryInput], title: str = "") -> Summary:
    """The clearest title, where ``title`` is what stands; and sentences that between them say what
    most items say."""
    if not items:
        return Summary("", ())
    named = [(clipped(plain(i.title), TITLE_LIMIT), i.may_name) for i in items]
    title = clearest(named, title) or clipped(plain(sentences_of(items[0])[0]), TITLE_LIMIT)
    items = list(items)[-_MOST_ITEMS:]
    words = {item.number: set(terms(f"{item.title}\n{item.body[:4_000]}")) for item in items}
    spread = Counter(word for said in words.values() for word in said)
    # A word counts by how many items say it: that is what the cluster is about.
    weight = {word: math.log1p(count) for word, count in spread.items()}
    chosen: list[Sentence] = []
    covered: set[str] = set()
    options = [
        (item.number, text, set(terms(text))) for item in items for text in sentences_of(item)
    ]
    while options and len(chosen) < SENTENCES:
        number, text, said = max(options, key=lambda o: (_value(o[2] - covered, weight), -o[0]))
        if len(said - covered) < 3:
            break
        others = [n for n, theirs in words.items() if len(said & theirs) >= _SHARED * len(said)]
        chosen.append(Sentence(text=text, items=tuple(sorted({number, *others}))))
        covered |= said
        options = [o for o in options if len(o[2] - covered) >= 3]
    return Summary(title, tuple(chosen))


def problems(
    title: str,
    sentences: Sequence[Sentence],
    items: Sequence[SummaryInput],
    *,
    translated: bool = False,
) -> list[str]:
    """What is wrong with a summary that a model wrote; empty when it may be shown. Every sentence
    must cite items of the cluster, and what it says exactly (names, numbers, code, links, mentions)
    must stand in one of those it cites. Where it is ``translated``, its other words need not."""
    texts = {item.number: f"{item.title}\n{item.body}" for item in items}
    found = []
    if not title.strip() or len(title) > TITLE_LIMIT:
        found.append(f"the title is empty or over {TITLE_LIMIT} characters")
    if not sentences:
        found.append("there is no sentence")
    every = Sentence(text=title, items=tuple(texts))
    for place, sentence in enumerate((every, *sentences)):
        name = f"sentence {place}" if place else "the title"
        if place and not sentence.text.strip():
            found.append(f"{name} is empty")
        if len(sentence.text) > SENTENCE_LIMIT:
            found.append(f"{name} is over {SENTENCE_LIMIT} characters")
        missing = [n for n in sentence.items if n not in texts]
        if missing:
            found.append(f"{name} cites I-{missing[0]}, which is not in this cluster")
            continue
        if not sentence.items:
            found.append(f"{name} cites nothing")
            continue
        told = "\n".join(texts[n] for n in sentence.items)
        found += ungrounded(name, sentence.text, told, translated=translated)
        if place and not translated:
            said = set(terms(sentence.text))
            found += [
                f"{name} cites I-{n}, which says nothing of it"
                for n in sentence.items
                if said and said.isdisjoint(terms(texts[n]))
            ]
    return found


def clipped(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0] + "…"


def ungrounded(name: str, text: str, source: str, *, translated: bool) -> list[str]:
    """What ``text``, called ``name``, says that its source does not."""
    lower = source.lower()
    found = [
        f"{name} says {exact!r}, which no item it cites says"
        for exact in (m[0].strip("`.,") for m in _EXACT.finditer(text))
        if exact.lower() not in lower
    ]
    said = set(terms(text))
    if not translated and said and len(said & set(terms(source))) < _GROUNDED * len(said):
        found.append(f"{name} says little that the items it cites say")
    return found


def sentences_of(item: SummaryInput) -> list[str]:
    """The sentences and error lines of an item that may stand by themselves."""
    said = read(item.title, item.body[:4_000])
    parts = _SENTENCE.split(said.prose.replace("\n", " ") if said.prose else said.title)
    found = [clipped(part, SENTENCE_LIMIT) for part in parts if len(part.split()) >= 4]
    errors = [clipped(line, SENTENCE_LIMIT) for line in said.errors if line[:9] != "Traceback"]
    return [*found[:20], *errors[:2]] or [clipped(said.title or item.body, SENTENCE_LIMIT)]


def _value(said: set[str], weight: dict[str, float]) -> float:
    """What a text tells, held back for being long."""
    return sum(weight.get(word, 0.0) for word in said) / math.sqrt(len(said) + 4)
