"""Times, node ids and addresses as GitHub writes them."""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import quote

from bot.simulators.github.records import Repository, User


def stamp(moment: datetime) -> str:
    """``2026-11-21T10:00:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    """The same for what may not have happened."""
    return stamp(moment) if moment else None


def node_id(kind: str, identity: int | str) -> str:
    """An opaque id as GraphQL has it."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{identity}'.encode()).decode().rstrip('=')}"


def user_url(user: User) -> str:
    """Where the API has an account."""
    return f"{user.world.origin}/users/{quote(user.login)}"


def repo_url(repository: Repository, path: str = "") -> str:
    """Where the API has something of a repository."""
    return f"{repository.world.origin}/repos/{repository.full_name}{path}"


def repo_page(repository: Repository, path: str = "") -> str:
    """Where people read it."""
    return f"{repository.world.web}/{repository.full_name}{path}"
