"""A plan for a fix, from the evidence itself: nothing in it that no report says. A language model
may draft a better one (``drafting``), held to the same record and citations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import AwareDatetime, Field

from bot.domain.audience import combined
from bot.domain.models import Cluster, Item, Record, Worded

# The author of a plan that is picked from the reports themselves.
EXTRACTIVE = "extractive"
_PATH = re.compile(r"[\w./-]+\.(?:py|js|ts|tsx|go|rs|java|rb|c|cc|cpp|cs|php)\b")
_WRAPPED = re.compile(r"(?<![.!?:;{}()>`])\n(?=[a-z])")
_MODULE = re.compile(r"\b([a-z_]\w*(?:\.[a-z_]\w*){1,5})\s*\(")


class Cited(Record):
    """A sentence and the items it rests on."""

    text: str = Field(max_length=600)
    items: tuple[int, ...] = ()


class Plan(Worded):
    """What a fix goes by. ``version`` counts the plans of a cluster; ``author`` wrote it.
    ``known`` are facts of the project's memory that fit, each with its name; ``files`` the parts
    of its files that went along: ``spec.pdf p. 4-6``.

    ``approved_by`` is who said that a fix may go by it, empty while nobody did."""

    version: int = 1
    symptom: Cited
    evidence: tuple[Cited, ...] = ()
    suspects: tuple[str, ...] = ()
    approach: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    steering: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    author: str = EXTRACTIVE
    approved_by: str = ""
    approved_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``v2``."""
        return f"v{self.version}"

    def suspects_in(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Files among ``paths`` that are suspected, the likeliest first; at most eight."""
        known = sorted(paths)
        found = [
            path
            for suspect in self.suspects
            for path in known
            if path == suspect or path.endswith(f"/{suspect}")
        ]
        return tuple(dict.fromkeys(found))[:8]

    def among(self, paths: Iterable[str]) -> Plan:
        """The plan with those of its suspects that are there, and no step that names another."""
        there = self.suspects_in(paths)
        old, new = _smallest(self.suspects), _smallest(there)
        approach = tuple(new if step == old else step for step in self.approach)
        return self.model_copy(update={"suspects": there, "approach": approach})


def _smallest(suspects: Sequence[str]) -> str:
    where = f" in {suspects[0]}" if suspects else ""
    return f"Search the smallest edit{where} that makes it pass."


def extract_plan(
    cluster: Cluster,
    items: Sequence[Item],
    *,
    steering: Sequence[str] = (),
    known: Sequence[str] = (),
    version: int = 1,
) -> Plan:
    """A plan of real sentences and real paths, each tied to its items. ``cluster`` and ``items``
    are as they may be read by whoever reads the plan."""
    newest = list(items)[-12:]
    suspects = suspected_files(newest)
    symptom = Cited(
        text=cluster.title[:600] or "unknown", items=tuple(i.number for i in newest[:6])
    )
    return Plan(
        audience=combined(cluster.audience, *(item.audience for item in items)),
        version=version,
        symptom=symptom,
        evidence=tuple(
            Cited(text=_sentence(item)[:600], items=(item.number,))
            for item in newest
            if _sentence(item)
        )[:6],
        suspects=suspects,
        approach=(
            "Turn the example of a report into a test that fails on the base commit.",
            _smallest(suspects),
        ),
        tests=(
            "The new test, red before and green after.",
            "The whole suite, no worse than before.",
        ),
        risks=("The reports may describe more than their examples show.",),
        steering=tuple(steering),
        known=tuple(known),
    )


def suspected_files(items: Sequence[Item]) -> tuple[str, ...]:
    """Paths that stack frames and texts name, the most named first; at most eight."""
    named: Counter[str] = Counter()
    for item in items:
        for depth, frame in enumerate(reversed([f for f in item.frames if f.in_app])):
            named[frame.path] += 4 if depth == 0 else 2
        for path in set(_PATH.findall(item.body)):
            named[path] += 2
        for module in set(_MODULE.findall(item.body)):
            named["/".join(module.split(".")[:-1]) + ".py"] += 1
    return tuple(path for path, _ in named.most_common(8))


def _sentence(item: Item) -> str:
    """The first line of a report that says something, with what is wrapped of it."""
    for line in _WRAPPED.sub(" ", item.body).splitlines():
        words = line.strip(" #>*-`")
        if len(words.split()) >= 4:
            return words
    return item.title


# A session of a prompt, or a call with its values; and beside it what comes, or should.
_RUN = re.compile(r"^\s*(?:>>>|\$)\s\S|[A-Za-z_][\w.]{0,99}\([^()\n]{0,200}\)", re.MULTILINE)
_SAID = re.compile(
    r"expect|should|instead|return|give|gave|rais|error|exception|got|print|[!=]=|->|→",
    re.IGNORECASE,
)


def shows_example(item: Item) -> bool:
    """Whether a fix may find something to run in it; which test that makes needs the checkout."""
    return bool(_RUN.search(item.body) and _SAID.search(item.body))
