"""``.github/soulcaster.yml`` is checked where it changes: in a pull request, and once it is in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Said, Section, note
from bot.domain.errors import ConfigError
from bot.github.checks import CONFIG
from bot.repo_config import PATH
from bot.say import put_check
from workers.digests.notices import tell

FILE = "file"
_LINE = re.compile(rf"{re.escape(PATH)}:(\d+): (.*)")


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
    """Check the file as a pull request has it, where it changes it."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    ref, repo = f"refs/pull/{pull}/head", ctx.github.repo(project)
    pages = repo.pages(f"/pulls/{pull}/files{{?per_page}}", per_page="100")
    if not [one async for one in pages if PATH in (one["filename"], one.get("previous_filename"))]:
        return
    mistakes: Sequence[str] = ()
    try:
        await ctx.configs.own(project, ref)
    except ConfigError as error:
        mistakes = str(error).splitlines()
    found = [match for match in map(_LINE.fullmatch, mistakes) if match]
    await put_check(
        ctx.github.repo(project, {"checks": "write", "metadata": "read"}),
        (await repo.get(f"/pulls/{pull}"))["head"]["sha"],
        file_card(mistakes),
        conclusion="failure" if mistakes else "success",
        external_id=f"config:{pull}",
        name=CONFIG,
        lines=[(PATH, int(match[1]), match[2]) for match in found],
    )


def file_card(mistakes: Sequence[str]) -> Card:
    """What the check run says."""
    lines: tuple[Line, ...] = tuple((Said(line),) for line in mistakes)
    said = "With these, the file would be left out, and the last good one stay in force."
    return Card(
        key="config-check",
        audience=Audience.PUBLIC,
        title=(Code(PATH), " has mistakes") if mistakes else (Code(PATH), " is right"),
        tone="failed" if mistakes else "succeeded",
        sections=(Section(Bullets(*lines), Paragraph(said)),) if mistakes else (),
    )
