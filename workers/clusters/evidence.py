"""One project's clustering engine, kept warm in this process and fed from what is stored."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import numpy as np

from bot.context import Context
from bot.domain.clusters.engine import (
    Engine,
    Kind,
    Links,
    Reading,
    Report,
    answers,
    calibration_for,
    fitted,
    learn,
)
from bot.domain.clusters.engine.fitting import ENOUGH, measured
from bot.domain.clusters.engine.learning import NEWEST
from bot.domain.clusters.evidence import Because
from bot.domain.errors import NotHere
from bot.domain.models import Item
from bot.domain.ports import Vector
from bot.sources import SOURCES
from bot.storage.embeddings import Embedded
from bot.storage.items import Moves
from workers.clusters.eagerness import way_of

BATCH = 64
FETCHED = 500  # vectors at once
NEAREST = 5
# Items that a process remembers, of all projects together; an engine alone is worth so many.
HELD, ENGINE = 100_000, 2_000

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Memory:
    """The engine, which embedder its vectors are of, and how many corrections it knows of.
    ``read_to`` is the end of the placements that it has read."""

    embedder: str
    engine: Engine
    links: Links = field(default_factory=Links)
    corrections: int = -1
    read_to: str = ""
    calibrated: bool = False
    catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    _in_use: threading.Lock = field(default_factory=threading.Lock)

    async def use(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Work with the engine, off the loop. Who is cancelled leaves it to the end of the work."""

        def alone() -> T:
            with self._in_use:
                return work(*args, **named)

        return await asyncio.to_thread(alone)

    async def read(self, items: Iterable[Item]) -> list[Reading]:
        """What the engine reads in these items."""
        reports = [report_of(item) for item in items]
        return await self.use(lambda: [self.engine.read(report) for report in reports])

    async def add(self, reading: Reading, vector: Vector, cluster: int, best: float | None) -> None:
        """An item as it was placed just now; where it is known, it was read and may be newer."""
        if reading.id not in self.engine:
            await self.use(self.engine.add, reading, vector, cluster, best)

    async def fill(self, vectors: Mapping[int, Vector]) -> None:
        """Vectors of items that lack one."""

        def each() -> None:
            for item, vector in vectors.items():
                self.engine.fill(item, vector)

        await self.use(each)


# The one that was used last is the last.
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


def namespace(project: int, embedder: str) -> str:
    """Where the project's vectors of an embedder are: embedders are never mixed."""
    return f"{project}:{embedder}"


async def fetch(ctx: Context, project: int, numbers: Sequence[int]) -> dict[int, Vector]:
    """The vectors of these items, by number, that are stored for the embedder in use."""
    names = [str(number) for number in numbers]
    stored = await ctx.vectors.fetch(namespace(project, ctx.embedder.id), names)
    return {int(name): vector for name, vector in stored.items()}


async def remember(ctx: Context, project: int) -> Memory:
    """The project's memory, up to date with every placement that is stored. A process that comes
    new to a project reads its vectors from the index. A few that the index does not have (late
    visibility) are embedded here; many (another embedder) are left to ``reembed_items``, and until
    then those items are known by their words and stacks only. Raises NotHere when the project's
    workers agree on an embedder that is not ours."""
    await agree(ctx, project)
    key = (ctx.redis_url, project)
    memory = _memories.pop(key, None)
    if memory is None or memory.embedder != ctx.embedder.id:
        memory = Memory(ctx.embedder.id, _engine(ctx))
    _memories[key] = memory
    join = (await way_of(ctx, project)).way
    async with memory.catching_up:
        await _catch_up(ctx, project, memory)
        if not memory.calibrated and not measured(memory.embedder):
            await _calibrate(ctx, project, memory)
    memory.engine.join = join
    _forget(key)
    return memory


def _engine(ctx: Context) -> Engine:
    return Engine(calibration_for(ctx.embedder.id), ctx.embedder.dimensions)


async def first_vectors(ctx: Context, project: int, numbers: Iterable[int]) -> Vector:
    """Those that an embedder which was not measured is fitted by: the same in every process."""
    rows = await fetch(ctx, project, sorted(numbers)[:ENOUGH])
    empty = np.zeros((0, ctx.embedder.dimensions), dtype=np.float32)
    return np.stack([rows[number] for number in sorted(rows)]) if rows else empty


async def _calibrate(ctx: Context, project: int, memory: Memory) -> None:
    if len(memory.engine) < ENOUGH:
        return
    first = await first_vectors(ctx, project, memory.engine.items)
    memory.engine.calibration = fitted(memory.embedder, first)
    memory.calibrated = len(first) == ENOUGH


def _forget(kept: tuple[str, int]) -> None:
    """Let go of what was used longest ago, where all together is too much; but not of ``kept``."""
    held = sum(ENGINE + len(memory.engine) for memory in _memories.values())
    for key, memory in list(_memories.items()):
        if held > HELD and key != kept:
            held -= ENGINE + len(memory.engine)
            del _memories[key]


