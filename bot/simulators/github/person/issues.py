"""What people do with issues and comments."""

from __future__ import annotations

from bot.simulators.github.actions import comments, issues
from bot.simulators.github.actions.labels import set_labels
from bot.simulators.github.actions.reviews import find_review_comment
from bot.simulators.github.errors import malformed, not_found
from bot.simulators.github.person.asking import Ask, Doors
from bot.simulators.github.person.checkboxes import tick
from bot.simulators.github.records import Comment, Reaction
from bot.simulators.github.views import issues as views
from bot.simulators.github.wire.fields import flag, names, need_text, number, text, texts

doors = Doors()
_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = f"{_ISSUES}/{{number}}"
_COMMENT = "/repos/{owner}/{repo}/comments/{comment}"


@doors("POST", _ISSUES)
async def open_issue(ask: Ask) -> object:
    """``{login, title, body?, labels?}``; labels count only from who may triage."""
    person = ask.need("read")
    may_label = ask.repository.role_of(person) != "read"
    issue = await issues.open_issue(
        ask.world,
        ask.repository,
        person,
        need_text(ask.body, "title"),
        text(ask.body, "body"),
        labels=(names(ask.body, "labels") or ()) if may_label else (),
    )
    return views.issue(ask.world, ask.repository, issue)


@doors("PATCH", _ISSUE)
async def edit_issue(ask: Ask) -> object:
    """``{login, title?, body?, state?, state_reason?, labels?, assignees?, locked?}``."""
    world, repository, issue, body = ask.world, ask.repository, ask.issue(), ask.body
    title, words, state = text(body, "title"), text(body, "body"), text(body, "state")
    person = ask.need("read")
    if title is not None or words is not None:
        ask.need("triage" if title is not None and words is None else "write", unless_by=issue.user)
        await issues.edit_issue(world, repository, person, issue, title=title, body=words)
    labels, assignees = names(body, "labels"), texts(body, "assignees")
    if labels is not None:
        await set_labels(world, repository, ask.need("triage"), issue, labels)
    if assignees is not None:
        people = [world.user(login) for login in assignees]
        await issues.set_assignees(world, repository, ask.need("triage"), issue, people)
    if "locked" in body:
        locked = flag(body, "locked")
        await issues.set_lock(world, repository, ask.need("write"), issue, locked=locked)
    if state is not None:
        ask.need("triage", unless_by=issue.user)
        reason = text(body, "state_reason")
        await issues.set_state(world, repository, person, issue, state, reason=reason)
    return views.issue(world, repository, issue)


@doors("DELETE", _ISSUE)
async def delete_issue(ask: Ask) -> object:
    """``{login}``; only administrators may."""
    await issues.delete_issue(ask.world, ask.repository, ask.need("admin"), ask.issue())
    return None


@doors("POST", f"{_ISSUE}/transfer")
async def transfer_issue(ask: Ask) -> object:
    """``{login, to}``: move it to another repository of the same owner."""
    target = ask.world.repository(need_text(ask.body, "to"))
    moved = await issues.transfer_issue(
        ask.world, ask.repository, ask.need("write"), ask.issue(), target
    )
    return views.issue(ask.world, target, moved)


@doors("POST", f"{_ISSUE}/comments")
async def comment(ask: Ask) -> object:
    """``{login, body}``."""
    person = ask.need("read")
    words = need_text(ask.body, "body")
    made = comments.add_comment(ask.world, ask.repository, person, ask.issue(), words)
    return views.comment(ask.world, ask.repository, made)


@doors("PATCH", _COMMENT)
async def edit_comment(ask: Ask) -> object:
    """``{login, body}``; one's own, or with write anybody's."""
    found = _comment(ask)
    person = ask.need("write", unless_by=found.user)
    words = need_text(ask.body, "body")
    comments.edit_comment(ask.world, ask.repository, person, found, words)
    return views.comment(ask.world, ask.repository, found)


@doors("DELETE", _COMMENT)
async def delete_comment(ask: Ask) -> object:
    """``{login}``."""
    found = _comment(ask)
    person = ask.need("write", unless_by=found.user)
    comments.delete_comment(ask.world, ask.repository, person, found)
    return None


@doors("POST", "/repos/{owner}/{repo}/checkbox")
async def tick_box(ask: Ask) -> object:
    """``{login, issue? | comment?, index, checked}``: click on the k-th box of a task list."""
    world, repository, body = ask.world, ask.repository, ask.body
    index, checked = number(body, "index"), flag(body, "checked")
    if index is None:
        raise malformed('"index" wasn\'t supplied.')
    identity, at = number(body, "comment"), number(body, "issue")
    if identity is not None:
        found = comments.find_comment(repository, identity)
        person = ask.need("write", unless_by=found.user)
        words = tick(found.body, index, checked=checked)
        comments.edit_comment(world, repository, person, found, words)
        return views.comment(world, repository, found)
    issue = issues.find_issue(repository, at or 0)
    person = ask.need("write", unless_by=issue.user)
    words = tick(issue.body or "", index, checked=checked)
    await issues.edit_issue(world, repository, person, issue, body=words)
    return views.issue(world, repository, issue)


@doors("POST", "/repos/{owner}/{repo}/reactions")
async def react(ask: Ask) -> object:
    """``{login, issue? | comment? | review_comment?, content, remove?}``."""
    person, reactions = ask.need("read"), _reactions(ask)
    content = need_text(ask.body, "content")
    if flag(ask.body, "remove"):
        mine = next((r for r in reactions if r.user is person and r.content == content), None)
        if mine is None:
            raise not_found()
        comments.unreact(ask.world, ask.repository, reactions, mine.id, person)
        return None
    made, _ = comments.react(ask.world, ask.repository, person, reactions, content)
    return views.reaction(ask.world, made)


def _reactions(ask: Ask) -> list[Reaction]:
    identity, inline = number(ask.body, "comment"), number(ask.body, "review_comment")
    if identity is not None:
        return comments.find_comment(ask.repository, identity).reactions
    if inline is not None:
        return find_review_comment(ask.repository, inline).reactions
    return issues.find_issue(ask.repository, number(ask.body, "issue") or 0).reactions


def _comment(ask: Ask) -> Comment:
    return comments.find_comment(ask.repository, ask.number("comment"))
