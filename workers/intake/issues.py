"""Issues that no delivery told of: asked for after an outage, and every night."""

from __future__ import annotations

from datetime import datetime

from bot.context import Context
from bot.domain.errors import ConfigError, Rejected
from bot.domain.models import Project
from bot.github import issues
from bot.log import log
from bot.sources import github_issue
from workers.intake import items
from workers.intake.deliveries import OVERLAP


async def read_issues(ctx: Context, project_id: int) -> None:
    """Take what was changed since the project's mark as if it had been told of.

    The first time sets the mark: what is older than the app there is no report. Commands in a text
    are left to deliveries, which say who said them.
    """
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    mark, now = f"issues:{project_id}", ctx.now()
    since = await ctx.marks.get(mark)
    try:
        if since is not None:
            repo = ctx.github.repo(project)
            async for issue in issues.issues(repo, since=since - OVERLAP):
                user = issue.get("user") or {}
                via = (issue.get("performed_via_github_app") or {}).get("id", 0)
                bot = user.get("login", "") if user.get("type") == "Bot" else ""
                ours = bot and via == ctx.settings.github_app_id
                if ours or not await counts(ctx, project, bot):
                    continue
                changed = datetime.fromisoformat(issue["updated_at"])
                for draft in github_issue.reports(issue, now):
                    await items.take(ctx, project_id, draft, edited_at=changed)
    except Rejected as error:
        if error.status not in (404, 410):
            raise
        log.info("no issues there", repository=project.full_name, why=str(error))
    await ctx.marks.put(mark, now)


async def counts(ctx: Context, project: Project, bot: str) -> bool:
    """Whether an issue of this bot is a report: where the project's file names it; "" is nobody's.

    Raises UpstreamError while GitHub does not give the file.
    """
    if not bot:
        return True
    try:
        named = (await ctx.repo_config(project)).bots
    except ConfigError as error:
        log.warning("no bot's issues count", project=project.id, why=str(error))
        return False
    return bot.removesuffix("[bot]").lower() in {one.removesuffix("[bot]").lower() for one in named}
