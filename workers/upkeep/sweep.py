"""Go on with what did not end by itself, and end what nobody holds: commands, sandboxes."""

import json

from bot.context import Context
from bot.domain.errors import ConfigError
from bot.jobs import QUEUES, ROSTER, enqueue
from bot.log import log
from bot.storage.commands import TOLD_AFTER
from workers import jobs
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
    while rows := await ctx.spool.first(STEPS, of=ROSTER):
        await ctx.inbox.accept_all([delivery for _, delivery in rows])
        await ctx.spool.drop([row for row, _ in rows])
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
