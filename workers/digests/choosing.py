"""What each way of clustering would have done with a project's history, worked out in silence and
said: once unasked, where the project is spoken of, and wherever somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, Code, Line, Link, Said, note
from bot.domain.cards.views.choice import choice_card, trying_card
from bot.domain.clusters.summary import clipped
from bot.domain.errors import Rejected
from bot.domain.models import Item, Place, Project
from bot.github.wire import unless_refused
from bot.log import log
from bot.say import readers_at, say
from bot.sources import github_issue
from bot.storage.commands import Utterance
from workers import jobs
from workers.clusters import choice, evidence
from workers.clusters.backtest import Progress, Stored
from workers.clusters.channels import channel_of
from workers.clusters.choice import Choice
from workers.clusters.eagerness import way_of
from workers.clusters.history import Past, marks
from workers.clusters.holding import held_back

# Reports, comments, and seconds: more of them tell a person no more.
MOST, COMMENTS, SECONDS = 5_000, 5_000, 900
# Of fewer reports nothing is said unasked.
FEW = 20
BATCH = 64
EVERY = 5
_TITLE = 80
UNASKED = "backtest"


async def places(ctx: Context, project: Project, said: Utterance | None) -> list[Place]:
    """Where it comes: where somebody ``said`` so, else where the project is spoken of."""
    if said is not None and (said.place.channel or said.place.issue):
        return [said.place]
    channel, issue = await channel_of(ctx, project), await ctx.digests.tracking_issue(project.id)
    found = Place(channel=channel), Place(issue=issue)
    return [place for place in found if place.channel or place.issue]


async def try_ways(ctx: Context, project_id: int, command: str) -> None:
    """Work it out for whoever asked in ``command``; "" is nobody, who is told once, where enough
    came and nobody has chosen. Killed, it begins anew."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    said = await ctx.commands.get(project_id, command) if command else None
    where, now = await places(ctx, project, said), await way_of(ctx, project_id)
    last = await ctx.items.last(project_id)
    if not command and (
        not where
        or last < FEW
        or now.because != "the default"
        or await ctx.projects.told_ways(project_id)
        or await held_back(ctx, project, jobs.try_ways.name, command)
    ):
        return
    key = f"{UNASKED}:{command}" if command else UNASKED
    items = await _items(ctx, project_id, last)
    done, total = 0, 3 * len(items)

    def told(now: int, _: int) -> None:
        nonlocal done
        done = now

    working = asyncio.create_task(_choice(ctx, project, items, told))
    try:
        async with asyncio.timeout(SECONDS):
            while not (await asyncio.wait({working}, timeout=EVERY))[0]:
                for place in where if command else ():
                    readers = await readers_at(ctx, project, place)
                    card = trying_card(done, total, key=key, readers=readers)
                    await _say(ctx, project, place, card)
        found: Choice | None = working.result()
    except TimeoutError:
        found = None
    finally:
        working.cancel()
    for place in where:
        readers = await readers_at(ctx, project, place)
        if found is None:
            words = f"It was stopped after {SECONDS // 60} minutes. In a shell it may take longer: "
            line = Code(f"soulcaster backtest {project.full_name} --choose")
            card = note(key, words, line, audience=readers, tone="failed")
        else:
            outcome = found.outcome(_named(items, readers))
            card = choice_card(
                outcome,
                project.full_name,
                key=key,
                readers=readers,
                now=now.way,
                because=now.because,
                free=now.free,
            )
        await _say(ctx, project, place, card)
    if found is not None:
        await ctx.projects.tell_ways(project_id)


async def _say(ctx: Context, project: Project, place: Place, card: Card) -> None:
    try:
        await say(ctx, project, place, card)
    except Rejected as error:
        log.warning("could not tell", project=project.full_name, why=str(error))


async def _items(ctx: Context, project: int, last: int) -> list[Item]:
    """The newest that were not deleted, in the order of time."""
    items: list[Item] = []
    for first in range(max(1, last - MOST + 1), last + 1, BATCH):
        numbers = range(first, min(first + BATCH, last + 1))
        items += [item for item in await ctx.items.many(project, numbers) if not item.gone]
    return sorted(items, key=lambda item: (item.occurred_at, item.number))


async def _choice(ctx: Context, project: Project, items: list[Item], told: Progress) -> Choice:
    """All three ways, with the vectors that are stored."""
    reports: list[Stored] = []
    for first in range(0, len(items), BATCH):
        batch = items[first : first + BATCH]
        vectors = await evidence.vectors_of(ctx, project.id, batch)
        for item in batch:
            named = {"id": str(item.number), "title": item.title, "created_at": item.occurred_at}
            read = {"read": evidence.report_of(item), "vector": vectors[item.number]}
            reports.append(Stored.model_validate(named | read))
    past = Past(tuple(reports), await _pairs(ctx, project, items))
    return await choice.compare(past, ctx.embedder, progress=told)


async def _pairs(ctx: Context, project: Project, items: list[Item]) -> frozenset[tuple[int, int]]:
    """What comments on GitHub call duplicates, and what people have linked here."""
    links = await ctx.operations.links(project.id)
    pairs = set(links.must)
    if ctx.settings.github_app_id:
        number = {item.key: item.number for item in items if item.source == github_issue.NAME}
        said = await unless_refused(marks(ctx, project, COMMENTS), 404, 410) or set()
        named = ((github_issue.key(a), github_issue.key(b)) for a, b in said)
        pairs |= {(number[a], number[b]) for a, b in named if a in number and b in number}
    order = {item.number: at for at, item in enumerate(items)}
    there = [pair for pair in pairs if order.keys() >= {*pair}]
    return frozenset((a, b) if order[a] > order[b] else (b, a) for a, b in there)


def _named(items: list[Item], readers: Audience) -> Mapping[str, Line]:
    """Those that ``readers`` may read, by their number in words."""
    named: dict[str, Line] = {}
    for item in items:
        if may_read(readers, item.audience):
            title, on_web = clipped(item.title, _TITLE), item.url.startswith("http")
            words = Link(title or item.name, item.url) if on_web else Said(title)
            named[str(item.number)] = (Code(item.name), " ", words)
    return named
