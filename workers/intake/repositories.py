"""Another repository's issues become reports of the project, with its closed ones settled and its
comments that say "same here" counted: read through the API, the mark written behind every page."""

from datetime import datetime
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import BadPayload, NotFound, Rejected
from bot.domain.imports import FileImport
from bot.domain.models import Draft, Project
from bot.github import issues as github
from bot.github.repo import Repo
from bot.sources import github_issue
from bot.sources.reading import joined
from bot.storage.imports import BEGINNING
from workers.intake import issues, items
from workers.intake.files import Told, record

# Read in one go, before other projects have their turn.
PAGES = 50
# What GitHub answers of a repository that is not for us, or has no issues.
_NOT_THERE = (403, 404, 410)


async def repository_for(ctx: Context, project: Project, name: str) -> Repo:
    """The repository of this name, to read: with its own token where the project's installation
    has it, else with the project's, which reads what is public."""
    try:
        known = await ctx.projects.named(name)
    except NotFound:
        known = None
    if known is None or known.installation != project.installation:
        known = project.model_copy(update={"full_name": name})
    return ctx.github.repo(known, {"issues": "read", "metadata": "read"})


async def read_repository(
    ctx: Context, project: Project, one: FileImport
) -> tuple[FileImport, bool]:
    """Read some pages on; whether that was all. Raises BadPayload where it cannot be read."""
    repo = await repository_for(ctx, project, one.repository)
    try:
        told = await repo.itself()
        if one.issues is None:
            # What was read of it before is not read again, unless it was taken out.
            named = one.repository.lower()
            others = [x for x in await ctx.file_imports.all(project.id) if x.number != one.number]
            before = [x for x in others if x.repository.lower() == named]
            ended = [x for x in before if x.state in ("quick ready", "complete")]
            anew = not ended or any(x.state == "undone" for x in before)
            marks = (BEGINNING, BEGINNING) if anew else (ended[0].issues, ended[0].comments)
            first = dict(zip(("issues", "comments"), marks, strict=True))
            whole = await github.newest(repo)
            one = await ctx.file_imports.put(
                project.id, one.number, ctx.now(), whole=whole, **first
            )
        public = not (told["private"] or project.private)
        audience = Audience.PUBLIC if public else Audience.TEAM
        one, ended_issues = await _issues(ctx, project.id, one, repo, int(told["id"]), audience)
        if not ended_issues or not one.alive:
            return one, False
        return await _comments(ctx, project.id, one, repo, int(told["id"]))
    except Rejected as error:
        if error.status not in _NOT_THERE:
            raise
        raise BadPayload(
            f"{one.repository} cannot be read, or has no issues: is the app installed there by the "
            "same owner?"
        ) from error


async def _issues(
    ctx: Context, project: int, one: FileImport, repo: Repo, of: int, audience: Audience
) -> tuple[FileImport, bool]:
    found, counted = list[Any](), set[int]()
    async for found, fresh, upto in github.onwards(repo, "issues", one.issues or BEGINNING, PAGES):
        batch, known = list[Told](), one.known
        told_now = [told for told in found if told["number"] not in counted]
        counted = {told["number"] for told in found}  # of one second some are told twice
        for told in told_now:
            said = github_issue.reports(told, ctx.now()) if not github_issue.is_by_bot(told) else []
            mine = [_draft(draft, of, one, audience) for draft in said]
            batch.append((int(told["number"]), mine[0] if mine else None))
        how_far = {"done": one.done + fresh, "issues": upto}
        one = await record(ctx, project, one, batch, resumed=True, **how_far)
        for told, (_, draft) in zip(told_now, batch, strict=True):
            if not isinstance(draft, Draft):
                continue
            again = one.known > known  # of what is known the words may be new
            if again:
                changed = datetime.fromisoformat(told["updated_at"])
                await items.take(ctx, project, draft, edited_at=changed)
            if again or told["state"] == "closed":
                report = await ctx.items.by_key(project, draft.source, draft.key)
                if report:
                    await issues.stand(ctx, project, told, report)
        if not one.alive:
            return one, False
    return one, len(found) < github.PAGE


async def _comments(
    ctx: Context, project: int, one: FileImport, repo: Repo, of: int
) -> tuple[FileImport, bool]:
    found, since = list[Any](), one.comments or BEGINNING
    async for found, _, upto in github.onwards(repo, "comments", since, PAGES):
        for told in found:
            number = int(told["issue_url"].rpartition("/")[2])
            if echo := github_issue.echo(told, github_issue.key(number), ctx.now()):
                await items.take_echo(ctx, project, _draft(echo, of, one, echo.audience))
        one = await ctx.file_imports.put(project, one.number, ctx.now(), comments=upto)
    return one, len(found) < github.PAGE


def _draft(draft: Draft, of: int, one: FileImport, audience: Audience) -> Draft:
    """As a report of this project: its key tells the repository, which may be renamed."""
    key = joined("repository", str(of), draft.key)
    return draft.model_copy(
        update={
            "source": "import-github",
            "key": key,
            "event": key if draft.event == draft.key else draft.event,
            "audience": audience,
            "history": True,
            "brought_by": one.number,
            "tags": {**draft.tags, "repository": one.repository[:200]},
        }
    )
