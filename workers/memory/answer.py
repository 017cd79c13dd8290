"""Answer a question: counted where it asks for a number, else cited, else "I don't know"."""

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.views.answer import MOST
from bot.domain.clusters.engine.report import hashed
from bot.domain.errors import ConfigError, NotUnderstood, Rejected, Unavailable
from bot.domain.memory import passages
from bot.domain.memory.answers import INSTRUCTIONS, AnswerDraft, Answered, mistakes
from bot.domain.memory.counting import BYS, Typed, coarse, rows
from bot.domain.memory.passages import Chunk, report_chunk
from bot.domain.memory.web import INSTRUCTIONS as WEB_INSTRUCTIONS
from bot.domain.memory.web import WebAnswer
from bot.domain.memory.written import Cited, material
from bot.domain.models import Item, Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import redact
from bot.domain.text import terms
from bot.github import releases
from bot.github.app import READ
from bot.log import log, logged
from bot.storage.answers import ASK
from workers.clusters import asking, evidence
from workers.memory.retrieve import chunks_for, passages_of
from workers.memory.shelf import images_of

READ_AT_MOST = 5_000  # reports that are looked at for one number, the newest


async def answer(
    ctx: Context,
    project: Project,
    question: str,
    *,
    readers: Audience,
    typed: Typed | None,
    before: Sequence[str] = (),
    command: str,
) -> Answered:
    """The answer for who reads here. ``before`` was asked before it, ``command`` names the asking.
    Raises Unavailable while the project's reports cannot be searched."""
    began = time.monotonic()
    counting = partial(counted, ctx, project, question, readers=readers, began=began)
    if typed is not None:
        return await counting(typed)
    chunks = await chunks_for(ctx, project, question, readers)
    draft, why, way = await _drafted(ctx, project.id, question, chunks, before, command)
    if draft and draft.answered and draft.count:
        kind, words = draft.count.kind, tuple(terms(draft.count.words))
        return await counting(Typed(kind=kind, words=words, by=BYS.get(kind, "")))
    said = draft.sentences if draft and draft.answered else ()
    sentences: Sequence[Cited] = said
    if draft is None:
        found = await passages_of(question, chunks, ctx.embedder)
        sentences = [Cited(text=p.text, of=(p.chunk.name,)) for p in passages.best(found)]
    of = {name for each in sentences for name in each.of}
    return Answered(
        question=question,
        way=way or "The reports' own words",
        chunks=len(chunks),
        seconds=time.monotonic() - began,
        sentences=tuple(sentences),
        cited=tuple(chunk for chunk in chunks if chunk.name in of),
        note=why,
    )


async def _drafted(
    ctx: Context,
    project: int,
    question: str,
    chunks: Sequence[Chunk],
    before: Sequence[str],
    command: str,
) -> tuple[AnswerDraft | None, str, str]:
    """What the model answers where there is one; else None, and why. And which one answered."""
    model, cap = await ctx.models.of(project, ASK), ctx.settings.soulcaster_ask_budget
    if model is None or not chunks:
        return None, "", ""
    if not await ctx.answers.spend(project, ASK, asking.today(ctx), command, cap):
        return None, f"Today's {cap} questions to {model.id} are used up", ""
    images = await images_of(ctx, project, chunks) if model.sees else []
    shown = [image.name for image in images]
    draft, why = await asking.drafted(
        ctx,
        model,
        AnswerDraft,
        instructions=INSTRUCTIONS,
        material=partial(material, chunks, question=question, asked_before=list(before)),
        mistakes=partial(mistakes, chunks=chunks, shown=shown),
        images=images,
    )
    if draft and {name for each in draft.sentences for name in each.of} & {*shown}:
        why = f"{model.id} looked at {', '.join(shown)}: what it saw there is checked by nobody"
    return draft, why, model.id if draft else ""


async def counted(
    ctx: Context, project: Project, question: str, typed: Typed, *, readers: Audience, began: float
) -> Answered:
    """What is counted of the reports that may be read here; the others are not even a number."""
    memory = await evidence.remember(ctx, project.id)
    found = await memory.use(memory.engine.having, hashed([*typed.words]))
    numbers = found[-READ_AT_MOST:]
    there = await ctx.items.many(project.id, numbers)
    items = [i for i in there if may_read(readers, i.audience) and typed.takes(i)]
    items.sort(key=lambda item: item.occurred_at)
    typed = coarse(typed, items, MOST)
    released = await _released(ctx, project, typed, items, readers)
    note = ""
    if typed.kind == "release" and released is None:
        note = f"No release {typed.release} is known, so nothing is told apart"
    if len(found) > len(numbers):
        note = f"Only the newest {READ_AT_MOST:,} that have these words were looked at"
    seen = await ctx.overview.seen(project.id, [item.number for item in items])
    ends = items if len(items) < 5 else [*items[:2], *items[-2:]]
    return Answered(
        question=question,
        way="Counted",
        chunks=len(items),
        seconds=time.monotonic() - began,
        typed=typed,
        rows=tuple(rows(typed, items, {n: t.total for n, t in seen.items()}, released)),
        cited=tuple(report_chunk(item) for item in ends),
        note=note,
    )


async def _released(
    ctx: Context, project: Project, typed: Typed, items: Sequence[Item], readers: Audience
) -> datetime | None:
    """When it came out: as GitHub says, else when a report named it first."""
    # Who does not read the repository is told of no release of it.
    if typed.kind != "release" or not may_read(readers, project.github_readers):
        return None
    wanted = typed.release.lower()
    with logged(
        "releases are not known", Unavailable, Rejected, ConfigError, project=project.full_name
    ):
        for at, tag in await releases.published(ctx.github.repo(project, READ)):
            if wanted in (tag.lower(), tag.lower().removeprefix("v")):
                return at
    return min((i.occurred_at for i in items if i.release.lower() == wanted), default=None)


async def searcher(ctx: Context, project: Project) -> LanguageModel:
    """What looks on the web. Raises NotUnderstood, which says who can have it."""
    model = await ctx.models.searcher(project.id) if ctx.settings.soulcaster_ask_web else None
    if model is None:
        how = "whoever runs this server sets SOULCASTER_ASK_WEB=on and GEMINI_API_KEY"
        raise NotUnderstood(f"ask --web is off: {how}. Ask without.")
    if not (await ctx.configs.known_and_quiet(project.id))[0].ask_web:
        raise NotUnderstood("ask --web is off: .github/soulcaster.yml says so. Ask without.")
    return model


async def searched(
    ctx: Context, model: LanguageModel, project: Project, question: str, command: str
) -> WebAnswer:
    """What the web says to the question as it was typed; or why it says nothing."""
    cap = ctx.settings.soulcaster_ask_budget
    if not await ctx.answers.spend(project.id, ASK, asking.today(ctx), f"{command}:web", cap):
        return WebAnswer(problem=f"Not searched: today's {cap} questions to models are used up")
    words = redact(question)
    try:
        return await asking.ask(
            ctx, model, WebAnswer, instructions=WEB_INSTRUCTIONS, material=words
        )
    except (Unavailable, Rejected) as error:
        log.warning("the web was not searched", project=project.full_name, why=str(error))
        return WebAnswer(problem=str(error))
