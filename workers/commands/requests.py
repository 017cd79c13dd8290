"""Ask for a fix run, or for a version of one, in the name of who gives the command."""

from collections.abc import Sequence
from typing import Any

from bot.adapters.choose_agent import sends_to
from bot.domain.cards.views.version import revision_card
from bot.domain.commands.rights import OPERATOR
from bot.domain.errors import NotAllowed
from bot.domain.fixes.own_agent import OwnAgent
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Kind, new_revision
from bot.domain.models import Cluster, Person
from bot.github.repo import QUIET
from workers.commands.call import Answer, Call
from workers.fixes import revise
from workers.fixes.steps.starting import (
    require_no_open_fix,
    require_quota,
    require_unpaused,
    start,
    unnamed,
)


async def request_fix(
    call: Call,
    cluster: Cluster,
    *,
    agent: str,
    base: str,
    dry_run: bool,
    seconds: float,
    attempt: int = 1,
    notes: Sequence[tuple[str, str]] = (),
    own: OwnAgent | None = None,
) -> tuple[FixRun, bool]:
    """A new run, or the active one joined; whether it is this command's own. See ``start``. Raises
    NotUnderstood when the cluster has an open pull request, NotAllowed while fixes are paused,
    QuotaExceeded."""
    ctx, project = call.ctx, call.project
    await require_unpaused(ctx, project)
    if await ctx.configs.is_quiet(project.id) and not dry_run:
        raise NotAllowed(QUIET.format(project.full_name))
    vendors = sends_to(agent, await ctx.models.choices(project.id))
    if refused := unnamed(project, vendors, (await ctx.configs.in_force(project)).fix.agents):
        raise NotAllowed(refused)
    if not dry_run:
        await require_no_open_fix(ctx, project, cluster)
        await require_quota(ctx, project)
    wanted = FixRun(
        number=0,
        audience=project.github_readers,
        cluster=cluster.number,
        command=call.said.id,
        requested_by=_asker(call),
        requester_id=call.person.user_id,
        operator=call.role == OPERATOR,
        places=(call.place,),
        agent=agent,
        own=own,
        sends_to=", ".join(dict.fromkeys(vendors.values())),
        base=base,
        dry_run=dry_run,
        seconds_allowed=seconds,
        attempt=attempt,
        created_at=ctx.now(),
        updated_at=ctx.now(),
    )
    return await start(ctx, project, wanted, notes=notes)


async def request_version(call: Call, run: FixRun, kind: Kind, **asked: Any) -> Answer:
    """The attempt at the next version as it is shown; ``asked`` is what ``new_revision`` takes."""
    await require_unpaused(call.ctx, call.project)
    revision = new_revision(
        run,
        key=f"command:{call.said.id}",
        kind=kind,
        asker=Person(login=_asker(call), user_id=call.person.user_id),
        operator=call.role == OPERATOR,
        place=call.place,
        now=call.ctx.now(),
        **asked,
    )
    made = await revise.ask(call.ctx, call.project, revision)
    return Answer(revision_card(made, call.ctx.now()), public=True)


def _asker(call: Call) -> str:
    return call.person.login or call.person.name
