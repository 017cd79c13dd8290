"""What every change of an issue or pull request leaves behind: time, history, a webhook."""

from __future__ import annotations

from typing import Any

from bot.simulators.github.actions.diffstat import pull_view
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, IssueEvent, User
from bot.simulators.github.views.issues import issue as issue_view


def touch(issue: Issue) -> None:
    """It changed now."""
    issue.updated_at = max(issue.updated_at, issue.repository.world.now())


def note(
    actor: User, issue: Issue, event: str, *, commit_id: str | None = None, **details: Any
) -> None:
    """Write an entry into the history."""
    world = actor.world
    entry = IssueEvent(world.next_id(), event, actor, world.now(), details, commit_id)
    issue.history.append(entry)


async def tell(
    actor: User, issue: Issue, action: str, *, fresh: bool = False, **parts: Any
) -> None:
    """Tell of a change, of a pull request by its own event; a ``fresh`` head is not yet known
    to merge."""
    repository = issue.repository
    touch(issue)
    if issue.pull is None:
        announce(repository, actor, "issues", action, issue=issue_view(issue), **parts)
    else:
        parts |= {"number": issue.number, "pull_request": await pull_view(issue, fresh=fresh)}
        announce(repository, actor, "pull_request", action, **parts)
    repository.world.changed("pull" if issue.pull else "issue", repository, issue.number)
