"""Issues, their assignees, their lock and their history.

https://docs.github.com/rest/issues/issues
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import issues as actions
from bot.simulators.github.actions.labels import set_labels
from bot.simulators.github.errors import invalid
from bot.simulators.github.records import Issue, User
from bot.simulators.github.views import accounts
from bot.simulators.github.views import issues as views
from bot.simulators.github.wire.fields import names, need_text, parse_time, text, texts
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of

routes = Routes("issues/issues")
_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = f"{_ISSUES}/{{number}}"


@routes("GET", _ISSUES, "issues:read")
async def list_issues(call: Call) -> web.StreamResponse:
    """Issues and pull requests that pass the filters, newest first unless asked otherwise."""
    found = [issue for issue in call.repository.issues.values() if _matches(call, issue)]
    key = call.query("sort", "created")
    if key not in ("created", "updated", "comments"):
        raise invalid("Issue", "sort")
    found.sort(key=lambda issue: _order(call, issue, key))
    if call.query("direction", "desc") == "desc":
        found.reverse()
    shown, headers = page_of(call, found)
    views_ = [views.issue(call.world, call.repository, issue) for issue in shown]
    return answer(views_, headers=headers)


def _order(call: Call, issue: Issue, key: str) -> tuple[float, int]:
    if key == "comments":
        return views.comment_count(call.repository, issue), issue.number
    moment = issue.created_at if key == "created" else issue.updated_at
    return moment.timestamp(), issue.number


def _matches(call: Call, issue: Issue) -> bool:
    state = call.query("state", "open")
    if issue.gone or (state != "all" and issue.state != state):
        return False
    wanted = [name.strip().lower() for name in call.query("labels").split(",") if name.strip()]
    if not set(wanted) <= set(issue.labels):
        return False
    since = call.query("since")
    if since and issue.updated_at < parse_time(since, "since"):
        return False
    creator, assignee = call.query("creator"), call.query("assignee")
    if creator and issue.user.login.lower() != creator.lower():
        return False
    people = [person.login.lower() for person in issue.assignees]
    if assignee in ("*", "none"):
        return bool(people) == (assignee == "*")
    mentioned = call.query("mentioned")
    if mentioned and f"@{mentioned.lower()}" not in (issue.body or "").lower():
        return False
    return not assignee or assignee.lower() in people


@routes("POST", _ISSUES, "issues:write")
async def create_issue(call: Call) -> web.StreamResponse:
    """A new issue."""
    fields = call.fields
    issue = await actions.open_issue(
        call.world,
        call.repository,
        call.actor,
        str(fields["title"])
        if isinstance(fields.get("title"), int)
        else need_text(fields, "title"),
        text(fields, "body"),
        labels=names(fields, "labels") or (),
        assignees=_people(call) or (),
    )
    view = views.issue(call.world, call.repository, issue)
    return answer(view, 201, {"Location": view["url"]})


@routes("GET", _ISSUE, "issues:read")
async def get_issue(call: Call) -> web.StreamResponse:
    """One issue, or a pull request as one."""
    return answer(views.issue(call.world, call.repository, call.issue()))


@routes("PATCH", _ISSUE, "issues:write")
async def update_issue(call: Call) -> web.StreamResponse:
    """Change an issue; what the body does not name stays."""
    world, repository, actor, issue = call.world, call.repository, call.actor, call.issue()
    fields = call.fields
    await actions.edit_issue(
        world,
        repository,
        actor,
        issue,
        title=text(fields, "title"),
        body=text(fields, "body"),
        clear_body="body" in fields and fields["body"] is None,
    )
    labels = names(fields, "labels")
    if labels is not None:
        await set_labels(world, repository, actor, issue, labels)
    people = _people(call)
    if people is not None:
        await actions.set_assignees(world, repository, actor, issue, people)
    state = text(fields, "state") or (issue.state if fields.get("state_reason") else None)
    if state:
        reason = text(fields, "state_reason")
        await actions.set_state(world, repository, actor, issue, state, reason=reason)
    return answer(views.issue(world, repository, issue))


@routes("PUT", f"{_ISSUE}/lock", "issues:write")
async def lock(call: Call) -> web.StreamResponse:
    """Lock the conversation."""
    reason = text(call.fields, "lock_reason")
    await actions.set_lock(
        call.world, call.repository, call.actor, call.issue(), locked=True, reason=reason
    )
    return nothing()


@routes("DELETE", f"{_ISSUE}/lock", "issues:write")
async def unlock(call: Call) -> web.StreamResponse:
    """Open the conversation again."""
    await actions.set_lock(call.world, call.repository, call.actor, call.issue(), locked=False)
    return nothing()


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
    await actions.set_assignees(call.world, call.repository, call.actor, issue, people)
    return answer(views.issue(call.world, call.repository, issue), status)


@routes("GET", "/repos/{owner}/{repo}/assignees", "issues:read")
async def list_assignees(call: Call) -> web.StreamResponse:
    """Who can be assigned."""
    able = [
        user
        for user in call.world.users.values()
        if user.type == "User" and call.repository.role_of(user) not in (None, "read")
    ]
    found, headers = page_of(call, able)
    return answer([accounts.user(call.world, user) for user in found], headers=headers)


@routes("GET", f"{_ISSUE}/events", "issues:read")
async def list_events(call: Call) -> web.StreamResponse:
    """What was done to an issue, oldest first."""
    found, headers = page_of(call, call.issue().history)
    shown = [views.event(call.world, call.repository, event) for event in found]
    return answer(shown, headers=headers)


@routes("GET", f"{_ISSUE}/timeline", "issues:read")
async def list_timeline(call: Call) -> web.StreamResponse:
    """The same with the comments between."""
    world, repository, issue = call.world, call.repository, call.issue()
    entries = [
        (e.created_at, e.id, views.timeline_event(world, repository, e)) for e in issue.history
    ] + [
        (c.created_at, c.id, views.timeline_comment(world, repository, c))
        for c in repository.comments.values()
        if c.issue is issue
    ]
    entries.sort(key=lambda entry: entry[:2])
    found, headers = page_of(call, [view for _, _, view in entries])
    return answer(found, headers=headers)


def _people(call: Call) -> list[User] | None:
    """The accounts that ``assignees`` names; GitHub takes no notice of unknown ones."""
    logins = texts(call.fields, "assignees")
    if logins is None:
        return None
    users = call.world.users
    return [users[login.lower()] for login in logins if login.lower() in users]
