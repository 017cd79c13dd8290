"""``status`` and ``clusters``: one thing, or everything at a glance."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

from bot.domain.cards.card import Bullets, Card, Code, Fact, Line, Section, Strong
from bot.domain.cards.language import in_language
from bot.domain.cards.sparkline import sparkline
from bot.domain.cards.views.cluster import cluster_card, count
from bot.domain.cards.views.suggestion import suggestion_sections
from bot.domain.commands.command import WORD, Command
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.models import ClusterState, Item
from bot.storage.answers import JUDGE
from bot.storage.commands import TOLD_AFTER
from bot.storage.overview import GROUPS, Sort
from workers.clusters import suggestions
from workers.clusters.alike import alike, sections
from workers.clusters.views import page, rows
from workers.commands.call import Ambiguous, Answer, Call, next_page, require_page
from workers.fixes.steps.telling import card_of

OLDEST, WORST = 5, 5


class Status(Command, verb="status", aliases=("st",)):
    """How the project or a problem stands: how often it is seen, its owner, its fix."""

    examples = ("status", "status C-12", "status F-7")

    about: Annotated[ClusterRef | RunRef | None, WORD] = None


async def run_status(call: Call, command: Status) -> Answer:
    """One thing when it is named or implied, else the whole project."""
    ctx, project = call.ctx, call.project
    if isinstance(command.about, RunRef):
        found = await call.run(command.about)
        cluster = await ctx.clusters.get(project.id, found.cluster)
        card = await card_of(ctx, project, found, cluster, call.readers)
        return Answer(card.model_copy(update={"key": f"status:{found.name}"}))
    try:
        cluster = await call.cluster(command.about)
    except Ambiguous:
        return Answer(await _everything(call))
    view = await call.view(cluster)
    newest = await ctx.runs.newest(project.id, [cluster.number])
    card = cluster_card(view, run=newest.get(cluster.number))
    card = in_language(card, (await ctx.configs.known(project)).language)
    sections = (*card.sections, *await _questions(call, view.items))
    return Answer(card.model_copy(update={"key": f"status:{cluster.name}", "sections": sections}))


async def _questions(call: Call, items: Sequence[Item]) -> tuple[Section, ...]:
    """What its oldest reports may be the same as, until somebody has said."""
    for item in items[:OLDEST]:
        if found := await suggestions.pending(call.ctx, call.project.id, item):
            return suggestion_sections(item, found, readers=call.readers, title="Possibly the same")
    return ()


async def _everything(call: Call) -> Card:
    ctx, project = call.ctx, call.project
    worst, open_ = await page(ctx, project, "open", most=WORST, readers=call.readers)
    unsettled, settled = await ctx.overview.tallies(project.id, GROUPS)
    seen = unsettled + settled
    day, week = seen.day(ctx.now()), seen.since(timedelta(days=7), ctx.now())
    running = await ctx.runs.under_way(project.id)
    adapters: tuple[Line, ...] = tuple(
        (f"{need}: ", Code(adapter), f" ({why})") for need, adapter, why in ctx.adapters()
    )
    past = await ctx.imports.get(project.id)
    under_way = await ctx.embeddings.under_way(project.id)
    late = (ctx.now() - TOLD_AFTER).timestamp()
    kept = len(await ctx.commands.waiting(project.id, late))
    unjudged = len(await ctx.answers.waiting(project.id, JUDGE))
    named = Section(Bullets(*(v.title for v in worst)), title="Worst")
    away = tuple(Fact("Away", why) for why in (await ctx.breakers.open()).values())
    return Card(
        key="status",
        audience=call.readers,
        title=("Status of ", Code(project.full_name)),
        facts=(
            Fact("Open problems", str(open_)),
            Fact("Reports", str(seen.reports)),
            Fact("Seen", sparkline(day), f" {sum(day)} in 24 h · {week} in 7 d"),
            Fact("Fix runs under way", str(len(running))),
            *((Fact("Commands that wait", str(kept)),) if kept else ()),
            *((Fact("History read", past.progress),) if past and not past.ended else ()),
            *((Fact("Vectors", under_way),) if under_way else ()),
            *((Fact("For the model to judge", count(unjudged, "report")),) if unjudged else ()),
            *away,
        ),
        sections=(
            *((named,) if worst else ()),
            Section(Bullets(*adapters), title="In use", collapsed=True),
        ),
    )


PAGE = 15


class ListClusters(Command, verb="clusters", aliases=("ls",)):
    """List the problems, worst first."""

    examples = ("clusters", "clusters --state=new --sort=recent", "ls --source sentry --page 2")

    state: ClusterState | Literal["open", "all"] = "open"
    source: str = ""
    sort: Sort = "severity"
    page: int = 1


async def run_clusters(call: Call, command: ListClusters) -> Answer:
    ctx, project, source = call.ctx, call.project, command.source
    listed = (project.id, command.state, command.sort)
    _, total = await ctx.overview.page(*listed, source=source, most=0)
    require_page(nth := command.page, total, PAGE)
    chosen, _ = await ctx.overview.page(*listed, source=source, first=(nth - 1) * PAGE, most=PAGE)
    shown = await rows(ctx, project, chosen, readers=call.readers)
    asked = (await alike(ctx, project, call.readers, chosen))[0] if chosen else []
    lines: tuple[Line, ...] = tuple(
        (
            Strong(v.cluster.severity),
            " ",
            *v.title,
            f" · {sparkline(v.day)} {v.since(timedelta(hours=24))} in 24 h · "
            f"{count(v.tally.reports, 'report')} · {v.cluster.state.words}",
        )
        for v in shown
        if not any(v.cluster.number in each.clusters for each in asked)
    )
    return call.answer(
        "clusters",
        f"{count(total, 'cluster')} in ",
        Code(call.project.full_name),
        sections=(
            *await sections(ctx, project, asked, readers=call.readers),
            *((Section(Bullets(*lines)),) if lines else ()),
        ),
        actions=next_page(command, nth, total, PAGE),
    )
