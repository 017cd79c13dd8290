"""The running API is what its document says: schemathesis tries every path, and curl the page's."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from documents import ROOT
from e2e_kit import item_of_issue, open_issue, settled, unlike
from forks import open_stage

from bot.domain.models import Person
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


# What is asked for in the right way may still be over the quota.
CONFIG = """[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "402", "403", "404", "409"]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Our processes, with limits that are not in the way; no fix is started."""
    async with open_stage(
        tmp_path_factory.mktemp("api"), limits=Limits.none(), SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_API_LIMIT="1000000", SOULCASTER_WRONG_SECRETS="1000000",
        SOULCASTER_FIX_QUOTA="0",
    ) as stage:  # fmt: skip
        number = await open_issue(stage, f"Totals are wrong {unlike()}", "They are off by one.")
        await settled(stage)
        item = await item_of_issue(stage, number)
        assert item
        assert (item.number, item.cluster) == (1, 1)
        yield stage


async def token_of(stage: Stage) -> str:
    project, ines = await stage.project(), Person(login=ADMIN)
    now = stage.context.now()
    return await stage.context.tokens.new(project.id, "write", ines, "test", now)


async def run(*command: str, cwd: Path = ROOT) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


async def tried(stage: Stage, folder: Path, *, examples: int, phases: str) -> None:
    """What schemathesis finds, with so many examples an operation; of tus test_import_door tells.
    It has one worker: CPython 3.11
    may fail to read two sources at once ("AST constructor recursion depth mismatch")."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    code, told = await run(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
        f"{stage.web_url}/api/v1/openapi.json", "--header",
        f"Authorization: Bearer {await token_of(stage)}", "--max-examples", str(examples),
        "--seed", "1", "--generation-database", "none", "--no-color", "--workers", "1",
        "--phases", phases, "--exclude-path-regex", "^/imports", cwd=folder,
    )  # fmt: skip
    assert code == 0, told
    log = (stage.stack.logs / "web.log").read_text()
    assert not re.search(r"sct_\d+_[\w-]{43}|Traceback", log)


async def test_it_is_what_its_document_says(api: Stage, tmp_path: Path) -> None:
    await tried(api, tmp_path, examples=1, phases="coverage,fuzzing")


@pytest.mark.long
async def test_it_is_what_its_document_says_in_thousands(api: Stage, tmp_path: Path) -> None:
    await tried(api, tmp_path, examples=1_000, phases="examples,coverage,fuzzing,stateful")


async def test_the_examples_of_the_document_work(api: Stage) -> None:
    token = await token_of(api)
    text = (ROOT / "docs" / "api.md").read_text()
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.split("\n")
    ]
    calls = [line for line in lines if line.startswith("curl ")]
    assert len(calls) >= 4
    for call in calls:
        written = call.replace("$SERVER", api.web_url).replace("$TOKEN", token)
        code, told = await run(*shlex.split(written), "--fail-with-body", "--silent")
        assert code == 0, (call, told)
