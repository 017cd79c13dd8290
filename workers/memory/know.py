"""Get to know a project: a quick pass over its files and a sample of its reports, then a full one
over all of them, in the background."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.views.memory import profile_card
from bot.domain.commands.rights import WRITERS
from bot.domain.errors import ConfigError, Rejected, Unavailable
from bot.domain.fixes.patch import Entry
from bot.domain.fixes.testplan import how_to_test
from bot.domain.memory import facts, profile
from bot.domain.memory.facts import Fact, FactsDraft, as_said, consolidated
from bot.domain.memory.passages import Chunk, report_chunk
from bot.domain.memory.profile import Profile, Sections, extracted, richest, said_most
from bot.domain.memory.written import Cited, material, mistakes
from bot.domain.models import Item, Place, Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import redact
from bot.domain.writings import PROFILE
from bot.github import issues, people, pulls
from bot.github.app import READ
from bot.jobs import enqueue
from bot.log import log, logged
from bot.say import readers_at, say
from bot.storage.answers import FACTS
from workers import jobs
from workers.clusters import asking
from workers.clusters.views import page
from workers.memory.retrieve import facts_here, version

SAMPLE = 60  # reports
QUICK_SECONDS, FULL_SECONDS = 30.0, 1_800.0
AT_A_TIME = 10  # questions to the model
_DAY, _AWAY = 86_400.0, 900.0  # seconds; until a model that is away is asked again
_USED_UP = "today's questions are used up (SOULCASTER_FACTS_BUDGET)"
_FILES = (
    *("README.md", "README.rst", "AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md"),
    *("pyproject.toml", "package.json", "Makefile", "go.mod"),
)
_MOST_FILES, _BYTES = 7, 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def get_to_know(ctx: Context, project_id: int) -> None:
    """The quick pass: a profile within ``QUICK_SECONDS``; then the full one is asked for. What is
    erased on the way is not written again."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    if await ctx.memory.profile(project_id) is None:
        fresh = Profile(audience=project.github_readers, made_at=ctx.now())
        await ctx.memory.put_profile(project_id, fresh)
    put = partial(shown, ctx, project)
    show = partial(put, state="processing", problem="")
    try:
        async with asyncio.timeout(QUICK_SECONDS):
            found = await _quick(ctx, project, show)
    except (TimeoutError, Unavailable, Rejected, ConfigError) as error:
        why = str(error) or f"it took more than {QUICK_SECONDS:.0f} s"
        await put(state="failed", problem=why)
        if isinstance(error, Unavailable):
            raise  # it is tried again
        return
    if (made := await put(**found)) is None:
        return
    await _keep(ctx, project_id, made)
    if await ctx.models.of(project_id, "ask") is not None:
        await enqueue(ctx, jobs.draw_facts, project_id)


async def _keep(ctx: Context, project: int, made: Profile) -> None:
    cited = made.sections.cited
    await ctx.writings.keep(project, PROFILE, made, made.author, ctx.now(), items=cited)
    if await ctx.memory.profile(project) is None:  # erased meanwhile
        await ctx.writings.forget(project, PROFILE)


async def go_back(ctx: Context, project: Project, to: int, *, readers: Audience) -> Profile | None:
    """The profile in the words of an earlier version, which is its next one; None where it was
    just erased. Raises NotFound."""
    wanted = await version(ctx, project.id, PROFILE, to, readers)
    fields = ("audience", "author", "made_at", "sections")
    was = Profile.read(wanted.body)
    told = await shown(ctx, project, **{name: getattr(was, name) for name in fields})
    if told is not None:
        await _keep(ctx, project.id, told)
    return told


async def asked(ctx: Context, project: Project, place: Place) -> None:
    """Ask for a profile that is made soon, with its card in this place edited as it goes."""
    held = await ctx.memory.profile(project.id)
    fresh = held or Profile(audience=project.github_readers, made_at=ctx.now())
    said = {"state": "processing", "percent": 0, "stage": "its turn", "problem": ""}
    fresh = fresh.model_copy(update={**said, "place": place})
    await ctx.memory.put_profile(project.id, fresh)
    await enqueue(ctx, jobs.get_to_know, project.id, delay=0.5)  # once the card stands there


