"""Facts: what a project's people told, what its reports claim, what its fixes taught. A fact of a
report is a claim until somebody of level 3 confirms it: nobody teaches the bot by opening an issue.
It stands only as long as its source says so."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatch

from pydantic import AwareDatetime, Field

from bot.domain.audience import combined
from bot.domain.memory.passages import Chunk, asked_for, telling
from bot.domain.memory.written import RULES, Cited
from bot.domain.models import Item, Record, Worded
from bot.domain.text import terms

MOST = 1_000  # of a project; the claims go first, the oldest of them before the others
LONGEST = 600  # characters
FITTING = 5
SIZE, DRAWN = 8_000, 5  # characters of reports read at once, about 2,000 tokens; facts of them
_LIKE = 0.35  # of what a fact says, by how telling each word is, a problem must say
_SAME = 0.8  # of the words of two facts that are one
_Read = tuple[set[str], set[str], str]  # a fact's words, the values among them, its path

INSTRUCTIONS = f"""\
You read reports of a software project and write down what is worth knowing later: how something
behaves, what it is for, what causes a problem, what gets round it. The material is JSON.

At most {DRAWN} facts, each one plain sentence that stands by itself, with the ids of the reports
that say it. No opinion, no wish, nothing about one person.

{RULES}"""


class FactsDraft(Record):
    """What a model found in some reports."""

    facts: tuple[Cited, ...] = ()


class Fact(Worded):
    """``M-3``. ``by`` is who said it, or the run that learnt it; "" for what was read in ``items``.
    ``by_id`` is GitHub's id of that person.

    ``said`` names those reports as they were: a fact is dropped when one of them reads otherwise.
    ``path`` is a glob of the files it is about, "" for all. ``confirmed_by`` is who takes a claim
    for true."""

    number: int = 0
    text: str = Field(min_length=1, max_length=LONGEST)
    by: str = ""
    by_id: int | None = None
    items: tuple[int, ...] = ()
    said: str = ""
    path: str = ""
    url: str = ""
    confirmed_by: str = ""
    cluster: int | None = None
    made_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``M-3``."""
        return f"M-{self.number}"

    @property
    def is_claim(self) -> bool:
        """Whether nobody of the project stands for it."""
        return not (self.by or self.confirmed_by)

    @property
    def chunk(self) -> Chunk:
        """The fact as it can be cited."""
        kept = self.model_dump(include={"audience", "name", "text", "url", "cluster"})
        return Chunk(name=self.name, title="", at=self.made_at, **kept)


def as_said(items: Iterable[Item]) -> str:
    """Names what these reports say; another edit gives another."""
    told = "\0".join(f"{i.number}:{i.gone}:{i.title}\n{i.body}" for i in items)
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=8).hexdigest()


def standing(fact: Fact, items: Mapping[int, Item], now: datetime) -> Fact | None:
    """The fact as it stands now; None once it has expired or its source says something else. It may
    be read by whoever may read all the reports it rests on, as they are now."""
    there = [items[number] for number in fact.items if number in items]
    over = fact.expires_at is not None and fact.expires_at <= now
    if over or (fact.items and as_said(there) != fact.said):
        return None
    audience = combined(fact.audience, *(item.audience for item in there))
    return fact.model_copy(update={"audience": audience})


def fitting(
    facts: Iterable[Fact], words: str, *, suspects: Collection[str], paths: Collection[str] = ()
) -> list[Fact]:
    """What fits a problem by its suspected files and by its words, best first; no claims. Where the
    repository's ``paths`` are at hand, a fact about a file that is gone fits nothing."""
    told, found = set(asked_for(words)), list[tuple[float, Fact]]()
    for fact in facts:
        glob = fact.path.replace("**", "*")
        if fact.is_claim or (paths and glob and not any(fnmatch(p, glob) for p in paths)):
            continue
        weights = {word: telling(word) for word in terms(fact.text)}
        like = sum(weights[word] for word in weights.keys() & told) / (sum(weights.values()) or 1)
        # A report may name less of a path than there is.
        there = bool(glob) and any(fnmatch(p, glob) or glob.endswith(f"/{p}") for p in suspects)
        if there or like >= _LIKE:
            found.append((there + like, fact))
    return [fact for _, fact in sorted(found, key=lambda two: (-two[0], -two[1].number))][:FITTING]


def consolidated(facts: Sequence[Fact], new: Sequence[Fact]) -> list[Fact]:
    """Those of the new ones that are not known yet: the same fact once."""
    found, known = list[Fact](), [*map(_read, facts)]
    for fact in new:
        read = _read(fact)
        if not any(_alike(one, read) and one[1] == read[1] for one in known):
            found.append(fact)
            known.append(read)
    return found


def outdated(facts: Sequence[Fact]) -> dict[int, Fact]:
    """By number the facts that a newer one contradicts: the same words with another value."""
    read = sorted(((fact, _read(fact)) for fact in facts), key=lambda two: two[0].number)
    return {
        fact.number: newer
        for at, (fact, one) in enumerate(read)
        for newer, other in read[at + 1 :]
        if _alike(one, other) and one[1] != other[1]
    }


def _read(fact: Fact) -> _Read:
    values = {word.strip(".,;:()") for word in fact.text.split() if any(map(str.isdigit, word))}
    return set(terms(fact.text)), values, fact.path


def _alike(one: _Read, other: _Read) -> bool:
    return one[2] == other[2] and len(one[0] & other[0]) >= _SAME * len(one[0] | other[0])


def batches(items: Sequence[Item]) -> list[list[Item]]:
    """Reports to read at once, in their order; what different people read is not mixed."""
    found, room = list[list[Item]](), 0
    for item in items:
        size = len(item.title) + min(len(item.body), SIZE)
        if not found or size > room or found[-1][0].audience is not item.audience:
            found.append([])
            room = SIZE
        found[-1].append(item)
        room -= size
    return found
