"""Who is calling, and what they may do.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import jwt
from aiohttp import web

from bot.simulators.github.errors import GitHubError, not_accessible, not_found, unprocessable
from bot.simulators.github.records import Installation, Repository, Token
from bot.simulators.github.world import World

_LEVELS = ("read", "write", "admin")
_LONGEST_JWT = timedelta(minutes=10)
_CLOCK_DRIFT = timedelta(seconds=60)
TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Access:
    """A caller. ``repositories`` is None for all that the installation covers."""

    kind: Literal["app", "installation", "anonymous", "person"]
    installation: Installation | None = None
    repositories: frozenset[int] | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)

    @property
    def meter(self) -> str:
        """Whose rate limit is used."""
        if self.installation:
            return f"installation ID {self.installation.id}"
        return "app" if self.kind == "app" else "127.0.0.1"

    def reaches(self, world: World, repository: Repository) -> bool:
        """Whether the caller may know of a repository.

        Stricter than GitHub on purpose: there, a public repository can be read by a token of
        another installation too, which would hide a mistake that a private one reveals.
        """
        if self.kind == "anonymous":
            return not repository.private
        if self.installation is None:
            return True
        covered = repository in world.covered(self.installation)
        return covered and (self.repositories is None or repository.id in self.repositories)

    def may(self, permission: str, level: str) -> bool:
        """Whether the caller holds a permission at this level or above."""
        if self.kind == "anonymous":
            return level == "read"
        if permission == "metadata":
            return self.kind == "installation"
        held = self.permissions.get(permission)
        return held is not None and _LEVELS.index(held) >= _LEVELS.index(level)


def identify(world: World, request: web.Request) -> Access:
    """Who sends this request. Raises 401 for credentials that are no good."""
    header = request.headers.get("Authorization", "")
    if not header:
        return Access("anonymous")
    scheme, _, value = header.partition(" ")
    if scheme.lower() not in ("bearer", "token"):
        raise GitHubError(401, "Bad credentials")
    if value.count(".") == 2:
        if scheme.lower() != "bearer":
            raise GitHubError(401, "A JSON web token could not be decoded")
        _check_jwt(world, value)
        return Access("app")
    token = world.tokens.get(value)
    if token is None or token.expires_at <= world.clock():
        raise GitHubError(401, "Bad credentials")
    if token.installation.suspended_at:
        raise GitHubError(403, "This installation has been suspended")
    return Access("installation", token.installation, token.repositories, token.permissions)


def _check_jwt(world: World, value: str) -> None:
    try:
        # Times are checked here, against the world's own clock and in GitHub's words.
        claims = jwt.decode(
            value,
            world.app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        raise GitHubError(401, "A JSON web token could not be decoded") from None
    now = world.clock().timestamp()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or issued > now + _CLOCK_DRIFT.total_seconds():
        raise GitHubError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the "
            "assertion was issued",
        )
    if not isinstance(expires, int) or expires <= now:
        raise GitHubError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future "
            "time at which the assertion expires",
        )
    if expires > now + (_LONGEST_JWT + _CLOCK_DRIFT).total_seconds():
        raise GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")
    if str(claims.get("iss")) not in (str(world.app.id), world.app.client_id):
        raise GitHubError(404, "Integration not found")


def issue_token(
    world: World,
    installation: Installation,
    *,
    names: Collection[str] | None,
    ids: Collection[int] | None,
    permissions: Mapping[str, str] | None,
) -> Token:
    """A token for an installation, perhaps narrower than it. Raises 422 for more than it has."""
    if installation.suspended_at:
        raise GitHubError(403, "This installation has been suspended")
    covered = world.covered(installation)
    chosen: set[int] | None = None
    if names or ids:
        by_name = {one.name.lower(): one.id for one in covered}
        chosen = {by_name.get(name.lower(), 0) for name in names or ()} | set(ids or ())
        if not chosen <= {one.id for one in covered}:
            raise unprocessable(
                "There is at least one repository that does not exist or is not accessible to "
                "the parent installation."
            )
    held = installation.permissions
    for name, level in (permissions or {}).items():
        if level not in _LEVELS or _LEVELS.index(level) > _LEVELS.index(held.get(name, level)):
            raise unprocessable("The permissions requested are not granted to this installation.")
        if name not in held and name != "metadata":
            raise unprocessable("The permissions requested are not granted to this installation.")
    token = Token(
        value="ghs_" + secrets.token_urlsafe(27).replace("-", "A").replace("_", "B"),
        installation=installation,
        repositories=None if chosen is None else frozenset(chosen),
        permissions={**(permissions or held), "metadata": "read"},
        expires_at=world.now() + TOKEN_LIFE,
    )
    now = world.clock()
    world.tokens = {k: t for k, t in world.tokens.items() if t.expires_at > now}
    world.tokens[token.value] = token
    return token


def visible_repository(world: World, access: Access, full_name: str) -> Repository:
    """A repository that the caller may know of. Raises 404 for any other."""
    repository = world.repository(full_name)
    if not access.reaches(world, repository):
        raise not_found()
    return repository


def require(access: Access, permissions: Collection[str], level: str) -> None:
    """Raise unless the caller holds one of these permissions."""
    if any(access.may(permission, level) for permission in permissions):
        return
    if access.kind == "anonymous":
        raise GitHubError(401, "Requires authentication")
    raise not_accessible()
