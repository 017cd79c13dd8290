"""``files``: what a project gives as context, beside its reports and facts."""

from collections.abc import Sequence
from typing import Annotated, Literal

from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import Code, Inline, Said
from bot.domain.cards.views.memory import shelf_card
from bot.domain.commands.command import WORD, Command, levels
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood, TooLarge
from bot.domain.memory.shelf import FILE_BYTES, IMAGES, MB, ShelfFile, Shelves, called
from workers.commands.call import Answer, Call
from workers.memory import shelf as shelves

_MOST_SHELVES = 20
_LATER = ("; it goes along with nothing else before ", Code("files use"))


class Files(Command, verb="files"):
    """The project's files: answers cite them, plans and fixes read the parts that fit.

    A file comes from the repository (PATH@BRANCH, or @COMMIT), from the address of an attachment on
    GitHub, out of the message that says "files add" in Slack (attach it there), or in the shell:
    soulcaster files add FILE. PDF, text, Markdown, CSV, logs; of an image the name is read, and
    models that see are shown it. "use" has it go along with a problem or a fix; so does a
    shelf's name."""

    costly_when = ("add",)
    level_when = levels(L0="list", L3="others")
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


async def run_files(call: Call, command: Files) -> Answer:
    """The shelf, or what came of a change of it; what may not be read here is not there."""
    there = await call.ctx.shelf.all(call.project.id)
    files = [file for file in there if may_read(call.readers, file.audience)]
    if command.what in ("list", "shelf"):
        return await _shelves(call, files, command)
    if command.what == "add" and not command.name() and call.said.attached:
        return await _dropped(call, command)
    if not command.name():
        raise NotUnderstood(f"Which file? Example: files {command.what} spec.md")
    if command.what == "add":
        return await _added(call, command)
    return await _changed(call, files, command)


async def _added(call: Call, command: Files) -> Answer:
    ctx, project, given = call.ctx, call.project, command.name()
    if given.lower().startswith(("https://", "http://")):
        data, audience = await shelves.of_attachment(ctx, given), Audience.TEAM
        origin, url, name = "an attachment", given, given.rpartition("/")[2]
    else:
        call.require_own()
        path, _, ref = given.strip("/").partition("@")
        data, sha = await shelves.of_repository(ctx, project, path, ref)
        audience, name, origin = project.github_readers, path, f"{path}@{sha[:7]}"
        url = ctx.github.page(project, f"blob/{sha}/{path}")
    named = {"name": command.as_ or name, "origin": origin, "url": url}
    said = await _keep(call, command, data, audience, **named)
    return call.done("files", *said)


async def _dropped(call: Call, command: Files) -> Answer:
    """The files of the message, in their order; none is fetched where one of them may not be."""
    said: list[Inline] = []
    slack, files = await call.attached()
    for _, file in files:
        if file.size > FILE_BYTES:
            raise TooLarge(f"{file.name} has {file.size / MB:.1f} MB, and a file may have 20 MB.")
    if command.as_ and len(files) > 1:
        raise NotUnderstood("--as names one file: attach one to the message.")
    for name, file in files:
        read = [piece async for piece in await slack.pieces(name, file)]
        named = {
            "name": command.as_ or file.name,
            "origin": "dropped into Slack",
            "url": file.permalink,
        }
        said += (*await _keep(call, command, b"".join(read), Audience.TEAM, **named), " ")
    return call.done("files", *said[:-1])


async def _keep(
    call: Call, command: Files, data: bytes, audience: Audience, **named: str
) -> tuple[Inline, ...]:
    """A file on its shelf, and what is said of it."""
    by = call.person.name if not call.person.operator else "the operator"
    how = {**named, "shelf": command.shelf, "by": by}
    file, new = await shelves.add(
        call.ctx, call.project.id, data, **how, audience=audience, by_id=call.person.user_id
    )
    if not new and not may_read(call.readers, file.audience):
        return ("The same file is kept already, for others than read here.",)
    said = " is kept" if new else " is what that is called already"
    unread = " Only models that see look at images." if file.kind in IMAGES else ""
    cut = " Only its first 1,000,000 characters are read." if file.cut else ""
    return Code(file.name), said, *_LATER, f".{cut}{unread}"


async def _changed(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    ctx, project, name, new = call.ctx, call.project.id, command.name(), called(command.name(1))
    meant = [file for file in files if file.name.lower() == name.lower()]
    if command.what == "use":
        meant = [file for file in files if file.shelf.lower() == name.lower()] or meant
    if not meant:
        raise NotFound(f"There is no file {name[:80]} here: /soulcaster files")
    names = Code(", ".join(file.name for file in meant[:5]))
    if command.what == "remove":
        await shelves.remove(ctx, project, meant)
        return call.done("files", names, " is removed.")
    if command.what == "rename":
        if not new or any(f.name.lower() == new.lower() for f in await ctx.shelf.all(project)):
            raise NotAllowed(f"{new or 'That'} is no name, or a file's already: /soulcaster files")
        await ctx.shelf.change(project, meant, name=new)
        return call.done("files", names, " is called ", Code(new))
    about, readers = await _served(call, command)
    if any(not may_read(readers, file.audience) for file in meant):
        # Refused here, where somebody can say what else to do, and not left out in silence there.
        raise NotAllowed(
            f"What comes of {about} is public, and {names.text} is the team's: add it from the "
            "repository (PATH@BRANCH), or say what of it matters: steer."
        )
    await ctx.shelf.change(project, meant, used_by=about)
    said = ("The parts of ", names, " that fit go along with ", Code(about), ".")
    return call.done("files", *said)


async def _served(call: Call, command: Files) -> tuple[str, Audience]:
    """The problem or fix that is meant, and who reads what comes of it."""
    if isinstance(command.about, RunRef):
        run = await call.run(command.about)
        return run.name, run.audience
    return (await call.cluster(command.about)).name, call.project.github_readers


async def _shelves(call: Call, files: Sequence[ShelfFile], command: Files) -> Answer:
    ctx, project = call.ctx, call.project.id
    do, name, to = command.name().lower(), called(command.name(1)), called(command.name(2))
    known = await ctx.shelf.shelves(project)
    if command.what == "list" or do in ("", "list"):
        only = (do if command.what == "list" else "") or command.shelf
        if not may_read(call.readers, known.audience):  # their names are words, too
            known = Shelves(audience=call.readers)
            files = [file.model_copy(update={"shelf": "files"}) for file in files]
        here = (known.named(only),) if only else known.all
        return Answer(shelf_card(files, here, readers=call.readers))
    if not name or do not in ("new", "rename", "remove") or (do == "rename" and not to):
        raise NotUnderstood("Example: files shelf new design, rename design rules, remove rules")
    old, new = ("", name) if do == "new" else (known.named(name), to)
    there = [f for f in await ctx.shelf.all(project) if old and f.shelf == old]
    if old == "files" or (there and not new):
        raise NotAllowed(f"{old} is the first shelf, or there are files on it: remove them first.")
    if new and (len(known.all) > _MOST_SHELVES or new.lower() in map(str.lower, known.all)):
        raise NotAllowed(f"There is a shelf {new} already, or there are {_MOST_SHELVES} of them.")
    names = (*(one for one in known.names if one != old), *([new] if new else []))
    audience = combined(known.audience, call.said.audience)
    await ctx.shelf.shelves(project, names=names, audience=audience)
    await ctx.shelf.change(project, there, shelf=new)
    return call.answer("files", "The shelves: ", Said(", ".join(("files", *names))))
