"""``open_context(settings)``: THE composition root. Every adapter is chosen here. What needs a
heavy library is made when it is first asked for, so that the web process never imports an SDK it
does not use. Nothing falls back in silence: ``Context.adapters()`` says what is in use and why, and
``doctor`` and ``status`` show it."""

import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

import aiohttp
from redis.asyncio import Redis

from bot.adapters import choose, choose_model
from bot.domain.blobs import Blobs
from bot.domain.errors import ConfigError
from bot.domain.ports import Embedder, Sandboxes, VectorIndex
from bot.domain.secrets import keep_secret
from bot.github.app import GitHubApp
from bot.jobs import Jobs
from bot.language_models import LanguageModels
from bot.project_config import ProjectConfigs
from bot.reddit import Reddit
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.workspaces import Workspaces, make_client
from bot.storage.accounts import Accounts
from bot.storage.answers import Answers
from bot.storage.blobs import ObjectBlobs, RedisBlobs
from bot.storage.breakers import Breakers
from bot.storage.cards import Cards
from bot.storage.channels import Channels
from bot.storage.cluster_jobs import ClusterJobs
from bot.storage.clusters import Clusters
from bot.storage.commands import Commands
from bot.storage.connection import connect
from bot.storage.digests import Digests
from bot.storage.embedded import EmbeddedRedis
from bot.storage.embeddings import Embeddings
from bot.storage.erasure import Erasure
from bot.storage.file_imports import FileImports
from bot.storage.imports import Imports
from bot.storage.inbox import Inbox
from bot.storage.items import Items
from bot.storage.leases import Leases
from bot.storage.marks import Marks
from bot.storage.memory import Memory
from bot.storage.operations import Operations
from bot.storage.outage import Outage
from bot.storage.overview import Overview
from bot.storage.own_agents import OwnAgents
from bot.storage.own_keys import OwnKeys
from bot.storage.plans import Plans, Writings
from bot.storage.polls import Polls
from bot.storage.private import keep_private
from bot.storage.processes import Processes
from bot.storage.projects import Projects
from bot.storage.quotas import Quotas
from bot.storage.retention import Retention
from bot.storage.runs import Runs
from bot.storage.scripts import Scripts
from bot.storage.seal import Keys, Seal
from bot.storage.setup import Setup
from bot.storage.shelf import Shelf
from bot.storage.spending import Spending
from bot.storage.spool import Spool
from bot.storage.stories import Stories
from bot.storage.tokens import Tokens
from bot.storage.vault import Vault, open_vault
from bot.storage.versions import Versions


