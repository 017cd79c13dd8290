"""``.github/soulcaster.yml``: the one pull request that asks whether we may write, and the checks
of the file where it changes."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import PurePosixPath

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Said, Section, note
from bot.domain.cards.views.onboarding import FILE, onboarding_card
from bot.domain.errors import ConfigError, NotFound, Rejected
from bot.domain.fixes.own_agent import FOLDER
from bot.domain.models import Project
from bot.github import pulls
from bot.github.app import PUBLISH
from bot.github.checks import CONFIG
from bot.jobs import enqueue
from bot.log import log
from bot.own_agents import own_agent
from bot.repo_config import PATH
from bot.say import open_pull, put_check
from bot.storage.projects import MOVED
from workers import jobs
from workers.clusters.looked import looked_back
from workers.digests.choosing import look_back
from workers.digests.notices import tell
from workers.digests.posting import build_digest

BRANCH = "soulcaster/onboarding"
# Ten pages of issues; after so long what was read has to do.
LOOK_SECONDS, LOOK_BACK_SECONDS = 10, 60
ENOUGH, LATEST = 1_000, timedelta(minutes=10)


async def offer_to_act(ctx: Context, project_id: int) -> None:
    """Open it once, and write down its number; nothing where the file is there already."""
    project = await ctx.projects.find(project_id)
    stands = await ctx.projects.onboarding(project_id)
    if project is None or stands not in ("reading", MOVED):
        return
    mode = (await ctx.configs.in_force(project)).mode
    if mode == "quiet":
        return  # no yes: when that file goes, nobody has agreed yet
    if mode and stands != MOVED:
        await ctx.projects.onboard(project_id, "")
        return
    if not await _has_read(ctx, project):
        await enqueue(ctx, jobs.offer_to_act, project_id, delay=LOOK_SECONDS)
        return
    repo = ctx.github.repo(project, PUBLISH, aloud=True)
    if not (head := await pulls.branch_head(repo, project.default_branch)):
        return  # an empty repository
    here = ctx.settings.soulcaster_public_url
    # What editors check it by: https://github.com/redhat-developer/yaml-language-server
    by = f"# yaml-language-server: $schema={here}/soulcaster.schema.json\n" if here else ""
    branch, asked = BRANCH, f"{by}{FILE}".encode()
    if stands == MOVED and (theirs := await ctx.configs.file(project)):
        branch = f"{BRANCH}-{project.owner}"
        asked = f"# {project.full_name.split('/')[0]} lets Soulcaster act here.\n".encode() + theirs
    if await pulls.branch_head(repo, branch) is None:
        file = pulls.CommitFile(PATH, "100644", asked)
        made = await pulls.commit(repo, head, "Let Soulcaster act here", [file])
        await pulls.create_branch(repo, branch, made.sha)
    changed = (await pulls.compare(repo, project.default_branch, branch))["files"]
    if [one["filename"] for one in changed] != [PATH] or (
        await ctx.configs.file(project, branch) != asked
    ):
        # Whoever may push could have us ask, in our name, to merge what they wrote.
        raise Rejected(f"{branch} holds what is not ours: delete it, then replay.", status=409)
    digest = await build_digest(ctx, project, compact=False, readers=project.github_readers)
    _, problems = await ctx.overview.page(project_id, "open", most=0)
    reports = len(await ctx.items.membership(project_id))
    with suppress(TimeoutError):  # slow embedder, long history: the question does not wait for it
        async with asyncio.timeout(LOOK_BACK_SECONDS):
            await look_back(ctx, project_id)
    looked = await looked_back(ctx, project_id, project.github_readers)
    card = onboarding_card(project, reports, problems, digest, looked)
    base = project.default_branch
    pull = await open_pull(repo, card, branch=branch, base=base, draft=False)
    moved = MOVED if stands == MOVED else ""
    await ctx.projects.onboard(project_id, f"{moved} {pull['number']}".strip())
    log.info("asked whether to act", repository=project.full_name, pull=pull["number"])


async def _has_read(ctx: Context, project: Project) -> bool:
    """Whether enough was read, and has its cluster."""
    reading = await ctx.imports.get(project.id)
    if reading is None:
        return False
    read = reading.ended is not None or reading.seen >= ENOUGH
    late = ctx.now() - reading.since > LATEST
    return late or (read and not await ctx.items.waiting(project.id))


CARD = "file"
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
        await tell(ctx, project, lambda to: note(CARD, *wrong, audience=to, tone="failed"))
    else:
        right = Code(PATH), " is right again."
        await tell(
            ctx, project, lambda to: note(CARD, *right, audience=to, tone="succeeded"), where=CARD
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
