"""Go on with what did not end by itself, end what nobody holds, and erase what is known of a
repository that the app was removed from, or that the operator names."""

import json
from collections import Counter

from bot.adapters.vectors.local import LocalIndex
from bot.context import Context
from bot.domain.errors import ConfigError, Unavailable
from bot.jobs import QUEUES, ROSTER, enqueue
from bot.log import log
from bot.storage.commands import TOLD_AFTER
from workers import jobs
from workers.clusters.channels import unbind
from workers.clusters.evidence import namespace
from workers.jobs import HEARERS

# Of what is old, before others have their turn.
STEPS = 20


async def reap_commands(ctx: Context, project_id: int) -> None:
    """Have every command that has not ended gone on with: whoever obeyed it may have died. Only
    ``obey`` says how one ends; what waits for somebody else goes on waiting."""
    before = (ctx.now() - TOLD_AFTER).timestamp()
    queues = set()
    for command in await ctx.commands.overdue(project_id, before):
        said = await ctx.commands.get(project_id, command)
        if said is None:
            continue
        if said.outcome == "heard":
            await ctx.commands.line_up(said)
            queues.add(said.queue)
        else:
            await enqueue(ctx, jobs.finish, project_id, command)
    for queue in sorted(queues):
        await enqueue(ctx, jobs.obey, project_id, queue)


async def forget_old(ctx: Context, project_id: int) -> None:
    """Let go of what is old of a project, or of what all share, some steps at a time."""
    for _ in range(STEPS):
        if not await ctx.retention.step(project_id, ctx.now()):
            return
    await enqueue(ctx, jobs.forget_old, project_id)


async def let_unread_go(ctx: Context) -> None:
    """Deliveries that no job could read in time: count them, and forget their jobs."""
    for lane in QUEUES["work"]:
        for one in await ctx.jobs.parked(lane):
            name, *ids = json.loads(one.member)
            if name in HEARERS and await ctx.inbox.let_go(name, ids[0]):
                log.warning("a delivery that could not be read is let go", job=name, row=ids[0])
                await ctx.jobs.forget(lane, one.member)


async def bring_spooled(ctx: Context) -> None:
    """What the web process of this machine wrote to disk and was killed over goes to the inbox. Of
    what no door has proven yet it is the only judge."""
    rows = await ctx.spool.first(STEPS)
    if proven := [(row, delivery) for row, delivery in rows if delivery.kind in ROSTER]:
        await ctx.inbox.accept_all([delivery for _, delivery in proven])
        await ctx.spool.drop([row for row, _ in proven])
        ctx.jobs.wake("work")


async def reap_sandboxes(ctx: Context) -> None:
    """A sandbox ends with the claim that opened it; one whose holder died is killed."""
    try:
        alive = await ctx.sandboxes.alive()
    except ConfigError as error:
        log.info("no sandboxes here", why=str(error))
        return
    for sandbox, labels in alive.items():
        lease, token = labels.get("lease", ""), labels.get("token", "")
        if lease and not await ctx.leases.held(lease, token):
            log.info("killing a sandbox that nobody holds", sandbox=sandbox, run=labels.get("run"))
            await ctx.sandboxes.kill(sandbox)


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
