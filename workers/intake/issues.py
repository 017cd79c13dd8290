"""GitHub's issues and what is said on them: as a delivery tells, or read from the beginning.
Discussions are told of only: the REST API has none. Reading is one mechanism. What it knows is up
to when all changes were read: the first time that is never, so it reads the project's history;
later what no delivery told of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Code, Fact
from bot.domain.errors import ConfigError, Rejected, Unavailable
from bot.domain.models import IssueState, Project
from bot.domain.text.forms import HEADING
from bot.github import issues
from bot.jobs import enqueue
from bot.log import log
from bot.say import readers_at, say
from bot.sources import github_issue
from bot.storage.imports import BEGINNING, Import
from workers import jobs
from workers.intake import items
from workers.intake.deliveries import OVERLAP

# GitHub tells no finer: what it says of one second is asked again when that is over.
_SECOND = 2
_REASONS: dict[str, IssueState] = {
    "not_planned": "not planned",
    "outdated": "not planned",
    "duplicate": "duplicate",
}
# Read in one go, before other projects have their turn.
PAGES = 5


async def take(
    ctx: Context, project: Project, told: Mapping[str, Any], *, since: datetime | None = None
) -> int | None:
    """Take an issue or discussion, or its newest words, as GitHub tells it; its item's number. One
    that was opened before ``since`` is history. None for what is no report (a pull request, what a
    bot wrote, what was deleted), -1 over the quota."""
    for draft in github_issue.reports(told, ctx.now()):
        if not await _counts(ctx, project, told):
            return None
        if since is not None and draft.occurred_at < since:
            draft = draft.model_copy(update={"history": True})
        recorded = await items.take(ctx, project.id, draft, edited_at=_changed(told))
        edited = recorded.edited
        if HEADING.search(draft.body) and not draft.history and (recorded.new or edited):
            # People often mend at once what they have just written.
            await enqueue(ctx, jobs.ask_missing, project.id, recorded.item, delay=60)
        if edited and edited.before != edited.after and edited.before.updated_at == _changed(told):
            await enqueue(ctx, jobs.read_issue, project.id, told["number"], delay=_SECOND)
        return recorded.item or None
    return None


async def _counts(ctx: Context, project: Project, told: Mapping[str, Any]) -> bool:
    """Whether it is a report: a person's issue. Of bots that the project's file names, and of
    discussions where it wants them, too; what is one already is followed. Raises UpstreamError
    while GitHub does not give the file."""
    by_bot, discussed = github_issue.is_by_bot(told), github_issue.is_discussion(told)
    if not (by_bot or discussed):
        return True
    via, user = told.get("performed_via_github_app") or {}, told.get("user") or {}
    if not user or via.get("id") == ctx.settings.github_app_id:
        return False
    if await _known(ctx, project.id, told):
        return True
    try:
        config = await ctx.configs.in_force(project)
    except ConfigError as error:
        log.warning("no bot's issues and no discussions count", project=project.id, why=str(error))
        return False
    named = {one.removesuffix("[bot]").lower() for one in config.bots}
    by_named = user["login"].removesuffix("[bot]").lower() in named
    return (config.discussions or not discussed) and (by_named or not by_bot)


async def _known(ctx: Context, project: int, told: Mapping[str, Any]) -> int | None:
    return await ctx.items.by_key(project, github_issue.NAME, github_issue.key_of(told))


async def stand(
    ctx: Context, project: int, issue: Mapping[str, Any], report: int | None = None
) -> None:
    """A person closed or answered it, or took that back: its report is settled, or is not; that is
    ``report`` where the issue is another repository's."""
    found = report or await _known(ctx, project, issue)
    if not found:
        return
    how: IssueState = "open"
    if issue["state"] == "closed" or issue.get("answer_chosen_at"):
        how = _REASONS.get(issue.get("state_reason") or "", "completed")
    before = await ctx.items.standing(project, found)
    if not await ctx.items.stand(project, found, how, _changed(issue)):
        return
    await items.refresh(ctx, project, found)
    if report is None and "duplicate" in (how, before):
        await enqueue(ctx, jobs.follow_duplicate, project, issue["number"])


