"""What a project is, in five short sections, each sentence tied to where it comes from."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.clusters.summary import SummaryInput, extract, sentences_of
from bot.domain.memory.passages import Chunk
from bot.domain.memory.written import LONGEST, RULES, Cited
from bot.domain.models import Place, Record, Worded

State = Literal["none", "processing", "quick ready", "complete", "failed"]
SENTENCES = 3
_RULE = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(\S.{12,})$", re.MULTILINE)
_ROW = re.compile(r"^\s*\|.*$", re.MULTILINE)  # of a table: no sentence
_RULES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")

INSTRUCTIONS = f"""\
You describe a software project for those who will answer its reporters and repair its code. The
material is JSON: chunks of its files, of its people's answers to reporters, and reports.

Five sections, each of at most {SENTENCES} sentences of at most {LONGEST} characters, each with the
ids that say it: voice: how its people speak to reporters; identity: what the project is; users: who
reports, and what hurts them most; agents: rules for who changes its code; tools: how it is built,
tested and run. A section that the material says nothing of is empty.

{RULES}"""


class Sections(Record):
    """The five sections, as a model gives them and as they are kept."""

    voice: tuple[Cited, ...] = ()
    identity: tuple[Cited, ...] = ()
    users: tuple[Cited, ...] = ()
    agents: tuple[Cited, ...] = ()
    tools: tuple[Cited, ...] = ()

    @property
    def named(self) -> list[tuple[str, tuple[Cited, ...]]]:
        """Each with its name, the empty ones, too."""
        return [(name, getattr(self, name)) for name in type(self).model_fields]

    @property
    def cited(self) -> tuple[int, ...]:
        """The reports that they rest on."""
        names = (name for _, said in self.named for each in said for name in each.of)
        return tuple(sorted({int(n[2:]) for n in names if re.fullmatch(r"I-\d+", n)}))


class Profile(Worded):
    """``percent`` and ``stage`` say how far it is, ``problem`` what went wrong. Facts were drawn
    from the reports up to ``read_to``. ``place`` is where its card stands that is edited meanwhile.
    """

    state: State = "none"
    percent: int = 0
    stage: str = ""
    problem: str = ""
    sections: Sections = Sections()
    author: str = ""
    read_to: int = 0
    made_at: AwareDatetime
    place: Place | None = None

    @property
    def chunks(self) -> list[Chunk]:
        """Its sections as they can be cited."""
        return [
            Chunk(
                audience=self.audience,
                name=f"profile:{name}",
                title="",
                text="\n".join(sentence.text for sentence in said),
            )
            for name, said in self.sections.named
            if said
        ]


def extracted(
    files: Mapping[str, str], answers: Sequence[Chunk], users: Sequence[Cited], tests: str
) -> Sections:
    """The sections in the words of files and people themselves; ``tests`` says how its tests are
    run, and in brackets where that stands, "" where nobody knows."""
    readme = next((path for path in files if path.lower().startswith("readme")), "")
    about = _ROW.sub("", files.get(readme, "")[:4_000])
    identity = sentences_of(SummaryInput(0, "", about)) if readme else []
    rules = [(m[1], path) for path in _RULES if path in files for m in _RULE.finditer(files[path])]
    said, _, where = tests.rpartition(" (")
    tools = [(said, where.rstrip(")"))] if tests else []
    tools += [(f"Its checks run in {p}", p) for p in files if p.startswith(".github/workflows/")]
    return Sections(
        voice=said_most(answers),
        identity=_cited([(text, readme) for text in identity]),
        users=tuple(users[:SENTENCES]),
        agents=_cited(rules),
        tools=_cited(tools),
    )


def said_most(chunks: Sequence[Chunk]) -> tuple[Cited, ...]:
    """What many of them say, in the words of one."""
    said = extract([SummaryInput(n, c.title, c.text) for n, c in enumerate(chunks)]).sentences
    return _cited([(s.text, chunks[s.items[0]].name) for s in said])


def _cited(found: Sequence[tuple[str, str]]) -> tuple[Cited, ...]:
    return tuple(Cited(text=text.strip()[:LONGEST], of=(of,)) for text, of in found[:SENTENCES])


def richest(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Reports by how much they tell, one of each problem before a second of any."""
    seen: set[int | None] = {None}
    first, rest = list[Chunk](), list[Chunk]()
    for chunk in sorted(chunks, key=lambda c: (-min(len(c.text), 2_000), c.name)):
        (rest if chunk.cluster in seen else first).append(chunk)
        seen.add(chunk.cluster)
    return [*first, *rest]
