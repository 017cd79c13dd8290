"""Labels of a repository and of its issues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.simulators.github.actions.history import note, tell, touch
from bot.simulators.github.errors import invalid, not_found
from bot.simulators.github.events import announce
from bot.simulators.github.records import Issue, Label, Repository, User
from bot.simulators.github.views.repositories import label as label_view
from bot.simulators.github.world import World

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


def add_default_labels(world: World, repository: Repository) -> None:
    """Give a new repository GitHub's own labels."""
    for name, color, description in DEFAULTS:
        repository.labels[name] = Label(world.next_id(), name, color, description, default=True)


def find_label(repository: Repository, name: str) -> Label:
    """A label by its name, whatever the case. Raises 404."""
    try:
        return repository.labels[name.lower()]
    except KeyError:
        raise not_found() from None


def create_label(
    world: World,
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
    label = Label(world.next_id(), name, color.lower(), description)
    repository.labels[name.lower()] = label
    announce(
        world, repository, actor, "label", "created", label=label_view(world, repository, label)
    )
    world.changed("label", repository)
    return label


def edit_label(
    world: World,
    repository: Repository,
    actor: User,
    label: Label,
    *,
    name: str | None = None,
    color: str | None = None,
    description: str | None = None,
) -> None:
    """Change a label; issues that have it keep it."""
    _check(name or label.name, color or label.color, description)
    old, new = label.name.lower(), (name or label.name).lower()
    if new != old and new in repository.labels:
        raise invalid("Label", "name", "already_exists")
    changes: dict[str, dict[str, str]] = {}
    for field, value in (("name", name), ("color", color), ("description", description)):
        if value is not None and value != getattr(label, field):
            changes[field] = {"from": getattr(label, field) or ""}
            setattr(label, field, value)
    repository.labels = {key if key != old else new: one for key, one in repository.labels.items()}
    for issue in repository.issues.values():
        issue.labels = [key if key != old else new for key in issue.labels]
    view = label_view(world, repository, label)
    announce(world, repository, actor, "label", "edited", label=view, changes=changes)
    world.changed("label", repository)


def delete_label(world: World, repository: Repository, actor: User, label: Label) -> None:
    """Remove a label from the repository and from every issue."""
    view = label_view(world, repository, label)
    for issue in repository.issues.values():
        if label.name.lower() in issue.labels:
            issue.labels.remove(label.name.lower())
    del repository.labels[label.name.lower()]
    announce(world, repository, actor, "label", "deleted", label=view)
    world.changed("label", repository)


async def set_labels(
    world: World, repository: Repository, actor: User, issue: Issue, names: Sequence[str]
) -> None:
    """Give an issue exactly these labels; a label that does not exist is made."""
    for name in names:
        if name.lower() not in repository.labels:
            create_label(world, repository, actor, name)
    wanted = list(dict.fromkeys(name.lower() for name in names))
    for name in [name for name in issue.labels if name not in wanted]:
        issue.labels.remove(name)
        await _tell(world, repository, actor, issue, "unlabeled", name)
    for name in [name for name in wanted if name not in issue.labels]:
        issue.labels.append(name)
        await _tell(world, repository, actor, issue, "labeled", name)


async def _tell(
    world: World, repository: Repository, actor: User, issue: Issue, action: str, name: str
) -> None:
    label = repository.labels[name]
    touch(world, issue)
    note(world, issue, actor, action, label={"name": label.name, "color": label.color})
    await tell(world, repository, actor, issue, action, label=label_view(world, repository, label))


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
