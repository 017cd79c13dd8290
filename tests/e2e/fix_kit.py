"""Fix runs seen from outside, and runs that stand right before their publishing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from e2e_kit import cluster_of, comment, github, open_issue, person
from forks import open_stage
from gemini_server import GeminiServer

from bot.domain.audience import Audience
from bot.domain.fixes.patch import Entry, apply, diff, tar_from_tree
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import ClusterState, Place, Ran, RunState, Verdict
from bot.jobs import enqueue
from bot.simulators.github import Limits
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage
from handlers.web import serving
from workers import jobs
from workers.fixes.steps.starting import case_of

LAST_PAGE = (
    "Last page of a category is missing",
    "`shop.pagination.page_count(total=21, per_page=10)` returns 2, expected 3.",
)
# What mends each planted bug, by a word of the task or of the test that shows it.
_ANSWERS = {
    "page_count": "'s/rest > 1/rest > 0/' src/shop/pagination.py",
    "shipping_cost": "'s/subtotal > FREE_FROM/subtotal >= FREE_FROM/' src/shop/shipping.py",
    "percent_off": "'s|price // 100 . percent|price * percent / 100|' src/shop/pricing.py",
    "order_shipped": "'s/SHIPPED, number, name/SHIPPED, name, number/' src/shop/notifications.py",
}
# An agent that knows the answers, for runs whose subject is not the search for them.
_TOLD = '"$SOULCASTER_TASK" tests/test_soulcaster*'
KNOWS = "; ".join(f"! grep -qs {word} {_TOLD} || sed -i {edit}" for word, edit in _ANSWERS.items())
KNOWING = {"SOULCASTER_AGENT": "command", "SOULCASTER_AGENT_COMMAND": KNOWS}
TEST = "tests/test_soulcaster_made.py"
MODEL_KEY = "AIza" + "SyScripted" * 3


@asynccontextmanager
async def stage_with_model(folder: Path, model: Any) -> AsyncIterator[Stage]:
    """A stage whose language model is ``model``, speaking Gemini's wire."""
    async with (
        serving(GeminiServer(model).app(), "127.0.0.1", 0) as url,
        open_stage(
            folder,
            limits=Limits.none(),
            SOULCASTER_EMBEDDER="hashing",
            GEMINI_API_KEY=MODEL_KEY,
            GEMINI_BASE_URL=url,
        ) as stage,
    ):
        await configured(stage, "fix: {agents: [loop]}\n")
        yield stage


async def configured(stage: Stage, text: str) -> None:
    """Push the project's own file: the repository is private, so it names who may see its code."""
    await person(
        stage,
        "POST",
        "/push",
        login=ADMIN,
        branch="main",
        message="Say what fixes may do",
        files={".github/soulcaster.yml": text},
    )


async def reported(
    stage: Stage, title: str, body: str, login: str = "pavel-novak"
) -> tuple[int, int]:
    """One issue that is one cluster: ``(issue, cluster)``."""
    number = await open_issue(stage, title, body, login)
    return number, int((await cluster_of(stage, number)).removeprefix("C-"))


async def ask(stage: Stage, issue: int, words: str, cluster: int, login: str = ADMIN) -> FixRun:
    """Say ``/soulcaster words`` on an issue; the newest run of its cluster, once there is one."""
    project = await stage.project()
    known = {run.number for run in await stage.context.runs.all(project.id)}
    await comment(stage, issue, f"/soulcaster {words}", login)

    async def begun() -> FixRun | None:
        runs = await stage.context.runs.all(project.id)
        return next((r for r in runs if r.cluster == cluster and r.number not in known), None)

    found = await stage.wait(f"a run of {words}", begun, timeout=20, every=0.05)
    assert isinstance(found, FixRun)
    return found


async def run_of(stage: Stage, number: int) -> FixRun:
    """The run as it stands."""
    return await stage.context.runs.get((await stage.project()).id, number)


async def until(stage: Stage, number: int, step: StepName) -> FixRun:
    """Wait until a step runs, or is past."""

    async def there() -> FixRun | None:
        run = await run_of(stage, number)
        now = next(s for s in run.steps if s.name is step)
        return run if run.ended or now.state is not RunState.PENDING else None

    found = await stage.wait(f"step {step.value}", there, timeout=60, every=0.02)
    assert isinstance(found, FixRun)
    return found


async def ended(stage: Stage, number: int, *, timeout: float = 240) -> FixRun:
    """Wait until the run has ended and its job is settled."""

    async def over() -> FixRun | None:
        run = await run_of(stage, number)
        left = await stage.context.jobs.pending("fixes")
        return run if run.ended and not left else None

    found = await stage.wait(f"the end of F-{number}", over, timeout=timeout, every=0.05)
    assert isinstance(found, FixRun)
    return found


