"""The home tab: of each project what is mine, what is worst, what runs and what is watched.

Whoever is linked to nobody is told how to be, and nothing else.
"""

from __future__ import annotations

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Line,
    Paragraph,
    Section,
    Strong,
    note,
)
from bot.domain.cards.views.cluster import ClusterView, counts_line, run_line, watch_line
from bot.domain.commands.rights import HOW_TO_LINK, NOTHING_TO_READ
from bot.domain.models import Person, Place, Project
from bot.say import show_home
from bot.storage.commands import Utterance
from workers.clusters.views import page
from workers.commands.answering import answer_to
from workers.commands.linking import NOT_OURS, at_home, linked
from workers.commands.reach import asker_of, way_of

# So many projects are shown, and of each so many of its worst problems looked through.
PROJECTS, LOOKED_AT, SHOWN = 5, 100, 5
# What its parts are the answers to, where the person may ask.
_ASKED = ("whoami", "quota", "source list")


async def show(ctx: Context, person: Person, channel: str) -> None:
    """Show them their home; ``channel`` is where they talk with us alone.

    One at a time: who opens it again meanwhile sees that one.
    """
    async with ctx.leases.hold(f"home:{person.slack_team}/{person.slack_user}") as token:
        if token:
            await show_home(ctx, person, channel, await _cards(ctx, person, channel))


async def _cards(ctx: Context, person: Person, channel: str) -> list[tuple[int, Card]]:
    person = await linked(ctx, person)
    if not person.login:
        ours = await at_home(ctx, person)
        actions = (Action("Link", "link", style="primary"),) if ours else ()
        words = HOW_TO_LINK if ours else NOT_OURS
        return [(0, note("home", words, audience=Audience.PUBLIC, actions=actions))]
    found: list[tuple[int, Card]] = []
    more = 0
    for project in await ctx.projects.all():
        if not (await asker_of(ctx, project, person)).reads:
            continue
        if len(found) < PROJECTS:
            found.append((project.id, await _card(ctx, project, person, channel)))
        else:
            more += 1
    if more or not found:
        words = f"{more} more: /soulcaster owner/repo status" if more else NOTHING_TO_READ
        found.append((0, note("home", words, audience=Audience.PERSON)))
    return found


async def _card(ctx: Context, project: Project, person: Person, channel: str) -> Card:
    place = Place(channel=channel)
    _, way = await way_of(ctx, project, person, place)
    readers = way.readers
    worst, open_ = await page(ctx, project, "open", most=LOOKED_AT, readers=readers)
    watched, _ = await page(ctx, project, "watching", most=SHOWN, readers=readers)
    mine = [v for v in worst if v.cluster.owner.casefold() == person.login.casefold()]
    numbers = await ctx.runs.under_way(project.id)
    runs = [r for r in await ctx.runs.many(project.id, numbers) if may_read(readers, r.audience)]
    runs = runs[:SHOWN]
    stops = Choices(*(Choice(f"Stop {r.name}", sentence=f"stop {r.name}") for r in runs))
    running = Section(Bullets(*map(run_line, runs)), stops, title="Fix runs under way")
    watching = tuple(
        (*v.title, " · ", watch_line(v.cluster, v.cluster.watch) if v.cluster.watch else "")
        for v in watched
    )
    facts: list[Fact] = []
    told: list[Section] = []
    for asked in _ASKED:
        said = _said(ctx, project, person, place, asked)
        answered = await answer_to(ctx, project, said)
        if answered.outcome == "done":
            card = answered.answer.card
            facts += card.facts
            told += [
                part.model_copy(update={"title": part.title or "Sources"}) for part in card.sections
            ]
    return Card(
        key=f"home:{project.full_name}",
        audience=readers,
        title=(Code(project.full_name), f": {open_} open"),
        facts=tuple(facts),
        sections=(
            *_listed("Yours", mine[:SHOWN]),
            *_listed("Worst", worst[:SHOWN]),
            *((running,) if runs else ()),
            *((Section(Bullets(*watching), title="Watched fixes"),) if watching else ()),
            *told,
        ),
        actions=(Action("All problems", "clusters"), Action("What I may say", "help")),
    )


def _listed(title: str, views: list[ClusterView]) -> tuple[Section, ...]:
    if not views:
        return (Section(Paragraph("None."), title=title),)
    lines: tuple[Line, ...] = tuple(
        (Strong(v.cluster.severity), " ", *v.title, " · ", *counts_line(v)) for v in views
    )
    names = (v.cluster.name for v in views)
    choices = Choices(*(Choice(name, sentence=f"status {name}") for name in names))
    return (Section(Bullets(*lines), choices, title=title),)


def _said(ctx: Context, project: Project, person: Person, place: Place, sentence: str) -> Utterance:
    return Utterance(
        id=f"home:{sentence}",
        project=project.id,
        line=f"/soulcaster {sentence}",
        audience=Audience.TEAM,
        person=person,
        place=place,
        heard_at=ctx.now(),
    )
