"""Times, node ids and addresses as GitHub writes them."""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import quote

from bot.simulators.github.records import Repository, User
from bot.simulators.github.world import World


def stamp(moment: datetime) -> str:
    """``2026-11-21T10:00:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    """The same for what may not have happened."""
    return stamp(moment) if moment else None


def node_id(kind: str, identity: int | str) -> str:
    """An opaque id as GraphQL has it."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{identity}'.encode()).decode().rstrip('=')}"


def user_url(world: World, user: User) -> str:
    """Where the API has an account."""
    return f"{world.origin}/users/{quote(user.login)}"


def repo_url(world: World, repository: Repository, path: str = "") -> str:
    """Where the API has something of a repository."""
    return f"{world.origin}/repos/{repository.full_name}{path}"


def repo_page(world: World, repository: Repository, path: str = "") -> str:
    """Where people read it."""
    return f"{world.web}/{repository.full_name}{path}"
