"""``import export erase``: what was there before, what is there now, and a person's words."""

import re
from typing import Annotated, Literal

from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Card, Code, Fact, Link, Paragraph, Section
from bot.domain.commands.command import REST, WORD, Command, Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood
from bot.domain.imports import Download, FileImport, Wanted
from bot.domain.models import Project
from bot.github.wire import unless_refused
from bot.jobs import enqueue
from bot.storage.imports import BEGINNING
from workers import jobs
from workers.clusters.taking_back import erase_words
from workers.commands.call import Answer, Call
from workers.commands.permission import role_of
from workers.intake.imports import file_import_card
from workers.intake.issues import import_card
from workers.intake.receiving import begin
from workers.intake.repositories import repository_for

_NAME = re.compile(r"[\w-]{1,39}/[\w.-]{1,100}", re.ASCII)


class ImportHistory(Command, verb="import", level=Level.L4):
    """Read what was there before, say how far that is, stop it, or take out what it brought.

    `github` reads all issues of the repository with their comments again; at installation that
    begins by itself. Another repository of the same owner, or a public one, is named; a private one
    by who maintains it, too. A file (JSONL, CSV, mbox, exports of Slack and ChatGPT) is attached to
    the message in Slack that says its kind, or handed over in the shell: soulcaster import FILE. It
    counts towards no quota, and nobody is told of it."""

    costly_when = ("github", "undo")
    examples = ("import github", "import status", "import undo 3", "import --kind=csv")

    what: Annotated[Literal["github", "status", "stop", "undo"], WORD] = "status"
    number: Annotated[int, WORD] = 0
    repository: Annotated[str, WORD] = ""
    kind: str = ""
    channels: str = ""


async def run_import(call: Call, command: ImportHistory) -> Answer:
    """The card that says how far it is; asked for where it is under way, it goes on."""
    ctx, project = call.ctx, call.project
    if command.kind or (call.said.attached and not command.repository):
        return await _file(call, command)
    if command.repository.lower() not in ("", project.full_name.lower()):
        return await _other(call, command.repository)
    if command.what in ("stop", "undo"):
        return await _ended(call, command)
    past = await ctx.imports.get(project.id) or await ctx.imports.begin(project.id, ctx.now())
    if command.what == "github" or command.repository:
        again = {"issues": BEGINNING, "seen": 0, "ended": None} if past.ended else {}
        await ctx.imports.put(project.id, place=call.place, **again)
        await enqueue(ctx, jobs.read_issues, project.id)
        past = past.model_copy(update=again)
    elif command.number or await ctx.file_imports.all(project.id):
        one = await _meant(call, command.number)
        card = file_import_card(project, one, readers=call.readers)
        history = Fact("History of GitHub", past.progress)
        return Answer(card.model_copy(update={"facts": (*card.facts, history)}), public=True)
    return Answer(import_card(project, past, readers=call.readers), public=True)


async def _file(call: Call, command: ImportHistory) -> Answer:
    """The file of the message: fetched by the job that reads it, as large as it may be."""
    ctx, project = call.ctx, call.project
    _, [(name, file), *more] = await call.attached()
    if more or not file.size:
        raise NotUnderstood("Attach one file to the message, and none that is empty.")
    wanted = Wanted(channels=tuple(filter(None, command.channels.split(","))))
    of, by = (command.kind, file.name, wanted, file.size), call.person.name
    one = await begin(ctx, project, *of, by=by, attached=name, place=call.place)
    await enqueue(ctx, jobs.read_import, project.id, one.number)
    return Answer(file_import_card(project, one, readers=call.readers), public=True)


async def _other(call: Call, name: str) -> Answer:
    """Another repository's issues, as reports of this project."""
    ctx, project = call.ctx, call.project
    if not _NAME.fullmatch(name):
        raise NotUnderstood(f"{name!r} is no owner/repo: import github, status, stop or undo")
    repo = await repository_for(ctx, project, name)
    told = await unless_refused(repo.itself(), 301, 403, 404, 451)
    # What it brings is read by the team of this project, who may not read it there.
    if told is None or (told["private"] and not await _maintains(call, repo.project)):
        raise NotFound(
            f"{name} is not there for this app, or is private and not yours to maintain."
        )
    private = told["private"] or project.private
    asked = FileImport(
        kind="github",
        name=told["full_name"],
        repository=told["full_name"],
        by=call.person.name,
        stage="reading",
        place=call.place,
        created_at=ctx.now(),
        progressed_at=ctx.now(),
        audience=Audience.TEAM if private else Audience.PUBLIC,
    )
    one = await ctx.file_imports.open(project.id, asked)
    await enqueue(ctx, jobs.read_import, project.id, one.number)
    return Answer(file_import_card(project, one, readers=call.readers), public=True)


