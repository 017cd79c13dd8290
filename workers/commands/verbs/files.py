"""``files``: what a project gives as context, beside its reports and facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from typing_extensions import override

from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import Code, Line, Said
from bot.domain.cards.views.shelf import shelf_card
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood
from bot.domain.memory.shelf import IMAGES, ShelfFile, Shelves, called
from workers.commands.call import Answer, Call
from workers.memory import shelf as shelves

_MOST_SHELVES = 20
_LATER = ("; it goes along with nothing else before ", Code("files use"))


class Files(Command):
    """The project's files: answers cite them, plans and fixes read the parts that fit.

    A file comes from the repository (PATH@BRANCH, or @COMMIT), from the address of an attachment on
    GitHub, or in the shell: soulcaster files add FILE. PDF, text, Markdown, CSV, logs; of an image
    the name is read. "use" has it go along with a problem or a fix; so does a shelf's name.
    """

    verb = "files"
    costly_when = ("add",)
    examples = (
        "files",
        "files add docs/spec.md@main --shelf=design",
        "files use spec.md C-12",
        "files rename spec.md rounding.md",
        "files shelf new design",
    )

    what: Annotated[Literal["list", "add", "remove", "rename", "use", "shelf"], WORD] = "list"
    names: Annotated[tuple[str, ...], WORD] = ()
    about: Annotated[ClusterRef | RunRef | None, WORD] = None
    shelf: str = ""
    as_: str = ""

    def name(self, at: int = 0) -> str:
        """The first name that was given, or one after it; "" where there is none."""
        return self.names[at] if at < len(self.names) else ""

    @property
    @override
    def needs(self) -> Level:
        return Level.L0 if self.what == "list" else Level.L3


async def run_files(call: Call, command: Files) -> Answer:
    """The shelf, or what came of a change of it; what may not be read here is not there."""
    files = [f for f in await call.ctx.shelf.all(call.project.id) if _read_here(call, f)]
    if command.what == "list":
        return await _listed(call, files, command.name() or command.shelf)
    if command.what == "shelf":
        return await _shelf(call, files, command)
    if not command.name():
        raise NotUnderstood(f"Which file? Example: files {command.what} spec.md")
    if command.what == "add":
        return await _added(call, command)
    return await _CHANGES[command.what](call, files, command)


def _read_here(call: Call, file: ShelfFile) -> bool:
    return may_read(call.readers, file.audience)


async def _listed(call: Call, files: Sequence[ShelfFile], only: str) -> Answer:
    known = await call.ctx.shelf.shelves(call.project.id)
    if not may_read(call.readers, known.audience):  # their names are words, too
        known = Shelves(audience=call.readers)
        files = [file.model_copy(update={"shelf": "files"}) for file in files]
    here = (shelves.shelf_named(known, only),) if only else known.all
    return Answer(shelf_card(files, here, readers=call.readers))


async def _added(call: Call, command: Files) -> Answer:
    ctx, project, given = call.ctx, call.project, command.name()
    if given.lower().startswith(("https://", "http://")):
        data, audience = await shelves.of_attachment(ctx, given), Audience.TEAM
        origin, url, name = "an attachment", given, given.rpartition("/")[2]
    else:
        call.require_own()
        path, _, ref = given.partition("@")
        path = path.strip("/")
        data, sha = await shelves.of_repository(ctx, project, path, ref)
        audience, name, origin = project.github_readers, path, f"{path}@{sha[:7]}"
        url = ctx.github.page(project, f"blob/{sha}/{path}")
    file, new = await shelves.add(
        ctx,
        project.id,
        data,
        name=command.as_ or name,
        shelf=command.shelf,
        by=call.person.name if not call.person.operator else "the operator",
        origin=origin,
        url=url,
        audience=audience,
    )
    if not new and not _read_here(call, file):
        return call.answer("files", "The same file is kept already, for others than read here.")
    said: Line = (Code(file.name), " is kept" if new else " is what that is called already")
    unread = " Images are named, not looked at." if file.kind in IMAGES else ""
    cut = " Only its first 1,000,000 characters are read." if file.cut else ""
    return call.answer("files", *said, *_LATER, f".{cut}{unread}", tone="succeeded")


async def _removed(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    file = _named(files, command.name())
    await shelves.remove(call.ctx, call.project.id, [file])
    return call.answer("files", Code(file.name), " is removed.", tone="succeeded")


async def _renamed(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    file, new = _named(files, command.name()), called(command.name(1))
    if not new:
        raise NotUnderstood(f"What is it to be called? Example: files rename {file.name} rules.md")
    if any(f.name.lower() == new.lower() for f in await call.ctx.shelf.all(call.project.id)):
        raise NotAllowed(f"There is a file {new} already: /soulcaster files")
    await call.ctx.shelf.change(
        call.project.id, file, lambda one: one.model_copy(update={"name": new})
    )
    return call.answer("files", Code(file.name), " is called ", Code(new), tone="succeeded")


async def _used(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    """What a problem's plans and fixes will not be let read is refused here, not left out there."""
    if isinstance(command.about, RunRef):
        run = await call.run(command.about)
        about, readers = run.name, run.audience
    else:
        cluster = await call.cluster(command.about)
        about, readers = cluster.name, call.project.github_readers
    on = command.name().lower()
    meant = [f for f in files if f.shelf.lower() == on] or [_named(files, command.name())]
    if kept := [file.name for file in meant if not may_read(readers, file.audience)]:
        raise NotAllowed(
            f"What comes of {about} is public, and {', '.join(kept[:3])} is the team's: add it "
            "from the repository (PATH@BRANCH), or say what of it matters: steer."
        )
    for file in meant:
        await call.ctx.shelf.change(
            call.project.id,
            file,
            lambda one: one.model_copy(update={"used_by": (*{*one.used_by, about},)}),
        )
    names = ", ".join(file.name for file in meant[:5])
    return call.answer(
        "files",
        *("The parts of ", Code(names), " that fit go along with ", Code(about), "."),
        tone="succeeded",
    )


