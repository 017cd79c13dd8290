"""An answer as a card: what is said, where it stands, and which way it was found."""

import hashlib
import re

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Link, Paragraph, Said, Section, Table
from bot.domain.cards.views.cluster import count
from bot.domain.memory.answers import Answered
from bot.domain.memory.conversation import Conversation
from bot.domain.memory.counting import Typed
from bot.domain.memory.passages import Chunk
from bot.domain.memory.web import WebAnswer
from bot.domain.text import terms

_PARTS = {"": "", "source": "Source", "day": "Day", "week": "Week from", "month": "Month",
          "year": "Year", "cluster": "Problem", "author": "Who", "release": "Release"}  # fmt: skip
_OUTSIDE = "From the web, outside of this project: nobody here has checked it"
MOST, _NAMED = 20, ("source", "author", "release")  # rows, and what they may be of


def answer_card(answered: Answered, *, readers: Audience) -> Card:
    """The answer to one question, for who reads in this place."""
    named = {chunk.name: chunk for chunk in answered.cited}
    if answered.typed is not None:
        title, sections = _counted(answered, answered.typed, named)
    elif answered.sentences:
        title = (Said(answered.question[:200]),)
        lines = tuple(
            (Said(each.text), *(part for name in each.of for part in (" ", cite(named[name]))))
            for each in answered.sentences
        )
        sections = [Section(Bullets(*lines))]
    else:
        title = ("I don't know: nothing that may be read here says it",)
        sections = [Section(Paragraph("You asked: ", Said(answered.question[:200])))]
    if answered.web is not None:
        sections.append(_web(answered.web))
    read = "" if answered.typed else f" {count(answered.chunks, 'text')} read,"
    how = f"{answered.way};{read} {answered.seconds:.1f} s"
    name = hashlib.blake2b(answered.question.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return Card(
        key=f"ask:{name}",
        audience=readers,
        title=title,
        sections=tuple(sections),
        footer=(how + (f". {answered.note}" if answered.note else "") + ".",),
    )


def _web(web: WebAnswer) -> Section:
    """What pages say, set apart. Their addresses are text: who follows one knows where to."""
    where = ", and it was asked where not everybody reads" if web.private else ""
    out = Paragraph(f"Only the words of your question went out, to Google{where}.")
    if not web.sentences:
        return Section(Paragraph(Said(web.problem)), out, title=_OUTSIDE)
    said = ((Said(s.text), *(p for name in s.of for p in (" ", Code(name)))) for s in web.sentences)
    pages = ((Code(p.name), " outside: ", Said(p.title), " ", Code(p.url)) for p in web.pages)
    queries: Line = tuple(part for query in web.queries for part in (" · ", Said(query)))
    searched = (Paragraph("Searched for", *queries),) if queries else ()
    return Section(Bullets(*said), Bullets(*pages), *searched, out, title=_OUTSIDE)


def cite(chunk: Chunk) -> Code | Link:
    """Something by its name, linked where it has an address."""
    linked = chunk.url.startswith(("https://", "http://"))
    return Link(chunk.name, chunk.url) if linked else Code(chunk.name)


def _counted(
    answered: Answered, typed: Typed, named: dict[str, Chunk]
) -> tuple[Line, list[Section]]:
    rows = answered.rows
    reports, seen = sum(row.reports for row in rows), sum(row.seen for row in rows)
    what = _said(typed, answered.question)
    dates = sorted(chunk.at for chunk in named.values() if chunk.at)
    times = f", seen {seen:,} times" if seen > reports else ""
    parts = [row for row in rows if row.name]
    of = f", of {count(len(parts), typed.by)}" if parts and typed.by in _NAMED else ""
    title: Line = (count(reports, "report"), *what, *([of + times] if of or times else []))
    if typed.kind == "when" and dates:
        title = (f"First on {dates[0]:%d %b %Y %H:%M} UTC, last on {dates[-1]:%d %b %Y %H:%M} UTC",
                 *what)  # fmt: skip
    sections = []
    if parts:
        header = ("Release" if typed.kind == "release" else _PARTS[typed.by], "Reports", "Seen")
        cells = tuple(
            ((Said(row.name),), (str(row.reports),), (str(row.seen),)) for row in parts[:MOST]
        )
        sections.append(Section(Table(header=header, rows=cells)))
    if shown := [part for chunk in named.values() for part in (" ", cite(chunk))]:
        sections.append(Section(Paragraph("Such as", *shown)))
    return title, sections


def _said(typed: Typed, question: str) -> Line:
    """What was counted, in words: whoever asked sees how they were understood."""
    line: list[str | Said | Code] = []
    said = {term: word for word in re.findall(r"[\w'-]+", question) for term in terms(word)}
    for word in typed.words:
        line += [" with " if not line else " and ", Code(said.get(word, word))]
    if typed.source:
        line += [" from ", Code(typed.source)]
    if typed.since:
        line.append(f" since {typed.since:%d %b %Y %H:%M} UTC")
    if typed.until:
        line.append(f" until {typed.until:%d %b %Y %H:%M} UTC")
    if typed.release:
        line += [", before and after ", Said(typed.release)]
    return tuple(line)


def conversations_card(told: list[Conversation], *, readers: Audience) -> Card:
    """What somebody has asked here."""
    lines = tuple(
        (Code(each.name), " ", Said(each.title), f", last on {each.edited_at:%d %b %H:%M} UTC, ",
         count(len(each.asked), "question"))
        for each in told[:MOST]
    )  # fmt: skip
    nothing: Line = ("Nothing yet: ", Code("/soulcaster ask why does the import fail?"))
    how: Line = (Code("ask rename A-3 Words"), ", ", Code("ask delete A-3"))
    return Card(
        key="asked",
        audience=readers,
        title=("What you asked here",),
        sections=(Section(Bullets(*lines or (nothing,))),),
        footer=how if lines else (),
    )
