"""What every change of an issue or pull request leaves behind: time, history, a webhook."""

from __future__ import annotations

from typing import Any

from bot.simulators.github.actions.diffstat import pull_view
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, IssueEvent, Repository, User
from bot.simulators.github.views.issues import issue as issue_view
from bot.simulators.github.world import World


def touch(world: World, issue: Issue) -> None:
    """It changed now."""
    issue.updated_at = max(issue.updated_at, world.now())


def note(
    world: World,
    issue: Issue,
    actor: User,
    event: str,
    *,
    commit_id: str | None = None,
    **details: Any,
) -> None:
    """Write an entry into the history."""
    issue.history.append(IssueEvent(world.next_id(), event, actor, world.now(), details, commit_id))


async def tell(
    world: World,
    repository: Repository,
    actor: User,
    issue: Issue,
    action: str,
    *,
    fresh: bool = False,
    **parts: Any,
) -> None:
    """Tell of a change, of a pull request by its own event; a ``fresh`` head is not yet known
    to merge."""
    if issue.pull is None:
        view = issue_view(world, repository, issue)
        announce(world, repository, actor, "issues", action, issue=view, **parts)
        world.changed("issue", repository, issue.number)
        return
    parts["number"] = issue.number
    parts["pull_request"] = await pull_view(world, repository, issue, fresh=fresh)
    announce(world, repository, actor, "pull_request", action, **parts)
    world.changed("pull", repository, issue.number)
