"""The steps of the next version of a fix: the same as a run's, on top of the branch's head.

The steps of a run are used as they are. They read and leave ``base``, ``test`` and ``fix``; a
revision has two of each, on two shelves: ``head`` is what the agent works on, ``origin`` is the
base commit, from which the whole of the pull request is proved and judged again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.errors import Rejected, TooLarge, Unavailable
from bot.domain.fixes.patch import Entry, Patch, Tree, apply, diff, tree_from_tar
from bot.domain.fixes.reproduction import BugReport, Reproduction, candidates, fails_for_the_reason
from bot.domain.fixes.run import StepName
from bot.domain.fixes.versions import version_of
from bot.domain.models import Verdict
from bot.github import pulls
from bot.github.app import READ
from workers.fixes.steps import policy, prove, repair
from workers.fixes.steps.bench import Ended, ran
from workers.fixes.steps.drive import Steps
from workers.fixes.steps.push import push
from workers.fixes.steps.revision import HandedOver, RevisionDesk
from workers.fixes.steps.testing import Tests


async def _fetch(desk: RevisionDesk) -> None:
    """Leaves both trees. Raises HandedOver when the branch's head is not our newest version."""
    repo = desk.ctx.github.repo(desk.project, READ)
    versions = await desk.ctx.versions.all(
        desk.project.id, await desk.ctx.runs.get(desk.project.id, desk.run.number)
    )
    newest = versions[-1]
    head = await pulls.branch_head(repo, desk.run.branch)
    if head is None:
        raise Ended(Verdict.STOPPED, f"The branch {desk.run.branch} is gone.")
    if head != newest.commit:
        attempts = await desk.ctx.versions.attempts(desk.project.id, desk.run.number)
        if head in {attempt.work.commit for attempt in attempts}:
            # Pushed by whoever died right after: it will be written down when that is taken up.
            raise Unavailable("Another version is being published.", retry_after=2)
        raise HandedOver
    origin = await _tree(desk, desk.run.base_sha)
    now = await _tree(desk, head)
    tests = newest.tests
    with desk.shelf("origin"):
        await desk.put_tree("base", origin)
    if desk.revision.restores is not None:
        wanted = version_of(versions, desk.revision.restores)
        tests = wanted.tests
        await desk.put_tree("restored", await _tree(desk, wanted.commit))
    with desk.shelf("head"):
        await desk.put_tree("head", now)
    await desk.revise(lambda one: one.model_copy(update={"parent": head, "tests": tests}))
    await desk.tell(f"{newest.name} at {head[:10]}, {len(now)} files")


async def _tree(desk: RevisionDesk, sha: str) -> Tree:
    repo = desk.ctx.github.repo(desk.project, READ)
    try:
        return await asyncio.to_thread(tree_from_tar, await repo.tarball(sha), strip=1)
    except TooLarge as error:
        raise Ended(Verdict.LIMIT_REACHED, str(error)) from error
    except Rejected as error:
        raise Ended(Verdict.TESTS_DO_NOT_RUN, str(error)) from error


async def _listen(desk: RevisionDesk) -> None:
    """An example in what was asked that fails on the head becomes a test, too.

    Leaves ``base`` without the proof's tests and ``test`` with all of them, so that the agent is
    told to leave them alone.
    """
    head = await desk.tree("head")
    asked = [*desk.revision.words, *(remark.words for remark in desk.revision.remarks)]
    reports = [BugReport(number=number, body=words) for number, words in enumerate(asked, 1)]
    found = await asyncio.to_thread(candidates, reports, head, name=f"C-{desk.run.cluster}")
    tests = await Tests.of(desk, head)
    await desk.tell(f"{len(found)} examples in what was asked" if found else "no example to run")
    added: dict[str, Entry] = {}
    for example in found:
        source = _named(example, desk)
        tried = {example.path: Entry(data=source.encode())}
        async with desk.sandbox({**head, **tried}) as sandbox:
            await tests.install(sandbox)
            done = await tests.one(sandbox, example.path)
        if done.exit_code != 0 and fails_for_the_reason(done.stdout + done.stderr, example):
            added = tried
            await desk.set(red=ran(done))
            await desk.tell(f"red, as asked: {example.says}")
            break
    new = next(iter(added), "")
    named = (*(path for path in desk.revision.tests if path != desk.revision.example), *added)
    await desk.put_tree("base", {p: e for p, e in head.items() if p not in named})
    await desk.put_patch("test", _adding({**head, **added}, named))
    await desk.revise(lambda one: one.model_copy(update={"tests": named, "example": new}))


def _named(example: Reproduction, desk: RevisionDesk) -> str:
    """The test's source, saying who asked for it and not which report."""
    rest = example.source.partition("\n")[2]
    who = f"@{desk.run.requested_by}"
    return f'"""As {who} asked of {desk.run.name}: {example.subject}."""\n{rest}'


def _adding(tree: Tree, paths: Sequence[str]) -> Patch:
    """The patch that adds ``paths`` of a tree to what has none of them."""
    return diff({}, {path: tree[path] for path in paths if path in tree})


async def _prove(desk: RevisionDesk) -> None:
    """Prove the whole anew: from the base commit to what the branch would be."""
    after = await _next(desk)
    delta = diff(await desk.tree("head"), after)
    if not delta:
        raise Ended(Verdict.NOT_REPAIRED, "What came out is what the branch has already.")
    with desk.shelf("origin"):
        base = await desk.tree("base")
        await desk.put_patch("test", _adding(after, desk.revision.tests))
        with_tests = apply(base, await desk.patch("test"))
        await desk.put_patch("fix", diff(with_tests, after))
        await prove.prove(desk)
        tests = await Tests.of(desk, base)
    await desk.put_patch("delta", delta)
    await desk.revise(lambda one: one.model_copy(update={"delta": delta.paths}))
    for path in desk.revision.tests:
        if path != desk.run.test_path:
            await _green(desk, tests, after, path)


async def _green(desk: RevisionDesk, tests: Tests, after: Tree, path: str) -> None:
    """A test that came with an earlier review, or with this one, in a clean sandbox."""
    async with desk.sandbox(after) as sandbox:
        await tests.install(sandbox)
        done = await tests.one(sandbox, path)
    if done.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, f"In a clean sandbox {path} still fails.")
    await desk.tell(f"{path} is green, too; the suite is no worse")


async def _next(desk: RevisionDesk) -> Tree:
    """The branch's files as they would be."""
    if desk.revision.restores is not None:
        return await desk.tree("restored")
    with_tests = apply(await desk.tree("base"), await desk.patch("test"))
    return apply(with_tests, await desk.patch("fix"))


async def _judge(desk: RevisionDesk) -> None:
    with desk.shelf("origin"):
        await policy.check_policy(desk)


STEPS: Steps[RevisionDesk] = {
    StepName.FETCH: _fetch,
    StepName.REPRODUCE: _listen,
    StepName.REPAIR: repair.repair,
    StepName.PROVE: _prove,
    StepName.POLICY: _judge,
    StepName.PUBLISH: push,
}
