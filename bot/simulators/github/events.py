"""What the app is told: a payload is what changed, where, by whom, under which installation."""

from __future__ import annotations

from typing import Any

from bot.simulators.github.records import Installation, Json, Repository, User
from bot.simulators.github.views import accounts
from bot.simulators.github.views.addresses import node_id
from bot.simulators.github.views.repositories import repository as repository_view


def announce(
    repository: Repository,
    sender: User,
    event: str,
    action: str | None = None,
    /,
    **parts: Any,
) -> None:
    """Tell the app, if it is installed here and listens to this event."""
    for installation in repository.world.installations_on(repository):
        if event not in installation.events:
            continue
        payload: Json = {"action": action} if action else {}
        payload |= parts
        payload.setdefault("repository", repository_view(repository))
        if repository.owner.type == "Organization":
            payload["organization"] = organization(repository.owner)
        payload["sender"] = accounts.user(sender)
        payload["installation"] = {
            "id": installation.id,
            "node_id": node_id("IN", installation.id),
        }
        repository.world.webhooks.put(
            event, payload, installation=installation.id, repository=repository.id
        )


def announce_installation(
    installation: Installation,
    sender: User,
    event: str,
    action: str,
    /,
    **parts: Any,
) -> None:
    """Tell the app of its own installation; every app hears of these."""
    payload: Json = {
        "action": action,
        "installation": accounts.installation(installation),
        **parts,
        "sender": accounts.user(sender),
    }
    sender.world.webhooks.put(event, payload, installation=installation.id, repository=None)


def organization(owner: User) -> Json:
    """An organization as webhooks name it."""
    url = f"{owner.world.origin}/orgs/{owner.login}"
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("O", owner.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": accounts.user(owner)["avatar_url"],
        "description": None,
    }