async def read_issue(ctx: Context, project_id: int, number: int) -> None:
    """Take an issue as it is now."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    try:
        issue = await issues.get_issue(ctx.github.repo(project), number)
    except Rejected as error:
        if error.status not in issues.GONE:
            raise
        if error.status != 404:  # which may be no more than a refusal
            key = github_issue.key(number)
            moved = error.status == 301
            await items.withdraw(ctx, project_id, github_issue.NAME, key, moved=moved)
    else:
        await _take_as_it_is(ctx, project, issue, since=await ctx.imports.since(project_id))


async def _take_as_it_is(
    ctx: Context, project: Project, issue: Mapping[str, Any], *, since: datetime | None
) -> None:
    """Its words; and how it stands, where that is new and a person's doing."""
    found = await take(ctx, project, issue, since=since)
    stood = await ctx.items.standing(project.id, found) if found and found > 0 else "gone"
    if stood in ("gone", "moved") or (stood == "open") == (issue["state"] == "open"):
        return
    if await issues.was_persons_doing(ctx.github.repo(project), issue):
        await stand(ctx, project.id, issue)


async def take_comment(
    ctx: Context, project: Project, told: Mapping[str, Any], on: Mapping[str, Any]
) -> None:
    """Count a person's "same here" as an occurrence of what it is ``on``, if that is a report; it
    may be told of first."""
    if echo := github_issue.echo(told, github_issue.key_of(on), ctx.now()):
        await take(ctx, project, on, since=await ctx.imports.since(project.id))
        await items.take_echo(ctx, project.id, echo)
    known, author = await _known(ctx, project.id, on), (on.get("user") or {}).get("id")
    if known and told["user"]["id"] == author and not (told.get("body") or "").startswith("/"):
        await enqueue(ctx, jobs.ask_missing, project.id, known, 1)


async def read_issues(ctx: Context, project_id: int) -> None:
    """Take what was changed since it was last read, longest ago first; killed, it goes on there.
    Commands in a text are left to deliveries, which say who said them."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    now = ctx.now()
    past = await ctx.imports.get(project_id) or await ctx.imports.begin(project_id, now)
    try:
        if past.issues == BEGINNING:
            total = await issues.newest(ctx.github.repo(project))
            await ctx.imports.put(project_id, total=total, seen=0)
        done = await _read(ctx, project, "issues") and await _read(ctx, project, "comments")
    except Rejected as error:
        if error.status not in (404, 410):
            raise
        log.info("no issues there", repository=project.full_name, why=str(error))
        done = True
    if past.issues == BEGINNING or (done and past.ended is None):
        # From its first pages, and from all of a long history once more.
        await enqueue(ctx, jobs.get_to_know, project_id)
    if done:
        # A change that is under way stands in no list yet.
        upto = now - OVERLAP
        await ctx.imports.put(project_id, issues=upto, comments=upto, ended=now)
        if past.ended is None:
            await enqueue(ctx, jobs.try_ways, project_id, "")
            await enqueue(ctx, jobs.look_back, project_id)
    else:
        await enqueue(ctx, jobs.read_issues, project_id)
    await _show(ctx, project, before=past)


async def _read(ctx: Context, project: Project, what: Literal["issues", "comments"]) -> bool:
    """Read some pages on, the mark behind each; False when there are more."""
    past = await ctx.imports.get(project.id)
    if past is None:
        return True
    repo, seen, found = ctx.github.repo(project), past.seen, list[Any]()
    async for found, fresh, upto in issues.onwards(repo, what, getattr(past, what), PAGES):
        for told in found:
            if what == "issues":
                await _take_as_it_is(ctx, project, told, since=past.since)
            else:
                number = int(told["issue_url"].rpartition("/")[2])
                echo = github_issue.echo(told, github_issue.key(number), ctx.now())
                await items.take_echo(ctx, project.id, echo)
        seen += fresh * (what == "issues")
        if found:
            await ctx.imports.put(project.id, **{what: upto, "seen": seen})
    return len(found) < issues.PAGE


def _changed(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(told["updated_at"])


def import_card(project: Project, past: Import, *, readers: Audience) -> Card:
    """How far the reading of a project's history is."""
    how = "is read" if past.ended else "is being read"
    return Card(
        key="import",
        audience=readers,
        title=("The history of ", Code(project.full_name), f" {how}"),
        tone="succeeded" if past.ended else "running",
        facts=(Fact("Read", past.progress),),
        footer=("It counts towards no quota, and nothing is said on old issues.",),
    )


async def _show(ctx: Context, project: Project, *, before: Import) -> None:
    """Say how far it is where somebody asked, at every tenth and in the end."""
    past = await ctx.imports.get(project.id)
    if past is None or past.place is None or (not past.ended and past.tenth == before.tenth):
        return
    readers = await readers_at(ctx, project, past.place)
    try:
        await say(ctx, project, past.place, import_card(project, past, readers=readers))
    except Rejected as error:
        log.info("could not say how far the import is", why=str(error))
    except Unavailable:
        if past.ended:
            raise
    if past.ended:
        await ctx.imports.put(project.id, place=None)
