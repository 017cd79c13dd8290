"""Plans: versioned, steered and approved by people, drafted by a model where there is one."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.context import Context
from bot.domain.audience import Audience, combined, may_read
from bot.domain.errors import NotUnderstood, Rejected, Unavailable
from bot.domain.fixes import drafting
from bot.domain.fixes.plan import Plan, extract_plan
from bot.domain.memory.shelf import named as shelf_names
from bot.domain.models import Cluster, Item, Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import redact
from bot.domain.writings import plan_of as plan_of_problem
from bot.github.app import READ
from bot.github.pulls import files
from bot.log import log
from workers.memory import retrieve, shelf
from workers.memory.retrieve import recall

# A person waits for the card; a run has other things to do.
_SECONDS = 40.0
_TRIES = 2


async def plan_for(
    ctx: Context,
    project: Project,
    cluster: Cluster,
    *,
    model: LanguageModel | None,
    readers: Audience,
    items: Sequence[Item] | None = None,
    paths: Collection[str] = (),
) -> Plan:
    """The plan as the evidence stands. New reports or words make the next version. ``items`` are
    the reports to go by, by default a sample of the cluster's now; of them and of the cluster only
    what ``readers`` may read goes into it. ``paths`` are the repository's, where they are at hand.
    The model is asked once a version."""
    said = await ctx.plans.steering(project.id, cluster.number)
    if items is None:
        members = await ctx.clusters.sample(project.id, cluster.number)
        items = await ctx.items.many(project.id, members)
    there = [item for item in items if not item.gone]
    shown = [item for item in there if may_read(readers, item.audience)]
    facts = await recall(ctx, project.id, cluster, there, paths=paths)
    every = [f"{fact.name}: {fact.text}" for fact in facts]
    files = await shelf.along(ctx, project.id, (cluster, there), Audience.TEAM)
    every += shelf_names(files.chosen)
    checksum = drafting.evidence_checksum(there, [*said, *every])
    version = await ctx.plans.version(project.id, cluster.number, checksum)
    cluster = cluster.as_read_by(readers, shown)
    told = [fact for fact in facts if may_read(readers, fact.audience)]
    known = [f"{fact.name}: {fact.text}" for fact in told]
    extracted = extract_plan(cluster, shown, steering=said, known=known, version=version)
    audience = combined(extracted.audience, *(fact.audience for fact in told))
    # Images are the agent's to look at: not even their names go into a plan.
    chosen = [c for c in files.chosen if may_read(readers, c[0].audience)]
    files = replace(files, chosen=chosen, images={})
    audience = combined(audience, *(file.audience for file, _ in files.chosen))
    named = tuple(shelf_names(files.chosen))
    extracted = extracted.model_copy(update={"audience": audience, "files": named})
    name = _name(extracted, shown)
    kept = await ctx.plans.written(project.id, cluster.number, name)
    if kept is None:
        kept = extracted
        if model is not None and shown:
            kept, keep = await draft(model, kept, cluster, shown, paths=paths, files=files.texts)
            if keep:
                kept = await ctx.plans.keep(project.id, cluster.number, name, kept)
    of = plan_of_problem(cluster.number)
    numbers, now = [item.number for item in shown], ctx.now()
    await ctx.writings.keep(project.id, of, kept, kept.author, now, items=numbers, number=version)
    approved = await standing(ctx, project, cluster.number)
    if approved is None or approved.version != version:
        return kept
    return kept.model_copy(
        update={"approved_by": approved.approved_by, "approved_at": approved.approved_at}
    )


async def files_of(ctx: Context, project: Project) -> list[str]:
    """The files of its default branch; none where GitHub does not say, and that is logged."""
    try:
        return await files(ctx.github.repo(project, READ), project.default_branch)
    except (Unavailable, Rejected) as error:
        log.warning("no file is suspected", project=project.full_name, why=str(error))
        return []


async def draft(
    model: LanguageModel,
    extracted: Plan,
    cluster: Cluster,
    items: Sequence[Item],
    *,
    paths: Collection[str] = (),
    files: Sequence[str] = (),
) -> tuple[Plan, bool]:
    """What the model makes of the same reports, and whether to keep it; told once what is wrong.
    Where nothing valid comes, the extracted plan stands and says so; it is not kept where asking
    again may help."""
    mistakes: list[str] = []
    try:
        async with asyncio.timeout(_SECONDS * model.choices):
            for _ in range(_TRIES):
                material = drafting.plan_material(
                    cluster,
                    items,
                    steering=extracted.steering,
                    known=extracted.known,
                    files=files,
                    paths=paths,
                    mistakes=mistakes,
                )
                drafted = await model.answer(
                    drafting.Drafted,
                    instructions=drafting.PLAN_INSTRUCTIONS,
                    material=redact(material),
                )
                mistakes = drafting.plan_mistakes(drafted, items, paths=paths)
                if not mistakes:
                    return drafting.plan_of(drafted, extracted, author=model.id), True
    except (Unavailable, TimeoutError) as error:
        log.warning("no plan was drafted", model=model.id, why=str(error) or "no answer in time")
        author = f"{extracted.author}, as {model.id} did not answer"
        return extracted.model_copy(update={"author": author}), False
    except Rejected as error:
        mistakes = [str(error)]
    log.warning("a drafted plan was refused", model=model.id, why=mistakes[:5])
    author = f"{extracted.author}, as {model.id} gave no plan that holds"
    return extracted.model_copy(update={"author": author}), True


async def steer(ctx: Context, project: Project, cluster: Cluster, words: str) -> None:
    """Add what somebody said; the same words count once."""
    if words not in await ctx.plans.steering(project.id, cluster.number):
        await ctx.plans.steer(project.id, cluster.number, words)


async def approve(
    ctx: Context, project: Project, cluster: Cluster, version: int, *, who: str, readers: Audience
) -> Plan:
    """Write down who lets fixes go by a version, and when; that version as it may be shown. Raises
    NotUnderstood when it is not the newest: nobody approves what was not looked at."""
    model = await ctx.models.of(project.id, "plan")
    members = await ctx.clusters.sample(project.id, cluster.number)
    items = [i for i in await ctx.items.many(project.id, members) if not i.gone]
    whole = await plan_for(ctx, project, cluster, model=model, readers=Audience.TEAM, items=items)
    if whole.version != version:
        raise NotUnderstood(
            f"The newest plan for {cluster.name} is {whole.name}, not v{version}: "
            f"/soulcaster plan {cluster.name} shows it."
        )
    when = whole.approved_at if whole.approved_by == who else ctx.now()
    plans = {Audience.TEAM: whole}
    for each in (readers, project.github_readers):  # a fix may have other readers than the plan
        plans[each] = await plan_for(ctx, project, cluster, model=model, readers=each, items=items)
    for each, plan in plans.items():
        shown = [item for item in items if may_read(each, item.audience)]
        await ctx.plans.keep(project.id, cluster.number, _name(plan, shown), plan)
        approved = plan.model_copy(update={"approved_by": who, "approved_at": when})
        await ctx.plans.approve(project.id, cluster.number, approved, readers=each)
        plans[each] = approved
    return plans[readers]


async def go_back(
    ctx: Context, project: Project, cluster: Cluster, to: int, *, who: str, readers: Audience
) -> Plan:
    """Fixes go by an earlier version again, and by the notes that it was written by: what people
    said since no longer counts. Raises NotFound."""
    of, plans = plan_of_problem(cluster.number), dict[Audience, Plan]()
    for each in (Audience.TEAM, project.github_readers, readers):
        wanted = await retrieve.version(ctx, project.id, of, to, each)
        approval = {"approved_by": who, "approved_at": ctx.now()}
        plans[each] = Plan.read(wanted.body).model_copy(update=approval)
    await ctx.plans.steer_as(project.id, cluster.number, plans[readers].steering)
    for each, plan in plans.items():
        await ctx.plans.approve(project.id, cluster.number, plan, readers=each)
    return plans[readers]


async def standing(
    ctx: Context, project: Project, cluster: int, *, readers: Audience = Audience.TEAM
) -> Plan | None:
    """The approved plan as they may read it; whoever steers after the approval takes it back."""
    approved = await ctx.plans.approved(project.id, cluster, readers=readers)
    said = await ctx.plans.steering(project.id, cluster)
    return approved if approved and list(approved.steering) == said else None


def _name(plan: Plan, items: Sequence[Item]) -> str:
    """A version as it is written from ``items``, and for whom."""
    told = (*plan.steering, *plan.known, *plan.files)
    return f"{plan.name}:{plan.audience}:{drafting.evidence_checksum(items, told)}"