async def shown(ctx: Context, project: Project, **fields: object) -> Profile | None:
    """Write these fields of the profile, and show them on the card that waits for them."""
    told = await ctx.memory.tell(project.id, **fields)
    if told and told.place:
        with logged("could not say how far the profile is", Rejected, Unavailable, quietly=True):
            readers = await readers_at(ctx, project, told.place)
            if may_read(readers, told.audience):
                card = profile_card(told, project.full_name, readers=readers)
                await say(ctx, project, told.place, card)
        if told.state in ("complete", "failed"):
            await ctx.memory.tell(project.id, place=None)
    return told


async def _quick(
    ctx: Context, project: Project, show: Callable[..., Awaitable[object]]
) -> dict[str, object]:
    readers, problem = project.github_readers, ""
    await show(percent=10, stage="its files")
    files, paths = await _files(ctx, project)
    await show(percent=40, stage="its people's answers")
    answers = await _answers(ctx, project)
    await show(percent=60, stage="a sample of its reports")
    last = await ctx.items.last(project.id)
    # Over the whole history: the newest may all be of an import, which is the team's.
    spread = await ctx.items.many(project.id, range(last, 0, -max(1, last // (4 * SAMPLE))))
    shown = [i for i in spread if not i.gone and may_read(readers, i.audience)]
    tree = {path: Entry(data=files.get(path, "").encode()) for path in paths}
    plan = await asyncio.to_thread(how_to_test, tree)
    tests = f"Its tests are run with: {plan.suite} ({plan.why})" if plan else ""
    best = richest([*map(report_chunk, shown)])[:SAMPLE]
    users = await _users(ctx, project) or [*await asyncio.to_thread(said_most, best)]
    sections, author = extracted(files, answers, users, tests), "its own words"
    model, asking_now = await ctx.models.of(project.id, "ask"), f"profile:{ctx.now().isoformat()}"
    if model is not None and not await _afford(ctx, project.id, [asking_now]):
        problem = _USED_UP
    elif model is not None:
        await show(percent=80, stage="asking the language model")
        of_files = (Chunk(audience=readers, name=p, title="", text=t) for p, t in files.items())
        given = [*of_files, *answers[:20], *best]
        draft, problem = await asking.drafted(
            ctx,
            model,
            Sections,
            instructions=profile.INSTRUCTIONS,
            material=partial(material, given),
            mistakes=lambda made: [
                f"{name}: {wrong}"
                for name, said in made.named
                for wrong in mistakes(said, given, profile.SENTENCES)
            ],
        )
        sections, author = (draft, model.id) if draft else (sections, author)
    state = "complete" if model is None else "quick ready"
    how = {"state": state, "percent": 100, "stage": "", "problem": problem, "author": author}
    return {**how, "audience": readers, "sections": sections, "made_at": ctx.now()}


async def _files(ctx: Context, project: Project) -> tuple[dict[str, str], list[str]]:
    """The files that say what it is, and all paths."""
    repo, found = ctx.github.repo(project, READ), dict[str, str]()
    paths = await pulls.files(repo, project.default_branch)
    flows = [path for path in paths if path.startswith(".github/workflows/")]
    for path in [*[p for p in _FILES if p in paths][:_MOST_FILES], *flows[:1]]:
        told = await repo.get(f"/contents/{quote(path)}")
        data = base64.b64decode(told.get("content") or "")[:_BYTES]
        found[path] = data.decode("utf-8", "replace")
    return found, paths


async def _answers(ctx: Context, project: Project) -> list[Chunk]:
    """What its own people wrote under issues."""
    repo = ctx.github.repo(project)
    known = {login for login, role in await people.collaborators(repo) if role in WRITERS}
    told = await issues.changed(repo, "comments", _EPOCH, 1)
    return [
        Chunk(
            audience=project.github_readers,
            name="#" + one["issue_url"].rpartition("/")[2],
            title="",
            text=str(one["body"] or "")[:2_000],
        )
        for one in told
        if one["user"]["login"] in known and not str(one["body"] or "").startswith("/")
    ]


async def _users(ctx: Context, project: Project) -> list[Cited]:
    """What hurts them most, counted; nothing while nothing is in clusters."""
    readers = project.github_readers
    views, _ = await page(ctx, project, "open", "count", most=3, readers=readers)
    told = [(v.cluster, v.tally.reports - v.hidden) for v in views if v.shown]
    return [Cited(text=f"{c.title[:250]}: {n} reports", of=(c.name,)) for c, n in told]


async def draw_facts(ctx: Context, project_id: int) -> None:
    """The full pass: facts from every report that was not read yet, in its order, until all are,
    its time is over, the day's questions are used up or nobody answers; the next one goes on
    there, and is asked for. It ends where the profile is erased."""
    kept, model = await ctx.memory.profile(project_id), await ctx.models.of(project_id, "ask")
    project = await ctx.projects.find(project_id)
    until = ctx.now() + timedelta(seconds=FULL_SECONDS)
    last, lost, why, later = await ctx.items.last(project_id), list[str](), "", 0.0
    while model and project and kept and kept.read_to < last and not why:
        numbers = range(kept.read_to + 1, min(last, kept.read_to + 200) + 1)
        items = [item for item in await ctx.items.many(project_id, numbers) if not item.gone]
        some = facts.batches(items)[:AT_A_TIME]
        if ctx.now() > until:
            why = f"half an hour was over after I-{kept.read_to}: the next pass goes on"
        elif not await _afford(ctx, project_id, map(as_said, some)):
            why, later = _USED_UP, _DAY - ctx.now().timestamp() % _DAY
        else:
            drawn = await asyncio.gather(*(_draw(ctx, model, batch) for batch in some))
            if some and all(isinstance(one, Unavailable) for one in drawn):
                why, later = f"{model.id} did not answer: the next pass goes on there", _AWAY
                continue
            failed = [b for b, one in zip(some, drawn, strict=True) if not isinstance(one, list)]
            lost += [" to ".join(dict.fromkeys((b[0].name, b[-1].name))) for b in failed]
            new = [fact for one in drawn if isinstance(one, list) for fact in one]
            for fact in consolidated(await ctx.memory.facts(project_id), new):
                await ctx.memory.keep(project_id, fact)
            await facts_here(ctx, project_id, Audience.TEAM)  # a report may be erased meanwhile
            read = sum(map(len, some))
            to = items[read - 1].number if read < len(items) else numbers[-1]
            said = {"state": "processing", "percent": 100 * to // last, "stage": "facts"}
            kept = await shown(ctx, project, read_to=to, **said)
    if model and project and kept:
        told = [why, f"not read: {', '.join(lost[:5])}{', …' if lost[5:] else ''}" if lost else ""]
        state = "quick ready" if why else "complete"
        await shown(ctx, project, state=state, problem="; ".join(filter(None, told)))
        if why and ctx.settings.soulcaster_facts_budget:
            await enqueue(ctx, jobs.draw_facts, project_id, delay=later)


async def _afford(ctx: Context, project: int, questions: Iterable[str]) -> bool:
    cap, day = ctx.settings.soulcaster_facts_budget, asking.today(ctx)
    spend = partial(ctx.answers.spend, project, FACTS, day, cap=cap)
    return all([await spend(question) for question in questions])


async def _draw(
    ctx: Context, model: LanguageModel, items: Sequence[Item]
) -> list[Fact] | Unavailable | Rejected:
    """The facts of some reports, or why there are none."""
    chunks, by_name = [*map(report_chunk, items)], {item.name: item for item in items}
    told, rules = redact(material(chunks)), facts.INSTRUCTIONS
    try:
        draft = await asking.ask(ctx, model, FactsDraft, instructions=rules, material=told)
    except (Unavailable, Rejected) as error:
        log.warning("some reports could not be read", model=model.id, why=str(error))
        return error
    return [
        Fact(
            audience=items[0].audience,
            text=one.text,
            items=tuple(by_name[name].number for name in one.of),
            said=as_said([by_name[name] for name in one.of]),
            cluster=by_name[one.of[0]].cluster,
            made_at=ctx.now(),
        )
        for one in draft.facts[: facts.DRAWN]
        if not mistakes([one], chunks, 1)
    ]
