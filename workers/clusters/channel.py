"""Where a project is spoken of in Slack."""

from __future__ import annotations

from bot.context import Context
from bot.domain.models import Project


async def slack_channel(ctx: Context, project: Project) -> str:
    """The channel of its digests and of what its team is told; "" for nowhere."""
    config = await ctx.repo_config(project)
    return config.slack.channel or ctx.settings.soulcaster_slack_channel
