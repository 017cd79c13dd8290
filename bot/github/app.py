"""The GitHub App: its JWT, its installations' tokens, and a repository seen through them."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Project
from bot.domain.ports import Guard
from bot.github.manifest import web_host
from bot.github.repo import Repo
from bot.github.wire import (
    KEPT_OUT_SECONDS,
    USER_AGENT,
    ETagCache,
    Wire,
    translated,
    unless_refused,
)
from bot.storage.budget import Budget, Limit
from bot.storage.scripts import Scripts

# Contents a minute, contents an hour, points a minute (a read is 1, a write is 5).
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
LIMITS = 80, 500, 900
# Writes at a time: GitHub asks for one after the other, and one may hang.
_UNDER_WAY = 4
# Talking needs these; only the step that publishes a fix asks for more.
TALK = {"issues": "write", "pull_requests": "write", "metadata": "read"}
READ = {"contents": "read", "metadata": "read"}
CHECKS = {"checks": "read", "metadata": "read"}
ACTIONS = {"actions": "read", "metadata": "read"}  # an owner may have yet to accept it
PUBLISH = {"contents": "write", "pull_requests": "write", "checks": "write", "metadata": "read"}
# How old what we know of a repository's readers may be before something private is shown there.
LOOK_SECONDS = 60.0


async def _never(_repository: int) -> bool:
    return False


# GitHub forgets a delivery after this long.
DELIVERIES_KEPT = timedelta(days=3)


class GitHubApp:
    """Talks to GitHub as the app and as its installations. ``limits`` are what one of these may do:
    write a minute, write an hour, spend points a minute. ``guard`` is what every request is made
    within; ``is_quiet`` whether nothing may be written to a repository."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        app_id: int,
        private_key: str,
        base_url: str,
        scripts: Scripts,
        limits: tuple[int, int, int] = LIMITS,
        guard: Guard = nullcontext,
        is_quiet: Callable[[int], Awaitable[bool]] = _never,
    ) -> None:
        self.session, self._scripts, self._limits, self.guard = session, scripts, limits, guard
        self.is_quiet = is_quiet
        self._base_url = base_url.rstrip("/")
        self._as_app = Wire(
            session,
            USER_AGENT,
            app_id=str(app_id),
            # Settings have checked it. As text it would be parsed and checked for every new JWT,
            # which holds the event loop for 40 to 75 ms.
            private_key=load_pem_private_key(
                private_key.encode(), None, unsafe_skip_rsa_key_validation=True
            ),
            base_url=self._base_url,
            budget=Budget(scripts, "GitHub", "app"),
            guard=guard,
        )
        self._tokens: dict[tuple[object, ...], tuple[str, datetime]] = {}
        self._locks: dict[tuple[object, ...], asyncio.Lock] = {}
        self._answers: dict[int, ETagCache] = {}
        self._private: dict[int, tuple[float, bool]] = {}
        self._slug = ""

    def wire(self, token: str, installation: int, repository: int = 0) -> Wire:
        """A connection with an installation's token and that installation's ETag cache."""
        cache = self._answers.setdefault(installation, ETagCache())
        return Wire(
            self.session,
            USER_AGENT,
            oauth_token=token,
            cache=cache,
            base_url=self._base_url,
            budget=self.budget(installation),
            guard=self.guard,
            repository=repository,
        )

    def budget(self, installation: int) -> Budget:
        """What an installation may send, whoever of us sends it."""
        minute, hour, points = self._limits
        return Budget(
            self._scripts,
            "GitHub",
            str(installation),
            content=(Limit(60, minute), Limit(3600, hour)),
            points=(Limit(60, points),),
            under_way=_UNDER_WAY,
        )

    async def token(
        self, installation: int, repository: int, permissions: Mapping[str, str]
    ) -> str:
        """A token for one repository and just these permissions, kept until it nearly expires.
        Raises Unavailable where there is none to be had now, Rejected for one that never will be.
        https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app"""
        key = (installation, repository, *sorted(permissions.items()))
        async with self._locks.setdefault(key, asyncio.Lock()):
            token, expires = self._tokens.get(key, ("", datetime.fromtimestamp(0, UTC)))
            if expires - timedelta(minutes=5) > datetime.now(UTC):
                return token
            try:
                made = await self._new_token(
                    installation, repository_ids=[repository], permissions=dict(permissions)
                )
            except Rejected as error:
                if error.status == 422 and "permissions requested are not granted" in str(error):
                    wanted = ", ".join(f"{name}: {level}" for name, level in permissions.items())
                    raise Rejected(
                        "GitHub gives us no token: an owner has yet to accept permissions that the "
                        f"app asks for ({wanted}), on GitHub under Settings, GitHub Apps.",
                        status=422,
                    ) from error
                if error.status not in (403, 404):
                    raise
                raise Unavailable(str(error), retry_after=KEPT_OUT_SECONDS) from error
            self._tokens[key] = made["token"], datetime.fromisoformat(made["expires_at"])
            return str(made["token"])

    async def _new_token(self, installation: int, **what: Any) -> Any:
        async with translated():
            path = f"/app/installations/{installation}/access_tokens"
            return await self._as_app.post(path, data=what)

    def forget_token(
        self, installation: int, repository: int, permissions: Mapping[str, str]
    ) -> None:
        """GitHub takes it no longer."""
        self._tokens.pop((installation, repository, *sorted(permissions.items())), None)

    async def looked_up(self, repository: int, ask: Callable[[], Awaitable[Any]]) -> bool:
        """``private`` of a repository, asked for at most once a minute."""
        looked, private = self._private.get(repository, (-math.inf, False))
        if time.monotonic() - looked >= LOOK_SECONDS:
            private = bool((await ask())["private"])
            self._private[repository] = time.monotonic(), private
        return private

    def repo(
        self, project: Project, permissions: Mapping[str, str] = TALK, *, aloud: bool = False
    ) -> Repo:
        """The project's repository, with a token for just these permissions. ``aloud``: written to
        even where it is quiet, which is for the one pull request that asks."""
        return Repo(self, project, permissions, aloud=aloud)

    def page(self, project: Project, path: str) -> str:
        """Where a person reads it."""
        return f"{web_host(self._base_url)}/{project.full_name}/{path}"

    async def slug(self) -> str:
        """The app's name; its comments are by ``slug[bot]``."""
        if not self._slug:
            self._slug = str((await self.about())["slug"])
        return self._slug

    async def about(self) -> Any:
        """The app as GitHub knows it: ``id``, ``slug``."""
        async with translated():
            return await self._as_app.getitem("/app")

    async def hook(self) -> str:
        """Where GitHub sends webhooks; "" since there is none any more.

        https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app"""
        async with translated():
            return str((await self._as_app.getitem("/app/hook/config")).get("url") or "")

    async def installations(self) -> AsyncIterator[Any]:
        """Every installation of the app."""
        async with translated():
            async for installation in self._as_app.getiter("/app/installations"):
                yield installation

    async def unlisted(self, known: Collection[int]) -> set[int]:
        """Those of the installations that are known which GitHub does not list."""
        return set(known) - {int(one["id"]) async for one in self.installations()}

    async def repositories(self, installation: int) -> AsyncIterator[Any]:
        """Every repository of an installation."""
        made = await self._new_token(installation, permissions={"metadata": "read"})
        async with translated():
            api = self.wire(str(made["token"]), installation)
            async for repository in api.getiter(
                "/installation/repositories", iterable_key="repositories"
            ):
                yield repository

    async def reaches(self, project: Project) -> bool:
        """Whether the project's installation covers it, as GitHub says now."""
        which = {"repository_ids": [project.id], "permissions": {"metadata": "read"}}
        made = await unless_refused(self._new_token(project.installation, **which), 422)
        return made is not None

    async def deliveries(self, since: datetime, *, status: str) -> AsyncIterator[Any]:
        """Attempts to deliver a webhook from ``since`` on, newest first, as far as GitHub keeps
        them; ``status`` is "success" or "failure".

        https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook"""
        path = "/app/hook/deliveries{?per_page,status}"
        async with translated():
            pages = self._as_app.getiter(path, {"per_page": "100", "status": status})
            async for delivery in pages:
                if datetime.fromisoformat(delivery["delivered_at"]) < since:
                    return
                yield delivery

    async def delivery(self, delivery: int) -> Any:
        """The ``headers`` and ``payload`` that GitHub sent, or could not send."""
        async with translated():
            return (await self._as_app.getitem(f"/app/hook/deliveries/{delivery}"))["request"]

    async def redeliver(self, delivery: int) -> None:
        """Ask for a delivery again."""
        async with translated():
            await self._as_app.post(f"/app/hook/deliveries/{delivery}/attempts", data=b"")
