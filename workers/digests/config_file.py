"""``.github/soulcaster.yml`` is checked where it changes: in a pull request, and once it is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Said, Section, note
from bot.domain.errors import ConfigError, NotFound
from bot.domain.fixes.own_agent import FOLDER
from bot.github.checks import CONFIG
from bot.own_agents import own_agent
from bot.repo_config import PATH
from bot.say import put_check
from workers.digests.notices import tell

FILE = "file"
_LINE = re.compile(r"(\.github/[\w./-]+):(\d+): (.*)")


async def check_file(ctx: Context, project_id: int) -> None:
    """Say which line of the project's file is wrong; when it is right again, say that there."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    try:
        if mode := (await ctx.configs.written(project)).mode:
            await ctx.configs.in_force(project)
            if mode == "act":
                await ctx.projects.onboard(project_id, "")
    except ConfigError as error:
        wrong = (Said(str(error)), " The last good one stays in force.")
        await tell(ctx, project, lambda to: note(FILE, *wrong, audience=to, tone="failed"))
    else:
        right = Code(PATH), " is right again."
        await tell(
            ctx, project, lambda to: note(FILE, *right, audience=to, tone="succeeded"), where=FILE
        )


async def check_pull(ctx: Context, project_id: int, pull: int) -> None:
    """Check the file, and those of agents, as a pull request has them, where it changes them."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    ref, repo = f"refs/pull/{pull}/head", ctx.github.repo(project)
    pages = repo.pages(f"/pulls/{pull}/files{{?per_page}}", per_page="100")
    named = [{one["filename"], one.get("previous_filename")} async for one in pages]
    changed = {PATH} if any(PATH in names for names in named) else set[str]()
    changed |= {one for names in named for one in names if one and one.startswith(f"{FOLDER}/")}
    if not changed:
        return
    mistakes: list[str] = []
    for path in sorted(changed):
        try:
            if path == PATH:
                await ctx.configs.own(project, ref)
            else:
                await own_agent(ctx, project, PurePosixPath(path).stem, ref=ref)
        except ConfigError as error:
            mistakes += str(error).splitlines()
        except NotFound:
            pass  # it is taken away
    found = [match for match in map(_LINE.fullmatch, mistakes) if match]
    await put_check(
        ctx.github.repo(project, {"checks": "write", "metadata": "read"}),
        (await repo.get(f"/pulls/{pull}"))["head"]["sha"],
        file_card(mistakes, sorted(changed)),
        conclusion="failure" if mistakes else "success",
        external_id=f"config:{pull}",
        name=CONFIG,
        lines=[(match[1], int(match[2]), match[3]) for match in found],
    )


def file_card(mistakes: Sequence[str], paths: Sequence[str]) -> Card:
    """What the check run says."""
    lines: tuple[Line, ...] = tuple((Said(line),) for line in mistakes)
    said = "With these, the file would be left out, and the last good one stay in force."
    about, are = Code(", ".join(paths)), "are" if paths[1:] else "is"
    return Card(
        key="config-check",
        audience=Audience.PUBLIC,
        title=(about, " has mistakes") if mistakes else (about, f" {are} right"),
        tone="failed" if mistakes else "succeeded",
        sections=(Section(Bullets(*lines), Paragraph(said)),) if mistakes else (),
    )
