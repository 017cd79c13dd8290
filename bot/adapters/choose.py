"""The rosters of adapters, and which one of each is used. SDKs are imported when their adapter is
made. The contract suites run against every name here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.domain.blobs import Objects
from bot.domain.errors import ConfigError
from bot.domain.metering import Meter
from bot.domain.models import Purpose
from bot.domain.ports import Embedder, Guard, Sandboxes, VectorIndex

if TYPE_CHECKING:
    from bot.adapters.sandboxes.environments import Environments


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """A vendor's key, where its wire is spoken if not at the vendor's, and the model to ask."""

    key: str = ""
    base_url: str = ""
    model: str = ""

    @property
    def host(self) -> str:
        """Whose server it is, where it is not the vendor's."""
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class AdapterChoices:
    """What the operator decided, as far as adapters are concerned."""

    data_dir: Path
    weights_dir: Path
    models_dir: Path = Path("/nowhere")
    embedder: str = "auto"
    gemini_embedding: str = ""
    openai_embedding: str = ""
    upstash_url: str = ""
    upstash_token: str = ""
    blobs: str = ""
    e2b_key: str = ""
    e2b_url: str = ""
    e2b_sandbox_url: str = ""
    trusted: frozenset[str] = frozenset()
    tools: tuple[Path, ...] = ()
    environments: Path | None = None
    environments_mb: int = 10_000
    registries: Mapping[str, str] = field(default_factory=dict)
    vendors: Mapping[str, ModelAccess] = field(default_factory=dict)
    agents_dir: Path = Path("/nowhere")
    agent_command: str = ""
    gateway_url: str = ""
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 0
    # Makes the index in a Redis that other machines use, too; None where it is ours alone.
    shared_vectors: Callable[[], VectorIndex] | None = None
    # Names of models by what they are asked for, ``vendor/model``, the first in front.
    models: Mapping[Purpose, tuple[str, ...]] = field(default_factory=dict)
    # How long each but the last of them is waited for, and what its calls are counted by.
    model_seconds: float = 60
    meter: Meter | None = None
    # By the name of a hosted service: what its calls are made within.
    guard: Callable[[str], Guard] = lambda _: nullcontext

    def of(self, vendor: str) -> ModelAccess:
        """How a vendor's models are reached; without a key where they are not."""
        return self.vendors.get(vendor, ModelAccess())


def _embedder_name(c: AdapterChoices) -> tuple[str, str]:
    from bot.adapters.embedders.weights import MINILM

    if c.embedder != "auto":
        return c.embedder, "SOULCASTER_EMBEDDER says so"
    if c.of("gemini").key:
        return "gemini", "GEMINI_API_KEY is set"
    if not MINILM.missing(c.weights_dir):
        return "minilm", "no GEMINI_API_KEY; the model's weights are here"
    return "hashing", "no GEMINI_API_KEY, and no weights here (`make weights` fetches them)"


