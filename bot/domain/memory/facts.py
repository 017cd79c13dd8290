"""Facts: what a project's people told, and what its fixes taught."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatch

from pydantic import AwareDatetime, Field

from bot.domain.memory.passages import Chunk, asked_for, telling
from bot.domain.models import Worded
from bot.domain.text import terms

MOST = 1_000  # of a project, the newest
LONGEST = 600  # characters
FITTING = 5
_LIKE = 0.35  # of what a fact says, by how telling each word is, a problem must say
_SAME = 0.8  # of the words of two facts that are one


class Fact(Worded):
    """``M-3``. ``by`` is who said it, or the run that learnt it; ``path`` a glob of the files it is
    about, "" for all."""

    number: int = 0
    text: str = Field(min_length=1, max_length=LONGEST)
    by: str
    path: str = ""
    url: str = ""
    cluster: int | None = None
    made_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``M-3``."""
        return f"M-{self.number}"

    @property
    def chunk(self) -> Chunk:
        """The fact as it can be cited."""
        kept = self.model_dump(include={"audience", "name", "text", "url", "cluster"})
        return Chunk(name=self.name, title="", at=self.made_at, **kept)


def fitting(
    facts: Iterable[Fact], words: str, *, suspects: Collection[str], paths: Collection[str] = ()
) -> list[Fact]:
    """What fits a problem by its suspected files and by its words, best first.

    Where the repository's ``paths`` are at hand, a fact about a file that is gone fits nothing.
    """
    told, found = set(asked_for(words)), list[tuple[float, Fact]]()
    for fact in facts:
        glob = fact.path.replace("**", "*")
        if paths and glob and not any(fnmatch(p, glob) for p in paths):
            continue
        weights = {word: telling(word) for word in terms(fact.text)}
        like = sum(weights[word] for word in weights.keys() & told) / (sum(weights.values()) or 1)
        # A report may name less of a path than there is.
        there = bool(glob) and any(fnmatch(p, glob) or glob.endswith(f"/{p}") for p in suspects)
        if there or like >= _LIKE:
            found.append((there + like, fact))
    return [fact for _, fact in sorted(found, key=lambda two: (-two[0], -two[1].number))][:FITTING]


def same(one: Fact, other: Fact) -> bool:
    """Whether they say the same: another number is another fact."""
    first, second = set(terms(one.text)), set(terms(other.text))
    alike = one.path == other.path and len(first & second) >= _SAME * len(first | second)
    return alike and _values(one) == _values(other)


def _values(fact: Fact) -> set[str]:
    return {word.strip(".,;:()") for word in fact.text.split() if any(map(str.isdigit, word))}
