"""kill -9 of the fixer between the writes of a version: one commit, one answer a thread."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import BOT, issue, unlike
from fix_kit import TEST, ended, held, hold, publish, ready_to_publish, reported
from forks import open_stage

from bot.domain.fixes.patch import Entry, diff
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.fixes.versions import Remark, Revision, new_revision
from bot.domain.models import Person, Place, RunState
from bot.simulators.github import Limits
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage
from workers.fixes.revise import ask
from workers.fixes.steps.project import RevisionRun

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A dead fixer is missed after two seconds."""
    async with open_stage(
        tmp_path_factory.mktemp("stage"),
        limits=Limits.none(),
        SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_LEASE_SECONDS="2",
    ) as made:
        yield made


async def first_version(stage: Stage) -> FixRun:
    """A pull request of ours."""
    number, cluster = await reported(stage, f"Totals are wrong {unlike()}", unlike())
    run = await ready_to_publish(stage, number, cluster)
    await publish(stage, run)
    return await ended(stage, run.number)


async def ready_to_push(stage: Stage, run: FixRun) -> Revision:
    """An attempt whose every step but the last was done; not yet asked for."""
    ctx, project = stage.context, await stage.project()
    pull = run.pull_request or 0
    path = f"/pulls/{pull}/reviews"
    comments = [{"path": "README.md", "line": 1, "body": "Say it in other words."}]
    # A comment, so that nothing is begun by it.
    await stage.person(path, login="tom-beckett", event="COMMENT", comments=comments)
    [thread] = (await issue(stage, pull))["pull"]["review_comments"]
    wanted = new_revision(
        run,
        key=f"review:{thread['review']}",
        kind="revise",
        asker=Person(login=ADMIN),
        place=Place(issue=pull),
        now=ctx.now(),
        remarks=[Remark(comment=thread["id"], path=thread["path"], words=thread["body"])],
    )
    work = wanted.work
    for name in StepName:
        if name is not StepName.PUBLISH:
            work = work.with_step(name, state=RunState.SUCCEEDED, started_at=ctx.now())
    proved = {"green": run.green, "suite_after": run.suite_after}
    wanted = wanted.model_copy(
        update={
            "work": work.model_copy(update=proved),
            "parent": run.commit,
            "tests": (TEST,),
            "delta": ("README.md",),
        }
    )
    made = await ctx.versions.open(project.id, wanted)
    base = {path: Entry(data=data) for path, data in shop_files().items()}
    mended = {"README.md": Entry(data=b"# A shop, mended\n")}
    after = {**base, "README.md": Entry(data=b"# A shop, mended well\n")}
    context = RevisionRun(ctx, project, made)
    await context.put_patch("delta", diff({**base, **mended}, after))
    with context.namespace("origin"):
        await context.put_patch(
            "test", diff({}, {TEST: Entry(data=b"def test_made():\n    pass\n")})
        )
        await context.put_patch("fix", diff(base, after))
    return made


async def pushed(stage: Stage, revision: Revision) -> Any:
    """The pull request, once the attempt has ended and its job is settled."""
    project = await stage.project()

    async def over() -> bool:
        found = await stage.context.versions.get(project.id, revision.work.number, revision.key)
        left = await stage.context.jobs.pending("fixes")
        return found.work.ended and not left

    await stage.wait("the end of the attempt", over, timeout=60, every=0.05)
    return await issue(stage, revision.work.pull_request or 0)


@pytest.mark.parametrize(
    "request_held",
    [
        *("PATCH /git/refs/heads/", "POST /replies$"),
        *(
            pytest.param(held, marks=pytest.mark.long)
            for held in ("POST /git/commits$", "POST /check-runs$", "PATCH /pulls/[0-9]+$")
        ),
    ],
)
async def test_a_fixer_that_dies_between_the_writes(stage: Stage, request_held: str) -> None:
    """The request lands after its sender's death, and nobody hears its answer."""
    run = await first_version(stage)
    revision = await ready_to_push(stage, run)
    method, path = request_held.split()
    await hold(stage, method, path, seconds=0.7)
    project = await stage.project()
    await ask(stage.context, project, revision)
    await held(stage)
    os.kill(stage.stack.pid("fixer"), signal.SIGKILL)
    found = await pushed(stage, revision)
    pull = found["pull"]
    assert [c["message"].splitlines()[-1] for c in pull["commits"]] == [
        f"Soulcaster-Version: {run.name} v1",
        f"Soulcaster-Version: {run.name} v2",
    ]
    assert [check["name"] for check in pull["checks"]] == ["soulcaster/proof"]
    answers = [c for c in pull["review_comments"] if c["author"] == BOT]
    assert len(answers) == 1
    assert "v2" in answers[0]["body"]
    assert "mended well" in found["body"]
    cards = [c["body"] for c in found["comments"] if f"revision:{run.name}" in c["body"]]
    assert len(cards) == 1
    assert "v2 is on the branch" in cards[0]
    record = await stage.context.runs.get(project.id, run.number)
    versions = await stage.context.versions.all(project.id, record)
    assert [v.name for v in versions] == ["v1", "v2"]
    assert (record.version, record.commit) == (2, pull["head_sha"])
