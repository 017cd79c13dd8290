"""Publish a version: one commit on top of the branch, and word of it in the pull request."""

import asyncio

from bot.domain.cards.views.pull import NOT_PROVED, PullRequest, pull_card, title_with
from bot.domain.cards.views.run import ALSO_CHANGES
from bot.domain.errors import Unavailable
from bot.domain.fixes.patch import Patch
from bot.domain.fixes.run import FixRun, RunStep
from bot.domain.fixes.versions import Version, commit_message
from bot.domain.models import RunState, Verdict
from bot.github import issues, pulls
from bot.github.app import PUBLISH
from bot.github.repo import Repo
from bot.say import edit_pull
from workers.fixes.steps import publish
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import HandedOver, RevisionRun

# What of the pull request's body is ours to keep up to date; the rest may be people's.
_WEAK = Verdict.ON_ONE_EXAMPLE.value.capitalize()
_SECTIONS = (NOT_PROVED, _WEAK, "Change", "Proof", ALSO_CHANGES, "Output")


async def push(context: RevisionRun) -> None:
    """Commit, move the branch forward, check run, body. Harmless when done twice. The commit is
    written down before the branch moves: whoever comes after a crash knows by the branch's head
    whether it did. Raises HandedOver when people have pushed."""
    repo = context.ctx.github.repo(context.project, PUBLISH)
    run = await context.ctx.runs.get(context.project.id, context.run.number)
    head = await pulls.branch_head(repo, run.branch)
    versions = await context.ctx.versions.all(context.project.id, run)
    for version in versions:
        await context.ctx.versions.add(context.project.id, run.number, version)
    if not context.run.commit or head != context.run.commit:
        if head != context.revision.parent:
            if head not in {version.commit for version in versions}:
                raise HandedOver
            await context.set(
                commit="", steps=tuple(RunStep(name=s.name) for s in context.run.steps)
            )
            raise Unavailable("Another version came first: on top of that, then.", retry_after=1)
        await _permitted(context)
        await _commit(context, repo, versions[-1].number + 1)
        if not await pulls.advance_branch(repo, run.branch, context.run.commit):
            raise HandedOver
    await _write_down(context)
    await publish.report_proof(repo, context.run, context.run.commit)
    await _relabel(context, await _edit_body(context, repo))
    await context.tell(f"v{context.revision.version} at {context.run.commit[:10]}")


async def _permitted(context: RevisionRun) -> None:
    """The checks that bind: they stand right before the write. Raises Ended."""
    await publish.require_still_wanted(context)
    number = context.run.pull_request
    pull = await context.ctx.github.repo(context.project).get(f"/pulls/{number}")
    if pull["state"] != "open":
        raise Ended(Verdict.STOPPED, f"Pull request {number} is no longer open.")


async def _commit(context: RevisionRun, repo: Repo, number: int) -> None:
    """Make the commit that the branch will move to; nothing points to it yet."""
    if context.run.commit:
        return
    delta = await context.patch("delta")
    message = commit_message(context.revision, number)
    made = await pulls.commit(repo, context.revision.parent, message, publish.written(delta))
    update = {"commit": made.sha, "verified": made.verified, "version": number}
    await context.revise(
        lambda one: one.model_copy(
            update={"version": number, "work": one.work.model_copy(update=update)}
        )
    )


async def _write_down(context: RevisionRun) -> None:
    """The branch is at the commit: it is a version, and what the run stands for now."""
    revision, work = context.revision, context.run
    delta = await context.patch("delta")
    stats = await asyncio.to_thread(lambda: delta.stats)
    version = Version(
        number=work.version,
        kind=revision.kind,
        commit=work.commit,
        parent=revision.parent,
        restores=revision.restores,
        asked_by=work.requested_by,
        made_at=context.now(),
        tests=revision.tests,
        red=work.red,
        green=work.green,
        suite_after=work.suite_after,
        files=stats.files,
        added=stats.added,
        removed=stats.removed,
    )
    await context.ctx.versions.add(context.project.id, work.number, version)

    def newest(run: FixRun) -> FixRun:
        if run.version >= work.version:
            return run
        fields = ("commit", "verified", "version", "red", "green", "suite_before", "suite_after")
        more = ("findings", "grade", "reason", "changes", "reading")
        newer = {name: getattr(work, name) for name in (*fields, *more)}
        newer |= {"state": RunState.SUCCEEDED, "verdict": work.proof}
        return run.model_copy(
            update={**newer, "dollars": run.dollars + work.dollars, "updated_at": context.now()}
        )

    await context.ctx.runs.update(context.project.id, work.number, newest)


async def _edit_body(context: RevisionRun, repo: Repo) -> set[str]:
    """Bring our sections of the body up to date, and leave people's. The labels as they stand."""
    run = context.run
    with context.namespace("origin"):
        test, fix = await context.patch("test"), await context.patch("fix")
    whole = Patch(changes=tuple(sorted((*test.changes, *fix.changes), key=lambda c: c.path)))
    case = await context.case()
    files, change = await asyncio.to_thread(lambda: (whole.files, fix.unified))
    first = await context.ctx.runs.get(context.project.id, run.number)
    document = PullRequest(
        run=run,
        cluster=case.named(run.audience),
        items=(),
        closes=(),
        hidden=0,
        files=files,
        change=change,
        began_unproved=first.unproved is not None,
    )
    pull = await repo.get(f"/pulls/{run.pull_request}")
    title = title_with(str(pull["title"]), run.proof)
    await edit_pull(repo, pull, pull_card(document), title=title, sections=_SECTIONS)
    return {str(label["name"]) for label in pull["labels"]}


async def _relabel(context: RevisionRun, labels: set[str]) -> None:
    """Have the label say what the newest version's proof came to."""
    number, right = (
        context.run.pull_request,
        publish.PROOFS.get(context.run.proof, publish.UNPROVED),
    )
    if number is None or right in labels:
        return
    repo = context.ctx.github.repo(context.project)
    await issues.add_labels(repo, number, [publish.OURS, right])
    for wrong in {publish.UNPROVED, *publish.PROOFS.values()} & labels:
        await issues.remove_label(repo, number, wrong)
