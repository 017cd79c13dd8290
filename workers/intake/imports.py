"""An import from its first record to its last cluster: who reads it, and how far it is. Once it is
read, the project's profile is made of a sample: then it is ``quick ready``, and goes on in the
background until all that it brought is in clusters."""

from collections.abc import Mapping
from functools import partial

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Said, Section, Tone
from bot.domain.errors import BadPayload, NotAllowed, Rejected, TooLarge, Unavailable, UserError
from bot.domain.imports import FileImport
from bot.domain.models import Project
from bot.jobs import enqueue
from bot.log import logged
from bot.say import readers_at, say
from workers import jobs
from workers.intake.files import read_file
from workers.intake.receiving import receive
from workers.intake.repositories import read_repository

# Between two looks at the profile. Who puts reports in clusters says when to look at those.
_LOOK_SECONDS = 0.5
# A profile that takes longer is not waited for.
_PROFILE_SECONDS = 60.0


def reading(project: int, number: int) -> str:
    """The lease of whoever reads an import, or takes it back."""
    return f"import:{project}:{number}"


async def read_import(ctx: Context, project_id: int, number: int) -> None:
    """Read it, then follow it until its reports have their clusters."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    one = before = await ctx.file_imports.get(project_id, number)
    if one.alive and (one.stage == "reading" or (one.attached and one.stage == "receiving")):
        try:
            async with ctx.leases.hold(reading(project_id, number)) as held:
                if not held:
                    raise Unavailable("It is read by another, or taken back.", retry_after=1)
                if one.stage == "receiving":
                    one = await _fetch(ctx, project, one)
                if one.stage == "reading":
                    one = await _read(ctx, project, one)
        except (BadPayload, TooLarge) as error:
            one = await ctx.file_imports.end(project_id, number, "failed", reason=str(error))
    if one.stage in ("quick pass", "clustering", ""):
        await ctx.blobs.drop(project_id, one.blob)
    if one.alive and one.stage == "reading":  # others have their turn
        await enqueue(ctx, jobs.read_import, project_id, number)
    elif one.stage in ("quick pass", "clustering"):
        one = await _follow(ctx, project_id, one)
    await show(ctx, project, one, before)


async def _fetch(ctx: Context, project: Project, one: FileImport) -> FileImport:
    """Its file out of Slack, from where whoever was killed left it. Raises BadPayload."""
    start = await ctx.blobs.size(project.id, one.blob)
    try:
        if ctx.slack is None:
            raise NotAllowed("Slack is not connected any more: import it in the shell.")
        file = await ctx.slack.dropped(one.attached)
        async for piece in await ctx.slack.pieces(one.attached, file, start):
            before = one
            one = await receive(ctx, project, one, start, piece)
            start += len(piece)
            await show(ctx, project, one, before)
            if one.stage != "receiving":
                break
    except (UserError, Rejected, TooLarge) as error:
        raise BadPayload(str(error)) from error
    return one


async def _read(ctx: Context, project: Project, one: FileImport) -> FileImport:
    if one.repository:
        one, ended = await read_repository(ctx, project, one)
    else:
        one, ended = await read_file(ctx, project.id, one), True
    if not one.alive or not ended:
        return one
    now = ctx.now()
    if one.new and one.asked_at is None:
        await enqueue(ctx, jobs.get_to_know, project.id)
    quick = {"stage": "quick pass", "done": 0, "whole": 100, "asked_at": one.asked_at or now}
    return await ctx.file_imports.put(project.id, one.number, now, **quick)


async def _follow(ctx: Context, project: int, one: FileImport) -> FileImport:
    """How far the profile is, and then how many of its reports have a cluster."""
    put = partial(ctx.file_imports.put, project, one.number, ctx.now())
    if one.alive:
        profile = await ctx.memory.profile(project)
        since = one.asked_at or one.created_at
        stands = profile and profile.state not in ("none", "processing")
        fresh = profile and (profile.state == "failed" or profile.made_at >= since)
        late = (ctx.now() - since).total_seconds() > _PROFILE_SECONDS
        if one.new and not (stands and fresh) and not late:
            one = await put(done=profile.percent if profile and not stands else 0)
            await enqueue(ctx, jobs.read_import, project, one.number, delay=_LOOK_SECONDS)
        else:
            one = await put(state="quick ready", stage="clustering", done=0, whole=one.new)
            await enqueue(ctx, jobs.cluster_items, project)
    if one.stage == "clustering":
        left = await ctx.items.left_of(project, one.first, one.last) if one.new else 0
        one = await put(done=one.new - left)
        if not left:
            if one.new:  # what hurts most is told by clusters from now on
                await enqueue(ctx, jobs.get_to_know, project)
            return await ctx.file_imports.end(project, one.number, "complete")
    return one


def file_import_card(project: Project, one: FileImport, *, readers: Audience) -> Card:
    """How far an import is, or what it brought. A file's name and what is quoted of it are for
    those who may read what it brings."""
    if not may_read(readers, one.audience):
        one = one.model_copy(update={"name": f"{one.kind} import", "listed": (), "reason": ""})
    counts = {"new": one.new, "known already": one.known, "bad": one.bad, "no reports": one.passed}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    how_far = one.how_far or one.reason
    facts = {"Kind": one.kind, "By": one.by, "How far": Said(how_far) if how_far else ""}
    facts["Records"] = f"{one.records:,} read: {told or 'none is new'}"
    action = "stop" if one.alive else "undo" if one.new and one.state != "undone" else ""
    tones: Mapping[str, Tone] = {"failed": "failed", "stopped": "refused", "processing": "running"}
    lines = Bullets(*((Said(line),) for line in one.listed))
    return Card(
        key=f"import:{one.number}",
        audience=readers,
        title=(f"Import {one.number} of ", Code(one.name), f" is {one.state}"),
        tone=tones.get(one.state, "succeeded"),
        facts=tuple(Fact(name, value) for name, value in facts.items() if value),
        sections=(Section(lines, title="Bad records"),) if one.listed else (),
        actions=(Action(action.capitalize(), f"import {action} {one.number}"),) if action else (),
        footer=("What it brings is the team's, counts towards no quota, and nobody is told.",),
    )


async def show(ctx: Context, project: Project, one: FileImport, before: FileImport) -> None:
    """Say how far it is where it was asked for, at every tenth and in the end."""
    if one.place is None or one.step == before.step:
        return
    with logged("could not say how far the import is", Rejected, Unavailable, quietly=True):
        readers = await readers_at(ctx, project, one.place)
        await say(ctx, project, one.place, file_import_card(project, one, readers=readers))
