"""Accounts, repositories and installations: what exists before anybody does anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from bot.simulators.github.actions.labels import add_default_labels
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import invalid
from bot.simulators.github.events import announce_installation
from bot.simulators.github.git import GitRepository
from bot.simulators.github.records import Installation, Json, Repository, User
from bot.simulators.github.views.addresses import node_id
from bot.simulators.github.world import World


def add_account(
    world: World,
    login: str,
    *,
    kind: Literal["User", "Organization", "Bot"] = "User",
    name: str | None = None,
) -> User:
    """An account; the one that is there already if it is."""
    if login.lower() not in world.users:
        user = User(world.next_id(), login, kind, world.now(), name)
        world.users[login.lower()] = user
        world.changed("user")
    return world.users[login.lower()]


async def add_repository(
    world: World,
    owner: User,
    name: str,
    files: Mapping[str, bytes],
    *,
    private: bool = False,
    description: str | None = None,
    default_branch: str = "main",
    executable: Collection[str] = (),
) -> Repository:
    """A repository whose first commit, by its owner, holds ``files``. Raises 422 if it exists."""
    if f"{owner.login}/{name}".lower() in world.repositories:
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    identity = world.next_id()
    git = GitRepository(world.folder / f"{owner.login.lower()}-{name.lower()}-{identity}.git")
    await git.create(default_branch)
    now = world.now()
    repository = Repository(
        id=identity,
        owner=owner,
        name=name,
        git=git,
        created_at=now,
        pushed_at=now,
        private=private,
        description=description,
        default_branch=default_branch,
    )
    if files:
        author = Signed(owner.name or owner.login, owner.email, now)
        await git.commit_files(
            default_branch, files, message="Initial commit", author=author, executable=executable
        )
    add_default_labels(world, repository)
    world.repositories[repository.full_name.lower()] = repository
    world.changed("repository", repository)
    for installation in world.installations_on(repository):
        if installation.repositories is None:
            _tell_repositories(world, installation, owner, added=[repository])
    return repository


def install(
    world: World,
    account: User,
    repositories: Collection[Repository] | None,
    sender: User,
    *,
    permissions: Mapping[str, str] | None = None,
    events: Collection[str] | None = None,
) -> Installation:
    """Install the app on an account, for some repositories or (None) for all of them."""
    now = world.now()
    installation = Installation(
        id=world.next_id(),
        account=account,
        repositories=None if repositories is None else {one.id for one in repositories},
        permissions=dict(permissions or world.app.permissions),
        events=tuple(world.app.events if events is None else events),
        created_at=now,
        updated_at=now,
    )
    world.installations[installation.id] = installation
    named = [_named(one) for one in world.covered(installation)]
    announce_installation(
        world, installation, sender, "installation", "created", repositories=named, requester=None
    )
    world.changed("installation")
    return installation


def uninstall(world: World, installation: Installation, sender: User) -> None:
    """Remove the app from an account; its tokens die with it."""
    named = [_named(one) for one in world.covered(installation)]
    del world.installations[installation.id]
    world.tokens = {k: t for k, t in world.tokens.items() if t.installation is not installation}
    announce_installation(
        world, installation, sender, "installation", "deleted", repositories=named
    )
    world.changed("installation")


def suspend(world: World, installation: Installation, sender: User, *, suspended: bool) -> None:
    """Suspend the app on an account, or let it work again."""
    installation.suspended_at = world.now() if suspended else None
    installation.suspended_by = sender if suspended else None
    action = "suspend" if suspended else "unsuspend"
    named = [_named(one) for one in world.covered(installation)]
    announce_installation(world, installation, sender, "installation", action, repositories=named)
    world.changed("installation")


def choose(
    world: World,
    installation: Installation,
    sender: User,
    *,
    add: Collection[Repository] = (),
    remove: Collection[Repository] = (),
) -> None:
    """Change which repositories a selective installation covers."""
    if installation.repositories is None:
        installation.repositories = {one.id for one in world.covered(installation)}
    installation.repositories |= {one.id for one in add}
    installation.repositories -= {one.id for one in remove}
    installation.updated_at = world.now()
    if add:
        _tell_repositories(world, installation, sender, added=list(add))
    if remove:
        _tell_repositories(world, installation, sender, removed=list(remove))
    world.changed("installation")


def _tell_repositories(
    world: World,
    installation: Installation,
    sender: User,
    *,
    added: Collection[Repository] = (),
    removed: Collection[Repository] = (),
) -> None:
    announce_installation(
        world,
        installation,
        sender,
        "installation_repositories",
        "added" if added else "removed",
        repository_selection="all" if installation.repositories is None else "selected",
        repositories_added=[_named(one) for one in added],
        repositories_removed=[_named(one) for one in removed],
        requester=None,
    )


def _named(one: Repository) -> Json:
    return {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }
