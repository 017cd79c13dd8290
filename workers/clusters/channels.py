"""Which Slack channels are a project's.

**Invariant:** a channel is one tenant's. It becomes a project's by the word of somebody who may
decide for that project, said there, or of the operator while there is but one tenant; nobody
else's word, and no file, takes it from them."""

from bot.context import Context
from bot.domain.cards.views.channel import channel_card
from bot.domain.errors import ConfigError, NotAllowed, NotFound, Rejected, Unavailable
from bot.domain.models import Place, Project
from bot.domain.rooms import Standing
from bot.jobs import enqueue
from bot.log import log
from bot.say import readers_at, say
from workers import jobs

OPERATOR = "the operator"
# Of a channel that is still the project's, and that nothing can be posted in.
SHUT: frozenset[Standing] = frozenset({"closed", "archived", "deleted"})


async def owners(ctx: Context, channel: str) -> list[Project]:
    """The projects spoken of in the channel that the app is still installed on, by name."""
    bound = await ctx.channels.bound(channel)
    return [project for project in await ctx.projects.all() if project.id in bound]


async def channel_of(ctx: Context, project: Project) -> str:
    """Where its digests come: the channel that its file names, else the operator's, else one that
    somebody gave it; "" where that is not the project's."""
    return await bound_channel(ctx, project, (await ctx.configs.in_force(project)).slack.channel)


async def bound_channel(ctx: Context, project: Project, named: str = "") -> str:
    """The same, without asking GitHub what the file names."""
    standings = await ctx.channels.standings(project.id)
    given = sorted(channel for channel, how in standings.items() if how == "bound")
    if named:
        given = [named]
    elif ctx.settings.soulcaster_slack_channel in given:
        given = [ctx.settings.soulcaster_slack_channel]
    given = [channel for channel in given if standings.get(channel) not in SHUT]
    bound = [channel for channel in given if project.id in await ctx.channels.bound(channel)]
    return next(iter(bound), "")


async def waits(ctx: Context, project: int) -> list[str]:
    """One line for each channel that is wanted and not the project's yet."""
    standings = await ctx.channels.standings(project)
    if ctx.slack is None:
        return []
    told = [(c, await ctx.slack.wait_of(c, how)) for c, how in sorted(standings.items())]
    return [f"{channel} {words}" for channel, words in told if words]


async def settle_channel(ctx: Context, project_id: int) -> None:
    """Ask, in the channel that is named for the project, whether it may be its; once."""
    project = await ctx.projects.find(project_id)
    if project is None or ctx.slack is None:
        return
    try:
        named = (await ctx.configs.in_force(project)).slack.channel
    except ConfigError as error:
        log.warning("no channel is read", project=project.full_name, why=str(error))
        return
    channel = named or ctx.settings.soulcaster_slack_channel
    stood = (await ctx.channels.standings(project.id)).get(channel)
    if not channel or stood in ("offered", "bound", "released"):
        return
    if named and "/" in named:
        # Nobody there knows of the project yet: no file makes us speak in another's workspace.
        await ctx.channels.set_standing(project.id, channel, "unasked")
        return
    held = await owners(ctx, channel)
    if any(owner.installation != project.installation for owner in held):
        await ctx.channels.set_standing(project.id, channel, "taken")
        return
    tenants = await ctx.projects.tenants()
    # Who has left may have meant it for themselves alone: then a person decides.
    left = len(await ctx.channels.bound(channel)) - len(held)
    if not named and len(tenants) == 1 and not left:
        await bind(ctx, project, channel, OPERATOR)
        return
    try:
        await show_card(ctx, project, channel, "offered")
    except Rejected as error:
        log.warning("cannot ask for a channel", project=project.full_name, why=str(error))
        await ctx.channels.set_standing(project.id, channel, "closed")
    else:
        await ctx.channels.set_standing(project.id, channel, "offered")


async def show_card(
    ctx: Context, project: Project, channel: str, how: Standing, by: str = ""
) -> None:
    """Bring the project's card in the channel up to date."""
    place = Place(channel=channel)
    readers = await readers_at(ctx, project, place)
    await say(ctx, project, place, channel_card(project, how, by, readers=readers))


async def heard_of(ctx: Context, channel: str, how: Standing) -> None:
    """Slack tells what became of a channel; ``bound`` says that it can be posted in again. It stays
    the project's: whoever may decide for the project moves it."""
    held = await ctx.channels.bound(channel)
    for project in await ctx.projects.all():
        stood = (await ctx.channels.standings(project.id)).get(channel)
        if project.id in held:
            await _now(ctx, project, channel, how)
        elif how == "bound" and stood == "closed":  # now it can be asked there
            await enqueue(ctx, jobs.settle_channel, project.id)


async def bind(ctx: Context, project: Project, channel: str, by: str) -> None:
    """The channel is the project's. Raises NotAllowed where it is another tenant's."""
    async with ctx.leases.hold(f"channel:{channel}") as token:
        if not token:
            raise Unavailable("Somebody else decides about this channel.", retry_after=0.5)
        known = await ctx.channels.bound(channel)
        held = await owners(ctx, channel)
        if any(owner.installation != project.installation for owner in held):
            raise NotAllowed("This channel belongs to somebody else: they can say channel release.")
        living = {owner.id: known[owner.id] for owner in held}
        await ctx.channels.set_bound(channel, {**living, project.id: by})
    await _now(ctx, project, channel, "bound")


async def release(ctx: Context, project: Project, channel: str) -> None:
    """The channel is no longer the project's. Raises NotFound where it is not."""
    if not await unbind(ctx, project.id, channel):
        raise NotFound(f"{project.full_name} is not spoken of here: nothing to release.")
    await _now(ctx, project, channel, "released")


async def leave_channels(ctx: Context, project_id: int) -> None:
    """Of a project that has another owner: who spoke for the former one no longer does."""
    project = await ctx.projects.get(project_id)
    alone = len(await ctx.projects.tenants()) == 1
    for channel in await ctx.channels.of(project_id):
        by = (await ctx.channels.bound(channel)).get(project_id)
        if by is not None and not (alone and by == OPERATOR):
            await release(ctx, project, channel)


async def unbind(ctx: Context, project: int, channel: str) -> bool:
    """Take a project off a channel; False where it was not on it."""
    async with ctx.leases.hold(f"channel:{channel}") as token:
        if not token:
            raise Unavailable("Somebody else decides about this channel.", retry_after=0.5)
        held = await ctx.channels.bound(channel)
        was = held.pop(project, None) is not None
        await ctx.channels.set_bound(channel, held)
        return was


async def _now(ctx: Context, project: Project, channel: str, how: Standing) -> None:
    await ctx.channels.set_standing(project.id, channel, how)
    await enqueue(ctx, jobs.refresh_tracking_issue, project.id)
