"""Put waiting items into clusters, one project at a time, in the order they came. The job's own
lease is the project's: nobody else clusters it meanwhile, and every placement checks that we still
hold it."""

from bot.context import Context
from bot.domain.clusters.engine import Decision, in_order
from bot.domain.clusters.evidence import Because, Near
from bot.domain.clusters.titles import plain
from bot.jobs import CLAIM, enqueue
from bot.sources import github_issue
from bot.storage.answers import JUDGE
from workers import jobs
from workers.clusters import evidence, judge, labels

BATCH = 64
TURN = 640  # items
SHOWN_CANDIDATES = 5


async def cluster_items(ctx: Context, project: int) -> None:
    """Decide about every waiting item. Run again, it finds what is left; of a long history it asks
    for that itself, well within a job's time. What is live waits for no more of the history than is
    worth one call of the embedder."""
    history = min(BATCH, ctx.embedder.together)
    left = TURN
    while left > 0:
        waiting = await ctx.items.next_waiting(project, live=BATCH, history=history)
        if not waiting:
            if await ctx.answers.waiting(project, JUDGE, 1):
                await enqueue(ctx, jobs.judge_items, project)
            return
        left -= len(waiting)
        items = {item.number: item for item in await ctx.items.many(project, waiting)}
        memory = await evidence.remember(ctx, project)
        reports = in_order(evidence.report_of(item) for item in items.values())
        readings = await memory.read([items[report.id] for report in reports])
        await evidence.embed_nearest(ctx, project, memory, readings)
        vectors = await evidence.embed_and_store(ctx, project, readings)
        for reading, vector in zip(readings, vectors, strict=True):
            item = items[reading.id]
            decision = await memory.use(memory.engine.decide, reading, vector, memory.links)
            guessed = await labels.learnt(ctx, project, item, decision)
            because = _because(decision).model_copy(update={"labels": guessed})
            to_judge = decision.action != "join" and await judge.wanted(ctx, project, item, because)
            cluster = await ctx.clusters.place(
                project,
                item.number,
                decision.cluster if decision.action == "join" else None,
                now=ctx.now(),
                title=plain(item.title),
                audience=item.audience,
                evidence=because.model_dump_json(),
                corrections=memory.corrections,
                lease=CLAIM.get().lease,
                token=CLAIM.get().token,
                judge=to_judge,
                alike=because.alike(item.number),
            )
            if cluster is None:
                break  # somebody corrected meanwhile: decide again, knowing that
            await memory.add(reading, vector, cluster, decision.best)
            await enqueue(ctx, jobs.refresh_cluster, project, cluster)
            if guessed:
                await enqueue(ctx, jobs.tell_issues, project, cluster, item.number)
            if decision.action == "suggest" and not to_judge and item.source == github_issue.NAME:
                await enqueue(ctx, jobs.suggest_on_issue, project, item.number)
        for brought_by in {item.brought_by for item in items.values()} - {0}:
            await enqueue(ctx, jobs.read_import, project, brought_by, delay=1.0)  # it is followed
    await enqueue(ctx, jobs.cluster_items, project)


def near(candidate: Near) -> Near:
    """A candidate as it is stored: with the strongest of what its score is made of."""
    return candidate.model_copy(update={"parts": candidate.parts[:4]})


def _because(decision: Decision) -> Because:
    rejected = decision.nearest_rejected
    return Because(
        action=decision.action,
        joined=decision.joined,
        candidates=tuple(near(c) for c in decision.suggested(SHOWN_CANDIDATES)),
        rejected=near(rejected) if rejected else None,
        obeyed=decision.obeyed,
    )
