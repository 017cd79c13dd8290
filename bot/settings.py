"""Every setting, read from the environment once, here and nowhere else. ``Settings.load()`` raises
ConfigError with one line a mistake: which, why, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from bot.domain.errors import ConfigError
from bot.domain.keeping import Keep
from bot.domain.models import ModelName, Purpose
from bot.setting_values import (
    check_bucket,
    check_key,
    check_redis,
    read_keep,
    read_key,
    read_links,
    read_models,
    read_urls,
    split_names,
    split_words,
    without_slash,
)

# Names of ours that no process of the product reads.
READ_BY_TESTS = frozenset({"SOULCASTER_SHARED", "SOULCASTER_QUIXBUGS"})

_CACHE = Path("~/.cache/soulcaster")
# Settings of ours whose names begin as those of other programs do.
_SHARED_PREFIXES = ("GITHUB_", "SLACK_", "GEMINI_", "E2B_", "UPSTASH_", "REDIS_", "REDDIT_")


class Settings(BaseSettings):
    """What the operator decides. ``.env.example`` and the README are asserted against this."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    redis_url: Annotated[str, AfterValidator(check_redis)] = Field(
        "", description="Redis to use; empty starts one in the data folder"
    )
    soulcaster_redis_mb: int = Field(
        512, ge=16, description="Memory that a Redis started in the data folder may take, in MB"
    )
    soulcaster_import_mb: int = Field(
        1_024, ge=1, description="Size of a file that may be imported, in MB"
    )
    soulcaster_blobs: Annotated[str, AfterValidator(check_bucket)] = Field(
        "", description="s3://bucket/prefix for files and uploads, as AWS_* say; empty: in Redis"
    )
    soulcaster_files_tokens: int = Field(6_000, ge=100, description="Of files, with one question")
    port: int = Field(8080, ge=1, le=65535, description="Port of `soulcaster web`")
    soulcaster_onboarding: bool = Field(
        True, description="Whether a new project is asked, by a pull request, before we write there"
    )
    soulcaster_host: str = Field("127.0.0.1", description="Address `soulcaster web` binds")
    soulcaster_data_dir: Path = Field(Path(".soulcaster"), description="State on disk")
    soulcaster_public_url: Annotated[str, AfterValidator(without_slash)] = Field(
        "", description="Where people reach this server, for links"
    )
    soulcaster_proxies: int = Field(
        0, ge=0, description="Proxies before this server whose X-Forwarded-For it believes"
    )
    soulcaster_connections: int = Field(
        400, ge=2, description="Open connections at most; without proxies half from one address"
    )
    soulcaster_backlog: int = Field(
        20_000, ge=1, description="Alerts of a project that may wait; beyond it senders get 429"
    )
    soulcaster_body_mb: int = Field(
        64, ge=1, description="MB of request bodies in memory at once; beyond it senders wait"
    )
    soulcaster_door_seconds: float = Field(
        10, gt=0, description="How long a request's head may take to come, and its body"
    )
    soulcaster_wrong_secrets: int = Field(
        10, ge=0, description="Wrong secrets of an address at a door before it has to wait"
    )
    soulcaster_log: Literal["text", "json"] = Field("text", description="How logs are written")
    soulcaster_metrics_token: SecretStr = Field(
        SecretStr(""), description="Who shows it as a bearer token reads `/metrics`; empty: nobody"
    )
    soulcaster_token: SecretStr = Field(
        SecretStr(""), description="Token of a project, for `soulcaster import --to` another server"
    )
    soulcaster_alert_webhook: SecretStr = Field(
        SecretStr(""), description="Where the operator is told, as Slack's incoming webhooks hear"
    )

    github_app_id: int = Field(0, ge=0, description="The GitHub App's id; 0 is not connected")
    github_private_key: Annotated[
        SecretStr, BeforeValidator(read_key), AfterValidator(check_key)
    ] = Field(SecretStr(""), description="Its key: PEM text or a path")
    github_webhook_secret: SecretStr = Field(SecretStr(""), description="Signs its webhooks")
    github_client_id: str = Field("", description="The app's, for people who sign in to watch runs")
    github_client_secret: SecretStr = Field(SecretStr(""), description="Its secret")
    github_api_url: str = Field("https://api.github.com", description="REST base URL")
    soulcaster_github_limits: Annotated[
        tuple[PositiveInt, PositiveInt, PositiveInt], NoDecode, BeforeValidator(split_words)
    ] = Field(
        (80, 500, 900), description="An installation's writes a minute, an hour; points a minute"
    )

    slack_signing_secret: SecretStr = Field(SecretStr(""), description="Signing secret, for HTTP")
    slack_bot_token: SecretStr = Field(SecretStr(""), description="Bot token, xoxb-...")
    slack_app_token: SecretStr = Field(
        SecretStr(""), description="App-level token, xapp-...: needs no public address"
    )
    slack_client_id: str = Field("", description="Client id: several workspaces, /slack/install")
    slack_client_secret: SecretStr = Field(SecretStr(""), description="Its secret")
    slack_api_url: str = Field("https://slack.com/api/", description="Web API base URL")
    soulcaster_slack_channel: str = Field("", description="Channel id; or say `channel bind` there")
    soulcaster_links: Annotated[dict[str, str], NoDecode, BeforeValidator(read_links)] = Field(
        default_factory=dict,
        description="Slack team/user = GitHub login, e.g. `T1/U1=ana`; people may `link`, too",
    )

    reddit_client_id: str = Field("", description="An app at Reddit, for polls; empty: as anybody")
    reddit_client_secret: SecretStr = Field(SecretStr(""), description="Its secret")
    reddit_user_agent: str = Field(
        "web:soulcaster:0.1 (self-hosted)",
        min_length=8,
        description="Who polls, as Reddit asks: platform:app:version (by /u/you)",
    )
    reddit_url: str = Field("https://www.reddit.com", description="Where anybody reads")
    reddit_api_url: str = Field("https://oauth.reddit.com", description="Where apps read")

    gemini_api_key: SecretStr = Field(SecretStr(""), description="Gemini embeddings and language")
    gemini_base_url: str = Field("", description="Another server that speaks Gemini's wire")
    soulcaster_gemini_model: str = Field("gemini-3.5-flash", description="Language model")
    soulcaster_gemini_embedding: str = Field("gemini-embedding-001", description="Embedder")
    anthropic_api_key: SecretStr = Field(SecretStr(""), description="Claude, for agents")
    anthropic_base_url: str = Field("", description="Another server that speaks Messages")
    soulcaster_anthropic_model: str = Field("claude-sonnet-5", description="Agents' Claude")
    openai_api_key: SecretStr = Field(SecretStr(""), description="GPT, or whatever speaks its wire")
    openai_base_url: str = Field("", description="Another server that speaks OpenAI's wires")
    soulcaster_openai_model: str = Field("gpt-6.1-sol", description="Its model")
    soulcaster_openai_embedding: str = Field(
        "text-embedding-3-small/768",
        pattern=r"^.+/[1-9]\d{0,4}$",
        description="Its embedder, and how many dimensions it has",
    )
    soulcaster_models: Annotated[
        dict[Purpose, tuple[ModelName, ...]], NoDecode, BeforeValidator(read_models)
    ] = Field(
        default_factory=dict,
        description="Who answers, else who: `judge=gemini/NAME,openai/NAME; plan=...; agent=...`",
    )
    soulcaster_lend_keys: bool = Field(True, description="Whether projects may use our keys")
    soulcaster_month_dollars: float = Field(0, ge=0, description="Models' cap a project and month")
    soulcaster_month_tokens: int = Field(0, ge=0, description="The same in tokens; 0 is any number")
    upstash_vector_rest_url: str = Field("", description="Upstash Vector index")
    upstash_vector_rest_token: SecretStr = Field(SecretStr(""), description="Its token")
    e2b_api_key: SecretStr = Field(SecretStr(""), description="E2B sandboxes")
    e2b_api_url: str = Field("", description="Another E2B control plane")
    e2b_sandbox_url: str = Field("", description="Another way to E2B's sandboxes themselves")
    soulcaster_e2b_template: str = Field("base", description="Template of a sandbox")
    soulcaster_embedder: str = Field(
        "auto",
        pattern=r"^(auto|gemini|openai|minilm|multilingual|hashing|[\w.-]+/[\w.-]+|[/~.].*)$",
        description="gemini with a key, else minilm, else hashing; multilingual, owner/name, /path",
    )
    soulcaster_weights_dir: Path = Field(_CACHE / "minilm", description="Folder of minilm")
    soulcaster_models_dir: Path = Field(_CACHE / "models", description="Folder of other models")
    soulcaster_models_hub: str = Field("", description="Another hub like Hugging Face's")
    soulcaster_agent: str = Field("mechanic", description="Agents, with commas, of other fixes")
    soulcaster_agent_command: str = Field(
        "", description="What the agent `command` runs; its task is in $SOULCASTER_TASK"
    )
    soulcaster_agents_dir: Path = Field(_CACHE / "agents", description="Folder of agents' CLIs")
    soulcaster_gateway_url: str = Field(
        "", description="Where sandboxes elsewhere reach a run's model gateway; empty: this machine"
    )
    soulcaster_gateway_host: str = Field("127.0.0.1", description="Address the gateway binds")
    soulcaster_gateway_port: int = Field(0, ge=0, le=65535, description="Its port; 0: a free one")
    soulcaster_trusted_repositories: Annotated[
        frozenset[str], NoDecode, BeforeValidator(split_names)
    ] = Field(
        frozenset(),
        description="owner/repo or owner/repo@commit,...: tested here without isolation",
    )
    soulcaster_registries: Annotated[dict[str, str], NoDecode, BeforeValidator(read_urls)] = Field(
        default_factory=dict,
        description="URLs of builds: `python= npm= go= crates= maven=`; empty: as pip and npm do",
    )
    soulcaster_environments_mb: int = Field(
        10_000, ge=1, description="Disk for what builds have installed, the least used gone first"
    )
    soulcaster_fix_seconds: float = Field(900, gt=0, description="Wall time of one fix run")
    soulcaster_fix_longest: float = Field(
        3600, gt=0, description="Longest wall time that anybody may ask for"
    )
    soulcaster_fixes_at_once: int = Field(
        1, ge=1, le=16, description="Fix runs that one fixer process has under way"
    )
    soulcaster_report_quota: int = Field(
        1500, ge=0, description="New reports an installation and period; 0 is any number"
    )
    soulcaster_fix_quota: int = Field(
        20, ge=0, description="Successful fixes an installation and period; 0 is no fix"
    )
    soulcaster_calls: Annotated[
        tuple[PositiveInt, PositiveInt, PositiveInt], NoDecode, BeforeValidator(split_words)
    ] = Field(
        (60, 20, 100), description="A person's commands a minute, costly ones, requests of uploads"
    )
    soulcaster_api_limit: int = Field(600, ge=1, description="Requests a minute with one token")
    soulcaster_quota_period: Literal["day", "week", "month", "year", "ever"] = Field(
        "month", description="When the quotas begin anew, in UTC"
    )
    soulcaster_judge_budget: int = Field(
        200, ge=0, description="Reports a project and day that the language model compares"
    )
    soulcaster_summary_budget: int = Field(
        200, ge=0, description="Summaries a project and day that the language model writes"
    )
    soulcaster_ask_budget: int = Field(
        200, ge=0, description="Questions a project and day that the language model answers"
    )
    soulcaster_facts_budget: int = Field(100, ge=0, description="Such questions for claimed facts")
    soulcaster_ask_web: bool = Field(False, description="Whether `ask --web` may ask Google")
    soulcaster_model_seconds: float = Field(
        60, gt=0, description="Longest wait for one answer of the language model"
    )
    soulcaster_vault_keys: SecretStr = Field(
        SecretStr(""),
        description="Fernet keys, newest first; they also seal words in your own Redis",
    )
    soulcaster_lease_seconds: float = Field(10, ge=1, description="How long a dead worker holds on")
    soulcaster_keep: Annotated[Keep, NoDecode, BeforeValidator(read_keep)] = Field(
        Keep(), description="How long what is no record is kept, by kind; name those that differ"
    )

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if self.github_app_id and not self.github_private_key.get_secret_value():
            raise ValueError("GITHUB_PRIVATE_KEY is missing: GITHUB_APP_ID is set, so set it too")
        if self.github_app_id and not self.github_webhook_secret.get_secret_value():
            raise ValueError(
                "GITHUB_WEBHOOK_SECRET is missing: without it every webhook would be refused"
            )
        if bool(self.upstash_vector_rest_url) != bool(self.upstash_vector_rest_token):
            raise ValueError(
                "UPSTASH_VECTOR_REST_URL and UPSTASH_VECTOR_REST_TOKEN go together: set both"
            )
        app, heard = self.slack_client_id, self.slack_signing_secret or self.slack_app_token
        if bool(app) != bool(app and self.slack_client_secret and self.soulcaster_public_url):
            raise ValueError("SLACK_CLIENT_ID needs SLACK_CLIENT_SECRET and SOULCASTER_PUBLIC_URL")
        if bool(self.slack_bot_token or app) != bool(heard):
            ways = "SLACK_APP_TOKEN, or at a public address SLACK_SIGNING_SECRET"
            raise ValueError(f"SLACK_BOT_TOKEN or SLACK_CLIENT_ID go together with {ways}")
        return self

    def above(self, chosen: Mapping[str, str]) -> Self:
        """These, and below them what ``chosen`` has under names of the environment. Raises
        ConfigError, as ``load`` does."""
        below: dict[str, Any] = {name.lower(): value for name, value in chosen.items()}
        try:
            said = {name: getattr(self, name) for name in self.model_fields_set}
            return type(self)(**below | said)
        except ValidationError as error:
            raise ConfigError("\n".join(_mistakes(error))) from error

    def access(self, vendor: str) -> tuple[str, str, str]:
        """A vendor's key, address and model."""
        key, url, model = f"{vendor}_api_key", f"{vendor}_base_url", f"soulcaster_{vendor}_model"
        return getattr(self, key).get_secret_value(), getattr(self, url), getattr(self, model)

    def secrets(self) -> list[str]:
        """Every secret by its value; of several keys each."""
        values = [v.get_secret_value() for _, v in self if isinstance(v, SecretStr)]
        return [part.strip() for value in values for part in value.split(",") if part.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,
        file_secret_settings: Source,
    ) -> tuple[Source, ...]:
        """``load`` is the one that reads the environment; making a record does not."""
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str | None] | None = None) -> Settings:
        """Read the environment, and ``.env`` below it; an empty value is no value. Raises
        ConfigError with one line for each mistake."""
        environ = _environ() if environ is None else environ
        known = {name.upper(): name for name in cls.model_fields}
        ours = {n for n in environ if n.startswith("SOULCASTER_")} - READ_BY_TESTS
        lines = [
            f"{name} is no setting of ours: see .env.example" for name in sorted(ours - set(known))
        ]
        try:
            settings = cls(
                **{field: environ[name] for name, field in known.items() if environ.get(name)}  # type: ignore[arg-type]
            )
        except ValidationError as error:
            lines += _mistakes(error)
        else:
            if not lines:
                return settings
        raise ConfigError("\n".join(lines))


def _mistakes(error: ValidationError) -> list[str]:
    said = [
        (".".join(map(str, one["loc"])).upper(), one["msg"].removeprefix("Value error, "))
        for one in error.errors()
    ]
    return [f"{name}: {why}; see .env.example" if name else why for name, why in said]


def misspelt(environ: Mapping[str, str | None] | None = None) -> list[str]:
    """Names that look like a setting of ours and are none, one line each. They may be another
    program's, so they are told and not refused."""
    known = [name.upper() for name in Settings.model_fields]
    lines = []
    for name in sorted(set(_environ() if environ is None else environ) - set(known)):
        if name.startswith(_SHARED_PREFIXES) and (near := get_close_matches(name, known, 1, 0.8)):
            lines.append(f"{name}: {near[0]}?")
    return lines


def _environ() -> Mapping[str, str | None]:
    return {**dotenv_values(".env"), **os.environ}
