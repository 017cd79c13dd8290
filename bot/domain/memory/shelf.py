"""Files that a project gives as context: what is kept of one, and which parts fit a question.

**Invariant:** what stands in a file is material. Only what the readers may read is weighed."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pydantic import AwareDatetime

from bot.domain.errors import NotFound
from bot.domain.memory.passages import Chunk, asked_for, telling
from bot.domain.models import Record, Worded
from bot.domain.text import terms

MB = 1024 * 1024
FILE_BYTES, SHELF_BYTES, FILES = 20 * MB, 200 * MB, 200
# Characters that are drawn out of one file, and of a part of it.
DRAWN, PIECE = 1_000_000, 1_900
PARTS = 12  # of all files together, for one question
IMAGES = ("PNG", "JPEG", "WebP")
SHOWN, SHOWN_BYTES = 4, 3_500_000  # images to a model at once, and how long they are together
_FIRST = "files"  # what every project has
_LIKE = 0.34  # of what tells most about a part or about the question
_EVERY = frozenset(terms("http https www html page file"))


class Part(Record):
    """A piece of a file: pages (``p.``), lines (``l.``) or rows from ``first`` to ``last``; a
    ``piece`` after the first is of a page that is long. ``unit`` "" is the file itself."""

    unit: str
    first: int = 0
    last: int = 0
    piece: int = 1
    text: str

    @property
    def place(self) -> str:
        """``p. 7``."""
        many = f"-{self.last}" if self.last > self.first else ""
        piece = f" ({self.piece})" if self.piece > 1 else ""
        return f"{self.unit} {self.first}{many}{piece}" if self.unit else ""


class ShelfFile(Worded):
    """A file on a shelf. ``digest`` names its content, ``origin`` where it came from
    (``docs/spec.md@3f2a1b9``), ``by`` who added it, ``by_id`` by GitHub's id; of what is ``cut``
    only the beginning is read.
    ``used_by`` are the clusters and fixes that it goes along with."""

    name: str
    shelf: str = _FIRST
    kind: str
    size: int
    digest: str
    parts: int
    cut: bool = False
    origin: str
    url: str = ""
    by: str
    by_id: int | None = None
    made_at: AwareDatetime
    used_by: tuple[str, ...] = ()

    @property
    def blob(self) -> str:
        """Its bytes."""
        return f"file-{self.digest}"

    @property
    def text(self) -> str:
        """What was drawn out of them."""
        return f"text-{self.digest}"

    def chunk(self, part: Part) -> Chunk:
        """A part as it can be cited: ``spec.pdf p. 7``."""
        name = f"{self.name} {part.place}".strip()
        kept = {"audience": self.audience, "url": self.url, "at": self.made_at}
        kept |= {"image": self.blob} if self.kind in IMAGES else {}
        return Chunk(name=name, title="", text=part.text, **kept)


class Shelves(Worded):
    """The names of a project's shelves beside the first."""

    names: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """With the first."""
        return (_FIRST, *self.names)

    def named(self, name: str) -> str:
        """One of them as it is written. Raises NotFound."""
        found = next((one for one in self.all if one.lower() == name.lower()), None)
        if found is None:
            raise NotFound(f"There is no shelf {name[:80]} here: files shelf new {called(name)}")
        return found


@dataclass(frozen=True, slots=True)
class Along:
    """What goes along with a plan or a fix: parts, and images by their path in its sandbox."""

    chosen: Sequence[tuple[ShelfFile, Part]] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """Each part with its name before it, and where the images are."""
        told = [f"{c.name}: {c.text}" for c in (f.chunk(p) for f, p in self.chosen)]
        return told + [f"An image that belongs to it is at {path}" for path in self.images]


def called(name: str) -> str:
    """A file's or shelf's name as one word: no folders, no blanks, at most 80 characters."""
    word = re.sub(r"[^\w.+-]+", "-", name.replace("\\", "/").rpartition("/")[2]).strip("-.")
    stem, dot, ending = word.rpartition(".")
    return word if len(word) <= 80 else f"{(stem or word)[:70]}{dot}{ending[:9]}"


def as_words(name: str) -> str:
    """``save-button_hidden.png`` as words."""
    return " ".join(re.findall(r"[^\W_]+", name.rpartition(".")[0] or name))


def pieces(unit: str, lines: Sequence[str], *, first: int = 1, head: str = "") -> list[Part]:
    """Lines as parts of at most ``PIECE`` characters; ``head`` stands before each. A Markdown
    heading begins a part."""
    found, held, began = list[Part](), list[str](), first

    def end(at: int) -> None:
        if text := "\n".join(held).strip():
            found.append(Part(unit=unit, first=began, last=at, text=f"{head}\n{text}".strip()))
        held.clear()

    for at, line in enumerate(lines, first):
        full = sum(map(len, held)) + len(held) + len(line) > PIECE
        if held and (full or re.match(r"#{1,6} ", line)):
            end(at - 1)
        if not held:
            began = at
        for cut in range(0, max(1, len(line)), PIECE):
            if cut:
                end(at)
                began = at
            held.append(line[cut : cut + PIECE])
    end(first + len(lines) - 1)
    return numbered(found)


def numbered(parts: Iterable[Part]) -> list[Part]:
    """Parts of one place told apart: ``p. 7``, ``p. 7 (2)``."""
    same = groupby(parts, lambda part: (part.first, part.last))
    return [
        part.model_copy(update={"piece": at}) for _, some in same for at, part in enumerate(some, 1)
    ]


def fitting(
    files: Iterable[tuple[ShelfFile, Sequence[Part]]], question: str, *, room: int
) -> list[tuple[ShelfFile, Part]]:
    """The parts that are most about it, best first, of at most ``room`` characters together."""
    weights = {w: telling(w) for w in asked_for(question) if w not in _EVERY}
    whole, found = sum(weights.values()), list[tuple[float, ShelfFile, Part]]()
    for file, parts in files:
        of_name = weights.keys() & set(terms(as_words(file.name)))
        for part in parts:
            lower = part.text.lower()  # a stem is its word but for the last letter
            if not (of_name or any(w[: max(2, len(w) - 1)] in lower for w in weights)):
                continue
            said = (own := set(terms(part.text))) & weights.keys() | of_name
            score = sum(weights[word] for word in said)
            # A report is long: then it is the part that has to be about it.
            least = min(whole, sum(map(telling, own)))
            if score and score >= _LIKE * least:
                found.append((score, file, part))
    chosen = list[tuple[ShelfFile, Part]]()
    for _, file, part in sorted(found, key=lambda each: -each[0]):
        if len(part.text) <= room and len(chosen) < PARTS:
            chosen.append((file, part))
            room -= len(part.text)
    return chosen


def named(chosen: Collection[tuple[ShelfFile, Part]]) -> list[str]:
    """The parts as a card names them: ``spec.pdf p. 4-6, 9``."""
    found = list[str]()
    ordered = sorted(chosen, key=lambda two: (two[0].name, two[1].first))
    for name, some in groupby(ordered, lambda two: two[0].name):
        spans, unit = list[list[int]](), ""
        for _, part in some:
            unit = part.unit
            if spans and part.first <= spans[-1][1] + 1:
                spans[-1][1] = max(spans[-1][1], part.last)
            else:
                spans.append([part.first, part.last])
        told = ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in spans)
        found.append(f"{name} {unit} {told}" if unit else name)
    return found
