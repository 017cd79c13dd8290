"""Give old items a vector of the embedder in use, after the operator has changed it. Vectors of two
embedders are never compared, so until an item has its new one it is found by its words and stack
only. The old vectors go when the last new one is stored."""

from bot.context import Context
from bot.jobs import CLAIM, enqueue
from bot.storage.embeddings import Embedded
from workers import jobs
from workers.clusters import evidence

BATCH = 32  # a new item waits for one batch of old ones at the most
BATCHES = 32  # a run


async def reembed_items(ctx: Context, project: int) -> None:
    """Embed the next items that lack a vector. Run again, it goes on where it was. The clock asks
    for it every minute: so the embedder is offered while there is nothing to do."""
    await evidence.agree(ctx, project)
    embedder = ctx.embedder.id
    so_far = await ctx.embeddings.of(project, embedder)
    if so_far.whole:
        return
    placed = sorted(await ctx.items.membership(project))
    memory = await evidence.remember(ctx, project)
    for _ in range(BATCHES):
        left = [number for number in placed if number > so_far.through]
        if not left:
            return await _finish(ctx, project, so_far)
        batch = left[:BATCH]
        await _embed(ctx, project, memory, batch)
        done = len(placed) - len(left) + len(batch)
        so_far = Embedded(through=batch[-1], done=done, total=len(placed))
        await ctx.embeddings.put(project, embedder, so_far)
    await enqueue(ctx, jobs.reembed_items, project)


async def _embed(ctx: Context, project: int, memory: evidence.Memory, numbers: list[int]) -> None:
    """Only what has none: clustering may have been here first, or a run that was killed."""
    stored = await evidence.fetch(ctx, project, numbers)
    await evidence.embed(ctx, project, memory, [n for n in numbers if n not in stored])


async def _finish(ctx: Context, project: int, so_far: Embedded) -> None:
    """Forget the vectors of every other embedder, then say that all is done."""
    claim = CLAIM.get()
    for other in await ctx.embeddings.all(project):
        if other != ctx.embedder.id and await ctx.leases.held(claim.lease, claim.token):
            await ctx.vectors.drop(evidence.namespace(project, other))
            await ctx.embeddings.forget(project, other)
    whole = so_far.model_copy(update={"whole": True})
    await ctx.embeddings.put(project, ctx.embedder.id, whole)
