"""A project's files as a card."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Link, Said, Section
from bot.domain.cards.views.cluster import count
from bot.domain.memory.shelf import FILES, IMAGES, MB, SHELF_BYTES, ShelfFile


def shelf_card(files: Sequence[ShelfFile], shelves: Sequence[str], *, readers: Audience) -> Card:
    """The files that may be read here, by shelf: what each is, where from, what it serves."""
    sections = []
    for shelf in shelves:
        some = [_line(file) for file in files if file.shelf == shelf]
        if some or len(shelves) > 1:
            sections.append(Section(Bullets(*(some or [("nothing yet",)])), title=shelf))
    nothing: Line = ("Nothing yet: ", Code("/soulcaster files add docs/spec.md@main"))
    size = sum(file.size for file in files) / MB
    return Card(
        key="files",
        audience=readers,
        title=(f"Files as context: {count(len(files), 'file')}",),
        sections=tuple(sections) or (Section(Bullets(nothing)),),
        footer=(f"{size:.1f} of {SHELF_BYTES // MB} MB, at most {FILES} files.",),
    )


def _line(file: ShelfFile) -> Line:
    parts = count(file.parts, "part") + (", only its beginning" if file.cut else "")
    kind = file.kind if file.kind in IMAGES else f"{file.kind}, {parts}"
    unseen = ", unseen" if kind == file.kind else ""
    origin = Link(file.origin, file.url) if file.url.startswith("https://") else Said(file.origin)
    used = " ".join(sorted(file.used_by)[:10])
    along: Line = (", goes along with ", Code(used)) if used else ()
    size = f"{file.size / MB:.1f} MB" if file.size > MB // 10 else f"{file.size / 1024:.0f} KB"
    return (
        *(Code(file.name), f": {kind}{unseen}, {size}, from ", origin),
        *((" by ", Code(file.by)) if file.by else ()),
        *(f", {file.made_at:%d %b}", *along),
    )
