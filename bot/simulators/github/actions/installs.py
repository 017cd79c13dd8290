"""What becomes of an installation after it was made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.simulators.github.events import announce_installation
from bot.simulators.github.records import Installation, Json, Repository, User
from bot.simulators.github.views.addresses import node_id


def tell(installation: Installation, sender: User, action: str, **parts: Any) -> None:
    """Tell the app of its installation, with the repositories that it covers."""
    world = sender.world
    named = [_named(one) for one in world.covered(installation)]
    announce_installation(installation, sender, "installation", action, repositories=named, **parts)
    world.changed("installation")


def uninstall(installation: Installation, sender: User) -> None:
    """Remove the app from an account; its tokens die with it."""
    world = sender.world
    del world.installations[installation.id]
    world.tokens = {k: t for k, t in world.tokens.items() if t.installation is not installation}
    tell(installation, sender, "deleted")


def suspend(installation: Installation, sender: User, *, suspended: bool) -> None:
    """Suspend the app on an account, or let it work again."""
    installation.suspended_at = sender.world.now() if suspended else None
    installation.suspended_by = sender if suspended else None
    tell(installation, sender, "suspend" if suspended else "unsuspend")


def choose(
    installation: Installation,
    sender: User,
    *,
    add: Collection[Repository] = (),
    remove: Collection[Repository] = (),
) -> None:
    """Change which repositories a selective installation covers."""
    if installation.repositories is None:
        installation.repositories = {one.id for one in sender.world.covered(installation)}
    installation.repositories |= {one.id for one in add}
    installation.repositories -= {one.id for one in remove}
    installation.updated_at = sender.world.now()
    tell_repositories(installation, sender, "added", add)
    tell_repositories(installation, sender, "removed", remove)


def tell_repositories(
    installation: Installation, sender: User, action: str, these: Collection[Repository]
) -> None:
    """Tell the app of repositories, if there are any, that were ``added`` or ``removed``."""
    if not these:
        return
    named = [_named(one) for one in these]
    announce_installation(
        installation,
        sender,
        "installation_repositories",
        action,
        repository_selection="all" if installation.repositories is None else "selected",
        repositories_added=named if action == "added" else [],
        repositories_removed=named if action == "removed" else [],
        requester=None,
    )
    sender.world.changed("installation")


def _named(one: Repository) -> Json:
    return {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }
