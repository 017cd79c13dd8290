"""GitHub issues, from the ``issues`` webhook or as the REST API lists them, and discussions.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues and #discussion An issue is
one occurrence however often it is edited: its event never changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.domain.text.agreeing import says_same
from bot.render.sections import without_parts
from bot.sources import proof
from bot.sources.heard import Heard, Ignored
from bot.sources.reading import (
    at,
    expect_mapping,
    first_text,
    joined,
    listed,
    mapping,
    occurred,
    one_line,
    text,
    web_url,
    whole_number,
)

NAME = "github"
LABEL = "GitHub issues"
KIND: Literal["tracker", "alert", "feedback"] = "tracker"
AUDIENCE = Audience.PROJECT
SECRET_IN_URL = False

_REPORTS = ("opened", "edited", "reopened")


def key(number: int) -> str:
    """The key of issue ``number`` within its project."""
    return f"issue:{number}"


def key_of(told: Mapping[str, Any]) -> str:
    """The key of an issue or a discussion, as GitHub tells of it."""
    number = whole_number(told.get("number"))
    return f"discussion:{number}" if is_discussion(told) else key(number)


def is_discussion(told: Mapping[str, Any]) -> bool:
    """Only discussions have answers."""
    return "answer_chosen_at" in told


prove = proof.signed_by("x-hub-signature-256", prefix="sha256=", needed=True)


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Heard]:
    """What comes to a door: an issue of another repository keeps that one's name and numbers, and
    is the team's where that one is not known to be public."""
    repository = mapping(expect_mapping(payload, LABEL).get("repository"))
    number = first_text(repository, "id", limit=40)
    found: list[Heard] = []
    for draft in reports(payload, received_at):
        changed: dict[str, object] = {"author_id": None}
        if number != headers.get("project"):
            name = joined("repository", number, draft.key)
            public = repository.get("private") is False
            changed |= {
                "key": name,
                "event": name,
                "audience": Audience.PUBLIC if public else Audience.TEAM,
                "tags": {**draft.tags, "repository": first_text(repository, "full_name")[:200]},
            }
        found.append(draft.model_copy(update=changed))
    return found or [Ignored(why="GitHub tells of no issue that was opened, edited or reopened.")]


def reports(payload: object, received_at: datetime) -> list[Draft]:
    """The issue, when it was opened, edited or reopened. A pull request is no report."""
    told = expect_mapping(payload, LABEL)
    issue = told.get("issue") if "action" in told or "issue" in told else told
    if not isinstance(issue, dict):
        raise BadPayload("GitHub's payload has no issue.")
    if "pull_request" in issue or "comment" in told or told.get("action", "opened") not in _REPORTS:
        return []
    number = whole_number(issue.get("number"))
    if not number:
        raise BadPayload("GitHub's issue has no number.")
    return [
        Draft(
            source=NAME,
            key=key_of(issue),
            event=key_of(issue),
            title=one_line(text(issue.get("title"))) or f"Issue {number}",
            body=without_parts(text(issue.get("body"))),
            url=web_url(issue.get("html_url")),
            author=first_text(issue, "user.login", limit=100),
            author_id=_author_id(issue),
            occurred_at=occurred(received_at, issue.get("created_at")),
            audience=AUDIENCE,
            tags=_tags(issue),
        )
    ]


def echo(comment: Mapping[str, Any], of: str, received_at: datetime) -> Draft | None:
    """A person's comment that says "same here": one more occurrence of the report with the key
    ``of``, one a person.

    https://docs.github.com/en/rest/issues/comments"""
    if is_by_bot(comment) or not says_same(text(comment.get("body"))):
        return None
    return Draft(
        source=NAME,
        key=of,
        event=f"same:{at(comment, 'user.id')}",
        title="",
        occurred_at=occurred(received_at, comment.get("created_at")),
        audience=AUDIENCE,
    )


def is_by_bot(written: Mapping[str, object]) -> bool:
    """Whether no person wrote it."""
    login = first_text(written, "user.login", limit=100)
    return at(written, "user.type") == "Bot" or not login or login.endswith("[bot]")


def _author_id(issue: Mapping[str, object]) -> int | None:
    """GitHub's id of who wrote it themselves; another app may quote anybody in their name. Of a
    discussion GitHub does not say whether one did."""
    user = issue.get("user")
    if issue.get("performed_via_github_app") or is_discussion(issue) or not isinstance(user, dict):
        return None
    return whole_number(user.get("id")) or None


def _tags(issue: Mapping[str, object]) -> dict[str, str]:
    """How people have sorted it in; what it is part of is a link and no more."""
    labels = listed(issue.get("labels"))[:20]
    people = (first_text(one, "login", limit=60) for one in listed(issue.get("assignees"))[:10])
    tags = {
        "labels": _commas(first_text(one, "name", limit=60) or text(one, 60) for one in labels),
        "assignees": _commas(people),
        "type": first_text(issue, "type.name", limit=60),
        "milestone": first_text(issue, "milestone.title", limit=200),
        "parent": text(issue.get("parent_issue_url")).rpartition("/")[2][:10],
        "blocked": str(whole_number(at(issue, "issue_dependencies_summary.blocked_by")) or ""),
    }
    return {name: value for name, value in tags.items() if value}


def _commas(names: Iterable[str]) -> str:
    return ", ".join(filter(None, names))[:500]
