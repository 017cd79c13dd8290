"""What each way of clustering would have done with a project's history, worked out in silence and
said: once unasked, where the project is spoken of, and wherever somebody asks."""

import asyncio
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Code, note
from bot.domain.cards.views.choice import choice_card, trying_card
from bot.domain.clusters.engine import Eagerness
from bot.domain.models import Item, Project
from bot.domain.ports import Vector
from bot.github.wire import unless_refused
from bot.say import readers_at, say
from bot.sources import github_issue
from workers import jobs
from workers.clusters import choice, evidence
from workers.clusters.backtest import Progress, Stored
from workers.clusters.channels import channel_of
from workers.clusters.choice import Choice
from workers.clusters.eagerness import way_of
from workers.clusters.history import Past, marks
from workers.clusters.holding import held_back
from workers.clusters.looked import named_for
from workers.digests.notices import tell

# Reports, comments, and seconds: more of them tell a person no more.
MOST, COMMENTS, SECONDS = 5_000, 5_000, 900
# Of fewer reports nothing is said unasked.
FEW = 20
BATCH = 64
EVERY = 5


async def spoken_of(ctx: Context, project: Project) -> bool:
    """Whether there is a place where the project is told unasked."""
    return bool(await channel_of(ctx, project) or await ctx.digests.tracking_issue(project.id))


async def try_ways(ctx: Context, project_id: int, command: str) -> None:
    """Work it out for whoever asked in ``command``; "" is nobody, who is told once, where enough
    came and nobody has chosen. Killed, it begins anew."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    said = await ctx.commands.get(project_id, command) if command else None
    now, last = await way_of(ctx, project_id), await ctx.items.last(project_id)
    if not command and (
        last < FEW
        or now.because != "the default"
        or "told" in await ctx.projects.choice(project_id)
        or not await spoken_of(ctx, project)
        or await held_back(ctx, project, jobs.try_ways.name, command)
    ):
        return
    key = f"backtest:{command}" if command else "backtest"

    async def show(made: Callable[[Audience], Card]) -> None:
        if said is None or not (said.place.channel or said.place.issue):
            await tell(ctx, project, made)
        else:
            await say(ctx, project, said.place, made(await readers_at(ctx, project, said.place)))

    items, done = await _items(ctx, project_id, last), 0

    def count(now: int, _: int) -> None:
        nonlocal done
        done = now

    working = asyncio.create_task(_choice(ctx, project, items, count))
    try:
        async with asyncio.timeout(SECONDS):
            while not (await asyncio.wait({working}, timeout=EVERY))[0]:
                if command:
                    words = f"{done:,} of {3 * len(items):,}"
                    await show(lambda to: trying_card(words, key=key, readers=to))  # noqa: B023
        found = working.result()
    except TimeoutError:
        words = f"It was stopped after {SECONDS // 60} minutes. In a shell it may take longer: "
        line = words, Code(f"soulcaster backtest {project.full_name} --choose")
        await show(lambda to: note(key, *line, audience=to, tone="failed"))
        return
    finally:
        working.cancel()
    await _keep(ctx, project, found)
    name, told = project.full_name, {"key": key, **now._asdict()}
    await show(
        lambda to: choice_card(found.outcome(named_for(items, to)), name, readers=to, **told)
    )
    await ctx.projects.choose(project_id, told="1")


async def look_back(ctx: Context, project_id: int) -> None:
    """Work out what the history held, in silence, for who looks at the setup page or is asked
    whether we may write."""
    if project := await ctx.projects.find(project_id):
        items = await _items(ctx, project_id, await ctx.items.last(project_id))
        await _keep(ctx, project, await _choice(ctx, project, items, ways=("sure",)))


async def _keep(ctx: Context, project: Project, found: Choice) -> None:
    await ctx.projects.choose(project.id, looked=found.look_back().model_dump_json())


async def _items(ctx: Context, project: int, last: int) -> list[Item]:
    """The newest that were not deleted, in the order of time."""
    items: list[Item] = []
    for first in range(max(1, last - MOST + 1), last + 1, BATCH):
        numbers = range(first, min(first + BATCH, last + 1))
        items += [item for item in await ctx.items.many(project, numbers) if not item.gone]
    return sorted(items, key=lambda item: (item.occurred_at, item.number))


async def _choice(
    ctx: Context,
    project: Project,
    items: list[Item],
    told: Progress = lambda done, total: None,
    ways: Sequence[Eagerness] = get_args(Eagerness),
) -> Choice:
    """These ways, with the vectors that are stored."""
    vectors: list[Vector] = []
    for first in range(0, len(items), BATCH):
        batch = items[first : first + BATCH]
        found = await evidence.vectors_of(ctx, project.id, batch)
        vectors += [found[item.number] for item in batch]
    reports = (
        Stored(
            id=str(item.number),
            title=item.title,
            created_at=item.occurred_at,
            read=evidence.report_of(item),
        )
        for item in items
    )
    past = Past(tuple(reports), await _pairs(ctx, project, items))
    known = np.stack(vectors) if vectors else None
    return await choice.compare(past, ctx.embedder, vectors=known, progress=told, ways=ways)


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
