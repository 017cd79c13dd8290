"""Begin a fix run: one a cluster, with the reports frozen as they stand now, under the caps on
what a project spends."""

from collections.abc import Mapping, Sequence

from bot.context import Context
from bot.domain.commands.references import Duration
from bot.domain.errors import NotAllowed, NotUnderstood, QuotaExceeded
from bot.domain.fixes.run import Case, FixRun
from bot.domain.models import Cluster, Project
from bot.github.app import TALK
from bot.jobs import enqueue
from bot.repo_config import PATH, FixPart
from workers import jobs
from workers.fixes import planning
from workers.intake.quota import in_words, period_of


async def start(
    ctx: Context, project: Project, wanted: FixRun, *, notes: Sequence[tuple[str, str]] = ()
) -> tuple[FixRun, bool]:
    """Open the run, or join the active one; whether it is this command's own. ``notes`` are ``(who,
    words)``. Harmless when the same command is obeyed again."""
    made, own = await ctx.runs.open(project.id, wanted)
    known = set(await ctx.runs.notes(project.id, made.number))
    for who, words in notes:
        if f"{who}: {words}" not in known:
            await ctx.runs.note(project.id, made.number, who, words)
    if own:
        case = await case_of(ctx, project, await ctx.clusters.get(project.id, made.cluster))
        await ctx.runs.freeze(project.id, made.number, "case", case.model_dump_json().encode())
        made = await _with_approved_plan(ctx, project, made)
        await enqueue(ctx, jobs.fix_run, project.id, made.number)
    return made, own


async def _with_approved_plan(ctx: Context, project: Project, run: FixRun) -> FixRun:
    """The run goes by what was approved before it, whatever is said or approved later."""
    plan = await planning.standing(ctx, project, run.cluster, readers=run.audience)
    if plan is None or run.plan_version:
        return run
    await ctx.runs.freeze(project.id, run.number, "plan", plan.model_dump_json().encode())
    fields = {"plan_version": plan.version, "plan_approved_by": plan.approved_by}
    return await ctx.runs.update(project.id, run.number, lambda one: one.model_copy(update=fields))


async def case_of(ctx: Context, project: Project, cluster: Cluster) -> Case:
    """The cluster and its reports as they stand now; of very many, the oldest and the newest."""
    members = await ctx.clusters.sample(project.id, cluster.number)
    items = await ctx.items.many(project.id, members)
    return Case(cluster=cluster, items=tuple(item for item in items if not item.gone))


def unnamed(project: Project, vendors: Mapping[str, str], named: Sequence[str]) -> str:
    """Why a private repository's code may not leave for these agents' vendors; or nothing."""
    for name, vendor in vendors.items():
        if project.private and name not in named:
            return (
                f"~{name} sends code to {vendor}, and this repository is private: name it in "
                f"{PATH}, as in `fix: {{agents: [{name}]}}`, to allow that."
            )
    return ""


async def open_fix(ctx: Context, project: Project, cluster: int) -> FixRun | None:
    """The run whose pull request is open on GitHub right now, if there is one."""
    for run in await ctx.runs.of_cluster(project.id, cluster):
        if run.pull_request is not None:
            repo = ctx.github.repo(project, TALK)
            pull = await repo.get(f"/pulls/{run.pull_request}")
            if pull["state"] == "open":
                return run
    return None


async def require_no_open_fix(ctx: Context, project: Project, cluster: Cluster) -> None:
    """Raises NotUnderstood: a problem has one pull request at a time."""
    there = await open_fix(ctx, project, cluster.number)
    if there:
        raise NotUnderstood(
            f"{cluster.name} has its pull request already: #{there.pull_request} ({there.name}). "
            "Merge or close it first."
        )


def allowed_seconds(ctx: Context, config: FixPart, wanted: Duration | None) -> float:
    """Wall time of a run that was asked for so. Raises NotAllowed over what may be asked for. The
    operator and the project each set a longest time: a run holds one of the few fixers."""
    operator = ctx.settings.soulcaster_fix_longest
    longest = min(operator, config.max_minutes * 60.0)
    seconds = float(wanted.seconds) if wanted else ctx.settings.soulcaster_fix_seconds
    if wanted and seconds > longest:
        whose = f"{PATH}: fix.max_minutes" if longest < operator else "SOULCASTER_FIX_LONGEST"
        raise NotAllowed(
            f"--timeout is at most {Duration(int(longest))} here ({whose}), got {wanted}."
        )
    return min(seconds, longest)


async def require_quota(ctx: Context, project: Project) -> None:
    """Raises QuotaExceeded when the period's fix runs are used; the write checks it again."""
    cap = ctx.settings.soulcaster_fix_quota
    used = await ctx.quotas.fixes(project.installation, period_of(ctx))
    if used >= cap:
        raise QuotaExceeded(
            f"{used} of {cap} fix runs used {in_words(ctx)}. "
            "The operator can raise SOULCASTER_FIX_QUOTA."
        )


async def require_unpaused(ctx: Context, project: Project) -> None:
    """Raises NotAllowed while fixes are paused, with who did and until when."""
    pause = (await ctx.stories.pauses(project.id)).get("fixes")
    if pause is not None and pause.holds(ctx.now()):
        raise NotAllowed(f"{pause.sentence} /soulcaster resume fixes ends it.")
