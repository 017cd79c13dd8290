"""What people do with issues and comments."""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import comments, issues
from bot.simulators.github.actions.labels import set_labels
from bot.simulators.github.errors import existing, malformed, not_found
from bot.simulators.github.person.asking import need, via
from bot.simulators.github.person.checkboxes import tick
from bot.simulators.github.records import Reaction
from bot.simulators.github.views import issues as views
from bot.simulators.github.wire.fields import flag, names, need_text, number, text, texts
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing

routes = Routes()
_ISSUES = "/_sim/repos/{owner}/{repo}/issues"
_ISSUE = f"{_ISSUES}/{{number}}"
_COMMENT = "/_sim/repos/{owner}/{repo}/comments/{comment}"


@routes("POST", _ISSUES, "anyone")
async def open_issue(call: Call) -> web.StreamResponse:
    """``{login, title, body?, labels?, via?}``; labels count only from who may triage."""
    person = need(call, "read")
    may_label = call.repository.role_of(person) != "read"
    issue = await issues.open_issue(
        call.repository,
        person,
        need_text(call.fields, "title"),
        text(call.fields, "body"),
        labels=(names(call.fields, "labels") or ()) if may_label else (),
        via=via(call),
    )
    return answer(views.issue(issue))


@routes("PATCH", _ISSUE, "anyone")
async def edit_issue(call: Call) -> web.StreamResponse:
    """``{login, title?, body?, state?, state_reason?, labels?, assignees?, locked?}``."""
    issue, body = call.issue(), call.fields
    title, words, state = text(body, "title"), text(body, "body"), text(body, "state")
    person = need(call, "read")
    if title is not None or words is not None:
        need(call, "triage" if words is None else "write", unless_by=issue.user)
        await issues.edit_issue(person, issue, title=title, body=words)
    labels, assignees = names(body, "labels"), texts(body, "assignees")
    if labels is not None:
        await set_labels(need(call, "triage"), issue, labels)
    if assignees is not None:
        people = [call.world.user(login) for login in assignees]
        await issues.set_assignees(need(call, "triage"), issue, people)
    if "locked" in body:
        await issues.set_lock(need(call, "write"), issue, locked=flag(body, "locked"))
    if state is not None:
        need(call, "triage", unless_by=issue.user)
        reason = text(body, "state_reason")
        await issues.set_state(person, issue, state, reason=reason)
    return answer(views.issue(issue))


@routes("DELETE", _ISSUE, "anyone")
async def delete_issue(call: Call) -> web.StreamResponse:
    """``{login}``; only administrators may."""
    await issues.delete_issue(need(call, "admin"), call.issue())
    return nothing()


@routes("POST", f"{_ISSUE}/transfer", "anyone")
async def transfer_issue(call: Call) -> web.StreamResponse:
    """``{login, to}``: move it to another repository of the same owner."""
    target = call.world.repository(need_text(call.fields, "to"))
    moved = await issues.transfer_issue(need(call, "write"), call.issue(), target)
    return answer(views.issue(moved))


@routes("POST", f"{_ISSUE}/comments", "anyone")
async def comment(call: Call) -> web.StreamResponse:
    """``{login, body, via?}``."""
    words = need_text(call.fields, "body")
    made = comments.add_comment(need(call, "read"), call.issue(), words, via=via(call))
    return answer(views.comment(made))


@routes("PATCH", _COMMENT, "anyone")
async def edit_comment(call: Call) -> web.StreamResponse:
    """``{login, body}``; one's own, or with write anybody's."""
    found = call.comment()
    person = need(call, "write", unless_by=found.user)
    comments.edit_comment(person, found, need_text(call.fields, "body"))
    return answer(views.comment(found))


@routes("DELETE", _COMMENT, "anyone")
async def delete_comment(call: Call) -> web.StreamResponse:
    """``{login}``."""
    found = call.comment()
    comments.delete_comment(need(call, "write", unless_by=found.user), found)
    return nothing()


@routes("POST", "/_sim/repos/{owner}/{repo}/checkbox", "anyone")
async def tick_box(call: Call) -> web.StreamResponse:
    """``{login, issue? | comment?, index, checked}``: click on the k-th box of a task list."""
    repository, body = call.repository, call.fields
    index, checked = number(body, "index"), flag(body, "checked")
    if index is None:
        raise malformed('"index" wasn\'t supplied.')
    identity, at = number(body, "comment"), number(body, "issue")
    if identity is not None:
        found = existing(repository.comments, identity)
        person = need(call, "write", unless_by=found.user)
        comments.edit_comment(person, found, tick(found.body, index, checked=checked))
        return answer(views.comment(found))
    issue = issues.find_issue(repository, at or 0)
    person = need(call, "write", unless_by=issue.user)
    words = tick(issue.body or "", index, checked=checked)
    await issues.edit_issue(person, issue, body=words)
    return answer(views.issue(issue))


@routes("POST", "/_sim/repos/{owner}/{repo}/reactions", "anyone")
async def react(call: Call) -> web.StreamResponse:
    """``{login, issue? | comment? | review_comment?, content, remove?}``."""
    person, reactions = need(call, "read"), _reactions(call)
    content = need_text(call.fields, "content")
    if flag(call.fields, "remove"):
        mine = next((r for r in reactions if r.user is person and r.content == content), None)
        if mine is None:
            raise not_found()
        comments.unreact(call.repository, person, reactions, mine.id)
        return nothing()
    made, _ = comments.react(call.repository, person, reactions, content)
    return answer(views.reaction(made))


def _reactions(call: Call) -> list[Reaction]:
    identity, inline = number(call.fields, "comment"), number(call.fields, "review_comment")
    if identity is not None:
        return existing(call.repository.comments, identity).reactions
    if inline is not None:
        return existing(call.repository.review_comments, inline).reactions
    return issues.find_issue(call.repository, number(call.fields, "issue") or 0).reactions
