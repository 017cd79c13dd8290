"""Let the agent edit a checkout, and compute the patch ourselves from what comes out."""

import asyncio
from collections import deque
from collections.abc import Sequence

from bot.domain.errors import BadPayload, ConfigError, TooLarge
from bot.domain.fixes.calls import calls_of
from bot.domain.fixes.environment import submodules
from bot.domain.fixes.patch import DROPPING_FOLDERS, Tree, apply, diff, tree_from_tar, unwanted
from bot.domain.models import Verdict
from bot.domain.ports import Budget, RepairTask, Sandbox, Worked
from bot.domain.secrets import redact
from workers.fixes.steps.context import Ended, RunContext, ran
from workers.fixes.steps.drive import refused_before
from workers.fixes.steps.testing import Tests

# What a step may leave of the run's time to those after it.
_SHARE = 0.7
# What an agent may leave beyond the files it was given, and what a member of a tar takes.
_GROWTH, _MEMBER = 64_000_000, 2_048
_SAID = 30  # lines of what an agent said are handed on
_RULES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")


async def repair_beside_suite(context: RunContext) -> None:
    """Leaves ``before``, too: the suite on the base, which no agent waits for."""
    base = await context.tree("base")
    tests = await Tests.of(context, base)

    async def suite() -> None:
        async with context.sandbox(base) as sandbox:
            context.before = await tests.suite(sandbox)
        await context.set(suite_before=ran(context.before.finished))

    try:
        async with asyncio.TaskGroup() as group:
            if context.before is None:
                group.create_task(suite())
            await repair(context)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def repair(context: RunContext) -> None:
    """Leaves ``fix``: the agent's patch on top of base and test."""
    base = await context.tree("base")
    test = await context.patch("test")
    with_test = apply(base, test)
    agent = await context.agent()
    tests = await Tests.of(context, base)
    calls = await asyncio.to_thread(calls_of, (), with_test, test.paths)
    probes = tests.plan.trying if calls else ""
    files = await context.files()
    task = await _task(context, tests.plan.suite, test.paths, probes, files.texts)
    async with context.sandbox(with_test) as sandbox:
        for path, data in files.images.items():
            await sandbox.write(path, data)
        if probes:
            await tests.put_calls(sandbox, calls)
        step = context.run.step
        began = step.started_at if step and step.started_at else context.now()
        left = context.run.seconds_allowed * _SHARE - (context.now() - began).total_seconds()
        said: deque[str] = deque(maxlen=_SAID)

        async def tell(words: str) -> None:
            said.append(words)
            await context.tell(words)

        most = min(Budget().dollars, context.run.limits.dollars or Budget().dollars)
        budget = Budget(
            seconds=max(1.0, left / len(context.run.agents)),
            dollars=max(0.0, most - context.run.dollars),
        )
        try:
            worked = await agent.work(task, sandbox, budget=budget, tell=tell, heard=context.notes)
        except ConfigError as error:  # the agent's, such as a CLI that is not installed
            raise Ended(Verdict.NOT_REPAIRED, str(error)) from error
        after = await _checkout(context, sandbox, with_test)
    own, patch = context.run.own, diff(with_test, after)
    change, stats = await asyncio.to_thread(lambda: (redact(patch.unified), patch.stats))
    found = (context.run.learnt, *(map(redact, said) if context.run.agents[1:] else ()))
    await context.set(
        dollars=context.run.dollars + worked.dollars,
        agent_steps=context.run.agent_steps + worked.steps,
        reading=worked.reading,
        made_by=context.run.agents[0] if not own else f"{own.name} ({context.run.agents[0]})",
        learnt="\n".join(filter(None, found)),
        change=change[:6_000],
    )
    if not patch:
        limited = worked.outcome == "limit reached"
        verdict = Verdict.LIMIT_REACHED if limited else Verdict.NOT_REPAIRED
        raise Ended(verdict, f"{_why_nothing(worked)}{refused_before(context.run)}")
    await context.put_patch("fix", patch)
    edited = ", ".join(patch.paths[:3])
    await context.tell(f"+{stats.added} −{stats.removed} in {edited}")


async def _checkout(context: RunContext, sandbox: Sandbox, before: Tree) -> Tree:
    """What the agent left, without what running things drops. A pipe or device ends the run."""
    ignored, modules = unwanted(before), tuple(f"{path}/" for path in submodules(before))
    room = _GROWTH + sum(len(entry.data) + _MEMBER for entry in before.values())
    try:
        data = await sandbox.download(max_bytes=room, exclude=DROPPING_FOLDERS)
        return await asyncio.to_thread(
            tree_from_tar,
            data,
            skip=lambda path: (
                context.own_files(path)
                or ignored(path)
                or path.startswith(modules)
                or (path in context.made and path not in before)
            ),
        )
    except TooLarge as error:
        raise Ended(
            Verdict.LIMIT_REACHED, f"The agent left more than a patch is made of: {error}."
        ) from error
    except BadPayload as error:
        raise Ended(
            Verdict.REFUSED_BY_POLICY, f"The agent left what is no file: {error}"
        ) from error


def _why_nothing(worked: Worked) -> str:
    """In the agent's words, but for an agent that takes itself to be done."""
    if worked.outcome == "done":
        said = f" It said: {worked.note}" if worked.note else ""
        return f"The agent is done, yet no file of the checkout has changed.{said}"
    return worked.note or "The agent changed nothing."


async def _task(
    context: RunContext, suite: str, tests: tuple[str, ...], probes: str, files: Sequence[str]
) -> RepairTask:
    plan = await context.plan()
    base = await context.tree("base")
    rules = [entry.text or "" for name in _RULES if (entry := base.get(name))]
    red = context.run.red
    evidence = (*(each.text for each in plan.evidence), *plan.known, *files, context.material)
    return RepairTask(
        title=(await context.case()).named(context.run.audience).title,
        plan="\n".join([plan.symptom.text, *plan.approach]),
        evidence="\n".join(evidence).strip(),
        rules="\n\n".join(rules)[:20_000],
        root=".",
        failing=(red.command,) if red else (),
        suite=suite,
        test_files=tests,
        suspects=plan.suspects_in(base),
        steering=tuple(plan.steering),
        probes=probes,
        learnt=context.run.learnt,
        prompt=context.run.own.briefing if context.run.own else "",
    )
