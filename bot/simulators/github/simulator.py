"""The whole of it: state, REST API, webhooks and person API as one aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from aiohttp import web

from bot.simulators.github.actions import checks, installs
from bot.simulators.github.actions.labels import add_default_labels
from bot.simulators.github.commits import Signed
from bot.simulators.github.git import GitRepository
from bot.simulators.github.limits import Limits
from bot.simulators.github.person import issues as person_issues
from bot.simulators.github.person import pulls as person_pulls
from bot.simulators.github.person import setup as person_setup
from bot.simulators.github.person import state as person_state
from bot.simulators.github.records import App, CheckRun, Installation, Repository, Role, User
from bot.simulators.github.rest import ROUTES
from bot.simulators.github.webhooks import Webhooks
from bot.simulators.github.wire.faults import FAULTS, Faults
from bot.simulators.github.wire.middlewares import conditional, dress, guard
from bot.simulators.github.wire.recording import record as recorder
from bot.simulators.github.wire.routing import WORLD, mount
from bot.simulators.github.world import World

_PERSON = (person_issues, person_pulls, person_setup, person_state)
_LARGEST_BODY = 120 * 1024 * 1024
# https://docs.github.com/rest/authentication/permissions-required-for-github-apps
PERMISSIONS: Mapping[str, str] = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
EVENTS = (
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
)


class GitHubSimulator:
    """GitHub for one app, with state in memory and git repositories under ``folder``.

    ``public_key`` is the app's, PEM. ``record`` names a file that every REST exchange is appended
    to. ``limits`` are GitHub's own unless given. ``origin`` is where it will be served (by default
    what ``serving`` binds); ``web`` is where links for people point (by default there, too).
    ``clock`` gives an aware time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        app_id: int,
        app_slug: str,
        public_key: str,
        webhook_secret: str,
        webhook_url: str,
        record: Path | None = None,
        limits: Limits | None = None,
        origin: str = "",
        web: str = "",
        clock: Callable[[], datetime] | None = None,
        permissions: Mapping[str, str] = PERMISSIONS,
        events: Collection[str] = EVENTS,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.world = World(folder, origin=origin, web=web, clock=clock)
        self.webhooks = Webhooks(self.world)
        self.world.webhooks = self.webhooks
        self.faults = Faults()
        self._limits = limits or Limits()
        self._record = record
        owner = self.add_user("soulcaster-owners", kind="Organization")
        self.world.app = App(
            id=app_id,
            slug=app_slug,
            name=app_slug.replace("-", " ").title(),
            owner=owner,
            bot=self.add_user(f"{app_slug}[bot]", kind="Bot"),
            public_key=public_key,
            webhook_secret=webhook_secret,
            webhook_url=webhook_url,
            permissions=dict(permissions),
            events=tuple(events),
            created_at=self.world.now(),
        )

    def add_user(
        self,
        login: str,
        *,
        name: str | None = None,
        kind: Literal["User", "Organization", "Bot"] = "User",
    ) -> User:
        """An account; harmless when repeated."""
        world = self.world
        if login.lower() not in world.users:
            user = User(world, world.next_id(), login, kind, world.now(), name)
            world.users[login.lower()] = user
            world.changed("user")
        return world.users[login.lower()]

    def add_app(self, slug: str) -> App:
        """Another app, by which people write; it hears of nothing."""
        world = self.world
        world.other_apps[slug] = App(
            id=world.next_id(),
            slug=slug,
            name=slug.replace("-", " ").title(),
            owner=world.app.owner,
            bot=self.add_user(f"{slug}[bot]", kind="Bot"),
            public_key="",
            webhook_secret="",
            webhook_url="",
            permissions={},
            events=(),
            created_at=world.now(),
        )
        return world.other_apps[slug]

    async def run_job(
        self, full_name: str, sha: str, name: str, conclusion: str, *, step: str = "", log: str = ""
    ) -> CheckRun:
        """A job of GitHub Actions has ended on a commit, with ``step`` as its last one."""
        repository = self.world.repository(full_name)
        app = self.world.other_apps.get("github-actions") or self.add_app("github-actions")
        output = {"title": None, "summary": None}
        ended = {"conclusion": conclusion, "output": output}
        steps = [{"name": "Set up job", "conclusion": "success"}]
        steps += [{"name": step, "conclusion": conclusion}]
        return await checks.create_run(
            repository, app.bot, sha, name, ended, app=app, steps=steps, log=log
        )

    async def add_repository(
        self,
        full_name: str,
        files: Mapping[str, bytes],
        *,
        private: bool = False,
        executable: Collection[str] = (),
    ) -> Repository:
        """A repository with one commit; its owner becomes a user if there is none yet."""
        world, (login, name) = self.world, full_name.split("/")
        owner, identity, now = self.add_user(login), world.next_id(), world.now()
        git = GitRepository(world.folder / f"{login.lower()}-{name.lower()}-{identity}.git")
        await git.create("main")
        repository = Repository(
            id=identity,
            owner=owner,
            name=name,
            git=git,
            created_at=now,
            pushed_at=now,
            changed_at=now,
            private=private,
        )
        if files:
            who = Signed(owner.name or owner.login, owner.email, now)
            await git.commit_files(
                "main", files, message="Initial commit", author=who, executable=executable
            )
        add_default_labels(repository)
        world.repositories[full_name.lower()] = repository
        world.changed("repository", repository)
        for installation in world.installations_on(repository):
            if installation.repositories is None:
                installs.tell_repositories(installation, owner, "added", [repository])
        return repository

    def change_repository(
        self,
        full_name: str,
        *,
        name: str | None = None,
        private: bool | None = None,
        archived: bool | None = None,
        has_issues: bool | None = None,
    ) -> None:
        """Change what its settings say; the app does not listen to that, so it is not told.

        The old name leads to the new one until somebody else takes it.
        """
        world, repository = self.world, self.world.repository(full_name)
        if name is not None:
            del world.repositories[full_name.lower()]
            world.renamed[full_name.lower()] = repository.id
            repository.name = name
            world.repositories[repository.full_name.lower()] = repository
        repository.private = repository.private if private is None else private
        repository.archived = repository.archived if archived is None else archived
        repository.has_issues = repository.has_issues if has_issues is None else has_issues
        repository.changed_at = world.now()
        world.changed("repository", repository)

    def rename_user(self, login: str, new: str) -> None:
        """Another login for the same account; the old one is free for anybody."""
        user = self.world.users.pop(login.lower())
        user.login = new
        self.world.users[new.lower()] = user
        self.world.changed("user")

    def set_role(
        self, full_name: str, login: str, role_name: Role | None, *, called: str = ""
    ) -> None:
        """Give a user a role in a repository, or take it (None).

        ``called`` is an organization's own name of a custom role that is based on this one.
        """
        repository, user = self.world.repository(full_name), self.world.user(login)
        repository.roles.pop(user, None)
        repository.role_names.pop(user, None)
        if role_name is not None:
            repository.roles[user] = role_name
        if called:
            repository.role_names[user] = called
        self.world.changed("role", repository)

    def install(
        self,
        account: str,
        *,
        repositories: Collection[str] | None = None,
        sender: str | None = None,
        permissions: Mapping[str, str] | None = None,
        events: Collection[str] | None = None,
    ) -> Installation:
        """Install the app on an account, on all its repositories or on those named."""
        world, now, names = self.world, self.world.now(), repositories
        installation = Installation(
            id=world.next_id(),
            account=world.user(account),
            repositories=None if names is None else {world.repository(name).id for name in names},
            permissions=dict(permissions or world.app.permissions),
            events=tuple(world.app.events if events is None else events),
            created_at=now,
            updated_at=now,
        )
        world.installations[installation.id] = installation
        installs.tell(installation, world.user(sender or account), "created", requester=None)
        return installation

    def build_app(self) -> web.Application:
        """The application: REST at ``/``, the person API under ``/_sim/``."""
        middlewares = [
            self.faults.middleware,
            *([recorder(self._record)] if self._record else []),
            self._learn_origin,
            dress(self.world),
            conditional,
            guard(self.world, self._limits),
        ]
        app = web.Application(middlewares=middlewares, client_max_size=_LARGEST_BODY)
        app[WORLD] = self.world
        app[FAULTS] = self.faults
        for routes in (ROUTES, *(module.routes for module in _PERSON)):
            mount(app, routes)
        app.router.add_post(
            "/{of:(organizations/[^/]+/)?}settings/apps/new", person_setup.manifest_page
        )
        app.cleanup_ctx.append(self._sending)
        app.on_shutdown.append(self._hang_up)
        return app

    @web.middleware
    async def _learn_origin(
        self, request: web.Request, handler: Callable[[web.Request], object]
    ) -> web.StreamResponse:
        """Addresses start with the host that the first caller reached us by."""
        self.world.origin = self.world.origin or str(request.url.origin())
        return await handler(request)  # type: ignore[misc, no-any-return]

    async def _hang_up(self, app: web.Application) -> None:
        self.world.farewell()

    async def _sending(self, app: web.Application) -> AsyncIterator[None]:
        await self.webhooks.start()
        yield
        await self.webhooks.stop()


@asynccontextmanager
async def serving(
    simulator: GitHubSimulator, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve for as long as the block lasts; gives the base URL. Port 0 takes a free one."""
    runner = web.AppRunner(simulator.build_app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        base = f"http://{host}:{bound}"
        simulator.world.origin = simulator.world.origin or base
        yield base
    finally:
        await runner.cleanup()


async def serve(simulator: GitHubSimulator, *, host: str = "127.0.0.1", port: int) -> None:
    """Serve until cancelled."""
    async with serving(simulator, host=host, port=port):
        await asyncio.Event().wait()
