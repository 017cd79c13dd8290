"""Open the draft pull request as the app, with the evidence. Never reads untrusted prose. Creating
the branch is the lock: whoever comes second finds it and goes on from there."""

import asyncio
import re
from collections.abc import Mapping, Sequence

from redis.exceptions import RedisError

from bot.domain.audience import may_read
from bot.domain.cards.views.pull import DRAFT_TITLE, PullRequest, pull_card, pull_title
from bot.domain.cards.views.run import check_card
from bot.domain.commands.rights import WRITERS
from bot.domain.errors import Unavailable
from bot.domain.fixes.patch import EXECUTABLE, SYMLINK, Entry, Patch, apply, diff
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import coauthor, trailer
from bot.domain.models import Item, Verdict
from bot.github import checks, issues, people, pulls
from bot.github.app import PUBLISH
from bot.github.pulls import Mode
from bot.github.repo import Repo
from bot.say import open_pull, put_check
from bot.sources import github_issue
from bot.storage.leases import LeaseLost
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun
from workers.fixes.steps.starting import open_fix
from workers.intake.quota import in_words, period_of

OURS, UNPROVED = "soulcaster", "soulcaster: unproved"
PROOFS: Mapping[Verdict, str] = {
    Verdict.PROVED: "soulcaster: proved",
    Verdict.ON_ONE_EXAMPLE: "soulcaster: one example",
}
DRAFT = "soulcaster: draft"


async def publish(context: ProjectRun) -> None:
    """Branch, commit, pull request, check run, labels; each found again when done twice. What ends
    the run before there is a pull request leaves no branch and costs nothing."""
    repo = context.ctx.github.repo(context.project, PUBLISH)
    try:
        if context.run.pull_request is None:
            await _permitted(context)
        await _publish(context, repo)
    except (Unavailable, LeaseLost, RedisError):
        raise  # the run goes on, here or elsewhere
    except Exception:
        if context.run.pull_request is None:
            await _withdraw(context, repo)
        raise


async def _permitted(context: ProjectRun) -> None:
    """The checks that bind: they stand right before the write. Raises Ended."""
    ctx, run, project = context.ctx, context.run, context.project
    await require_still_wanted(context)
    if other := await open_fix(ctx, project, run.cluster):
        raise Ended(
            Verdict.STOPPED,
            f"C-{run.cluster} has a pull request by now: #{other.pull_request} ({other.name}).",
        )
    if run.unproved:
        return  # only what is proved counts
    cap = ctx.settings.soulcaster_fix_quota
    if not await ctx.quotas.spend_fix(project, period_of(ctx), run.number, cap):
        used = f"{cap} of {cap} fix runs are used {in_words(ctx)}."
        raise Ended(Verdict.LIMIT_REACHED, used)


async def require_still_wanted(context: ProjectRun) -> None:
    """Raises Ended when the run was stopped, who asked for it may no longer write, or more people
    read the repository by now than may read what the run was made from."""
    run, project = context.run, context.project
    if not may_read(project.github_readers, run.audience):
        raise Ended(Verdict.STOPPED, f"{project.full_name} is public by now, unlike this fix.")
    if who := await context.stop_asked():
        raise Ended(Verdict.STOPPED, f"Stopped by {who}.")
    if not run.operator:
        role = await people.role(context.ctx.github.repo(project), run.requester)
        if role not in WRITERS:
            raise Ended(
                Verdict.STOPPED,
                f"@{run.requested_by} may no longer write to {project.full_name} (has: {role}).",
            )


async def _withdraw(context: ProjectRun, repo: Repo) -> None:
    """Take back what this step did, short of a pull request."""
    run = context.run
    if run.branch and await pulls.find_pull(repo, run.branch):
        return
    ctx = context.ctx
    await ctx.quotas.refund_fix(context.project, period_of(ctx), run.number)
    if run.branch:
        await pulls.delete_branch(repo, run.branch)
        await context.set(branch="", commit="")


