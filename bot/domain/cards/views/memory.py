"""Facts, the profile and files as cards: what is known, who says so, how old it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Bullets, Card, Code, Line, Link, Said, Section, Tone
from bot.domain.cards.card import Fact as Row
from bot.domain.cards.views.cluster import count
from bot.domain.memory.facts import Fact
from bot.domain.memory.profile import Profile
from bot.domain.memory.shelf import FILES, IMAGES, MB, SHELF_BYTES, ShelfFile

_CALLED = {
    "voice": "How its people speak",
    "identity": "What it is",
    "users": "Who reports, and what hurts",
    "agents": "Rules for changing it",
    "tools": "How it is built and tested",
}
_TONES: Mapping[str, Tone] = {"processing": "running", "failed": "failed"}


def fact_line(fact: Fact) -> Line:
    """``M-3 Refunds are gross (src/shop/tax.py)``."""
    about: Line = (" (", Code(fact.path), ")") if fact.path else ()
    return (Code(fact.name), " ", Said(fact.text), *about)


def _source(fact: Fact, now: datetime, newer: Fact | None) -> Line:
    said: Line = ("by ", Link(fact.by, fact.url) if fact.url else Code(fact.by))
    if not fact.by:
        said = ("claimed in ", Code(" ".join(f"I-{number}" for number in fact.items[:4])))
    by: Line = (", confirmed by ", Code(fact.confirmed_by)) if fact.confirmed_by else ()
    days = (now - fact.made_at).days
    until = f", until {fact.expires_at:%d %b %Y}" if fact.expires_at else ""
    against: Line = (", but ", Code(newer.name), " is newer and says otherwise") if newer else ()
    return (
        " · ",
        *said,
        *by,
        f", {count(days, 'day')} old" if days else ", today",
        until,
        *against,
    )


def memory_card(
    facts: Sequence[Fact], many: int, newer: Mapping[int, Fact], *, now: datetime, readers: Audience
) -> Card:
    """Facts with their sources; ``newer`` has, by number, what contradicts one."""
    claims = [fact for fact in facts if fact.is_claim]
    told = [fact for fact in facts if not fact.is_claim]
    parts = (("", told), ("Claimed in reports, and not used until somebody confirms it", claims))
    sections = [
        Section(
            Bullets(*((*fact_line(f), *_source(f, now, newer.get(f.number))) for f in some)),
            title=title,
        )
        for title, some in parts
        if some
    ]
    nothing: Line = ("Nothing yet: ", Code('/soulcaster remember "Refunds are always gross"'))
    return Card(
        key="memory",
        audience=readers,
        title=(f"What is remembered: {count(many, 'fact')}",),
        sections=tuple(sections) or (Section(Bullets(nothing)),),
        actions=tuple(Action(f"Confirm {f.name}", f"remember {f.name}") for f in claims[:3]),
    )


def profile_card(profile: Profile, full_name: str, *, readers: Audience) -> Card:
    """The profile, or how far it is; each sentence with what it comes from."""
    sections = tuple(
        Section(
            Bullets(*((Said(each.text), " ", Code(" ".join(each.of))) for each in said)),
            title=_CALLED[name],
        )
        for name, said in profile.sections.named
        if said
    )
    stage = f": {profile.stage}, {profile.percent} %" if profile.state == "processing" else ""
    lacking = [_CALLED[name] for name, said in profile.sections.named if not said]
    facts = [Row("State", profile.state + stage)]
    if profile.problem:
        facts.append(Row("Not all went well", Said(profile.problem)))
    if lacking and sections:
        facts.append(Row("Nothing found on", "; ".join(lacking)))
    how = f"From {profile.author}, on {profile.made_at:%d %b at %H:%M} UTC."
    return Card(
        key="profile",
        audience=readers,
        title=("Profile of ", Code(full_name)),
        tone=_TONES.get(profile.state, "info"),
        facts=tuple(facts),
        sections=sections,
        actions=() if stage else (Action("Refresh", "profile refresh"),),
        footer=(how,) if profile.author else (),
    )


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
