"""One project's clustering engine, kept warm in this process and fed from what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.context import Context
from bot.domain.clustering import Engine, Kind, Links, Report, calibration_for
from bot.domain.clustering.engine import Eagerness
from bot.domain.errors import ConfigError, UpstreamError
from bot.domain.models import Item
from bot.domain.ports import Vector
from bot.log import log
from bot.sources import SOURCES

BATCH = 64


@dataclass
class Memory:
    """The engine, which embedder its vectors are of, and how many corrections it knows of."""

    embedder: str
    engine: Engine
    links: Links = field(default_factory=Links)
    corrections: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_memories: dict[tuple[str, int], Memory] = {}


def report_of(item: Item) -> Report:
    """As much of an item as clustering needs."""
    return Report(
        id=item.number,
        source=item.source,
        title=item.title,
        body=item.body,
        created_at=item.occurred_at,
        frames=item.frames,
        fingerprint=item.fingerprint,
        environment=item.environment,
        stream=_stream(item.source),
    )


def _stream(source: str) -> Kind | None:
    """Feedback is not told by its source: a long post is written like an issue."""
    kind = SOURCES[source].KIND if source in SOURCES else ""
    return Kind(kind) if kind in ("tracker", "alert") else None


def namespace(ctx: Context, project: int) -> str:
    """Where the project's vectors of the embedder in use are: embedders are never mixed."""
    return f"{project}:{ctx.embedder.id}"


async def remember(ctx: Context, project: int) -> Memory:
    """The project's memory, up to date with every placement that is stored.

    A process that comes new to a project reads its vectors from the index; what the index does
    not have (a crash, late visibility, another embedder) is embedded again.
    """
    key = (ctx.redis_url, project)
    memory = _memories.get(key)
    if memory is None or memory.embedder != ctx.embedder.id:
        engine = Engine(calibration_for(ctx.embedder.id), ctx.embedder.dimensions)
        memory = _memories[key] = Memory(ctx.embedder.id, engine)
    memory.engine.join = await _eagerness(ctx, project)
    async with memory.lock:  # what is read later must not be overwritten by what was read before
        await _catch_up(ctx, project, memory)
    return memory


async def _eagerness(ctx: Context, project: int) -> Eagerness:
    """What the project's own file says; while it can't be read, only what is sure is joined."""
    record = await ctx.projects.find(project)
    if record is None or not ctx.settings.github_app_id:
        return "sure"
    try:
        return (await ctx.repo_config(record)).cluster
    except (ConfigError, UpstreamError) as error:
        log.warning("joining only what is sure", project=project, why=str(error))
        return "sure"


async def _catch_up(ctx: Context, project: int, memory: Memory) -> None:
    corrections = await ctx.operations.count(project)  # first: the rest can only be newer
    links = await ctx.links.of(project)
    placed = await ctx.items.membership(project)
    for item, cluster in placed.items():
        if item in memory.engine and memory.engine.cluster_of(item) != cluster:
            memory.engine.move(item, cluster)
    memory.links, memory.corrections = links, corrections
    missing = sorted(item for item in placed if item not in memory.engine)
    for start in range(0, len(missing), BATCH):
        await _learn(ctx, project, memory, missing[start : start + BATCH], placed)


async def _learn(
    ctx: Context, project: int, memory: Memory, numbers: list[int], placed: dict[int, int]
) -> None:
    items = await ctx.items.many(project, numbers)
    readings = [memory.engine.read(report_of(item)) for item in items]
    stored = await ctx.vectors.fetch(namespace(ctx, project), [str(i.number) for i in items])
    absent = [r for r in readings if str(r.id) not in stored]
    if absent:
        vectors = await embed_and_store(
            ctx, project, [r.id for r in absent], [r.text for r in absent]
        )
        stored |= {str(r.id): v for r, v in zip(absent, vectors, strict=True)}
    for reading in readings:
        memory.engine.add(reading, stored[str(reading.id)], placed[reading.id])


async def vectors_of(ctx: Context, project: int, items: Sequence[Item]) -> dict[int, Vector]:
    """One vector an item, by its number; what the index does not have is embedded."""
    memory = await remember(ctx, project)
    readings = [memory.engine.read(report_of(item)) for item in items]
    stored = await ctx.vectors.fetch(namespace(ctx, project), [str(r.id) for r in readings])
    absent = [r for r in readings if str(r.id) not in stored]
    if absent:
        rows = await ctx.embedder.embed([r.text for r in absent])
        stored |= {str(r.id): row for r, row in zip(absent, rows, strict=True)}
    return {r.id: stored[str(r.id)] for r in readings}


async def embed_and_store(
    ctx: Context, project: int, numbers: list[int], texts: list[str]
) -> Vector:
    """Vectors of these items, one row each, stored in the index."""
    vectors = await ctx.embedder.embed(texts)
    await ctx.vectors.upsert(namespace(ctx, project), [str(n) for n in numbers], vectors)
    return vectors
