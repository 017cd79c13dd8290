"""What is joined unasked in a project: as its file says, else as somebody chose."""

from typing import NamedTuple, cast

from bot.context import Context
from bot.domain.clusters.engine import Eagerness
from bot.domain.errors import ConfigError, UpstreamError
from bot.log import log
from bot.repo_config import PATH, RepoConfig


class Chosen(NamedTuple):
    """The way in force, because of what, and whether a person may choose another in a chat."""

    way: Eagerness = "sure"
    because: str = "the default"
    free: bool = True


async def way_of(ctx: Context, project: int) -> Chosen:
    """What is in force; while the file can't be read, only what is sure is joined."""
    record = await ctx.projects.find(project)
    if record is None:
        return Chosen()
    try:
        connected = bool(ctx.settings.github_app_id)
        file = await ctx.configs.in_force(record) if connected else RepoConfig()
    except (ConfigError, UpstreamError) as error:
        log.warning("joining only what is sure", project=project, why=str(error))
        return Chosen("sure", f"{PATH} can't be read", free=False)
    if file.cluster:
        return Chosen(file.cluster, f"{PATH} says so", free=False)
    chosen = await ctx.projects.choice(project)
    if "way" not in chosen:
        return Chosen()
    return Chosen(cast(Eagerness, chosen["way"]), f"chosen by {chosen['by']}")
