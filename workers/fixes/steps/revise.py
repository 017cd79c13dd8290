"""The steps of the next version of a fix: the same as a run's, on top of the branch's head. The
steps of a run are used as they are. They read and leave ``base``, ``test`` and ``fix``; a revision
has two of each, in two namespaces: ``head`` is what the agent works on, ``origin`` is the base
commit, from which the whole of the pull request is proved and judged again."""

import asyncio
from collections.abc import Sequence

from bot.domain.cards.views.cluster import count
from bot.domain.errors import Unavailable
from bot.domain.fixes.patch import Entry, Patch, Tree, apply, diff
from bot.domain.fixes.reproduction import BugReport, Reproduction, attempts, graded
from bot.domain.fixes.run import StepName
from bot.domain.fixes.versions import version_of
from bot.domain.models import Verdict
from bot.github import pulls
from bot.github.app import READ
from workers.fixes.steps import prove, repair
from workers.fixes.steps.context import Ended, ran
from workers.fixes.steps.drive import Steps
from workers.fixes.steps.fetch import tree_at
from workers.fixes.steps.project import HandedOver, RevisionRun
from workers.fixes.steps.push import push
from workers.fixes.steps.testing import Tests


async def _fetch(context: RevisionRun) -> None:
    """Leaves both trees. Raises HandedOver for a new version when the head is not our newest."""
    repo = context.ctx.github.repo(context.project, READ)
    versions = await context.ctx.versions.all(
        context.project.id, await context.ctx.runs.get(context.project.id, context.run.number)
    )
    newest = versions[-1]
    again = context.revision.kind == "prove"
    head = context.revision.parent if again else await pulls.branch_head(repo, context.run.branch)
    if head is None:
        raise Ended(Verdict.STOPPED, f"The branch {context.run.branch} is gone.")
    if head != newest.commit and not again:
        attempts = await context.ctx.versions.attempts(context.project.id, context.run.number)
        if head in {attempt.work.commit for attempt in attempts}:
            # Pushed by whoever died right after: it will be written down when that is taken up.
            raise Unavailable("Another version is being published.", retry_after=2)
        raise HandedOver
    origin = await tree_at(repo, context.run.base_sha)
    now = await tree_at(repo, head)
    tests = newest.tests
    with context.namespace("origin"):
        await context.put_tree("base", origin)
    if context.revision.restores is not None:
        wanted = version_of(versions, context.revision.restores)
        tests = wanted.tests
        await context.put_tree("restored", await tree_at(repo, wanted.commit))
    with context.namespace("head"):
        await context.put_tree("head", now)
    await context.revise(lambda one: one.model_copy(update={"parent": head, "tests": tests}))
    await context.tell(f"{newest.name} at {head[:10]}, {len(now)} files")


async def _listen(context: RevisionRun) -> None:
    """An example in what was asked that fails on the head becomes a test, too. Leaves ``base``
    without the proof's tests and ``test`` with all of them, so that the agent is told to leave them
    alone."""
    head = await context.tree("head")
    asked = [*context.revision.words, *(remark.words for remark in context.revision.remarks)]
    reports = [BugReport(number=number, body=words) for number, words in enumerate(asked, 1)]
    read = await asyncio.to_thread(attempts, reports, head, name=f"C-{context.run.cluster}")
    found = read.tests
    tests = await Tests.of(context, head)
    await context.tell(
        f"{count(len(found), 'example')} in what was asked" if found else "no example to run"
    )
    added: dict[str, Entry] = {}
    for example in found:
        source = _named(example, context)
        tried = {example.path: Entry(data=source.encode())}
        done = await tests.alone({**head, **tried}, example.path)
        if done.exit_code and graded(done.stdout + done.stderr, example.test, example.reason):
            added = tried
            await context.set(red=ran(done))
            await context.tell(f"red, as asked: {example.says}")
            break
    new = next(iter(added), "")
    named = (*(path for path in context.revision.tests if path != context.revision.example), *added)
    await context.put_tree("base", {p: e for p, e in head.items() if p not in named})
    await context.put_patch("test", _adding({**head, **added}, named))
    await context.revise(lambda one: one.model_copy(update={"tests": named, "example": new}))


def _named(example: Reproduction, context: RevisionRun) -> str:
    """The test's source, saying who asked for it and not which report."""
    rest = example.source.partition("\n")[2]
    who = f"@{context.run.requested_by}"
    return f'"""As {who} asked of {context.run.name}: {example.subject}."""\n{rest}'


def _adding(tree: Tree, paths: Sequence[str]) -> Patch:
    """The patch that adds ``paths`` of a tree to what has none of them."""
    return diff({}, {path: tree[path] for path in paths if path in tree})


async def _prove(context: RevisionRun) -> None:
    """Prove the whole anew: from the base commit to what the branch would be."""
    after = await _next(context)
    delta = diff(await context.tree("head"), after)
    if not delta and context.revision.kind != "prove":
        raise Ended(Verdict.NOT_REPAIRED, "What came out is what the branch has already.")
    with context.namespace("origin"):
        base = await context.tree("base")
        await context.put_patch("test", _adding(after, context.revision.tests))
        with_tests = apply(base, await context.patch("test"))
        await context.put_patch("fix", diff(with_tests, after))
        await prove.prove(context)
        tests = await Tests.of(context, base)
    await context.put_patch("delta", delta)
    await context.revise(lambda one: one.model_copy(update={"delta": delta.paths}))
    for path in context.revision.tests:
        if path != context.run.test_path:
            await _green(context, tests, after, path)


async def _green(context: RevisionRun, tests: Tests, after: Tree, path: str) -> None:
    """A test that came with an earlier review, or with this one, in a clean sandbox."""
    done = await tests.alone(after, path)
    if done.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, f"In a clean sandbox {path} still fails.")
    await context.tell(f"{path} is green, too; the suite is no worse")


async def _next(context: RevisionRun) -> Tree:
    """The branch's files as they would be."""
    if context.revision.restores is not None:
        return await context.tree("restored")
    with_tests = apply(await context.tree("base"), await context.patch("test"))
    return apply(with_tests, await context.patch("fix"))


async def _judge(context: RevisionRun) -> None:
    with context.namespace("origin"):
        await prove.check_policy(context)


STEPS: Steps[RevisionRun] = {
    StepName.FETCH: _fetch,
    StepName.REPRODUCE: _listen,
    StepName.REPAIR: repair.repair,
    StepName.PROVE: _prove,
    StepName.POLICY: _judge,
    StepName.PUBLISH: push,
}
