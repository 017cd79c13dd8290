"""The home tab: of each project what is mine, what is worst, what runs and what is watched.

Whoever is linked to nobody is told how to be, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards import card as cards
from bot.domain.cards.views.cluster import ClusterView, count, counts_line, run_line, watch_line
from bot.domain.commands.rights import HOW_TO_LINK, NOTHING_TO_READ
from bot.domain.models import Person, Place, Project
from bot.jobs import enqueue
from bot.say import show_home
from bot.storage.commands import Utterance
from workers import jobs
from workers.clusters.views import page
from workers.commands.answering import answer_to
from workers.commands.linking import NOT_OURS, at_home, linked
from workers.commands.permission import asker_of, way_of
from workers.commands.verbs.source import UNHEARD

# So many projects are shown, and of each so many of its worst problems looked through.
PROJECTS, LOOKED_AT, SHOWN = 5, 100, 5
DRAWN_EVERY = 5.0  # seconds
# What its parts are the answers to, where the person may ask.
_ASKED = ("whoami", "quota", "source list")


async def show(ctx: Context, person: Person, channel: str) -> None:
    """Show them their home; ``channel`` is where they talk with us alone.

    One at a time: who opens it again meanwhile sees that one.
    """
    async with ctx.leases.hold(f"home:{person.slack_team}/{person.slack_user}") as token:
        if token:
            await show_home(ctx, person, channel, await _cards(ctx, person, channel))


async def draw_home(
    ctx: Context, project: int, team: str, user: str, channel: str, times: int
) -> None:
    """Show it again, as something was pressed there, so often until no run is stopping any more."""
    await show(ctx, Person(slack_team=team, slack_user=user), channel)
    runs = await ctx.runs.many(project, await ctx.runs.under_way(project))
    if times > 1 and any(run.stop_asked_by for run in runs):
        ids = project, team, user, channel, times - 1
        await enqueue(ctx, jobs.draw_home, *ids, delay=DRAWN_EVERY)


async def _cards(ctx: Context, person: Person, channel: str) -> list[tuple[int, cards.Card]]:
    person = await linked(ctx, person)
    if not person.login:
        ours = await at_home(ctx, person)
        actions = (cards.Action("Link", "link", style="primary"),) if ours else ()
        words = HOW_TO_LINK if ours else NOT_OURS
        return [(0, cards.note("home", words, audience=Audience.PUBLIC, actions=actions))]
    found = [p for p in await ctx.projects.all() if (await asker_of(ctx, p, person)).reads]
    shown = [(p.id, await _card(ctx, p, person, channel)) for p in found[:PROJECTS]]
    if not shown or len(found) > PROJECTS:
        more = f"{len(found) - PROJECTS} more: /soulcaster owner/repo status"
        words = more if shown else NOTHING_TO_READ
        shown.append((0, cards.note("home", words, audience=Audience.PERSON)))
    return shown


async def _card(ctx: Context, project: Project, person: Person, channel: str) -> cards.Card:
    place = Place(channel=channel)
    _, way = await way_of(ctx, project, person, place)
    readers = way.readers
    worst, open_ = await page(ctx, project, "open", most=LOOKED_AT, readers=readers)
    watched, _ = await page(ctx, project, "watching", most=SHOWN, readers=readers)
    mine = [v for v in worst if v.cluster.owner.casefold() == person.login.casefold()]
    found = await ctx.runs.many(project.id, await ctx.runs.under_way(project.id))
    runs = [run for run in found if may_read(readers, run.audience)][:SHOWN]
    going = [run for run in runs if not run.stop_asked_by]
    stops = [cards.Choice(f"Stop {run.name}", sentence=f"stop {run.name}") for run in going]
    facts: list[cards.Fact] = [cards.Fact("You", cards.Code(person.login))]
    told: list[cards.Section] = []
    by: dict[str, Any] = {"person": person, "place": place, "heard_at": ctx.now()}
    by |= {"project": project.id, "audience": Audience.TEAM}
    for asked in _ASKED:
        said = Utterance(id=f"home:{asked}", line=f"/soulcaster {asked}", **by)
        answered = await answer_to(ctx, project, said)
        if answered.outcome == "done":
            facts += answered.answer.card.facts
            told += map(_heard_of, answered.answer.card.sections)
    return cards.Card(
        key=f"home:{project.full_name}",
        audience=readers,
        title=(cards.Code(project.full_name), ": ", count(open_, "open problem")),
        facts=tuple(facts),
        sections=(
            _listed("Yours", [_problem(v) for v in mine], mine),
            _listed("Worst", [_problem(v) for v in worst], worst),
            _listed("Fix runs under way", [run_line(run) for run in runs], choices=stops),
            _listed("Watched fixes", [_watched(v) for v in watched], watched),
            *told,
        ),
        actions=(cards.Action("All problems", "clusters"), cards.Action("What I may say", "help")),
    )


def _heard_of(part: cards.Section) -> cards.Section:
    """The sources of which something is to be told; the others are counted."""
    lines = [line for one in part.blocks if isinstance(one, cards.Bullets) for line in one.lines]
    # Of a door there is its name, its address, and what is the matter with it.
    heard = [line for line in lines if line[3:4] != (UNHEARD,)]
    if silent := len(lines) - len(heard):
        heard.append((f"{count(silent, 'more source')}: nothing came yet",))
    blocks = (cards.Bullets(*heard),) if silent else part.blocks
    return cards.Section(*blocks, title=part.title or "Sources")


def _problem(view: ClusterView) -> cards.Line:
    return (cards.Strong(view.cluster.severity), " ", *view.title, " · ", *counts_line(view))


def _watched(view: ClusterView) -> cards.Line:
    watch = view.cluster.watch
    return (*view.title, " · ", watch_line(view.cluster, watch) if watch else "")


def _listed(
    title: str,
    lines: Sequence[cards.Line],
    views: Sequence[ClusterView] = (),
    choices: Sequence[cards.Choice] = (),
) -> cards.Section:
    """The first of them, with what leads to each."""
    names = [view.cluster.name for view in views[:SHOWN]]
    pressed = [*choices, *(cards.Choice(name, sentence=f"status {name}") for name in names)]
    listed = cards.Bullets(*(lines[:SHOWN] or [("None.",)]))
    return cards.Section(listed, cards.Choices(*pressed), title=title)
