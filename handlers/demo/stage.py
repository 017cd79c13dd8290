"""The whole product on one machine: simulators of GitHub and Slack, and our own processes.

Used by the demo and by the end-to-end tests; nothing in here knows the story.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.context import Context, open_context
from bot.domain.models import Project
from bot.github.manifest import APP
from bot.settings import Settings
from bot.simulators.github import GitHubSimulator, Limits
from bot.simulators.github.manifest import key_pair
from bot.simulators.loopback import TOKEN_HEADER, loopback_only
from bot.simulators.slack import Limits as SlackLimits
from bot.simulators.slack import SlackSimulator
from bot.sources import SOURCES
from bot.storage.vault import Hook
from handlers.demo import reports
from handlers.demo.shop_files import shop_files
from handlers.stack import Stack, start_all
from handlers.web import serving

APP_ID = 4242
APP_SLUG = "soulcaster"
CHANNEL = "triage"
ADMIN = "ines-ferreira"
# Variables of the person who plays the demo that its processes may see.
_PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
# One pair for all stages: it takes long to find.
_KEYS = cache(key_pair)
_ports = itertools.count(secrets.randbelow(12_000))


def free_port() -> int:
    """A port nobody listens on, and the kernel gives to nobody who asks for any.

    No process is given one twice, though it may be a while before somebody listens there.
    """
    while True:
        port = 20_000 + next(_ports) % 12_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Stage:
    """Everything that runs, and its addresses."""

    folder: Path
    github: GitHubSimulator
    slack: SlackSimulator
    github_url: str
    slack_url: str
    web_url: str
    environment: Mapping[str, str]
    stack: Stack
    http: aiohttp.ClientSession
    context: Context
    channel: str
    token: str
    hooks: dict[str, Hook] = field(default_factory=dict)

    async def start(self) -> None:
        """Start our processes, install the app, and open a door for every source."""
        await start_all(self.stack)
        await self.begin()

    async def begin(self) -> None:
        """Once our processes run: install the app, and open a door for every source."""
        await self.wait("the web process", self.web_answers, timeout=30)
        world = reports.world()
        self.github.install(
            world.repository.split("/")[0], repositories=[world.repository], sender=ADMIN
        )
        project = await self.wait("the installation", self._project, timeout=30)
        for source in sorted(SOURCES):
            if SOURCES[source].KIND != "tracker":
                self.hooks[source] = await self.context.vault.open_hook(project.id, source)

    async def web_answers(self) -> bool:
        """Whether the web process is up and reaches Redis."""
        try:
            async with self.http.get(f"{self.web_url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def _project(self) -> Project | None:
        found = await self.context.projects.all()
        return found[0] if found else None

    @property
    def repository(self) -> str:
        """``owner/repo``."""
        return reports.world().repository

    async def project(self) -> Project:
        """The one project. Raises NotFound before the app is installed."""
        return await self.context.projects.named(self.repository)

    async def github_state(self) -> Any:
        """What GitHub holds, read back over HTTP."""
        return await self._ask("GET", f"{self.github_url}/_sim/state")

    async def slack_state(self) -> Any:
        """What Slack holds, read back over HTTP."""
        return await self._ask("GET", f"{self.slack_url}/_sim/state")

    async def git_folder(self) -> str:
        """The bare repository behind the simulated one."""
        found = await self._ask("GET", f"{self.github_url}/_sim/git/{self.repository}")
        return str(found["path"])

    async def person(self, path: str, method: str = "POST", **body: Any) -> Any:
        """Do on GitHub what a person would; ``path`` is below the repository."""
        url = f"{self.github_url}/_sim/repos/{self.repository}{path}"
        return await self._ask(method, url, body)

    async def slacker(self, action: str, **body: Any) -> Any:
        """Do in Slack what a person would: ``message``, ``command`` or ``press``."""
        return await self._ask("POST", f"{self.slack_url}/_sim/{action}", body)

    async def _ask(self, method: str, url: str, body: Any = None) -> Any:
        async with self.http.request(method, url, json=body) as response:
            response.raise_for_status()
            return await response.json()

    async def wait(
        self, what: str, happened: Callable[[], Any], *, timeout: float = 60, every: float = 0.1
    ) -> Any:
        """Ask ``happened`` (async) until it answers; raises TimeoutError naming ``what``."""
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            if answer := await happened():
                return answer
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{what} did not happen within {timeout:.0f} s")
            await asyncio.sleep(every)


def environment(
    folder: Path, *, port: int, github_url: str, slack_url: str, private_key: Path
) -> dict[str, str]:
    """What our processes see: the simulators, and no key of the person who plays."""
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        # An empty value hides what a .env of the person who plays may hold.
        **{name.upper(): "" for name in Settings.model_fields},
        "PORT": str(port),
        "SOULCASTER_ONBOARDING": "false",
        "SOULCASTER_DATA_DIR": str(folder / "data"),
        "GITHUB_APP_ID": str(APP_ID),
        "GITHUB_PRIVATE_KEY": str(private_key),
        "GITHUB_WEBHOOK_SECRET": secrets.token_hex(20),
        "GITHUB_API_URL": github_url,
        "SLACK_API_URL": f"{slack_url}/api/",
        "SLACK_BOT_TOKEN": f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.token_hex(12)}",
        "SLACK_SIGNING_SECRET": secrets.token_hex(16),
    }


def _prepare(folder: Path, record: Path | None) -> str:
    """Make the folders and ``app.pem``; the public key."""
    for made in filter(None, (folder, record)):
        made.mkdir(parents=True, exist_ok=True)
    private, public = _KEYS()
    (folder / "app.pem").touch(mode=0o600)
    (folder / "app.pem").write_text(private)
    return public


@asynccontextmanager
async def open_stage(
    folder: Path,
    *,
    record: Path | None = None,
    web: str = "",
    processes: bool = True,
    private: bool = True,
    limits: Limits | None = None,
    slack_limits: SlackLimits | None = None,
    stacked: type[Stack] = Stack,
    **more: str,
) -> AsyncIterator[Stage]:
    """Everything up and installed on ``acme/shop``; ``more`` are settings that differ.

    ``record`` is a folder for the vendors' traffic as JSONL. ``processes`` False leaves our own
    processes to the caller. ``private`` is what the repository is, ``limits`` are GitHub's own
    unless given, and then the product is told of them; ``slack_limits`` are Slack's.
    ``stacked`` is how they are started.
    """
    public_key = await asyncio.to_thread(_prepare, folder, record)
    world = reports.world()
    ports = {name: free_port() for name in ("web", "github", "slack")}
    address = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    env = environment(
        folder,
        port=ports["web"],
        github_url=address["github"],
        slack_url=address["slack"],
        private_key=folder / "app.pem",
    )
    manifest = yaml.safe_load(APP.read_text())
    github = GitHubSimulator(
        folder / "git",
        app_id=APP_ID,
        app_slug=APP_SLUG,
        public_key=public_key,
        webhook_secret=env["GITHUB_WEBHOOK_SECRET"],
        webhook_url=f"{address['web']}/github/webhook",
        record=record / "github.jsonl" if record else None,
        limits=limits,
        web=web,
        origin=address["github"],
        permissions=manifest["default_permissions"],
        events=manifest["default_events"],
    )
    slack = SlackSimulator(
        signing_secret=env["SLACK_SIGNING_SECRET"],
        bot_token=env["SLACK_BOT_TOKEN"],
        request_url=address["web"],
        limits=slack_limits,
        record=record / "slack.jsonl" if record else None,
    )
    for member in world.members:
        github.add_user(member.login, name=member.name)
        if member.slack_user:
            slack.workspace.add_user(member.login, member.name, user_id=member.slack_user)
    channel = slack.workspace.add_channel(CHANNEL, topic=f"Triage of {world.repository}")
    env["SOULCASTER_SLACK_CHANNEL"] = channel.id
    env["SOULCASTER_LINKS"] = ",".join(
        f"{slack.workspace.team.id}/{m.slack_user}={m.login}" for m in world.members if m.slack_user
    )
    if limits:
        told = limits.content_per_minute, limits.content_per_hour, limits.points_per_minute
        env["SOULCASTER_GITHUB_LIMITS"] = " ".join(map(str, told))
    env |= more
    shop = await github.add_repository(world.repository, shop_files(), private=private)
    # This commit is ours: it may be tested here even where nothing can isolate it; no other may.
    shipped = await shop.git.resolve("refs/heads/main")
    env["SOULCASTER_TRUSTED_REPOSITORIES"] = more.get(
        "SOULCASTER_TRUSTED_REPOSITORIES", f"{world.repository}@{shipped}"
    )
    for member in world.members:
        github.set_role(world.repository, member.login, member.role)
    stack = stacked(env, folder / "logs")
    token = secrets.token_urlsafe(24)
    simulators = {"github": github.build_app(), "slack": slack.build_app()}
    for app in simulators.values():
        app.middlewares.insert(0, loopback_only(token))
    async with (
        serving(simulators["github"], "127.0.0.1", ports["github"]),
        serving(simulators["slack"], "127.0.0.1", ports["slack"]),
        aiohttp.ClientSession(headers={TOKEN_HEADER: token}) as http,
        open_context(Settings.load(env)) as context,
    ):
        stage = Stage(
            folder=folder,
            github=github,
            slack=slack,
            github_url=address["github"],
            slack_url=address["slack"],
            web_url=address["web"],
            environment=env,
            stack=stack,
            http=http,
            context=context,
            channel=channel.id,
            token=token,
        )
        try:
            if processes:
                await stage.start()
            yield stage
        finally:
            await stack.stop()
