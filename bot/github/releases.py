"""Releases, and what is in them. https://docs.github.com/en/rest/releases/releases#list-releases"""

from datetime import datetime
from urllib.parse import quote

from bot.github.pulls import compare
from bot.github.repo import Repo
from bot.github.wire import unless_refused


async def published(repo: Repo) -> list[tuple[datetime, str]]:
    """When each of the newest hundred came out, and its tag, oldest first. Drafts and prereleases
    are none."""
    found = await repo.get("/releases{?per_page}", per_page="100")
    return sorted(
        (datetime.fromisoformat(one["published_at"]), one["tag_name"])
        for one in found
        if not (one["draft"] or one["prerelease"])
    )


async def contains(repo: Repo, tag: str, commit: str) -> bool:
    """Whether the commit is in what the tag names; a tag that is gone has nothing."""
    found = await unless_refused(compare(repo, commit, quote(tag)), 404)
    return found is not None and found["status"] in ("ahead", "identical")