async def _publish(context: ProjectRun, repo: Repo) -> None:
    run, readers = context.run, context.run.audience
    case = await context.case()
    cluster, shown = case.named(readers), case.shown(readers)
    title = pull_title(cluster, shown, proof=run.proof)
    base = await context.tree("base")
    patched = apply(apply(base, await context.patch("test")), await context.patch("fix"))
    patch = diff(base, patched)
    branch = run.branch or branch_name(run, title)
    await context.set(branch=branch)
    sha = await pulls.branch_head(repo, branch)
    if sha is None:
        made = await pulls.commit(repo, run.base_sha, commit_message(run, title), written(patch))
        await pulls.create_branch(repo, branch, made.sha)
        sha = await pulls.branch_head(repo, branch) or made.sha
        await context.set(verified=made.verified)
    await context.set(commit=sha)
    await context.tell(f"branch {branch}")
    files, change = await asyncio.to_thread(
        lambda: (patch.files, patch.without(run.test_path).unified)
    )
    document = PullRequest(
        run=context.run,
        cluster=cluster,
        items=shown,
        closes=_issue_numbers(case.items),
        hidden=case.hidden(readers),
        files=files,
        change=change,
    )
    card = pull_card(document)
    pull = await open_pull(repo, card, branch=branch, base=run.base)
    number = int(pull["number"])
    await context.set(pull_request=number, pull_url=str(pull["html_url"]))
    await report_proof(repo, context.run, sha)
    labels = [OURS, PROOFS.get(run.proof, UNPROVED)]
    if str(pull["title"]).startswith(DRAFT_TITLE):
        labels.append(DRAFT)
    await issues.add_labels(context.ctx.github.repo(context.project), number, labels)
    await context.tell(f"pull request {number}")


def written(patch: Patch) -> list[pulls.CommitFile]:
    """The patch as the Git Data API takes it."""
    return [
        pulls.CommitFile(
            path=one.path, mode=_mode(one.after), data=None if one.after is None else one.after.data
        )
        for one in patch.changes
    ]


def _mode(entry: Entry | None) -> Mode:
    if entry is None or entry.git_mode not in (EXECUTABLE, SYMLINK):
        return "100644"
    return "100755" if entry.git_mode == EXECUTABLE else "120000"


def branch_name(run: FixRun, title: str) -> str:
    """``soulcaster/C-12-last-page-missing``; the same for a run however often it is asked."""
    words = title.partition(": ")[2].lower()
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:40]
    return f"soulcaster/C-{run.cluster}-{slug.strip('-') or 'fix'}-F{run.number}"


def commit_message(run: FixRun, title: str) -> str:
    """One subject, what proved it, and who asked."""
    how = f"{run.proof.value.capitalize()} by {run.test_path}"
    body = f"{how}: red on {run.base_sha[:10]}, green with this change."
    if run.unproved:
        body = f"Not proved: the proof by {run.test_path} failed, as the pull request says."
    return f"{title}\n\n{body}\n\n{coauthor(run)}{trailer(run.number, 1)}"


def _issue_numbers(items: Sequence[Item]) -> list[int]:
    """Issues of this repository among the reports."""
    numbers = (i.key.removeprefix("issue:") for i in items if i.source == github_issue.NAME)
    return [int(number) for number in numbers if number.isdigit()]


async def report_proof(repo: Repo, run: FixRun, sha: str) -> None:
    """Put the proof on a commit as the check run ``soulcaster/proof``. It failed where what was run
    speaks against the patch, and is neutral where nothing does."""
    conclusion: checks.Conclusion = "success" if run.proof is Verdict.PROVED else "neutral"
    if run.unproved:
        conclusion = "failure" if run.unproved is Verdict.NOT_REPAIRED else "neutral"
    await put_check(repo, sha, check_card(run), conclusion=conclusion, external_id=run.name)
