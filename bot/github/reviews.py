"""Reviews of a pull request and the threads on its lines.

https://docs.github.com/en/rest/pulls/reviews and /rest/pulls/comments
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from bot.github.app import Repo
from bot.render import Markdown


async def get_review(repo: Repo, pull: int, review: int) -> Any:
    """One review. Raises Rejected(404) when it is gone."""
    return await repo.get(f"/pulls/{pull}/reviews/{review}")


async def reviews(repo: Repo, pull: int) -> AsyncIterator[Any]:
    """Every review that was submitted, oldest first."""
    async for review in repo.pages(f"/pulls/{pull}/reviews{{?per_page}}", per_page="100"):
        yield review


async def comments_of(repo: Repo, pull: int, review: int) -> list[Any]:
    """The comments that came with a review, replies to other threads left out."""
    path = f"/pulls/{pull}/reviews/{review}/comments{{?per_page}}"
    found = [comment async for comment in repo.pages(path, per_page="100")]
    return [comment for comment in found if not comment.get("in_reply_to_id")]


async def answer_thread(repo: Repo, pull: int, comment: int, mark: str, body: Markdown) -> None:
    """Put our one answer into a thread; a repeated call edits it. ``mark`` begins ``body``."""
    path = f"/pulls/{pull}/comments{{?per_page}}"
    async for one in repo.pages(path, per_page="100"):
        ours = (one.get("user") or {}).get("type") == "Bot"
        if ours and one.get("in_reply_to_id") == comment and one["body"].startswith(mark):
            if one["body"] != body:
                await repo.patch(f"/pulls/comments/{one['id']}", {"body": body})
            return
    await repo.post(f"/pulls/{pull}/comments/{comment}/replies", {"body": body})
