"""Issues, their assignees and their history.

https://docs.github.com/rest/issues/issues
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aiohttp import web

from bot.simulators.github.actions import issues as actions
from bot.simulators.github.actions.labels import set_labels
from bot.simulators.github.errors import GitHubError, invalid
from bot.simulators.github.records import Issue, User
from bot.simulators.github.views import issues as views
from bot.simulators.github.wire.fields import names, need_text, text, texts
from bot.simulators.github.wire.routing import Call, Routes, answer, created, listed, recent

routes = Routes("issues/issues")
_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = f"{_ISSUES}/{{number}}"


@routes("GET", _ISSUES, "issues:read")
async def list_issues(call: Call) -> web.StreamResponse:
    """Issues and pull requests that pass the filters, newest first unless asked otherwise."""
    found = [one for one in recent(call, call.repository.issues.values()) if _matches(call, one)]
    orders: dict[str, Callable[[Issue], tuple[float, int]]] = {
        "created": lambda issue: (issue.created_at.timestamp(), issue.number),
        "updated": lambda issue: (issue.updated_at.timestamp(), issue.number),
        "comments": lambda issue: (len(issue.comments), issue.number),
    }
    order = orders.get(call.query("sort", "created"))
    if order is None:
        raise invalid("Issue", "sort")
    found.sort(key=order, reverse=call.query("direction", "desc") == "desc")
    return listed(call, found, views.issue)


def _matches(call: Call, issue: Issue) -> bool:
    state, creator = call.query("state", "open"), call.query("creator")
    wanted = [name.strip().lower() for name in call.query("labels").split(",") if name.strip()]
    people = [person.login.lower() for person in issue.assignees]
    assignee = call.query("assignee").lower()
    assigned = {"": True, "*": bool(people), "none": not people}
    return (
        not issue.gone
        and state in ("all", issue.state)
        and set(wanted) <= set(issue.labels)
        and creator.lower() in ("", issue.user.login.lower())
        and assigned.get(assignee, assignee in people)
    )


@routes("POST", _ISSUES, "issues:write")
async def create_issue(call: Call) -> web.StreamResponse:
    """A new issue."""
    if not call.repository.has_issues:
        raise GitHubError(410, "Issues are disabled for this repo")
    fields, title = call.fields, call.fields.get("title")
    issue = await actions.open_issue(
        call.repository,
        call.actor,
        str(title) if isinstance(title, int) else need_text(fields, "title"),
        text(fields, "body"),
        labels=names(fields, "labels") or (),
        assignees=_people(call) or (),
    )
    return created(views.issue(issue))


@routes("GET", _ISSUE, "issues:read")
async def get_issue(call: Call) -> web.StreamResponse:
    """One issue, or a pull request as one."""
    return answer(views.issue(call.issue()))


@routes("PATCH", _ISSUE, "issues:write")
async def update_issue(call: Call) -> web.StreamResponse:
    """Change an issue; what the body does not name stays."""
    actor, issue, fields = call.actor, call.issue(), call.fields
    await actions.edit_issue(
        actor,
        issue,
        title=text(fields, "title"),
        body=text(fields, "body"),
        clear_body="body" in fields and fields["body"] is None,
    )
    labels = names(fields, "labels")
    if labels is not None:
        await set_labels(actor, issue, labels)
    people = _people(call)
    if people is not None:
        await actions.set_assignees(actor, issue, people)
    state = text(fields, "state") or (issue.state if fields.get("state_reason") else None)
    if state:
        reason = text(fields, "state_reason")
        await actions.set_state(actor, issue, state, reason=reason)
    return answer(views.issue(issue))


@routes("POST", f"{_ISSUE}/assignees", "issues:write")
async def add_assignees(call: Call) -> web.StreamResponse:
    """Assign more people."""
    return await _reassign(call, call.issue().assignees + (_people(call) or []), 201)


@routes("DELETE", f"{_ISSUE}/assignees", "issues:write")
async def remove_assignees(call: Call) -> web.StreamResponse:
    """Assign fewer people."""
    gone = _people(call) or []
    return await _reassign(call, [p for p in call.issue().assignees if p not in gone], 200)


async def _reassign(call: Call, people: list[User], status: int) -> web.StreamResponse:
    issue = call.issue()
    await actions.set_assignees(call.actor, issue, people)
    return answer(views.issue(issue), status)


@routes("GET", f"{_ISSUE}/events", "issues:read")
async def list_events(call: Call) -> web.StreamResponse:
    """What was done to an issue, oldest first."""
    return listed(call, call.issue().history, partial(views.event, call.repository))


def _people(call: Call) -> list[User] | None:
    """The accounts that ``assignees`` names; GitHub takes no notice of unknown ones."""
    logins = texts(call.fields, "assignees")
    if logins is None:
        return None
    users = call.world.users
    return [users[login.lower()] for login in logins if login.lower() in users]
