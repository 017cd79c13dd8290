"""What may be read here and is about a question: reports, their problems, facts, the profile."""

import asyncio
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bot.context import Context
from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import Line
from bot.domain.cards.views.cluster import ClusterView, run_line, state_line
from bot.domain.clusters.engine import Engine, Report
from bot.domain.errors import NotFound
from bot.domain.fixes.plan import suspected_files
from bot.domain.fixes.run import FixRun
from bot.domain.memory import passages
from bot.domain.memory.counting import span
from bot.domain.memory.facts import LONGEST, Fact, fitting, standing
from bot.domain.memory.passages import MOST, Chunk, Passage, asked_for, readable, report_chunk
from bot.domain.models import Cluster, Item, Project
from bot.domain.ports import Embedder
from bot.domain.text import terms
from bot.domain.writings import Writing
from bot.domain.writings import readable as to_be_read
from workers.clusters import evidence
from workers.clusters.views import cluster_view, rows
from workers.memory import shelf

# Of so many of the best reports those are kept that may be read here.
FOUND = 400
COMPARED = 32  # sentences at most that are compared in meaning
PROBLEMS = 8  # of the best chunks, that are looked up
_FACTS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def chunks_for(
    ctx: Context, project: Project, question: str, readers: Audience
) -> list[Chunk]:
    """At most ``MOST`` that are about it and may be read here, best first. Raises Unavailable while
    the project's reports cannot be searched."""
    memory = await evidence.remember(ctx, project.id)
    numbers = await answered(question, memory.engine, ctx.embedder, FOUND)
    items = {item.number: item for item in await ctx.items.many(project.id, numbers)}
    reports = [report_chunk(items[n]) for n in numbers if n in items and not items[n].gone]
    facts = [fact.chunk for fact in await facts_here(ctx, project.id, readers)]
    wanted = set(asked_for(question))
    told = [chunk for chunk in facts if wanted & set(terms(chunk.text))][:_FACTS]
    profile = await ctx.memory.profile(project.id)
    read = await shelf.about(ctx, project.id, question, readers)
    files = [file.chunk(part) for file, part in read]
    found = [*told, *files, *(profile.chunks if profile else ()), *reports]
    kept = readable(passages.within(found, span(question, ctx.now())), readers)
    clusters = list(dict.fromkeys(c.cluster for c in kept if c.cluster))[:PROBLEMS]
    views = await rows(ctx, project, clusters, readers=readers)
    runs = await ctx.runs.newest(project.id, clusters) if clusters else {}
    problems = [_problem(view, runs.get(view.cluster.number), readers) for view in views]
    return readable([*kept[: MOST - len(problems)], *problems], readers)


async def facts_here(ctx: Context, project: int, readers: Audience) -> list[Fact]:
    """The facts that stand now and may be read here; those that no longer stand are dropped."""
    held = await ctx.memory.facts(project)
    of = sorted({number for fact in held for number in fact.items})
    items = {item.number: item for item in await ctx.items.many(project, of)}
    now = ctx.now()
    stands = {fact.number: standing(fact, items, now) for fact in held}
    await ctx.memory.forget(project, [number for number, fact in stands.items() if fact is None])
    return [fact for fact in stands.values() if fact and may_read(readers, fact.audience)]


async def answered(question: str, engine: Engine, embedder: Embedder, most: int) -> list[int]:
    """The numbers of the reports that are most about it, best first."""
    reading = engine.read(Report(0, "question", question, "", _EPOCH))
    (vector,) = await embedder.embed([question])
    return await asyncio.to_thread(engine.search, reading, vector, most)


async def passages_of(question: str, chunks: Sequence[Chunk], embedder: Embedder) -> list[Passage]:
    """The sentences of the chunks that may answer, best first, by words and by meaning."""
    found = (await asyncio.to_thread(passages.weigh, question, chunks))[:COMPARED]
    texts = list({each.text for each in found})
    if not texts:
        return []
    vectors = await embedder.embed([question, *texts])
    near = np.asarray(vectors[1:] @ vectors[0]).tolist()
    return passages.nearer(found, dict(zip(texts, near, strict=True)))