async def agree(ctx: Context, project: int) -> None:
    """Offer our embedder. Raises NotHere, see ``remember``."""
    ours = ctx.embedder.id
    agreed = await ctx.embeddings.agree(project, ours)
    if agreed != ours:
        record = await ctx.projects.find(project)
        raise NotHere(
            f"The embedder of {record.full_name if record else project} is {agreed}, and this "
            f"worker has {ours}: set SOULCASTER_EMBEDDER the same on every machine. It is "
            "replaced when nobody has offered it for an hour, or on this machine for 3 minutes."
        )


async def _catch_up(ctx: Context, project: int, memory: Memory) -> None:
    corrections = await ctx.operations.count(project)  # first: the rest can only be newer
    moves = await ctx.items.moves(project, memory.read_to)
    links, lesson = memory.links, memory.engine.lesson
    if moves.whole or corrections != memory.corrections:
        links = await ctx.operations.links(project)
        lesson = learn(answers(links, await _reasons(ctx, project, links)))
    if moves.whole:  # what changed of those that are known is not told
        memory.engine, memory.calibrated = _engine(ctx), False
    memory.engine.lesson = lesson
    missing = await memory.use(_move, memory.engine, moves)
    for start in range(0, len(missing), BATCH):
        await _learn(ctx, project, memory, dict(missing[start : start + BATCH]))
    if missing or links != memory.links:
        await memory.use(memory.engine.teach, links)
    memory.links, memory.corrections = links, corrections
    memory.read_to = moves.end
    await _fill(ctx, project, memory)


async def _reasons(ctx: Context, project: int, links: Links) -> list[tuple[int, Because]]:
    """Why the newest items that people spoke of went where they went."""
    spoken = {item for pair in links.must | links.cannot for item in pair}
    items = sorted(spoken)[-2 * NEWEST :]
    stored = await ctx.clusters.evidence_of(project, items)
    return [(item, Because.read(why)) for item, why in zip(items, stored, strict=True) if why]


def _move(engine: Engine, moves: Moves) -> list[tuple[int, int | None]]:
    """What is not where it was; what the engine does not know as it is, by number, and where."""
    for item in moves.to.keys() & engine.items:
        engine.move(item, moves.to[item])
    new = {item: moves.to[item] for item in moves.to.keys() - engine.items}
    stale = {item: engine.cluster_of(item) for item in moves.changed & engine.items}
    return sorted({**new, **stale}.items())


async def _learn(ctx: Context, project: int, memory: Memory, to: dict[int, int | None]) -> None:
    readings = await memory.read(await ctx.items.many(project, to))
    stored = await fetch(ctx, project, list(to))

    def add() -> None:
        for number in to:
            memory.engine.forget(number)  # as it read before, or for good
        for reading in readings:
            memory.engine.add(reading, stored.get(reading.id), to[reading.id])

    await memory.use(add)


async def _fill(ctx: Context, project: int, memory: Memory) -> None:
    """Vectors that were stored since."""
    if not memory.engine.lacking:
        return
    known = await ctx.embeddings.of(project, ctx.embedder.id)
    stored = [n for n in memory.engine.lacking if known.whole or n <= known.through]
    for start in range(0, len(stored), FETCHED):
        found = await fetch(ctx, project, stored[start : start + FETCHED])
        await memory.fill(found)
    lacking = memory.engine.lacking
    if len(lacking) <= BATCH:
        await embed(ctx, project, memory, lacking)
    elif known.whole:  # the index lost them
        await ctx.embeddings.put(project, ctx.embedder.id, Embedded())


async def embed_nearest(
    ctx: Context, project: int, memory: Memory, readings: Sequence[Reading]
) -> None:
    """Embed, ahead of their turn, the items that share the most words with these."""
    engine = memory.engine
    if engine.lacking:
        near = await memory.use(
            lambda: {n for r in readings for n in engine.lacking_near(r, NEAREST)}
        )
        await embed(ctx, project, memory, sorted(near))


async def embed(ctx: Context, project: int, memory: Memory, numbers: list[int]) -> None:
    """Embed items that the memory knows without a vector."""
    if not numbers:
        return
    items = await ctx.items.many(project, numbers)
    readings = await memory.read(items)
    vectors = await embed_and_store(ctx, project, readings)
    await memory.fill({r.id: row for r, row in zip(readings, vectors, strict=True)})


async def vectors_of(ctx: Context, project: int, items: Sequence[Item]) -> dict[int, Vector]:
    """One vector an item, by its number; what the index does not have is embedded."""
    memory = await remember(ctx, project)
    readings = await memory.read(items)
    stored = await fetch(ctx, project, [r.id for r in readings])
    absent = [r for r in readings if r.id not in stored]
    if absent:
        rows = await ctx.embedder.embed([r.text for r in absent])
        stored |= {r.id: row for r, row in zip(absent, rows, strict=True)}
    return {r.id: stored[r.id] for r in readings}


async def embed_and_store(ctx: Context, project: int, readings: Sequence[Reading]) -> Vector:
    """Vectors of these items, one row each, stored in the index."""
    await ctx.embeddings.note(project, ctx.embedder.id)
    vectors = await ctx.embedder.embed([r.text for r in readings])
    names = [str(r.id) for r in readings]
    await ctx.vectors.upsert(namespace(project, ctx.embedder.id), names, vectors)
    return vectors
