"""Issues, comments, reactions and labels. A repeated call makes nothing twice."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from bot.domain.errors import OverBudget
from bot.github.repo import Repo
from bot.github.wire import unless_refused
from bot.render import Markdown
from bot.storage.budget import Priority, at

# What GitHub answers of an issue that was transferred or deleted.
GONE = (301, 404, 410)
# As many as GitHub lists at once.
PAGE = 100
# Share of what may be written, below which a command costs one write instead of three.
_LITTLE = 0.7

Reaction = Literal["eyes", "rocket", "confused", "-1", "+1", "heart", "hooray", "laugh"]


async def get_issue(repo: Repo, number: int) -> Any:
    """The issue. Raises Rejected(404 or 410) when it is gone."""
    return await repo.get(f"/issues/{number}")


async def issues(repo: Repo, *, state: str, labels: str) -> AsyncIterator[Any]:
    """Issues and pull requests, newest first."""
    path = "/issues{?state,labels,per_page}"
    async for issue in repo.pages(path, state=state, labels=labels, per_page="100"):
        yield issue


async def changed(
    repo: Repo, what: Literal["issues", "comments"], since: datetime, page: int
) -> list[Any]:
    """Up to ``PAGE`` issues and pull requests, or comments of any of them, that were changed
    since, longest ago first.

    https://docs.github.com/en/rest/issues/issues#list-repository-issues"""
    path = "/issues{?state,sort,direction,since,page,per_page}"
    state: str | None = "all"
    if what == "comments":
        path, state = path.replace("/issues", "/issues/comments"), None
    found: list[Any] = await repo.get(
        path,
        state=state,
        sort="updated",
        direction="asc",
        since=since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        page=str(page),
        per_page=str(PAGE),
    )
    return found


async def onwards(
    repo: Repo, what: Literal["issues", "comments"], upto: datetime, pages: int
) -> AsyncIterator[tuple[list[Any], int, datetime]]:
    """Pages from the mark ``upto`` on, so many or to the end of a second, of which there may be
    more and between which no mark stands: what is found, how much of it was not behind that mark,
    and the next one. The last page of all is shorter than ``PAGE``."""
    page, read = 1, 0
    while read < pages or page > 1:
        found = await changed(repo, what, upto, page)
        times = [datetime.fromisoformat(told["updated_at"]) for told in found]
        fresh = sum(page > 1 or at > upto for at in times)
        if times:
            page = page + 1 if times[-1] == upto else 1
            upto = times[-1]
        yield found, fresh, upto
        if len(found) < PAGE:
            return
        read += 1


async def newest(repo: Repo) -> int:
    """The number of the newest issue or pull request; 0 where there is none."""
    found = await repo.get("/issues{?state,per_page}", state="all", per_page="1")
    return int(found[0]["number"]) if found else 0


async def was_persons_doing(repo: Repo, issue: Any) -> bool:
    """Whether who closed or reopened the issue last is a person.

    https://docs.github.com/en/rest/issues/events#list-issue-events"""
    if issue["state"] == "closed" and issue.get("closed_by"):
        return bool(issue["closed_by"]["type"] != "Bot")
    last: Any = None
    path = f"/issues/{issue['number']}/events{{?per_page}}"
    async for event in repo.pages(path, per_page="100"):
        if event["event"] in ("closed", "reopened"):
            last = event["actor"]
    return last is not None and last["type"] != "Bot"


async def create_issue(repo: Repo, title: str, body: Markdown, labels: list[str]) -> Any:
    """Open an issue."""
    return await repo.post("/issues", {"title": title[:256], "body": body, "labels": labels})


async def update_issue(repo: Repo, number: int, *, body: Markdown) -> Any:
    """Change the body."""
    return await repo.patch(f"/issues/{number}", {"body": body})


def comments(repo: Repo, number: int) -> AsyncIterator[Any]:
    """Every comment of an issue or pull request, oldest first."""
    return repo.pages(f"/issues/{number}/comments{{?per_page}}", per_page="100")


async def find_comments(repo: Repo, number: int, marker: str, *, after: int = 0) -> list[Any]:
    """Our comments that carry a marker and came after another, oldest first."""
    return [
        comment
        async for comment in comments(repo, number)
        # At its beginning: others may quote it.
        if (comment.get("body") or "").lstrip().startswith(marker)
        and comment["id"] > after
        and await repo.wrote(comment)
    ]


async def get_comment(repo: Repo, comment: int) -> str | None:
    """What a comment says now; None when somebody deleted it."""
    found = await unless_refused(repo.get(f"/issues/comments/{comment}"), 404, 410)
    return None if found is None else str(found.get("body") or "")


async def delete_comment(repo: Repo, comment: int) -> None:
    """Take a comment away; gone already is fine."""
    await repo.delete(f"/issues/comments/{comment}")


async def create_comment(repo: Repo, number: int, body: Markdown) -> int:
    """Write a comment; its id."""
    made = await repo.post(f"/issues/{number}/comments", {"body": body})
    return int(made["id"])


async def update_comment(repo: Repo, comment: int, body: Markdown) -> bool:
    """Edit a comment in place; False when somebody deleted it."""
    edited = repo.patch(f"/issues/comments/{comment}", {"body": body})
    return await unless_refused(edited, 404) is not None


async def react(repo: Repo, target: str, content: Reaction) -> None:
    """Put a reaction on ``issues/7`` or ``issues/comments/9``; there already is fine. It is left
    out where little may be written: the comment that comes with it says it, too."""
    if await repo.budget.left() < _LITTLE:
        return
    with at(Priority.REACTION), suppress(OverBudget):
        # The comment may have been deleted, the issue locked.
        put = repo.post(f"/{target}/reactions", {"content": content})
        await unless_refused(put, 403, 404, 410, 422)


async def add_labels(repo: Repo, number: int, labels: list[str]) -> None:
    """Add labels to an issue; GitHub makes those it does not know."""
    await repo.post(f"/issues/{number}/labels", {"labels": labels})


async def sort_in(repo: Repo, number: int, *, labels: list[str], assignees: list[str]) -> None:
    """Give an issue exactly these; GitHub drops in silence who may not be an assignee."""
    await repo.patch(f"/issues/{number}", {"labels": labels, "assignees": assignees})


async def remove_label(repo: Repo, number: int, label: str) -> None:
    """Take a label off an issue; one that is not there is fine."""
    await repo.delete(f"/issues/{number}/labels/{quote(label, safe='')}")