def _problem(view: ClusterView, run: FixRun | None, readers: Audience) -> Chunk:
    """How it stands, in one sentence of ours."""
    cluster = view.cluster
    words = f"{cluster.name} {cluster.title}: it is {_plain(state_line(cluster))}"
    if run is not None and may_read(readers, run.audience):
        words += f", fix {_plain(run_line(run))}"
    return Chunk(
        audience=readers,
        name=cluster.name,
        title="",
        text=f"{words}.",
        url=run.pull_url if run is not None and may_read(readers, run.audience) else "",
        at=cluster.updated_at,
        cluster=cluster.number,
    )


def _plain(line: Line) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in line)


async def writings(ctx: Context, project: int, of: str, readers: Audience) -> list[Writing]:
    """Those that ``readers`` may read, the oldest first; without those that rest on a report that
    is gone, or is not theirs any more: their words may be that report's."""
    found = to_be_read(await ctx.writings.all(project, of), readers)
    cited = {number for one in found for number in one.items}
    items = await ctx.items.many(project, sorted(cited))
    there = {i.number for i in items if not i.gone and may_read(readers, i.audience)}
    return [one for one in found if {*one.items} <= there]


async def version(ctx: Context, project: int, of: str, number: int, readers: Audience) -> Writing:
    """Version ``number``. Raises NotFound."""
    found = await writings(ctx, project, of, readers)
    for one in found:
        if one.number == number:
            return one
    names = ", ".join(each.name for each in found) or "none"
    raise NotFound(f"There is no v{number} for {readers} readers; there are: {names}.")


_CHANGED = re.compile(r"^\+\+\+ b/(?P<path>\S+)|^@@[^@]*@@ .*?\b(?P<inside>\w+)\(", re.MULTILINE)
_ASKED = 2  # of what reviewers asked


async def recall(
    ctx: Context,
    project: int,
    cluster: Cluster,
    items: Sequence[Item],
    *,
    paths: Collection[str] = (),
) -> list[Fact]:
    """The facts that fit a problem; each says who may read it."""
    told = "\n".join([cluster.title, *(f"{i.title}\n{i.body[:2_000]}" for i in items)])
    facts = await facts_here(ctx, project, Audience.TEAM)
    own = [fact for fact in facts if fact.cluster is None or fact.cluster != cluster.number]
    return fitting(own, told, suspects=suspected_files(items), paths=paths)


async def learn(ctx: Context, project: Project, run: FixRun, pull: Any) -> None:
    """What a merged fix taught: problem, cause, change, proof, what reviewers asked; once a run."""
    if any(fact.by == run.name for fact in await ctx.memory.facts(project.id)):
        return
    view = await cluster_view(ctx, project, run.cluster, readers=run.audience, beside=False)
    found = list(_CHANGED.finditer(run.change))
    paths = list(dict.fromkeys(m["path"] for m in found if m["path"]))
    inside = list(dict.fromkeys(m["inside"] for m in found if m["inside"]))
    where = f" in {', '.join(paths[:3])}" if paths else ""
    code = f", {', '.join(f'{name}()' for name in inside[:3])}" if inside else ""
    words = f"{view.cluster.title}: mended{where}{code} by #{pull['number']}, {run.proof.value}."
    tries = await ctx.versions.attempts(project.id, run.number)
    asked = [
        " ".join(said.split())
        for one in tries
        for said in (*one.words, *(remark.words for remark in one.remarks))
    ]
    if asked:
        words += f" Reviewers asked: {'; '.join(asked[:_ASKED])}"
    fact = Fact(
        audience=combined(run.audience, *(one.audience for one in tries)),
        text=words[:LONGEST],
        by=run.name,
        path=paths[0] if paths else "",
        url=run.pull_url,
        cluster=view.cluster.number,
        made_at=ctx.now(),
    )
    await ctx.memory.keep(project.id, fact)
