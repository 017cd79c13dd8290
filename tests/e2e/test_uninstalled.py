"""The app is uninstalled: its doors close, and in time nothing is left of the repository."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio
from e2e_kit import SENDERS, alert, github, insist, knock, obey, open_issue, settled
from forks import open_stage

from bot.domain.errors import NotFound
from bot.simulators.github import Limits
from bot.storage import keys
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """What was removed is erased after four seconds: nobody moves the clock of processes."""
    folder = tmp_path_factory.mktemp("stage")
    keep = {"SOULCASTER_KEEP": "removed=4s", "SOULCASTER_LEASE_SECONDS": "2"}
    settings = {"SOULCASTER_EMBEDDER": "hashing", **keep}
    async with open_stage(folder, limits=Limits.none(), **settings) as made:
        yield made


async def left(stage: Stage, p: int) -> list[str]:
    """Keys, and entries of hashes that projects share, in which the project is named."""
    redis, found = stage.context.redis, []
    mine = re.compile(rf"\b{p}\b")
    async for key in redis.scan_iter("sc:*", count=1_000):
        entries = await redis.hgetall(key) if await redis.type(key) == b"hash" else {}
        for told in (b"", *(b"%b %b" % each for each in entries.items())):
            said = f"{key.decode()} {told.decode(errors='replace')}"
            found += [said] if mine.search(said) else []
    return found


def vectors(stage: Stage, p: int) -> int:
    """How many the files of this machine hold."""
    with closing(sqlite3.connect(stage.folder / "data" / "vectors" / "vectors.db")) as database:
        of = database.execute("SELECT count(*) FROM vectors WHERE space LIKE ?", (f"{p}:%",))
        return int(of.fetchone()[0])


async def test_it_is_closed_at_once_and_gone_in_time(stage: Stage) -> None:
    project = await stage.project()
    number = await open_issue(stage, "Checkout fails", "Always.")
    assert await insist(lambda: knock(stage, "datadog", alert("m1", "1"))) == 1
    await settled(stage)
    assert await obey(stage, number, "/soulcaster status") == "done"
    await settled(stage)
    assert len(await left(stage, project.id)) > 20
    assert vectors(stage, project.id) > 0

    await github(stage, "DELETE", f"/installations/{project.installation}", login=ADMIN)
    await stage.github.webhooks.settle()

    async def closed() -> bool:
        return await stage.context.projects.find(project.id) is None

    await stage.wait("the removal", closed, timeout=10)
    for source in SENDERS:
        assert await knock(stage, source, json.dumps({}).encode()) == 401
    with pytest.raises(NotFound):
        await stage.project()
    posted = await stage.github_state()

    async def erased() -> bool:
        return bool(await stage.context.redis.zscore(keys.erased(), str(project.id)))

    await stage.wait("the erasure", erased, timeout=60)
    assert await left(stage, project.id) == []
    assert vectors(stage, project.id) == 0
    # Nothing was said meanwhile.
    issues = "repositories"
    assert (await stage.github_state())[issues] == posted[issues]
    log = (stage.stack.logs / "worker.log").read_text()
    assert re.search(r"the app was removed.*erased='?20\d\d-.* UTC", log)
    assert re.search(r"erased .*commands=1", log)
