"""Have the language model judge reports that were not joined for sure; its yes joins. A report is
placed first, as without a model; what the model says comes after, and changes only what no person
has touched meanwhile. An answer is stored before it is acted on, so a job that is run again asks
about nothing twice."""

from datetime import datetime

from bot.context import Context
from bot.domain.audience import combined
from bot.domain.clusters import judgement
from bot.domain.clusters.engine.operations import Blocked
from bot.domain.clusters.evidence import Because
from bot.domain.clusters.judgement import Comparisons, Judged
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Item
from bot.jobs import enqueue
from bot.log import log
from bot.sources import github_issue
from bot.storage.answers import JUDGE
from workers import jobs
from workers.clusters import asking, corrections, explain


async def judge_items(ctx: Context, project: int) -> None:
    """Ask about every report that waits for it. Run again, it finds what is left."""
    if not await asking.ask_waiting(ctx, project, JUDGE, ask_about=_judge, put_off=_put_off):
        await enqueue(ctx, jobs.judge_items, project)


async def wanted(ctx: Context, project: int, item: Item, because: Because) -> bool:
    """Whether a report that is not joined for sure is something to ask about; history is not."""
    return (
        not item.history
        and ctx.settings.soulcaster_judge_budget > 0
        and bool(judgement.worth_asking(because.candidates))
        and await ctx.models.of(project, JUDGE) is not None
    )


async def _judge(ctx: Context, project: int, number: int) -> None:
    item = await ctx.items.get(project, number)
    found = await explain.judged(ctx, project, number)
    if found is None or found.again:
        found = await _ask(ctx, project, item, away=found.at if found else None)
    if found is not None:
        await _join(ctx, project, item, found)
    await _suggest(ctx, project, item)


async def _ask(ctx: Context, project: int, item: Item, *, away: datetime | None) -> Judged | None:
    """Ask, and store what came of it; None when there is nothing to ask about."""
    candidates = await _candidates(ctx, project, item)
    if not candidates:
        gone = "there is nothing left to compare it with"
        return await _store(ctx, project, item, problem=gone) if away else None
    model = await ctx.models.of(project, JUDGE)
    if model is None:
        return await _store(ctx, project, item, problem="there is no language model any more")
    cap = ctx.settings.soulcaster_judge_budget
    if not await ctx.answers.spend(project, JUDGE, asking.today(ctx), str(item.number), cap):
        problem = f"today's budget of {cap} is used up (SOULCASTER_JUDGE_BUDGET)"
        return await _store(ctx, project, item, problem=problem)
    try:
        answer = await asking.ask(
            ctx,
            model,
            Comparisons,
            instructions=judgement.INSTRUCTIONS,
            material=judgement.material(item, candidates),
        )
    except Rejected as error:
        return await _store(ctx, project, item, problem=str(error))
    except Unavailable as error:
        if asking.patient(ctx, away):
            raise
        return await _store(ctx, project, item, problem=str(error))
    found = Judged(
        audience=combined(item.audience, *(each.audience for each in candidates)),
        model=model.id,
        at=ctx.now(),
        pairs=judgement.judgements(answer, item, candidates),
    )
    await asking.put(ctx, project, JUDGE, item.number, found.model_dump_json())
    return found


async def _candidates(ctx: Context, project: int, item: Item) -> list[Item]:
    """The reports to compare it with: as they are now, and none that people spoke about."""
    stored = await ctx.clusters.evidence(project, item.number)
    links = await ctx.operations.links(project)
    if not stored or item.gone or len(links.together(item.number)) > 1:
        return []
    near = judgement.worth_asking(Because.read(stored).candidates)
    apart = await ctx.items.many(project, sorted(links.apart(item.number)))
    barred = {other.cluster for other in apart} | {item.cluster, None}
    others = await ctx.items.many(project, [each.item for each in near])
    return [other for other in others if not other.gone and other.cluster not in barred]


async def _join(ctx: Context, project: int, item: Item, found: Judged) -> None:
    """Act on the first yes that nothing forbids; once, even if a person undoes it."""
    for yes in found.of("same"):
        plan = corrections.presuming(ctx, project, item.number, yes.other)
        said, by = f"{item.name} is the same as I-{yes.other}", judgement.author(found.model)
        try:
            await corrections.do(ctx, project, plan, by, said, f"judge:{item.name}")
        except Blocked as error:
            log.info("the model's yes is not acted on", item=item.name, why=str(error))
        else:
            return


async def _suggest(ctx: Context, project: int, item: Item) -> None:
    """What the model did not settle is put to people, where the report stands."""
    if item.source == github_issue.NAME:
        await enqueue(ctx, jobs.suggest_on_issue, project, item.number)


async def _put_off(ctx: Context, project: int, number: int, why: str) -> None:
    """People are asked meanwhile, as without a model."""
    if await explain.judged(ctx, project, number) is None:
        item = await ctx.items.get(project, number)
        await _store(ctx, project, item, problem=why, again=True)
        await _suggest(ctx, project, item)


async def _store(
    ctx: Context, project: int, item: Item, *, problem: str, again: bool = False
) -> Judged:
    log.warning("not judged by the model", project=project, item=item.name, why=problem)
    model = await ctx.models.of(project, JUDGE)
    found = Judged(
        audience=item.audience,
        model=model.id if model else "",
        at=ctx.now(),
        problem=problem,
        again=again,
    )
    await asking.put(ctx, project, JUDGE, item.number, found.model_dump_json())
    return found
