"""Keep the list of projects what GitHub says it is."""

from collections.abc import Collection

from bot.context import Context
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Project
from bot.github import checks
from bot.github.wire import KEPT_OUT_SECONDS
from bot.jobs import enqueue
from bot.log import log, logged
from bot.storage.projects import MOVED
from workers import jobs

SEVERAL = "several installations are missing at once: their projects wait, nothing is removed"


async def sync_installation(ctx: Context, installation: int) -> None:
    """Add and remove projects until they are the repositories of this installation. Raises
    Unavailable while it cannot be told what they are."""
    found: dict[int, Project] = {}
    try:
        async for repository in ctx.github.repositories(installation):
            found[int(repository["id"])] = Project(
                id=repository["id"],
                installation=installation,
                full_name=repository["full_name"],
                owner=repository["owner"]["id"],
                private=repository["private"],
                default_branch=repository.get("default_branch") or "main",
                updated_at=repository["updated_at"],
            )
    except Rejected as error:
        if error.status == 403:
            raise Unavailable(str(error), retry_after=KEPT_OUT_SECONDS) from error
        if error.status != 404:
            raise
        await _require_that_it_is_gone(ctx, installation)
        await forget_installation(ctx, installation)
        return
    new, asked = [], []
    for project in found.values():
        before = await ctx.projects.known(project.id)
        stood = None if before is None or before.removed else before
        if stood is None:
            new.append(project.id)
            await ctx.imports.begin(project.id, ctx.now())
        # The list may be an old one.
        if stood and (stood == project or project.is_older_than(stood)):
            continue
        moved = before is not None and before.owner not in (0, project.owner)
        if ctx.settings.soulcaster_onboarding and (moved or stood is None):
            await ctx.projects.onboard(project.id, MOVED if moved else "reading")
            asked.append(project.id)
        if moved:
            await enqueue(ctx, jobs.leave_channels, project.id)
        await ctx.projects.put(project)
    for added in new:  # when all are known, so that how many tenants there are is known, too
        await enqueue(ctx, jobs.settle_channel, added)
        await enqueue(ctx, jobs.read_issues, added)
        await enqueue(ctx, jobs.quiet_checks, added)
    for each in asked:
        await enqueue(ctx, jobs.offer_to_act, each)
    for known in await ctx.projects.all():
        if known.installation != installation or known.id in found:
            continue
        # A list may be short for reasons of its own: the one that is missing is asked for.
        if not await ctx.github.reaches(known):
            await ctx.projects.remove(known)


async def quiet_checks(ctx: Context, project_id: int) -> None:
    """No check suite of ours is left queued on pushes that have nothing to do with us."""
    if project := await ctx.projects.find(project_id):
        repo = ctx.github.repo(project, {"checks": "write", "metadata": "read"})
        with logged("check suites stay queued", Rejected, repository=project.full_name):
            await checks.want_no_suites(repo, ctx.settings.github_app_id)


async def forget_installation(ctx: Context, installation: int) -> None:
    """GitHub has it no more: nothing is written to its projects, and what is known stays."""
    log.info("installation is gone", installation=installation)
    for known in await ctx.projects.all():
        if known.installation == installation:
            await ctx.projects.remove(known)


async def date_removal(ctx: Context, installation: int, repositories: Collection[int]) -> None:
    """GitHub's own event said that these are gone, or all where none is named: where they are, the
    time runs until what is known of them is erased. Installed again by then, all comes back."""
    keep = ctx.settings.soulcaster_keep.removed
    for known in await ctx.projects.removed():
        named = known.id in repositories or not repositories
        if known.installation == installation and named and known.removed_at is None:
            await ctx.projects.remove(known, told_at=ctx.now())
            end = f"{ctx.now() + keep:%Y-%m-%d %H:%M} UTC"
            log.warning("the app was removed", repository=known.full_name, erased=end)
    await enqueue(ctx, jobs.erase_removed, delay=keep.total_seconds() + 1)


async def _require_that_it_is_gone(ctx: Context, installation: int) -> None:
    """Raises Unavailable where it may be us who ask as somebody else, or somewhere else."""
    app = int((await ctx.github.about())["id"])
    if app != ctx.settings.github_app_id:
        raise Unavailable(
            f"GitHub takes us for app {app}, not {ctx.settings.github_app_id}: check the key.",
            retry_after=KEPT_OUT_SECONDS,
        )
    missing = await ctx.github.unlisted({p.installation for p in await ctx.projects.all()})
    if installation in missing and len(missing) > 1:
        log.error(SEVERAL, installations=sorted(missing))
        raise Unavailable(SEVERAL, retry_after=3600)


async def sync_all(ctx: Context) -> None:
    """Every installation of the app and of our projects; at the start and once an hour."""
    known = {project.installation for project in await ctx.projects.all()}
    listed = {int(one["id"]) async for one in ctx.github.installations()}
    for installation in known | listed:
        await enqueue(ctx, jobs.sync_installation, installation)


async def know_project(ctx: Context, told: Project) -> bool:
    """Whether the app is installed where a signed webhook comes from, as GitHub says now. A webhook
    may come before that of its installation, or long after the app was removed. It changes nothing
    that is known: where it says something else and is no older, GitHub is asked. Raises Unavailable
    while GitHub does not say."""
    known = await ctx.projects.find(told.id)
    if known is None or _is_news(told, known):
        await sync_installation(ctx, told.installation)
        known = await ctx.projects.find(told.id)
    if known is None:
        log.info("not installed there", repository=told.full_name)
    return known is not None


def _is_news(told: Project, known: Project) -> bool:
    if told.is_older_than(known):
        return False
    return told.model_copy(update={"updated_at": known.updated_at, "owner": known.owner}) != known
