"""Labels of a repository and of its issues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.simulators.github.actions.history import note, tell
from bot.simulators.github.errors import invalid
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, Label, Repository, User
from bot.simulators.github.views.repositories import label as label_view

# What a new repository has: https://docs.github.com/issues/using-labels-and-milestones-to-track-work
DEFAULTS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("invalid", "e4e669", "This doesn't seem right"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)


def add_default_labels(repository: Repository) -> None:
    """Give a new repository GitHub's own labels."""
    for name, color, description in DEFAULTS:
        identity = repository.world.next_id()
        repository.labels[name] = Label(identity, name, color, description, default=True)


def create_label(
    repository: Repository,
    actor: User,
    name: str,
    *,
    color: str = "ededed",
    description: str | None = None,
) -> Label:
    """A new label. Raises 422 where the name is taken or the color is not six hex digits."""
    _check(name, color, description)
    if name.lower() in repository.labels:
        raise invalid("Label", "name", "already_exists")
    label = Label(actor.world.next_id(), name, color.lower(), description)
    repository.labels[name.lower()] = label
    announce(repository, actor, "label", "created", label=label_view(repository, label))
    actor.world.changed("label", repository)
    return label


async def set_labels(actor: User, issue: Issue, names: Sequence[str]) -> None:
    """Give an issue exactly these labels; a label that does not exist is made."""
    for name in names:
        if name.lower() not in issue.repository.labels:
            create_label(issue.repository, actor, name)
    wanted = list(dict.fromkeys(name.lower() for name in names))
    for name in [name for name in issue.labels if name not in wanted]:
        issue.labels.remove(name)
        await _tell(actor, issue, "unlabeled", name)
    for name in [name for name in wanted if name not in issue.labels]:
        issue.labels.append(name)
        await _tell(actor, issue, "labeled", name)


async def _tell(actor: User, issue: Issue, action: str, name: str) -> None:
    label = issue.repository.labels[name]
    note(actor, issue, action, label={"name": label.name, "color": label.color})
    await tell(actor, issue, action, label=label_view(issue.repository, label))


def _check(name: str, color: str, description: str | None) -> None:
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > 50:
        raise invalid("Label", "name", "invalid", "name is too long (maximum is 50 characters)")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color")
    if description and len(description) > 100:
        message = "description is too long (maximum is 100 characters)"
        raise invalid("Label", "description", "invalid", message)
