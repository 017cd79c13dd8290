"""An issue that was closed as a duplicate goes to the cluster of the one it is a duplicate of."""

from bot.context import Context
from bot.domain.clusters.corrections import undone_by
from bot.domain.clusters.engine.operations import Blocked
from bot.domain.commands.command import Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import Unavailable
from bot.domain.models import Person, Project
from bot.github import issues, people
from bot.log import log
from bot.sources import github_issue
from workers.clusters import corrections
from workers.clusters.history import named_duplicates
from workers.clusters.refresh import refresh_cluster


async def follow_duplicate(ctx: Context, project_id: int, number: int) -> None:
    """Join the report of a duplicate to what a comment names, and part it when it is reopened."""
    project = await ctx.projects.find(project_id)
    found = await ctx.items.by_key(project_id, github_issue.NAME, github_issue.key(number))
    if project is None or not found:
        return
    item = await ctx.items.get(project_id, found)
    if item.cluster is None:
        raise Unavailable(f"{item.name} has no cluster yet.", retry_after=2)
    # Closed as well, it is no sign that what it joins has come back.
    await refresh_cluster(ctx, project_id, item.cluster)
    command = f"duplicate:{number}"
    said = f"#{number} was closed as a duplicate"
    log_ = await ctx.operations.log(project_id)
    undone = undone_by(log_)
    mine = [e for e in log_ if e.command == command and e.operation.undoes is None]
    done = next((e for e in reversed(mine) if e.operation.number not in undone), None)
    if await ctx.items.standing(project_id, found) == "duplicate":
        if done is not None:
            await corrections.after(ctx, project_id, done)
            return
        original, by = await _named(ctx, project, number)
        if original is None:
            return
        plan = corrections.linking(ctx, project_id, found, original, alike=True)
    elif done is not None:
        by, said = done.operation.by, f"#{number} was reopened"
        plan = corrections.undoing(ctx, project_id, done.operation.number, None)
    else:
        return
    try:
        worked = await plan(by)
        made = await corrections.apply(ctx, project_id, worked, said=said, command=command)
    except Blocked as error:
        log.info("the duplicate stays where it is", issue=number, why=str(error))
        return
    if made is None:
        raise Unavailable("Somebody corrected meanwhile.", retry_after=1)
    await corrections.after(ctx, project_id, made)


async def _named(ctx: Context, project: Project, number: int) -> tuple[int | None, str]:
    """The report that the last comment of somebody who may correct calls the original; by whom."""
    repo = ctx.github.repo(project)
    named: tuple[int | None, str] = (None, "")
    async for comment in issues.comments(repo, number):
        user = comment.get("user") or {}
        originals = named_duplicates(comment.get("body") or "", project.full_name)
        if not originals or user.get("type") != "User":
            continue
        person = Person(login=user["login"], user_id=user["id"])
        key = github_issue.key(originals[-1])
        original = await ctx.items.by_key(project.id, github_issue.NAME, key)
        if original and level_of(await people.role(repo, person)) >= Level.L2:
            named = original, person.name
    return named