def _gemini_embedder(c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.hosted import GeminiEmbedder

    return GeminiEmbedder(
        api_key=c.of("gemini").key,
        model=c.gemini_embedding,
        base_url=c.of("gemini").base_url or None,
        guard=c.guard("Gemini"),
    )


def _openai_embedder(c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.hosted import OpenAIEmbedder

    return OpenAIEmbedder(
        api_key=c.of("openai").key,
        model=c.openai_embedding,
        base_url=c.of("openai").base_url,
        service=c.of("openai").host or "OpenAI",
        guard=c.guard("OpenAI"),
    )


def _minilm_embedder(c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.minilm import MiniLM

    return MiniLM(c.weights_dir)


def _multilingual_embedder(c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.multilingual import Multilingual

    return Multilingual(c.models_dir / "multilingual")


def _local_embedder(c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.manifest import LocalModel, folder_of

    return LocalModel(folder_of(c.embedder, c.models_dir))


def _hashing_embedder(_c: AdapterChoices) -> Embedder:
    from bot.adapters.embedders.hashing import Hashing

    return Hashing()


EMBEDDERS: Mapping[str, Callable[[AdapterChoices], Embedder]] = {
    "gemini": _gemini_embedder,
    "openai": _openai_embedder,
    "minilm": _minilm_embedder,
    "multilingual": _multilingual_embedder,
    "local": _local_embedder,
    "hashing": _hashing_embedder,
}


def embedder_name(c: AdapterChoices) -> str:
    """Which one of the roster is used, or the name or folder of a local model."""
    return _embedder_name(c)[0]


def embedder(c: AdapterChoices) -> Embedder:
    """Texts to vectors. Raises ConfigError when the one asked for cannot be had."""
    return EMBEDDERS.get(embedder_name(c), _local_embedder)(c)


def _vector_index_name(c: AdapterChoices) -> tuple[str, str]:
    if c.upstash_url:
        return "upstash", "UPSTASH_VECTOR_REST_URL is set"
    if c.shared_vectors:
        return "redis", "REDIS_URL is set, and no UPSTASH_VECTOR_REST_URL"
    return "local", "no UPSTASH_VECTOR_REST_URL, and the Redis is ours alone"


def _upstash_index(c: AdapterChoices) -> VectorIndex:
    from bot.adapters.vectors.upstash import UpstashIndex

    return UpstashIndex(url=c.upstash_url, token=c.upstash_token, guard=c.guard("Upstash"))


def _local_index(c: AdapterChoices) -> VectorIndex:
    from bot.adapters.vectors.local import LocalIndex

    return LocalIndex(c.data_dir / "vectors")


def _redis_index(c: AdapterChoices) -> VectorIndex:
    if c.shared_vectors is None:
        raise ConfigError("Vectors are kept in Redis where REDIS_URL is set: set it.")
    return c.shared_vectors()


VECTOR_INDEXES: Mapping[str, Callable[[AdapterChoices], VectorIndex]] = {
    "upstash": _upstash_index,
    "redis": _redis_index,
    "local": _local_index,
}


def vector_index(c: AdapterChoices) -> VectorIndex:
    """Upstash where it is configured, else Redis where others use it, too, else this disk."""
    return VECTOR_INDEXES[_vector_index_name(c)[0]](c)


def _sandboxes_name(c: AdapterChoices) -> tuple[str, str]:
    return ("e2b", "E2B_API_KEY is set") if c.e2b_key else ("local", "no E2B_API_KEY")


def _e2b_sandboxes(c: AdapterChoices) -> Sandboxes:
    from bot.adapters.sandboxes.e2b import E2BSandboxes

    return E2BSandboxes(
        c.e2b_key,
        _environments(c),
        registries=c.registries,
        api_url=c.e2b_url or None,
        sandbox_url=c.e2b_sandbox_url or None,
        guard=c.guard("E2B"),
    )


def _local_sandboxes(c: AdapterChoices) -> Sandboxes:
    from bot.adapters.sandboxes.isolation import toolchain
    from bot.adapters.sandboxes.local import LocalSandboxes

    agents = [c.agents_dir] if c.agents_dir.is_dir() else []
    ours = toolchain()
    return LocalSandboxes(
        c.data_dir / "sandboxes",
        trusted=c.trusted,
        tools=(*c.tools, *ours, *agents),
        our_packages=ours[0] in c.tools,
        environments=_environments(c),
        registries=c.registries,
    )


def _environments(c: AdapterChoices) -> Environments:
    from bot.adapters.sandboxes.environments import Environments

    return Environments(
        c.environments or c.data_dir / "environments", c.environments_mb * 1_000_000
    )


SANDBOXES: Mapping[str, Callable[[AdapterChoices], Sandboxes]] = {
    "e2b": _e2b_sandboxes,
    "local": _local_sandboxes,
}


def sandboxes(c: AdapterChoices) -> Sandboxes:
    """E2B where there is a key, else this machine."""
    return SANDBOXES[_sandboxes_name(c)[0]](c)


def _objects_name(c: AdapterChoices) -> tuple[str, str]:
    return ("S3", "SOULCASTER_BLOBS is set") if c.blobs else ("Redis", "no SOULCASTER_BLOBS")


def objects(c: AdapterChoices) -> Objects | None:
    """Where pieces of large files lie outside Redis, if they do. Raises ConfigError."""
    if not c.blobs:
        return None
    try:
        from bot.adapters.objects import Bucket
    except ModuleNotFoundError as error:
        raise ConfigError("SOULCASTER_BLOBS needs `pip install 'soulcaster[s3]'`.") from error
    return Bucket(c.blobs, guard=c.guard("S3"))


def explain(c: AdapterChoices) -> list[tuple[str, str, str]]:
    """``(need, adapter in use, why)``; makes nothing and calls nobody."""
    return [
        ("embeddings", *_embedder_name(c)),
        ("vectors", *_vector_index_name(c)),
        ("files", *_objects_name(c)),
        ("sandbox", *_sandboxes_name(c)),
    ]