@dataclass
class Context:
    """Everything a job or a handler works with. One a process and event loop."""

    settings: Settings
    redis: Redis
    redis_url: str
    http: aiohttp.ClientSession
    clock: Callable[[], datetime]
    scripts: Scripts = field(init=False)

    def __post_init__(self) -> None:
        self.scripts = Scripts(self.redis)
        self.breakers = Breakers(self.scripts)
        self.leases = Leases(self.redis, self.scripts, self.settings.soulcaster_lease_seconds)
        self.jobs = Jobs(self.redis, self.scripts, self.leases, self.redis_url)
        s = self.settings
        keys, keep = s.soulcaster_vault_keys.get_secret_value(), s.soulcaster_keep
        self.seal = Seal(lambda: self.fernet, on=bool(s.redis_url and keys))
        self.setup = Setup(self.redis, self.scripts, lambda: self.fernet)
        stored = self.redis, self.scripts, self.seal, keep
        self.outage = Outage(self.redis, self.seal)
        self.inbox = Inbox(*stored)
        self.spool = Spool(self.settings.soulcaster_data_dir / "spool.db")
        self.marks = Marks(*stored)
        self.imports = Imports(*stored)
        self.file_imports = FileImports(*stored)
        self._redis_blobs = RedisBlobs(*stored)
        self.projects = Projects(*stored)
        self.tokens = Tokens(*stored)
        self.items = Items(*stored)
        self.clusters = Clusters(*stored)
        self.cluster_jobs = ClusterJobs(*stored)
        self.embeddings = Embeddings(self.redis, self.scripts, self._machine())
        self.runs = Runs(*stored)
        self.overview = Overview(self.redis, self.scripts, self.seal, self.leases, self.runs)
        self.polls = Polls(*stored)
        self.processes = Processes(self.scripts)
        self.quotas = Quotas(*stored)
        self.versions = Versions(*stored)
        self.answers = Answers(*stored)
        self.memory = Memory(*stored)
        self.own_agents = OwnAgents(*stored)
        self.shelf = Shelf(*stored)
        self.operations = Operations(*stored)
        self.plans = Plans(*stored)
        self.writings = Writings(*stored)
        self.cards = Cards(*stored)
        self.commands = Commands(*stored)
        self.digests = Digests(*stored)
        self.stories = Stories(*stored)
        self.channels = Channels(*stored)
        self.accounts = Accounts(*stored)
        self.retention = Retention(*stored)
        self.erasure = Erasure(*stored)
        self.configs = ProjectConfigs(lambda: self.github, self.projects)
        self.own_keys = OwnKeys(self.redis, lambda: self.fernet)
        self.spending = Spending(self.scripts)
        self.models = LanguageModels(
            lambda: (self.settings, self.settings_for_adapters),
            self.configs,
            self.own_keys,
            self.spending,
            self.now,
        )
        self._closers: list[Embedder | VectorIndex | LanguageModels | Sandboxes] = [self.models]

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.clock()

    @cached_property
    def vault(self) -> Vault:
        """Secrets of the alert sources."""
        return Vault(self.redis, self.scripts, self.fernet)

    @cached_property
    def fernet(self) -> Keys:
        """The keys that seal what is stored."""
        configured = self.settings.soulcaster_vault_keys.get_secret_value()
        return open_vault(configured, self.settings.soulcaster_data_dir)

    @cached_property
    def github(self) -> GitHubApp:
        """GitHub as the app. Raises ConfigError when no app is set up."""
        if not self.settings.github_app_id:
            raise ConfigError("GitHub is not connected: set GITHUB_APP_ID and its key.")
        return GitHubApp(
            self.http,
            app_id=self.settings.github_app_id,
            private_key=self.settings.github_private_key.get_secret_value(),
            base_url=self.settings.github_api_url,
            scripts=self.scripts,
            limits=self.settings.soulcaster_github_limits,
            guard=self.breakers.of("GitHub"),
            is_quiet=self.configs.is_quiet,
        )

    @cached_property
    def reddit(self) -> Reddit:
        """Reddit, as an app of ours where there is one."""
        s = self.settings
        return Reddit(
            self.http,
            self.scripts,
            self.breakers.of("Reddit"),
            keys=(s.reddit_client_id, s.reddit_client_secret.get_secret_value()),
            user_agent=s.reddit_user_agent,
            urls=(s.reddit_url, s.reddit_api_url),
        )

    @cached_property
    def slack(self) -> Slack | None:
        """Slack, or None when it is not connected."""
        s, spaces = self.settings, None
        client = make_client(s.slack_bot_token.get_secret_value(), s.slack_api_url, self.http)
        if s.slack_client_id:
            app = s.slack_client_id, s.slack_client_secret.get_secret_value()
            spaces = Workspaces(self.redis, lambda: self.fernet, self.leases, client, app)
        elif not client.token:
            return None
        made = client, self.http, self.scripts, self.marks
        return Slack(*made, workspaces=spaces, guard=self.breakers.of("Slack"))

    @cached_property
    def embedder(self) -> Embedder:
        """Texts to vectors."""
        made = choose.embedder(self.settings_for_adapters)
        self._closers.append(made)
        return made

    @cached_property
    def vectors(self) -> VectorIndex:
        """Nearest vectors."""
        made = choose.vector_index(self.settings_for_adapters)
        self._closers.append(made)
        return made

    @cached_property
    def blobs(self) -> Blobs:
        """Large files of projects."""
        objects = choose.objects(self.settings_for_adapters)
        return ObjectBlobs(self._redis_blobs, objects) if objects else self._redis_blobs

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """Where code of others runs."""
        made = choose.sandboxes(self.settings_for_adapters)
        self._closers.append(made)
        return made

    @cached_property
    def settings_for_adapters(self) -> choose.AdapterChoices:
        """What the adapters' room may know of the settings."""
        shared = self._stored_vectors if self.settings.redis_url else None
        return replace(
            self.choices_of(self.settings), shared_vectors=shared, guard=self.breakers.of
        )

    def _stored_vectors(self) -> VectorIndex:
        from bot.storage.vectors import StoredVectors

        return StoredVectors(self.redis, self.seal)

    def _machine(self) -> str:
        """Tells this data folder of this host from any other."""
        where = f"{socket.gethostname()}:{self.settings.soulcaster_data_dir.absolute()}"
        return hashlib.sha256(where.encode()).hexdigest()[:16]

    @staticmethod
    def choices_of(s: Settings) -> choose.AdapterChoices:
        """The part of the settings that adapters are chosen by."""
        return choose.AdapterChoices(
            data_dir=s.soulcaster_data_dir.absolute(),
            weights_dir=s.soulcaster_weights_dir.expanduser(),
            models_dir=s.soulcaster_models_dir.expanduser(),
            embedder=s.soulcaster_embedder,
            gemini_embedding=s.soulcaster_gemini_embedding,
            openai_embedding=s.soulcaster_openai_embedding,
            models=s.soulcaster_models,
            model_seconds=s.soulcaster_model_seconds,
            upstash_url=s.upstash_vector_rest_url,
            upstash_token=s.upstash_vector_rest_token.get_secret_value(),
            blobs=s.soulcaster_blobs,
            e2b_key=s.e2b_api_key.get_secret_value(),
            e2b_url=s.e2b_api_url,
            e2b_sandbox_url=s.e2b_sandbox_url,
            trusted=s.soulcaster_trusted_repositories,
            environments_mb=s.soulcaster_environments_mb,
            registries=s.soulcaster_registries,
            agent_command=s.soulcaster_agent_command,
            gateway_url=s.soulcaster_gateway_url,
            gateway_host=s.soulcaster_gateway_host,
            gateway_port=s.soulcaster_gateway_port,
            agents_dir=s.soulcaster_agents_dir.expanduser().absolute(),
            vendors={v: choose.ModelAccess(*s.access(v)) for v in choose_model.VENDORS},
        )

    def adapters(self) -> list[tuple[str, str, str]]:
        """``(need, adapter in use, why)`` for doctor and status."""
        s = self.settings
        redis = ("Redis", "REDIS_URL is set") if s.redis_url else ("embedded", "no REDIS_URL")
        return [
            ("state and queue", *redis),
            ("words at rest", *self._at_rest()),
            *choose.explain(self.settings_for_adapters),
            choose_model.explain(self.settings_for_adapters),
            ("GitHub", s.github_api_url, f"app {s.github_app_id}")
            if s.github_app_id
            else ("GitHub", "not connected", "no GITHUB_APP_ID"),
            ("Slack", s.slack_api_url, s.slack_client_id or "SLACK_BOT_TOKEN is set")
            if self.slack
            else ("Slack", "not connected", "no SLACK_BOT_TOKEN"),
        ]

    def _at_rest(self) -> tuple[str, str]:
        if self.seal.on:
            return "sealed", "SOULCASTER_VAULT_KEYS is set"
        why = "no SOULCASTER_VAULT_KEYS" if self.settings.redis_url else "the Redis is ours alone"
        return "not sealed", why

    async def close(self) -> None:
        """Release what was opened."""
        await self.jobs.close()
        for adapter in self._closers:
            await adapter.close()


@asynccontextmanager
async def open_context(
    settings: Settings, *, clock: Callable[[], datetime] | None = None, chosen: bool = True
) -> AsyncIterator[Context]:
    """A context in the running event loop; the embedded Redis is joined where no URL is set.
    Without ``chosen`` the environment alone counts: what was chosen may need a key that is lost.
    Raises ConfigError or Unavailable."""
    # A checkout under test has modes of its own.
    keep_private(settings.soulcaster_data_dir, leave=frozenset({"sandboxes", "environments"}))
    embedded = None
    url = settings.redis_url
    if not url:
        embedded = EmbeddedRedis(settings.soulcaster_data_dir, settings.soulcaster_redis_mb)
        embedded.start()
        url = embedded.url
    keep_secret(*settings.secrets())
    redis = connect(url)
    http = aiohttp.ClientSession()
    context = Context(settings, redis, url, http, clock or (lambda: datetime.now(UTC)))
    try:
        if chosen:
            context.settings = await context.setup.above(settings)
        yield context
    finally:
        await context.close()
        await http.close()
        await redis.aclose()
        if embedded:
            embedded.stop()
