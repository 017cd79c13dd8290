"""What pages of the web say to a question: words of strangers, from outside of the project.

**Invariant:** what goes out is the question in its asker's words, and nothing that is known here.
"""

import re
from collections.abc import Iterable, Sequence

from bot.domain.memory.written import LONGEST, Cited
from bot.domain.models import Record

SENTENCES, PAGES = 6, 8
_MARKUP = re.compile(r"\*\*|`|^[\s>#*-]+", re.M)
_ADDRESS = re.compile(r"https?://[^\s<>\"`]{1,1000}")

INSTRUCTIONS = """\
Search the web for the question in the material and answer it from the pages found, in a few short
sentences without markup. Where no page says it, say that none does."""


class Page(Record):
    """A page by the name that sentences cite it by, ``W-1``."""

    name: str
    title: str
    url: str


class WebAnswer(Record):
    """Sentences that pages bear out, each citing some, and what was searched for. Without
    sentences ``problem`` says why. ``private``: not everybody reads where it was asked."""

    sentences: tuple[Cited, ...] = ()
    pages: tuple[Page, ...] = ()
    queries: tuple[str, ...] = ()
    problem: str = ""
    private: bool = False


def borne_out(
    said: str,
    found: Sequence[tuple[str, str]],
    supports: Iterable[tuple[str, Sequence[int]]],
    queries: Iterable[str],
) -> WebAnswer:
    """The sentences of what was ``said`` that pages bear out; the others are left out. ``found``
    are titles and addresses of pages, ``supports`` passages of what was said, each with the places
    in ``found`` of what bears it out."""
    pages: dict[int, Page] = {}
    sentences: list[Cited] = []
    for passage, places in supports:
        text = " ".join(_MARKUP.sub("", passage).split())
        if not text or passage not in said or len(sentences) == SENTENCES:
            continue
        for place in dict.fromkeys(places):
            title, url = found[place] if 0 <= place < len(found) else ("", "")
            if place not in pages and len(pages) < PAGES and _ADDRESS.fullmatch(url):
                name = f"W-{len(pages) + 1}"
                pages[place] = Page(name=name, title=title[:200] or "untitled", url=url)
        if of := tuple(pages[place].name for place in dict.fromkeys(places) if place in pages):
            sentences.append(Cited(text=text[:LONGEST], of=of))
    asked = tuple(query[:200] for query in queries)[:3]
    problem = "" if sentences else "No page was found that bears out an answer"
    told, borne = tuple(sentences), tuple(pages.values())
    return WebAnswer(sentences=told, pages=borne, queries=asked, problem=problem)
