"""``import``: what was there before, of this repository and of others' files."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.cards.card import Fact
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood
from bot.domain.imports import FileImport
from bot.jobs import enqueue
from bot.storage.imports import BEGINNING
from workers import jobs
from workers.commands.call import Answer, Call
from workers.intake.files import file_import_card
from workers.intake.issues import import_card


class ImportHistory(Command):
    """Read what was there before, say how far that is, stop it, or take out what it brought.

    `github` reads all issues of the repository with their comments again; at installation that
    begins by itself. Files (JSONL, CSV, mbox, exports of Slack and ChatGPT) are handed over in the
    shell: soulcaster import FILE. It counts towards no quota, and nothing is said on old issues.
    """

    verb = "import"
    costly_when = ("github", "undo")
    level = Level.L4
    examples = ("import github", "import status", "import stop", "import undo 3", "import acme/api")

    what: Annotated[Literal["github", "status", "stop", "undo"], WORD] = "status"
    number: Annotated[int, WORD] = 0
    repository: Annotated[str, WORD] = ""


async def run_import(call: Call, command: ImportHistory) -> Answer:
    """The card that says how far it is; asked for where it is under way, it goes on."""
    ctx, project = call.ctx, call.project
    if command.repository.lower() not in ("", project.full_name.lower()):
        raise NotUnderstood(
            f"{command.repository!r} is not {project.full_name}, and of others files are imported: "
            "import github, status, stop or undo"
        )
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
