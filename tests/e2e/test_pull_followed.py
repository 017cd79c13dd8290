"""What happens to a pull request of ours on GitHub is said on its cards, and never overwritten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import issue, obey, person, reply, settled, unlike
from fix_kit import ended, publish, ready_to_publish, reported, run_of

from bot.domain.fixes.run import FixRun
from handlers.demo.stage import Stage
from workers.fixes.steps.project import RevisionRun

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKEN = "ghp_" + "a1B2" * 9
OFFER = "Revise with the end of their logs"
LOG = f"Run ruff check\nused {TOKEN}\n##[error]1 file is wrong\nPost job cleanup"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(stage: Stage) -> AsyncIterator[FixRun]:
    """A run with a pull request."""
    number, cluster = await reported(stage, f"Totals {unlike()}", "Wrong.")
    made = await ready_to_publish(stage, number, cluster)
    await publish(stage, made)
    yield await ended(stage, made.number)


async def job(stage: Stage, run: FixRun, conclusion: str) -> None:
    """GitHub Actions has run its job on our commit."""
    sim = stage.github
    await sim.run_job(stage.repository, run.commit, "lint", conclusion, step="Run ruff", log=LOG)
    await settled(stage)


async def cards(stage: Stage, run: FixRun) -> tuple[str, str]:
    """The run's card where it was asked for, and that of the checks on the pull request."""
    asked = run.places[0].issue or 0
    there = await reply(stage, run.pull_request or 0, f"checks:{run.name}")
    return await reply(stage, asked, f"run:{run.name}"), there


async def test_a_check_that_fails_is_named_with_its_step_and_offered_once(
    stage: Stage, run: FixRun
) -> None:
    await job(stage, run, "failure")
    for card in await cards(stage, run):
        assert "[lint]" in card
        assert "fails at Run ruff" in card
        assert OFFER in card
    assert await obey(stage, run.pull_request or 0, "/soulcaster revise") == "done"
    project = (await stage.project()).id
    [attempt] = await stage.context.versions.attempts(project, run.number)
    assert attempt.log.startswith("lint:\nRun ruff check\nused ")
    assert attempt.log.endswith("##[error]1 file is wrong")
    assert TOKEN not in attempt.log
    assert attempt.log in RevisionRun(stage.context, await stage.project(), attempt).material
    await obey(stage, run.pull_request or 0, "/soulcaster stop")
    assert await obey(stage, run.pull_request or 0, "/soulcaster revise") == "refused"
    await job(stage, run, "failure")
    for card in await cards(stage, run):
        assert OFFER not in card
    assert len(await stage.context.versions.attempts(project, run.number)) == 1


async def test_checks_that_pass_later_are_said(stage: Stage, run: FixRun) -> None:
    await job(stage, run, "success")
    for card in await cards(stage, run):
        assert "The checks that failed pass now." in card


async def test_a_proof_that_does_not_hold_any_more_is_said_by_its_check(
    stage: Stage, run: FixRun
) -> None:
    # The run was made without a proof: its test passes on the base.
    [check] = [c for c in await checks(stage, run) if c["name"] == "soulcaster/proof"]
    assert check["conclusion"] == "success"
    button = {"login": "ines-ferreira", "identifier": f"logs {run.name}"}
    await person(stage, "POST", f"/check-runs/{check['id']}/actions", **button)
    await settled(stage)
    assert await reply(stage, run.pull_request or 0, f"logs:{run.name}")
    await person(stage, "POST", f"/check-runs/{check['id']}/rerequest", login="ines-ferreira")

    async def completed() -> Any:
        found = next(c for c in await checks(stage, run) if c["id"] == check["id"])
        return found if found["status"] == "completed" else None

    again = await stage.wait("the proof", completed, timeout=60)
    assert again["conclusion"] == "neutral"
    assert "Not proved: In a clean sandbox the test passes" in again["output"]["title"]


async def test_a_check_of_others_that_is_run_again_proves_nothing(
    stage: Stage, run: FixRun
) -> None:
    project = await stage.project()
    before = await stage.context.versions.attempts(project.id, run.number)
    [check, *_] = [c for c in await checks(stage, run) if c["name"] == "lint"]
    await person(stage, "POST", f"/check-runs/{check['id']}/rerequest", login="ines-ferreira")
    await settled(stage)
    assert await stage.context.versions.attempts(project.id, run.number) == before


async def checks(stage: Stage, run: FixRun) -> list[Any]:
    return list((await issue(stage, run.pull_request or 0))["pull"]["checks"])


async def test_ready_and_draft_are_followed(stage: Stage, run: FixRun) -> None:
    for draft, said in ((False, "ready for review"), (True, "a draft")):
        who = {"login": "ines-ferreira", "draft": draft}
        await stage.person(f"/pulls/{run.pull_request}/ready", **who)
        await settled(stage)
        assert f"**On GitHub** {said}" in (await cards(stage, run))[0]


async def test_what_a_person_pushes_is_theirs_at_once(stage: Stage, run: FixRun) -> None:
    who = {"login": "ines-ferreira", "branch": run.branch, "files": {"note.txt": "Mine.\n"}}
    made = await person(stage, "POST", "/push", **who)
    await settled(stage)
    said = f"`{made['sha'][:10]}` on top is by `ines-ferreira`: theirs now"
    assert said in (await cards(stage, run))[0]
    there = await reply(stage, run.pull_request or 0, f"handover:{run.name}")
    assert "theirs now" in there
    await job(stage, await run_of(stage, run.number), "failure")
    assert (await issue(stage, run.pull_request or 0))["pull"]["head_sha"] == made["sha"]