async def _maintains(call: Call, other: Project) -> bool:
    return level_of(await role_of(call.ctx, other, call.person, fresh=True)) >= Level.L4


async def _ended(call: Call, command: ImportHistory) -> Answer:
    """Stopped, what it brought stays; undone, that goes, and nothing else."""
    ctx, project = call.ctx, call.project.id
    one = await _meant(call, command.number)
    if command.what == "stop" and not one.alive:
        raise NotAllowed(f"Import {one.number} is {one.state}: there is nothing to stop.")
    if one.state == "undone":
        raise NotAllowed(f"Import {one.number} is undone already.")
    one = await ctx.file_imports.end(project, one.number, "stopped", place=call.place)
    job = jobs.take_back if command.what == "undo" else jobs.read_import
    await enqueue(ctx, job, project, one.number)
    return Answer(file_import_card(call.project, one, readers=call.readers), public=True)


async def _meant(call: Call, number: int) -> FileImport:
    """The import of this number, else the newest. Raises NotFound."""
    if number:
        return await call.ctx.file_imports.get(call.project.id, number)
    if known := await call.ctx.file_imports.all(call.project.id):
        return known[0]
    raise NotFound("No file was imported here: in the shell, soulcaster import FILE --kind KIND.")


class Export(Command, verb="export", level=Level.L4, calls="costly"):
    """Give a project's reports and clusters as JSONL, which `import` takes again.

    The link is for you alone, good for ten minutes and as long as you may. In the shell: soulcaster
    export."""

    examples = ("export",)
    asker_when = ("",)


async def run_export(call: Call, command: Export) -> Answer:
    """A link. Raises NotAllowed where this server has no address."""
    ctx, name = call.ctx, call.project.full_name
    if not (here := ctx.settings.soulcaster_public_url):
        raise NotAllowed(
            "This server has no SOULCASTER_PUBLIC_URL: in its shell, soulcaster export."
        )
    download = Download(exported=call.project.id, by=call.person)
    word = await ctx.vault.hand_over(download.model_dump_json())
    card = Card(
        key="export",
        audience=Audience.PERSON,
        title=("What is known of ", Code(name), ": ", Link("download", f"{here}/exports/{word}")),
        footer=("For you alone, for ten minutes.",),
    )
    return Answer(card)


LEFT = (
    "What stands on GitHub and in Slack itself is deleted there; pull requests and answers that "
    "quoted it stay as they are. A fix that is under way keeps what it goes by, for 30 days."
)


OTHERS = "{} reports in this name are not proven to be yours: a maintainer can say erase, too"


class Erase(Command, verb="erase", level=Level.L4, calls="costly", cost="yourself: anybody"):
    """Take a person's words out of reports, plans, commands and memory; it can't be undone.

    Counts stay. Others' words about the person stay, too. Who erases themselves reaches what GitHub
    proves to be theirs; maintainers reach what was reported in that name anywhere."""

    examples = ("erase @ana", "erase Jane Doe")

    person: Annotated[str, REST] = ""
    confirm: bool = False


def _name(command: Erase) -> str:
    return command.person.strip().lstrip("@")


async def is_own(call: Call, command: Erase) -> bool:
    """Whether somebody erases themselves."""
    mine = call.person.login
    return bool(mine) and call.person.user_id is not None and _name(command).lower() == mine.lower()


async def run_erase(call: Call, command: Erase) -> Answer:
    """What it did, and what is left to others."""
    if not (name := _name(command)):
        raise NotUnderstood("Whose words? erase @ana")
    if not command.confirm:
        again = Action("Erase", f"erase --confirm -- {name}")
        asked = ("Erase the words of ", Code(name), "? It can't be undone.")
        return call.answer(f"erase:{call.said.id}", *asked, tone="pending", actions=(again,))
    own = await is_own(call, command)
    done = await erase_words(
        *(call.ctx, call.project.id, {name}),
        call.person.user_id if own else None,
        proven=own and level_of(call.role) < Level.L4,
    )
    left = (Fact("Left", OTHERS.format(f"{done['others']:,}")),) if done["others"] else ()
    return call.done(
        f"erased:{call.said.id}",
        *("The words of ", Code(name), " are erased"),
        facts=(
            Fact("Reports", f"{done['reports']:,}, with their vectors"),
            Fact("Problems", f"{done['clusters']:,} are worded anew, and the cards that show them"),
            Fact("Commands", f"{done['commands']:,}"),
            Fact("Memory", f"{done['memory']:,} facts and questions; the profile till a refresh"),
            *left,
        ),
        sections=(Section(Paragraph(LEFT)),),
    )
