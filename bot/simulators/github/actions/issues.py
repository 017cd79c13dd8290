"""Open, edit, close, reopen, assign, lock, delete and transfer issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.simulators.github.actions.history import note, tell, touch
from bot.simulators.github.actions.labels import set_labels
from bot.simulators.github.errors import GitHubError, invalid, not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import App, Issue, Json, Repository, User
from bot.simulators.github.views import accounts
from bot.simulators.github.views.addresses import repo_url
from bot.simulators.github.views.issues import issue as issue_view
from bot.simulators.github.views.repositories import repository as repository_view

TITLE_LIMIT = 256
BODY_LIMIT = 65_536
REASONS = ("completed", "not_planned", "duplicate")


def check_title(resource: str, title: str) -> None:
    """Raise 422 for a title that is blank or too long."""
    if not title.strip():
        raise invalid(resource, "title", "missing_field")
    if len(title) > TITLE_LIMIT:
        message = f"title is too long (maximum is {TITLE_LIMIT} characters)"
        raise invalid(resource, "title", "custom", message)


def check_body(resource: str, body: str | None) -> None:
    """Raise 422 for a body that is too long."""
    if body and len(body) > BODY_LIMIT:
        message = f"body is too long (maximum is {BODY_LIMIT} characters)"
        raise invalid(resource, "body", "custom", message)


def find_issue(repository: Repository, number: int) -> Issue:
    """An issue or pull request. Raises 404, 410 where it was deleted, 301 where it moved."""
    issue = repository.issues.get(number)
    if issue is None:
        raise not_found()
    if issue.gone == "deleted":
        raise GitHubError(410, "This issue was deleted")
    if issue.gone:
        raise GitHubError(
            301, "Moved Permanently", headers={"Location": issue.gone}, more={"url": issue.gone}
        )
    return issue


async def open_issue(
    repository: Repository,
    actor: User,
    title: str,
    body: str | None,
    *,
    labels: Sequence[str] = (),
    assignees: Sequence[User] = (),
    via: App | None = None,
) -> Issue:
    """A new issue with the next number."""
    issue = new_issue(repository, actor, "Issue", title, body)
    issue.via = via
    await tell(actor, issue, "opened")
    await set_labels(actor, issue, labels)
    await set_assignees(actor, issue, assignees)
    return issue


def new_issue(
    repository: Repository, actor: User, resource: str, title: str, body: str | None
) -> Issue:
    """An issue, or what becomes a pull request, with the next number; nobody is told yet."""
    check_title(resource, title)
    check_body(resource, body)
    repository.last_number += 1
    world, number = repository.world, repository.last_number
    now = world.now()
    issue = Issue(repository, world.next_id(), number, title, body, actor, now, now)
    repository.issues[number] = issue
    return issue


async def edit_issue(
    actor: User,
    issue: Issue,
    *,
    title: str | None = None,
    body: str | None = None,
    clear_body: bool = False,
) -> None:
    """Change the words of an issue or pull request; the same words again tell nobody."""
    resource = "PullRequest" if issue.pull else "Issue"
    changes: Json = {}
    if title is not None and title != issue.title:
        check_title(resource, title)
        changes["title"] = {"from": issue.title}
        note(actor, issue, "renamed", rename={"from": issue.title, "to": title})
        issue.title = title
    if (body is not None or clear_body) and body != issue.body:
        check_body(resource, body)
        changes["body"] = {"from": issue.body or ""}
        issue.body = body
    if changes:
        await tell(actor, issue, "edited", changes=changes)


async def set_state(
    actor: User,
    issue: Issue,
    state: str,
    *,
    reason: str | None = None,
    commit_id: str | None = None,
) -> None:
    """Close or reopen an issue. Raises 422 for a state or reason that does not exist."""
    if state not in ("open", "closed"):
        raise invalid("Issue", "state")
    if reason is not None and reason not in (*REASONS, "reopened"):
        raise invalid("Issue", "state_reason")
    if state == "open" and issue.pull and issue.pull.merged_at:
        raise invalid("PullRequest", "state", "invalid", "Cannot reopen a merged pull request")
    if state == issue.state and (reason is None or reason == issue.state_reason):
        return
    again = state == issue.state
    touch(issue)
    if state == "closed":
        issue.state, issue.closed_at, issue.closed_by = "closed", actor.world.now(), actor
        issue.state_reason = None if issue.pull else reason or "completed"
    else:
        issue.state, issue.closed_at, issue.closed_by = "open", None, None
        issue.state_reason = None if issue.pull else "reopened"
    if again:
        return
    action = "closed" if state == "closed" else "reopened"
    note(actor, issue, action, commit_id=commit_id)
    await tell(actor, issue, action)


async def set_assignees(actor: User, issue: Issue, people: Sequence[User]) -> None:
    """Give an issue exactly these assignees; GitHub drops who may not be one, in silence."""
    role_of = issue.repository.role_of
    able = [p for p in dict.fromkeys(people) if role_of(p) not in (None, "read")][:10]
    for person in [person for person in issue.assignees if person not in able]:
        issue.assignees.remove(person)
        await _tell_assignee(actor, issue, "unassigned", person)
    for person in [person for person in able if person not in issue.assignees]:
        issue.assignees.append(person)
        await _tell_assignee(actor, issue, "assigned", person)


async def _tell_assignee(actor: User, issue: Issue, action: str, person: User) -> None:
    view = accounts.user(person)
    note(actor, issue, action, assignee=view, assigner=accounts.user(actor))
    await tell(actor, issue, action, assignee=view)


async def set_lock(actor: User, issue: Issue, *, locked: bool) -> None:
    """Lock or unlock the conversation."""
    if issue.locked == locked:
        return
    issue.locked = locked
    action = "locked" if locked else "unlocked"
    note(actor, issue, action, lock_reason=None)
    await tell(actor, issue, action)


async def delete_issue(actor: User, issue: Issue) -> None:
    """Delete an issue; its number is never given again."""
    repository = issue.repository
    await tell(actor, issue, "deleted")
    issue.gone = "deleted"
    for comment in issue.comments:
        del repository.comments[comment.id]
    actor.world.changed("issue", repository, issue.number)


async def transfer_issue(actor: User, issue: Issue, target: Repository) -> Issue:
    """Move an issue with its comments to another repository of the same owner."""
    repository = issue.repository
    if target.owner is not repository.owner or target is repository or issue.pull:
        raise invalid("Issue", "repository")
    old_view = issue_view(issue)
    target.last_number += 1
    moved = replace(
        issue,
        repository=target,
        id=actor.world.next_id(),
        number=target.last_number,
        labels=[],
        updated_at=actor.world.now(),
    )
    target.issues[moved.number] = moved
    for comment in issue.comments:
        del repository.comments[comment.id]
        comment.issue = moved
        target.comments[comment.id] = comment
    issue.gone = repo_url(target, f"/issues/{moved.number}")
    changes = {"new_issue": issue_view(moved), "new_repository": repository_view(target)}
    announce(repository, actor, "issues", "transferred", issue=old_view, changes=changes)
    old = {"old_issue": old_view, "old_repository": repository_view(repository)}
    await tell(actor, moved, "opened", changes=old)
    return moved