async def _shelf(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    ctx, project, do, name = (
        call.ctx,
        call.project.id,
        command.name().lower(),
        called(command.name(1)),
    )
    if do not in ("", "list") and not (name and do in ("new", "rename", "remove")):
        raise NotUnderstood("A shelf is told: files shelf new|rename|remove NAME, or list")
    known = await ctx.shelf.shelves(project)
    if not name:
        return await _listed(call, files, "")
    if do == "new":
        if len(known.names) >= _MOST_SHELVES or name.lower() in map(str.lower, known.all):
            raise NotAllowed(f"There is a shelf {name} already, or there are {_MOST_SHELVES}.")
        old, new = "", name
    else:
        old, new = shelves.shelf_named(known, name), called(command.name(2)) * (do == "rename")
        if old == "files" or (do == "rename" and not new):
            raise NotUnderstood("Example: files shelf rename design rules; `files` stays.")
    there = [f for f in await ctx.shelf.all(project) if old and f.shelf == old]
    if there and not new:
        raise NotAllowed(f"On {old} there are {len(there)} files: remove them first.")
    names = (*(one for one in known.names if one != old), *([new] if new else []))
    audience = combined(known.audience, call.said.audience)
    told = {"names": names, "audience": audience}
    await ctx.shelf.shelves(project, lambda kept: kept.model_copy(update=told))
    for file in there:
        await ctx.shelf.change(project, file, lambda f: f.model_copy(update={"shelf": new}))
    return call.answer("files", "The shelves: ", Said(", ".join(("files", *names))))


def _named(files: Sequence[ShelfFile], name: str) -> ShelfFile:
    found = next((file for file in files if file.name.lower() == name.lower()), None)
    if found is None:
        raise NotFound(f"There is no file {name[:80]} here: /soulcaster files")
    return found


_CHANGES = {"remove": _removed, "rename": _renamed, "use": _used}
