"""Branches and commits by the Git Data API, pull requests, and the reviews of these. Without author
or committer GitHub signs the commit as the app, and file modes are kept.
https://docs.github.com/en/rest/git/commits#create-a-commit"""

import base64
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.cards.views.pull import DRAFT_TITLE
from bot.domain.errors import Rejected
from bot.github.repo import Repo
from bot.github.wire import unless_refused
from bot.render import Markdown

Mode = Literal["100644", "100755", "120000"]
_LARGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class CommitFile:
    """One file of a commit; ``data`` is None when it is deleted."""

    path: str
    mode: Mode
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that GitHub made, and whether it signed it."""

    sha: str
    verified: bool


async def branch_head(repo: Repo, branch: str) -> str | None:
    """The commit a branch points to, or None."""
    found = await unless_refused(repo.get(f"/git/ref/heads/{branch}"), 404)
    return str(found["object"]["sha"]) if found else None


async def files(repo: Repo, branch: str) -> list[str]:
    """The paths of a branch's files: of more than GitHub lists at once, those it lists. Raises
    Unavailable or Rejected.

    https://docs.github.com/en/rest/git/trees#get-a-tree"""
    found = await repo.get("/git/trees/{branch}{?recursive}", branch=branch, recursive="1")
    return [entry["path"] for entry in found["tree"] if entry["type"] == "blob"]


async def commit(repo: Repo, parent: str, message: str, changes: Sequence[CommitFile]) -> Committed:
    """Make a commit on top of ``parent``; nothing points to it yet."""
    base = await repo.get(f"/git/commits/{parent}")
    tree = []
    for change in changes:
        entry: dict[str, Any] = {"path": change.path, "mode": change.mode, "type": "blob"}
        if change.data is None:
            entry["sha"] = None
        elif (words := _as_text(change.data)) is not None:
            entry["content"] = words
        else:
            content = base64.b64encode(change.data).decode()
            blob = await repo.post("/git/blobs", {"content": content, "encoding": "base64"})
            entry["sha"] = blob["sha"]
        tree.append(entry)
    made = await repo.post("/git/trees", {"base_tree": base["tree"]["sha"], "tree": tree})
    done = await repo.post(
        "/git/commits", {"message": message, "tree": made["sha"], "parents": [parent]}
    )
    return Committed(str(done["sha"]), bool(done.get("verification", {}).get("verified")))


def _as_text(data: bytes) -> str | None:
    """What may go within the tree, which saves a request; None for what needs a blob."""
    if len(data) > _LARGEST_TEXT or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


async def create_branch(repo: Repo, branch: str, sha: str) -> bool:
    """Create the ref; False when it exists. Creating it is the lock of a fix."""
    made = repo.post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
    return await unless_refused(made, 422, saying="already exists") is not None


async def delete_branch(repo: Repo, branch: str) -> None:
    """Delete the ref; gone already is fine."""
    gone = repo.delete(f"/git/refs/heads/{branch}")
    await unless_refused(gone, 422, saying="does not exist")


async def advance_branch(repo: Repo, branch: str, sha: str) -> bool:
    """Move the branch forward to ``sha``; False when that would drop a commit. Never forced."""
    moved = repo.patch(f"/git/refs/heads/{branch}", {"sha": sha, "force": False})
    return await unless_refused(moved, 422, saying="fast forward") is not None


async def compare(repo: Repo, before: str, after: str) -> Any:
    """What ``after`` has that ``before`` has not: ``files`` (at most 300) and ``html_url``.

    https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
    return await repo.get(f"/compare/{before}...{after}")


async def find_pull(repo: Repo, branch: str) -> Any | None:
    """The pull request of a branch, open or closed, newest first."""
    owner = repo.project.full_name.split("/", 1)[0]
    async for pull in repo.pages("/pulls{?head,state}", head=f"{owner}:{branch}", state="all"):
        return pull
    return None


async def open_pull(
    repo: Repo, *, branch: str, base: str, title: str, body: Markdown, draft: bool = True
) -> Any:
    """Open a pull request, or find the one that is there. Where the plan offers no drafts, a draft
    is an ordinary one whose title says what it is."""
    fields = {"title": title[:256], "head": branch, "base": base, "body": body}
    try:
        return await repo.post("/pulls", {**fields, "draft": draft})
    except Rejected as error:
        if error.status != 422:
            raise
        if found := await find_pull(repo, branch):
            return found
        if "Draft pull requests are not supported" not in str(error):
            raise
    return await repo.post("/pulls", {**fields, "title": f"{DRAFT_TITLE}{title}"[:256]})


# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    r"(?:https://[^\s/]+/)?([\w.-]+/[\w.-]+)?(?:#|/issues/)(\d{1,9})\b",
    re.IGNORECASE,
)


def closed_by(text: str, full_name: str) -> list[int]:
    """Issues of the repository that a pull request with this text closes when it is merged."""
    found = _CLOSES.findall(text)
    return [int(n) for where, n in found if where.lower() in ("", full_name.lower())]


async def update_pull(repo: Repo, number: int, *, title: str, body: Markdown) -> Any:
    """Change title and body."""
    return await repo.patch(f"/pulls/{number}", {"title": title, "body": body})


async def get_review(repo: Repo, pull: int, review: int) -> Any:
    """One review. Raises Rejected(404) when it is gone.

    https://docs.github.com/en/rest/pulls/reviews and /rest/pulls/comments"""
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
        marked = one.get("in_reply_to_id") == comment and one["body"].startswith(mark)
        if marked and await repo.wrote(one):
            if one["body"] != body:
                await repo.patch(f"/pulls/comments/{one['id']}", {"body": body})
            return
    await repo.post(f"/pulls/{pull}/comments/{comment}/replies", {"body": body})
