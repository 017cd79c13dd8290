"""Let the agent edit a checkout, and compute the patch ourselves from what comes out."""

from __future__ import annotations

from bot.domain.errors import BadPayload
from bot.domain.models import Verdict
from bot.domain.patch import DROPPING_FOLDERS, Tree, apply, diff, tree_from_tar, unwanted
from bot.domain.ports import Budget, RepairTask, Sandbox, Worked
from workers import planning
from workers.fixing.desk import Desk, Ended

# What a step may leave of the run's time to those after it.
_SHARE = 0.7
_RULES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")


async def repair(desk: Desk) -> None:
    """Leaves ``fix``: the agent's patch on top of base and test."""
    base = await desk.tree("base")
    test = await desk.patch("test")
    with_test = apply(base, test)
    agent = desk.ctx.agent(desk.run.agent)
    task = await _task(desk, test.paths, with_test.keys())
    async with desk.sandbox(with_test) as sandbox:
        worked = await agent.work(
            task,
            sandbox,
            budget=Budget(seconds=desk.run.seconds_allowed * _SHARE),
            tell=desk.tell,
            heard=lambda: desk.ctx.runs.notes(desk.project.id, desk.run.number),
        )
        after = await _checkout(desk, sandbox, with_test)
    await desk.set(dollars=desk.run.dollars + worked.dollars)
    patch = diff(with_test, after)
    if not patch:
        raise Ended(_verdict(worked), worked.note or "The agent changed nothing.")
    await desk.put_patch("fix", patch)
    stats = patch.stats
    edited = ", ".join(patch.paths[:3])
    await desk.tell(f"+{stats.added} −{stats.removed} in {edited}")


async def _checkout(desk: Desk, sandbox: Sandbox, before: Tree) -> Tree:
    """What the agent left, without what running things drops. A pipe or device ends the run."""
    ignored = unwanted(before)
    data = await sandbox.download(exclude=DROPPING_FOLDERS)
    try:
        return tree_from_tar(data, skip=lambda path: desk.own_files(path) or ignored(path))
    except BadPayload as error:
        raise Ended(
            Verdict.REFUSED_BY_POLICY, f"The agent left what is no file: {error}"
        ) from error


def _verdict(worked: Worked) -> Verdict:
    if worked.outcome == "limit reached":
        return Verdict.LIMIT_REACHED
    return Verdict.NOT_REPAIRED


async def _task(desk: Desk, tests: tuple[str, ...], paths: object) -> RepairTask:
    cluster = await desk.ctx.clusters.get(desk.project.id, desk.run.cluster)
    notes = await desk.ctx.runs.notes(desk.project.id, desk.run.number)
    plan = await planning.plan_for(desk.ctx, desk.project, cluster, notes=notes)
    base = await desk.tree("base")
    rules = [entry.text or "" for name in _RULES if (entry := base.get(name))]
    red = desk.run.red
    suite = desk.run.suite_before
    known = set(base)
    suspects = tuple(
        path
        for suspect in plan.suspects
        for path in sorted(known)
        if path == suspect or path.endswith(f"/{suspect}")
    )
    return RepairTask(
        title=cluster.title,
        plan="\n".join([plan.symptom.text, *plan.approach]),
        evidence="\n".join(sentence.text for sentence in plan.evidence),
        rules="\n\n".join(rules)[:20_000],
        root=".",
        failing=(red.command,) if red else (),
        suite=suite.command if suite else "",
        test_files=tests,
        suspects=suspects[:8],
        steering=tuple(plan.steering),
    )