async def published(stage: Stage, cluster: int) -> tuple[list[str], list[Any]]:
    """Our branches and pull requests for a cluster, as GitHub holds them."""
    state = await stage.github_state()
    repository = next(r for r in state["repositories"] if r["full_name"] == stage.repository)
    prefix = f"soulcaster/C-{cluster}-"
    branches = [name for name in repository["branches"] if name.startswith(prefix)]
    pulls = [
        i for i in repository["issues"] if i["kind"] == "pull" and i["pull"]["head"] in branches
    ]
    return branches, pulls


async def no_sandbox(stage: Stage) -> None:
    """Wait until none is left."""

    async def none() -> bool:
        return not await stage.context.sandboxes.alive()

    await stage.wait("no sandbox left", none, timeout=10)


async def hold(stage: Stage, method: str, path: str, *, seconds: float) -> None:
    """Hold GitHub's next answer to such a request; the request itself is obeyed in the end."""
    await github(
        stage,
        "POST",
        "/faults",
        match={"method": method, "path": path},
        times=1,
        delay=seconds,
    )


async def held(stage: Stage) -> None:
    """Wait until the request that is held has come."""

    async def none_waits() -> bool:
        return not stage.github.faults.waiting

    await stage.wait("the request that is held", none_waits, timeout=60, every=0.02)


async def ready_to_publish(stage: Stage, issue: int, cluster: int, **fields: Any) -> FixRun:
    """A run whose every step but the last was done, with a small patch; not yet asked for."""
    ctx, project = stage.context, await stage.project()
    state = await stage.github_state()
    repository = next(r for r in state["repositories"] if r["full_name"] == stage.repository)
    base = {path: Entry(data=data) for path, data in shop_files().items()}
    test = diff(base, {**base, TEST: Entry(data=b"def test_made():\n    assert True\n")})
    tested = apply(base, test)
    fix = diff(tested, {**tested, "README.md": Entry(data=b"# A shop, mended\n")})
    ran = Ran(command="python -m pytest", exit_code=0, seconds=1.0, tail="1 passed")
    now = ctx.now()
    wanted = FixRun(
        audience=Audience.TEAM,
        **{
            "number": 0,
            "cluster": cluster,
            "command": f"made-{issue}-{now.timestamp()}",
            "requested_by": ADMIN,
            "places": (Place(issue=issue),),
            "agent": "mechanic",
            "base": "main",
            "base_sha": repository["branches"]["main"],
            "seconds_allowed": 900,
            "test_path": TEST,
            "red": ran.model_copy(update={"exit_code": 1}),
            "green": ran,
            "suite_before": ran,
            "suite_after": ran,
            "grade": Verdict.PROVED,
            "created_at": now,
            "updated_at": now,
            **fields,
        },
    )
    for name in StepName:
        if name is not StepName.PUBLISH:
            wanted = wanted.with_step(name, state=RunState.SUCCEEDED, started_at=now, ended_at=now)
    made, own = await ctx.runs.open(project.id, wanted)
    assert own
    case = await case_of(ctx, project, await ctx.clusters.get(project.id, cluster))
    blobs = {
        "base": tar_from_tree(base),
        "test": test.model_dump_json().encode(),
        "fix": fix.model_dump_json().encode(),
        "case": case.model_dump_json().encode(),
    }
    for name, data in blobs.items():
        await ctx.runs.put_blob(project.id, made.number, name, data)
    return made


async def publish(stage: Stage, run: FixRun) -> None:
    """Have the fixer take the run up."""
    await enqueue(stage.context, jobs.fix_run, (await stage.project()).id, run.number)


async def opened_once(stage: Stage, run: FixRun) -> Any:
    """One branch, one pull request, counted once; the cluster says so. The pull request."""
    project = await stage.project()
    branches, pulls = await published(stage, run.cluster)
    assert run.verdict is Verdict.PROVED, run.reason
    assert branches == [run.branch]
    assert [pull["number"] for pull in pulls] == [run.pull_request]
    assert [check["name"] for check in pulls[0]["pull"]["checks"]] == ["soulcaster/proof"]
    assert len(pulls[0]["pull"]["commits"]) == 1
    cluster = await stage.context.clusters.get(project.id, run.cluster)
    assert (cluster.state, cluster.pull_request) == (ClusterState.PR_OPENED, run.pull_request)
    return pulls[0]


async def opened_nothing(stage: Stage, run: FixRun) -> None:
    """No branch, no pull request, nothing counted."""
    project = await stage.project()
    assert await published(stage, run.cluster) == ([], [])
    month = f"{stage.context.now():%Y-%m}"
    assert str(run.number).encode() not in await stage.context.redis.smembers(
        f"sc:{project.id}:month:{month}"
    )
    assert (await stage.context.clusters.get(project.id, run.cluster)).state in (
        ClusterState.TRIAGED,
        ClusterState.PR_OPENED,
    )
    json.dumps(run.model_dump(mode="json"))
