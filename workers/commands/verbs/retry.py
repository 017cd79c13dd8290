"""``retry``: the same run once more."""

from __future__ import annotations

from typing import Annotated

from bot.domain.audience import may_read
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotUnderstood
from bot.domain.models import RunState
from workers.commands.call import Answer, Call
from workers.commands.requests import begun, request_fix


class Retry(Command):
    """Run a fix that ended without a pull request again, from the start."""

    verb = "retry"
    level = Level.L3
    examples = ("retry F-7", "retry F-7 -- the test needs TZ=UTC")
    cost = "one fix run"

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    steer: Annotated[str, TEXT] = ""


async def run(call: Call, command: Retry) -> Answer:
    """A new run with the old one's options and notes."""
    ctx, project = call.ctx, call.project
    old = await call.run(command.about)
    if not old.ended:
        raise NotUnderstood(f"{old.name} is still running: /soulcaster stop {old.name} first.")
    if old.state is RunState.SUCCEEDED and not old.dry_run:
        raise NotUnderstood(f"{old.name} has its pull request already: {old.pull_url}")
    cluster = await ctx.clusters.get(project.id, old.cluster)
    call.require_for(project.github_readers, command.steer)
    heard = [note.partition(": ") for note in await ctx.runs.notes(project.id, old.number)]
    if not may_read(project.github_readers, old.audience):
        heard = []  # the repository was private then
    notes = [(who, words) for who, _, words in heard]
    if command.steer:
        notes.append((call.person.name, command.steer))
    made, _ = await request_fix(
        call,
        cluster,
        agent=old.agent,
        base=old.base,
        dry_run=old.dry_run,
        seconds=old.seconds_allowed,
        attempt=old.attempt + 1,
        notes=notes,
    )
    return await begun(call, made, cluster)
