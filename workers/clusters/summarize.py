"""Have the language model write a cluster's title and summary; what does not hold is not shown.
``refresh`` puts a cluster on the list when its reports are not those its summary was written from.
Until the model has written, and wherever it may not, the extractive summary stands."""

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.language import NAMES
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.clusters import written_summary as writing
from bot.domain.clusters.summary import SummaryInput, problems
from bot.domain.clusters.written_summary import SummaryDraft, WrittenSummary, checksum_of
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Item, Project
from bot.domain.ports import LanguageModel
from bot.jobs import enqueue
from bot.log import log
from bot.storage.answers import SUMMARY
from workers import jobs
from workers.clusters import asking
from workers.clusters.views import cluster_view

SOON = 2  # seconds: changes that come together are one question


async def write_summaries(ctx: Context, project: int) -> None:
    """Ask about every cluster that waits for it. Run again, it finds what is left."""
    if not await asking.ask_waiting(ctx, project, SUMMARY, ask_about=_write, put_off=_put_off):
        await enqueue(ctx, jobs.write_summaries, project)


async def written(ctx: Context, project: Project, view: ClusterView) -> dict[str, Any]:
    """Title and summary in the model's words, as fields of the cluster, while they hold. Has them
    written anew when the reports are not those they were written from."""
    reports = reports_for(project, view)
    sources = sources_of(reports)
    if not sources or await ctx.models.of(project.id, SUMMARY) is None:
        return {}
    number = view.cluster.number
    held = await _held(ctx, project.id, number)
    language = await _language(ctx, project)
    stale = held is None or held.checksum != checksum_of(sources, language)
    live = any(not report.history for report in reports)
    if stale and live and ctx.settings.soulcaster_summary_budget:
        await ctx.answers.want(project.id, SUMMARY, number, ctx.now().timestamp())
        await enqueue(ctx, jobs.write_summaries, project.id, delay=SOON)
    if held is None or not held.holds(sources):
        return {}
    return {"title": held.title, "summary": held.sentences}


async def _language(ctx: Context, project: Project) -> str:
    """The name of the language to write in; "" for English, which needs no word."""
    return NAMES.get((await ctx.configs.known(project)).language, "")


def reports_for(project: Project, view: ClusterView) -> list[Item]:
    """The reports that a summary is written from. In a public repository no sentence may mix what
    is private into what everybody reads: where there are public reports, only they are read."""
    living = [item for item in view.items if not item.gone]
    return [i for i in living if may_read(project.github_readers, i.audience)] or living


def sources_of(reports: Sequence[Item]) -> list[SummaryInput]:
    """What the model reads of them."""
    return [SummaryInput(item.number, item.title, item.body) for item in reports]


def nothing_yet(reports: Sequence[Item]) -> WrittenSummary:
    """No answer about these reports."""
    return WrittenSummary(audience=combined(*(item.audience for item in reports)), checksum="")


async def _write(ctx: Context, project_id: int, number: int) -> None:
    project = await ctx.projects.find(project_id)
    model = await ctx.models.of(project_id, SUMMARY)
    if project is None or model is None:
        return
    view = await cluster_view(ctx, project, number, readers=Audience.TEAM)
    reports = reports_for(project, view)
    sources = sources_of(reports)
    if view.cluster.number != number or not sources:
        return  # it was merged into another, which is on the list itself
    held = await _held(ctx, project_id, number)
    language = await _language(ctx, project)
    name = checksum_of(sources, language)
    if held is not None and held.checksum == name:
        return
    fresh = nothing_yet(reports)
    kept = held if held is not None else fresh
    cap = ctx.settings.soulcaster_summary_budget
    if not await ctx.answers.spend(project_id, SUMMARY, asking.today(ctx), f"{number}:{name}", cap):
        problem = f"today's budget of {cap} is used up (SOULCASTER_SUMMARY_BUDGET)"
        found = kept.model_copy(update={"problem": problem})
    else:
        try:
            found = await _ask(ctx, model, sources, kept, fresh, language)
        except Unavailable as error:
            if asking.patient(ctx, kept.since):
                raise
            found = kept.model_copy(update={"problem": str(error)})
    if found.problem:
        log.warning("not summarised by the model", cluster=view.cluster.name, why=found.problem)
    found = found.model_copy(update={"checksum": name, "since": None})
    await asking.put(ctx, project_id, SUMMARY, number, found.model_dump_json())
    await enqueue(ctx, jobs.refresh_cluster, project_id, number)


async def _ask(
    ctx: Context,
    model: LanguageModel,
    sources: list[SummaryInput],
    kept: WrittenSummary,
    fresh: WrittenSummary,
    language: str,
) -> WrittenSummary:
    """What the model wrote, mended once; what is still wrong leaves ``kept`` as it is."""
    draft: SummaryDraft | None = None
    wrong: list[str] = []
    for _ in range(2):
        told = writing.material(sources, draft=draft, wrong=wrong)
        try:
            draft = await asking.ask(
                ctx, model, SummaryDraft, instructions=writing.instructions(language), material=told
            )
        except Rejected as error:
            return kept.model_copy(update={"problem": str(error)})
        translated = bool(language)
        wrong = problems(draft.title, draft.sentences, sources, translated=translated)
        if not wrong:
            # A title stands as long as the reports bear it: no report that comes later changes it.
            other = kept.translated != translated or problems(
                kept.title, draft.sentences, sources, translated=translated
            )
            title = draft.title if other else kept.title
            said = {"model": model.id, "title": title, "sentences": draft.sentences}
            return fresh.model_copy(update={**said, "translated": translated})
    return kept.model_copy(update={"problem": f"{model.id} wrote it wrongly twice: {wrong[0]}"})


async def _held(ctx: Context, project: int, number: int) -> WrittenSummary | None:
    stored = await ctx.answers.get(project, SUMMARY, number)
    return WrittenSummary.read(stored) if stored else None


async def _put_off(ctx: Context, project: int, number: int, why: str) -> None:
    """What stands goes on standing; it is written down since when the model is away."""
    kept = await _held(ctx, project, number) or WrittenSummary(audience=Audience.TEAM, checksum="")
    if kept.since is None:
        log.warning("the summary is written later", project=project, cluster=number, why=why)
        tried = kept.model_copy(update={"since": ctx.now(), "problem": why})
        await asking.put(ctx, project, SUMMARY, number, tried.model_dump_json())
