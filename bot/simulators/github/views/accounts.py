"""Accounts, the app and its installations."""

from __future__ import annotations

from urllib.parse import quote

from bot.simulators.github.records import (
    ROLES,
    App,
    Installation,
    Json,
    Repository,
    Role,
    User,
)
from bot.simulators.github.views.addresses import (
    node_id,
    stamp,
    stamp_or_none,
    user_url,
)


def user(account: User) -> Json:
    """A simple user."""
    url, web = user_url(account), account.world.web
    page = f"{web}/{account.login}"
    if account.type == "Bot":
        page = f"{web}/apps/{account.login.removesuffix('[bot]')}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": f"{web}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": page,
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def user_or_none(account: User | None) -> Json | None:
    """The same for where there may be nobody."""
    return user(account) if account else None


def profile(account: User) -> Json:
    """A user's public profile."""
    repositories = account.world.repositories.values()
    return user(account) | {
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(r.owner is account and not r.private for r in repositories),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": stamp(account.created_at),
        "updated_at": stamp(account.created_at),
    }


def rights(role: Role | None) -> dict[str, bool]:
    """A role as the five yes and no of older fields."""
    level = ROLES.index(role) if role else -1
    names = ("pull", "triage", "push", "maintain", "admin")
    return {name: level >= needed for needed, name in enumerate(names)}


def collaborator(repository: Repository, account: User) -> Json:
    """A user with what they may do in a repository."""
    role = repository.role_of(account)
    name = repository.role_names.get(account) or role or "none"
    return user(account) | {"permissions": rights(role), "role_name": name}


def association(repository: Repository, account: User) -> str:
    """``author_association``: how somebody is related to a repository."""
    if account is repository.owner:
        return "OWNER"
    if account in repository.roles:
        return "MEMBER" if repository.owner.type == "Organization" else "COLLABORATOR"
    return "NONE"


def app(integration: App) -> Json:
    """The app as others see it."""
    return {
        "id": integration.id,
        "client_id": integration.client_id,
        "slug": integration.slug,
        "node_id": node_id("A", integration.id),
        "owner": user(integration.owner),
        "name": integration.name,
        "description": integration.description,
        "external_url": integration.external_url,
        "html_url": f"{integration.owner.world.web}/apps/{quote(integration.slug)}",
        "created_at": stamp(integration.created_at),
        "updated_at": stamp(integration.created_at),
        "permissions": dict(integration.permissions),
        "events": list(integration.events),
    }


def via_app(author: User, other: App | None = None) -> Json | None:
    """``performed_via_github_app``: the app, for what its bot did, or another on behalf of them."""
    integration = author.world.app if author is author.world.app.bot else other
    return app(integration) if integration else None


def installation(where: Installation) -> Json:
    """An installation of the app."""
    account, world = where.account, where.account.world
    place = f"/organizations/{account.login}" if account.type == "Organization" else ""
    return {
        "id": where.id,
        "client_id": world.app.client_id,
        "account": user(account),
        "repository_selection": "all" if where.repositories is None else "selected",
        "access_tokens_url": f"{world.origin}/app/installations/{where.id}/access_tokens",
        "repositories_url": f"{world.origin}/installation/repositories",
        "html_url": f"{world.web}{place}/settings/installations/{where.id}",
        "app_id": world.app.id,
        "app_slug": world.app.slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(where.permissions),
        "events": list(where.events),
        "created_at": stamp(where.created_at),
        "updated_at": stamp(where.updated_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user_or_none(where.suspended_by),
        "suspended_at": stamp_or_none(where.suspended_at),
    }
