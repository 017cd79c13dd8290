"""Comments of a conversation, and reactions to anything."""

from __future__ import annotations

from bot.simulators.github.actions.history import touch
from bot.simulators.github.actions.issues import check_body
from bot.simulators.github.errors import GitHubError, invalid, malformed, not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import (
    REACTIONS,
    App,
    Comment,
    Issue,
    Json,
    Reaction,
    Repository,
    User,
)
from bot.simulators.github.views.issues import comment as comment_view
from bot.simulators.github.views.issues import issue as issue_view


def add_comment(actor: User, issue: Issue, body: str, *, via: App | None = None) -> Comment:
    """Comment on an issue or pull request. Raises 403 where it is locked, 422 for the body."""
    _check(body)
    repository, world = issue.repository, actor.world
    may_write = actor.type == "Bot" or repository.role_of(actor) in ("write", "maintain", "admin")
    if issue.locked and not may_write:
        raise GitHubError(403, "Unable to create comment because issue is locked.")
    now = world.now()
    comment = Comment(world.next_id(), issue, body, actor, now, now, via=via)
    repository.comments[comment.id] = comment
    touch(issue)
    _tell(actor, comment, "created")
    return comment


def edit_comment(actor: User, comment: Comment, body: str) -> None:
    """Change a comment's words; the same words again tell nobody."""
    _check(body)
    if body == comment.body:
        return
    changes = {"body": {"from": comment.body}}
    comment.body, comment.updated_at = body, actor.world.now()
    _tell(actor, comment, "edited", changes=changes)


def delete_comment(actor: User, comment: Comment) -> None:
    """Remove a comment."""
    del comment.issue.repository.comments[comment.id]
    _tell(actor, comment, "deleted")


def react(
    repository: Repository, actor: User, reactions: list[Reaction], content: object
) -> tuple[Reaction, bool]:
    """React; gives the reaction and whether it is new. Raises 422 for an unknown content."""
    if content not in REACTIONS:
        raise malformed(f"{content} is not a member of {list(REACTIONS)}.".replace("'", '"'))
    for reaction in reactions:
        if reaction.user is actor and reaction.content == content:
            return reaction, False
    reaction = Reaction(actor.world.next_id(), actor, content, actor.world.now())
    reactions.append(reaction)
    actor.world.changed("reaction", repository)
    return reaction, True


def unreact(repository: Repository, actor: User, reactions: list[Reaction], identity: int) -> None:
    """Take a reaction back. Raises 404, and 403 for somebody else's."""
    found = next((one for one in reactions if one.id == identity), None)
    if found is None:
        raise not_found()
    if found.user is not actor:
        raise GitHubError(403, "You can only delete your own reactions.")
    reactions.remove(found)
    actor.world.changed("reaction", repository)


def _check(body: str) -> None:
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    check_body("IssueComment", body)


def _tell(actor: User, comment: Comment, action: str, **parts: Json) -> None:
    issue = comment.issue
    parts |= {"issue": issue_view(issue), "comment": comment_view(comment)}
    announce(issue.repository, actor, "issue_comment", action, **parts)
    actor.world.changed("comment", issue.repository, issue.number)
