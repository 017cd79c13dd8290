"""End what did not end by itself: commands without an answer, sandboxes without a run."""

from __future__ import annotations

import json

from bot.context import Context
from bot.domain.cards.card import Code, note
from bot.domain.errors import ConfigError, Rejected
from bot.domain.rooms import Way
from bot.github import issues
from bot.jobs import QUEUES
from bot.log import log
from workers.commands.call import Answer
from workers.commands.obey import reply
from workers.jobs import HEARERS

PATIENCE = 110.0


async def reap_commands(ctx: Context, project_id: int) -> None:
    """Every command ends within two minutes, even if whoever obeyed it died."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    for command in await ctx.commands.overdue(project_id, ctx.now().timestamp() - PATIENCE):
        said = await ctx.commands.get(project_id, command)
        if said is None or said.outcome != "heard":
            continue
        words = said.line.removeprefix("/soulcaster ").strip()
        card = note(
            f"command:{said.id}",
            "That took too long and was ended. Nothing is half done: say ",
            Code(f"/soulcaster {words}"),
            " again.",
            audience=said.audience,
            tone="failed",
        )
        try:
            # Their own words: whoever said them may read them again.
            await reply(ctx, project, said, Answer(card), Way(said.audience, said.place.public))
            if said.place.comment is not None:
                repo = ctx.github.repo(project)
                await issues.react(repo, f"issues/comments/{said.place.comment}", "confused")
        except Rejected as error:
            log.warning("could not say that a command was ended", why=str(error))
        await ctx.commands.end(said, "failed", "ended after two minutes")


async def let_unread_go(ctx: Context) -> None:
    """Deliveries that no job could read in time: count them, and forget their jobs."""
    for lane in QUEUES["work"]:
        for one in await ctx.jobs.parked(lane):
            name, *ids = json.loads(one.member)
            if name in HEARERS and await ctx.inbox.let_go(name, ids[0]):
                log.warning("a delivery that could not be read is let go", job=name, row=ids[0])
                await ctx.jobs.forget(lane, one.member)


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
