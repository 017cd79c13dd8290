"""The contract suites against hosted services, by the keys that are set: `make live`.

Nothing of anybody is touched: a Redis must be empty, an index is used under names of its own, of
GitHub is only read, and of E2B's machines only those made here are ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import test_sandbox
import test_storage
from pydantic import SecretStr
from redis import Redis
from test_embedder import TestEveryEmbedder
from test_language_model import ASK, Cause
from test_sandbox import LABELS, sandbox
from test_vector_index import SPACE, TestEveryIndex

from bot.adapters import choose
from bot.context import Context, open_context
from bot.domain.ports import Embedder, LanguageModel, Sandboxes, VectorIndex
from bot.domain.secrets import keep_secret
from bot.settings import Settings
from handlers.doctor import CHECKS

__all__ = ["TestEveryEmbedder", "TestEveryIndex", "sandbox"]
pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
Needs = Callable[..., Settings]
# One suite a module: its tests are run here with what stands below.
for _suite in (test_sandbox, test_storage):
    _of = "sandbox" if _suite is test_sandbox else "redis"
    globals().update(
        (f"{name}_of_{_of}", test) for name, test in vars(_suite).items() if name[:5] == "test_"
    )


@pytest.fixture
def needs(record_property: Callable[[str, object], None]) -> Needs:
    """``needs("Gemini", "GEMINI_API_KEY")`` are the settings; it skips where one is not set."""

    def of(service: str, *names: str) -> Settings:
        record_property("service", service)
        settings = Settings.load()
        keep_secret(*settings.secrets())
        for name in names:
            value = getattr(settings, name.lower())
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                pytest.skip(f"{name} is not set")
        return settings

    return of


@pytest.fixture
async def embedder(needs: Needs) -> AsyncIterator[Embedder]:
    settings = needs("Gemini embeddings", "GEMINI_API_KEY")
    made = choose.EMBEDDERS["gemini"](Context.choices_of(settings))
    yield made
    await made.close()


@pytest.fixture
async def model(needs: Needs) -> AsyncIterator[LanguageModel]:
    settings = needs("Gemini", "GEMINI_API_KEY")
    made = choose.LANGUAGE_MODELS["gemini"](Context.choices_of(settings))
    yield made
    await made.close()


async def test_a_model_answers_with_a_record(model: LanguageModel) -> None:
    assert (await model.answer(Cause, **ASK)).title


@pytest.fixture
def upstash(needs: Needs) -> Settings:
    return needs("Upstash Vector", "UPSTASH_VECTOR_REST_URL", "UPSTASH_VECTOR_REST_TOKEN")


@pytest.fixture
def width(upstash: Settings) -> int:
    from upstash_vector import Index

    token = upstash.upstash_vector_rest_token.get_secret_value()
    url = upstash.upstash_vector_rest_url
    return Index(url, token, allow_telemetry=False).info().dimension


@pytest.fixture
async def index(upstash: Settings) -> AsyncIterator[VectorIndex]:
    made = choose.VECTOR_INDEXES["upstash"](Context.choices_of(upstash))
    yield made
    for space in (SPACE, "1:a", "1:a/b"):
        await made.drop(space)
    await made.close()


@pytest.fixture
async def sandboxes(needs: Needs) -> AsyncIterator[Sandboxes]:
    settings = needs("E2B", "E2B_API_KEY")
    made = choose.SANDBOXES["e2b"](Context.choices_of(settings))
    if await made.alive():
        pytest.skip("machines of Soulcaster run there: the suite counts them")
    yield made
    for name, labels in (await made.alive()).items():
        if labels.get("repository", LABELS["repository"]) == LABELS["repository"]:
            await made.kill(name)
    await made.close()


@pytest.fixture
def redis_url(needs: Needs) -> Iterator[str]:
    """One that holds nothing: the suite empties it."""
    url = needs("Redis", "REDIS_URL").redis_url
    with Redis.from_url(url) as redis:
        if kept := redis.dbsize():
            pytest.skip(f"REDIS_URL holds {kept:,} keys, and the suite would empty it")
        yield url
        redis.flushdb()


@pytest.fixture
async def github(needs: Needs, tmp_path: Path) -> AsyncIterator[Context]:
    settings = needs("GitHub", "GITHUB_APP_ID", "GITHUB_PRIVATE_KEY")
    ours = {"redis_url": "", "soulcaster_data_dir": tmp_path}
    async with open_context(settings.model_copy(update=ours), chosen=False) as ctx:
        yield ctx


async def test_github_knows_the_app(github: Context) -> None:
    found, _ = await CHECKS["GitHub"](github)
    assert (await github.github.about())["slug"] in found
    await github.github.hook()
    assert all([one["id"] async for one in github.github.installations()])
