"""One repository as an installation of the app sees it: every request about it is made here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import gidgethub

from bot.domain.errors import Quiet, Rejected
from bot.domain.models import Project
from bot.github.wire import Wire, fetch, translated, unless_refused
from bot.storage.budget import Budget

if TYPE_CHECKING:
    from bot.github.app import GitHubApp

QUIET = (
    "{} is quiet: nothing is written to GitHub there before its .github/soulcaster.yml says "
    "`mode: act`."
)


class Repo:
    """One repository with one narrowed token. Paths are relative to ``/repos/{owner}/{repo}``."""

    def __init__(
        self, app: GitHubApp, project: Project, permissions: Mapping[str, str], *, aloud: bool
    ) -> None:
        self._app, self.project, self._permissions = app, project, permissions
        self._aloud = aloud

    @property
    def path(self) -> str:
        """``/repos/owner/repo``."""
        return f"/repos/{self.project.full_name}"

    @property
    def budget(self) -> Budget:
        """What the installation may send."""
        return self._app.budget(self.project.installation)

    @asynccontextmanager
    async def _wire(self) -> AsyncIterator[Wire]:
        """Ask with our token; one that GitHub no longer takes is forgotten, for the next try."""
        which = self.project.installation, self.project.id, self._permissions
        async with translated():
            try:
                yield self._app.wire(await self._app.token(*which), *which[:2])
            except gidgethub.HTTPException as error:
                if error.status_code == 401:
                    self._app.forget_token(*which)
                raise

    async def get(self, path: str, **variables: Any) -> Any:
        """GET one thing. Raises Unavailable or Rejected, as every method here."""
        return await self.get_from(self.path + path, **variables)

    async def itself(self) -> Any:
        """What GitHub says of the repository."""
        return await self.get("")

    async def get_from(self, path: str, **variables: Any) -> Any:
        """GET one thing that need not be in the repository; ``path`` is the whole of it."""
        async with self._wire() as api:
            return await api.getitem(path, variables)

    async def pages(self, path: str, *, key: str = "items", **variables: Any) -> AsyncIterator[Any]:
        """GET a list, page after page."""
        async with self._wire() as api:
            async for item in api.getiter(self.path + path, variables, iterable_key=key):
                yield item

    async def wrote(self, comment: Mapping[str, Any]) -> bool:
        """Whether the app itself did, and no other bot, nor a person by way of an app."""
        return (comment.get("user") or {}).get("login") == f"{await self._app.slug()}[bot]"

    async def _may_write(self, path: str) -> None:
        """Raises Quiet; a reaction is no words."""
        if self._aloud or path.endswith("/reactions"):
            return
        if await self._app.is_quiet(self.project.id):
            raise Quiet(QUIET.format(self.project.full_name))

    async def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """POST; not repeated when its outcome is unknown. Raises Quiet, as each that writes."""
        await self._may_write(path)
        async with self._wire() as api:
            return await api.post(self.path + path, data=data)

    async def patch(self, path: str, data: Mapping[str, Any]) -> Any:
        """PATCH."""
        await self._may_write(path)
        async with self._wire() as api:
            return await api.patch(self.path + path, data=data)

    async def delete(self, path: str) -> None:
        """DELETE; what is gone already is fine."""
        await self._may_write(path)

        async def gone() -> None:
            async with self._wire() as api:
                await api.delete(self.path + path)

        await unless_refused(gone(), 404, 410)

    async def is_private(self) -> bool:
        """Whether only its members read it, as GitHub said within the last minute. False where
        GitHub will not say. Raises Unavailable where it cannot be asked now."""
        try:
            return await self._app.looked_up(self.project.id, self.itself)
        except Rejected:
            return False

    async def tarball(self, ref: str, *, max_bytes: int = 200_000_000) -> bytes:
        """The files at a commit as a gzipped tar. Raises TooLarge over ``max_bytes``."""
        return await self.download(f"/tarball/{ref}", max_bytes=max_bytes)

    async def download(self, path: str, *, max_bytes: int) -> bytes:
        """A file that GitHub keeps elsewhere. Raises TooLarge over ``max_bytes``. GitHub answers
        with a redirect to another host, which must not see our token."""
        path = self.path + path
        try:
            async with self._wire() as api:
                there = await api.redirected(path)
        except Rejected as error:
            said, status = f"GitHub has nothing at {path} ({error.status}).", error.status
            raise Rejected(said, status=status) from error
        async with self._app.guard():
            return await fetch(self._app.session, there, max_bytes)
