"""Erase what is known of a repository that the app was removed from, or that the operator names."""

from collections import Counter

from bot.adapters.vectors.local import LocalIndex
from bot.context import Context
from bot.domain.errors import Unavailable
from bot.log import log
from workers.clusters.channels import unbind
from workers.clusters.evidence import namespace


async def erase_removed(ctx: Context) -> None:
    """Begin what is due, and make one pass over one that is under way. Raises Unavailable until the
    next pass: who asks for the job that runs has it again at once."""
    before = ctx.now() - ctx.settings.soulcaster_keep.removed
    for gone in await ctx.projects.removed():
        if gone.removed_at and gone.removed_at <= before:
            await ctx.projects.begin_erasing(gone)
    if under_way := await ctx.erasure.under_way():
        await erase(ctx, under_way[0])
        if await ctx.erasure.under_way():
            # By the next one, who worked for it has seen that the job is no longer theirs.
            wait = ctx.settings.soulcaster_lease_seconds
            raise Unavailable("What is erased is gone through once more.", retry_after=wait)


async def erase(ctx: Context, project_id: int) -> Counter[str]:
    """One pass; what it erased, by kind. After one that has found nothing all is gone. Raises
    Unavailable while somebody else does it, or a service that has some of it is away."""
    async with ctx.leases.hold(f"erase:{project_id}") as token:
        if not token:
            raise Unavailable("Somebody else erases it.", retry_after=5)
        project = await ctx.projects.known(project_id)
        if project is None or not project.removed:
            await ctx.erasure.end(project_id, None)
            return Counter()
        gone = await _elsewhere(ctx, project_id)
        others = await ctx.projects.tenants()
        gone += await ctx.erasure.sweep(
            project_id, 0 if project.installation in others else project.installation
        )
        if not gone:
            await ctx.erasure.end(project_id, ctx.now())
        log.warning("erased" if gone else "all is erased", repository=project.full_name, **gone)
        return gone


async def _elsewhere(ctx: Context, project: int) -> Counter[str]:
    """Vectors, large files, doors and channels."""
    gone = Counter[str]()
    for embedder in await ctx.embeddings.all(project):
        await ctx.vectors.drop(namespace(project, embedder))
    await forget_files(ctx, project)
    gone["blobs"] += await ctx.blobs.erase(project)
    for hook in await ctx.vault.hooks(project):
        await ctx.vault.close_hook(hook)
        gone["doors"] += 1
    for channel in await ctx.channels.of(project):
        gone["channels"] += await unbind(ctx, project, channel)
    return gone


async def forget_files(ctx: Context, *projects: int) -> None:
    """Vectors on this machine of these, and of projects that were erased elsewhere and not
    installed again since."""
    erased = [p for p in await ctx.erasure.done() if await ctx.projects.known(p) is None]
    if gone := [*projects, *erased]:
        index = LocalIndex(ctx.settings.soulcaster_data_dir / "vectors")
        await index.forget(gone)
        await index.close()
