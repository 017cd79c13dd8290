"""The state of this GitHub: who exists, what the clock says, who hears of a change."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.simulators.github.errors import not_found
from bot.simulators.github.records import App, Installation, Json, Repository, Token, User

if TYPE_CHECKING:
    from bot.simulators.github.webhooks import Webhooks


class World:
    """Everything that is not in a repository's git folder.

    ``origin`` is where the API is served (empty until it is), ``web`` where people's pages are.
    ``manifests`` are those accepted and not yet turned into an app, with the code and the end of
    each; ``archives`` says by ticket which repository or log may be downloaded; ``renamed`` which
    repository had a name before.
    """

    def __init__(
        self, folder: Path, *, origin: str, web: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.folder = folder
        self.origin = origin
        self._web = web
        self._clock = clock or (lambda: datetime.now(UTC))
        self._ids = itertools.count(1_000_001)
        self._changes: set[asyncio.Queue[Json]] = set()
        self.version = 0
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, int] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.manifests: dict[str, tuple[Json, datetime]] = {}
        self.archives: dict[str, int] = {}
        self.app: App
        self.other_apps: dict[str, App] = {}
        self.webhooks: Webhooks

    @property
    def web(self) -> str:
        """Where links for people point."""
        return self._web or self.origin

    def next_id(self) -> int:
        """A number never given before."""
        return next(self._ids)

    def now(self) -> datetime:
        """The present in whole seconds, as GitHub keeps it."""
        return self._clock().replace(microsecond=0)

    def clock(self) -> datetime:
        """The present, exactly."""
        return self._clock()

    def user(self, login: str) -> User:
        """An account by its login, whatever the case. Raises 404."""
        try:
            return self.users[login.lower()]
        except KeyError:
            raise not_found() from None

    def repository(self, full_name: str) -> Repository:
        """A repository by ``owner/name``, whatever the case. Raises 404."""
        try:
            return self.repositories[full_name.lower()]
        except KeyError:
            raise not_found() from None

    def installations_on(self, repository: Repository) -> list[Installation]:
        """The installations that cover a repository and are not suspended (at most one)."""
        return [
            installation
            for installation in self.installations.values()
            if installation.account is repository.owner
            and installation.suspended_at is None
            and (installation.repositories is None or repository.id in installation.repositories)
        ]

    def covered(self, installation: Installation) -> list[Repository]:
        """The repositories an installation reaches."""
        return [
            repository
            for repository in self.repositories.values()
            if repository.owner is installation.account
            and (installation.repositories is None or repository.id in installation.repositories)
        ]

    def changed(self, kind: str, repository: Repository | None = None, number: int = 0) -> None:
        """Tell everybody who listens that something is different now."""
        self.version += 1
        news: Json = {"version": self.version, "kind": kind}
        if repository:
            news["repository"] = repository.full_name
        if number:
            news["number"] = number
        for queue in self._changes:
            queue.put_nowait(news)

    def farewell(self) -> None:
        """Tell everybody who listens that there is nothing more to come."""
        for queue in self._changes:
            queue.put_nowait({})

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Json]]:
        """A queue of the changes from now on."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._changes.add(queue)
        try:
            yield queue
        finally:
            self._changes.discard(queue)
