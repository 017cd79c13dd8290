"""What a fix run may do: who asks, how long, how often, and whose words it goes by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from e2e_kit import comment, obey, person, reply, settled, unlike
from fix_kit import (
    KNOWING,
    ask,
    ended,
    hold,
    no_sandbox,
    opened_nothing,
    opened_once,
    publish,
    published,
    ready_to_publish,
    reported,
    run_of,
)
from forks import open_stage
from sleeps import a_sleep, asleep

from bot.domain.fixes.run import StepName
from bot.domain.models import RunState, Verdict
from bot.domain.ports import Limits
from bot.simulators.github import Limits as GitHubLimits
from bot.storage import keys
from handlers.demo.stage import Stage
from workers.upkeep.sweep import reap_sandboxes

pytestmark = pytest.mark.asyncio(loop_scope="module")
WRITER = "pavel-novak"
LONG = a_sleep()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """As everywhere, with two successful fixes a month."""
    async with open_stage(
        tmp_path_factory.mktemp("stage"),
        limits=GitHubLimits.none(),
        SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_FIX_QUOTA="2",
        **KNOWING,
    ) as made:
        yield made


async def long_command_runs() -> bool:
    return bool(await asyncio.to_thread(asleep, LONG))


async def some_cluster(stage: Stage) -> tuple[int, int]:
    return await reported(stage, f"Something is wrong {unlike()}", unlike())


async def shown_cluster(stage: Stage) -> tuple[int, int]:
    """With an example: without one nothing is run."""
    example = "`shop.pagination.page_count(20, 10)` returns 3, expected 2."
    return await reported(stage, f"Pages are wrong {unlike()}", f"{unlike()} {example}")


async def test_a_role_that_was_taken_stops_the_publishing(stage: Stage) -> None:
    issue, cluster = await some_cluster(stage)
    stage.github.set_role(stage.repository, WRITER, "write")
    run = await ready_to_publish(stage, issue, cluster, requested_by=WRITER)
    stage.github.set_role(stage.repository, WRITER, "read")
    await publish(stage, run)
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.STOPPED
    assert done.reason == f"@{WRITER} may no longer write to {stage.repository} (has: read)."
    await opened_nothing(stage, done)


async def test_a_stop_before_the_write_is_heard(stage: Stage) -> None:
    issue, cluster = await some_cluster(stage)
    run = await ready_to_publish(stage, issue, cluster)
    assert await obey(stage, issue, f"/soulcaster stop {run.name}") == "done"
    await publish(stage, run)
    done = await ended(stage, run.number)
    assert (done.verdict, done.reason) == (Verdict.STOPPED, "Stopped by @ines-ferreira.")
    await opened_nothing(stage, done)


async def test_a_branch_without_a_pull_request_is_taken_back(stage: Stage) -> None:
    """GitHub was away between the two writes, and the run was stopped meanwhile."""
    issue, cluster = await some_cluster(stage)
    run = await ready_to_publish(stage, issue, cluster)
    fault = {"match": {"method": "POST", "path": "/pulls$"}, "times": 1, "status": 502}
    stage.github.faults.add(fault)
    await publish(stage, run)

    async def away() -> bool:
        return not stage.github.faults.waiting

    await stage.wait("GitHub is away", away, every=0.01)
    project = await stage.project()
    await stage.context.runs.update(
        project.id, run.number, lambda r: r.model_copy(update={"stop_asked_by": "@ana"})
    )
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.STOPPED
    await opened_nothing(stage, done)


async def test_a_fix_that_github_refuses_leaves_no_branch_and_says_so(stage: Stage) -> None:
    issue, cluster = await some_cluster(stage)
    run = await ready_to_publish(stage, issue, cluster)
    fault = {"match": {"method": "POST", "path": "/pulls$"}, "times": 1, "status": 403}
    stage.github.faults.add({**fault, "body": {"message": "Pull requests are disabled."}})
    await publish(stage, run)
    done = await ended(stage, run.number)
    assert done.verdict is None
    assert done.reason.endswith("Nothing was published.")
    await opened_nothing(stage, done)


async def test_a_branch_that_cannot_be_taken_away_is_named(stage: Stage) -> None:
    issue, cluster = await some_cluster(stage)
    run = await ready_to_publish(stage, issue, cluster)
    for method, path in (("POST", "/pulls$"), ("DELETE", "/git/refs/")):
        fault = {"match": {"method": method, "path": path}, "times": 1, "status": 403}
        stage.github.faults.add({**fault, "body": {"message": "Repository was archived."}})
    await publish(stage, run)
    done = await ended(stage, run.number)
    assert f"Its branch {done.branch} may be there" in done.reason
    assert "Nothing was published" not in done.reason


async def test_where_no_drafts_are_offered_it_is_an_ordinary_one_that_says_draft(
    stage: Stage,
) -> None:
    issue, cluster = await some_cluster(stage)
    run = await ready_to_publish(stage, issue, cluster, unproved=Verdict.NOT_REPAIRED)
    fault = {"match": {"method": "POST", "path": "/pulls$"}, "times": 1, "status": 422}
    refusal = {"message": "Draft pull requests are not supported in this repository."}
    stage.github.faults.add({**fault, "body": refusal})
    await publish(stage, run)
    done = await ended(stage, run.number)
    _, [pull] = await published(stage, done.cluster)
    assert pull["title"].startswith("Draft: ")
    assert not pull["pull"]["draft"]
    assert {"soulcaster", "soulcaster: draft"} <= {label["name"] for label in pull["labels"]}


async def test_the_quota_binds_at_the_write(stage: Stage) -> None:
    """All were asked for while there was room, and run one after the other."""
    runs = []
    for _ in range(3):
        issue, cluster = await some_cluster(stage)
        runs.append(await ready_to_publish(stage, issue, cluster))
    for run in runs:
        await publish(stage, run)
    done = [await ended(stage, run.number) for run in runs]
    verdicts = sorted(str(run.verdict) for run in done)
    assert verdicts == [Verdict.LIMIT_REACHED, Verdict.PROVED, Verdict.PROVED]
    for run in done:
        if run.verdict is Verdict.PROVED:
            await opened_once(stage, run)
        else:
            assert run.reason == "2 of 2 fix runs are used this month."
            await opened_nothing(stage, run)
    assert await obey(stage, issue, "/soulcaster fix") == "refused"


async def test_a_problem_has_one_pull_request_at_a_time(stage: Stage) -> None:
    """A second run that began before the first was published opens no second one."""
    project = await stage.project()
    first = next(r for r in await stage.context.runs.all(project.id) if r.pull_request)
    issue = first.places[0].issue
    assert issue is not None
    assert await obey(stage, issue, "/soulcaster fix") == "refused"
    second = await ready_to_publish(stage, issue, first.cluster)
    await publish(stage, second)
    done = await ended(stage, second.number)
    assert done.verdict is Verdict.STOPPED
    assert f"#{first.pull_request}" in done.reason
    await opened_once(stage, first)


async def test_dry_join_freeze_and_stop(stage: Stage) -> None:
    """One run, much asked of it: it publishes nothing, and goes by the words of its beginning."""
    issue, cluster = await reported(
        stage,
        "Shipping mail greets customers with their order number",
        "`shop.notifications.order_shipped('Ana', '10042')` returns "
        "'Hi 10042, your order Ana is on its way.', "
        "expected 'Hi Ana, your order 10042 is on its way.'",
    )
    await hold(stage, "GET", "/tarball/", seconds=3)
    run = await ask(stage, issue, "fix --dry-run", cluster)
    await person(stage, "PATCH", f"/issues/{issue}", login=WRITER, body="Never mind.")
    await asyncio.gather(
        comment(stage, issue, "/soulcaster fix --dry-run -- mind the order"),
        comment(stage, issue, "/soulcaster fix --dry-run", login=WRITER),
    )
    await settled(stage)
    project = await stage.project()
    mine = [r for r in await stage.context.runs.all(project.id) if r.cluster == cluster]
    assert [r.number for r in mine] == [run.number]
    assert await stage.context.runs.notes(project.id, run.number) == [
        "@ines-ferreira: mind the order"
    ]
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.PROVED, done.reason
    assert done.reason == "A dry run: nothing was published."
    await opened_nothing(stage, done)


async def test_a_stop_in_the_middle_of_a_long_command(stage: Stage) -> None:
    config = f"fix: {{tests: {{command: '{LONG}; python -m pytest -rA'}}}}\n"
    await person(
        stage,
        "POST",
        "/push",
        login="ines-ferreira",
        branch="main",
        message="Test slowly",
        files={".github/soulcaster.yml": config},
    )
    issue, cluster = await shown_cluster(stage)
    run = await ask(stage, issue, "fix --dry-run", cluster)
    await stage.wait("the long command", long_command_runs, timeout=60, every=0.05)
    assert await obey(stage, issue, f"/soulcaster stop {run.name}") == "done"
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.STOPPED
    reproduce = next(step for step in done.steps if step.name is StepName.REPRODUCE)
    assert (reproduce.state, done.suite_before) == (RunState.CANCELLED, None)
    assert not await long_command_runs()
    assert "Stopped by @" in await reply(stage, issue, f"run:{run.name}")
    await no_sandbox(stage)


async def test_a_sandbox_ends_with_the_claim_that_opened_it(stage: Stage) -> None:
    """The sweep kills what a dead fixer has left, and nothing that is held."""
    sandboxes, opened = stage.context.sandboxes, {}
    async with stage.context.leases.hold("job:mine") as token:
        assert token
        for name, holder in (("held", token), ("left", "a dead one")):
            labels = {
                "repository": stage.repository,
                "run": "1",
                "lease": keys.lease("job:mine"),
                "token": holder,
            }
            made = await sandboxes.open(template="", limits=Limits(), key=name, labels=labels)
            opened[name] = made.id
        await reap_sandboxes(stage.context)
        assert set(await sandboxes.alive()) == {opened["held"]}
    await reap_sandboxes(stage.context)
    assert not await sandboxes.alive()


async def test_the_time_that_was_allowed_is_all_there_is(stage: Stage) -> None:
    """The tests still take a minute."""
    issue, cluster = await shown_cluster(stage)
    run = await ask(stage, issue, "fix --dry-run --timeout=10s", cluster)
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.LIMIT_REACHED
    assert "--timeout allows more" in done.reason
    assert (await run_of(stage, run.number)).ended_at
    await no_sandbox(stage)
