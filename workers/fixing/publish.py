"""Open the draft pull request as the app, with the evidence. Never reads untrusted prose.

Creating the branch is the lock: whoever comes second finds it and goes on from there.
"""

from __future__ import annotations

import re

from bot.domain.models import Item, Verdict
from bot.domain.patch import EXECUTABLE, SYMLINK, Entry, apply, diff
from bot.domain.run import FixRun
from bot.domain.views.run import PullRequest, pull_card, pull_title
from bot.github import checks, issues, pulls
from bot.github.app import PUBLISH, Repo
from bot.github.pulls import Change, Mode
from bot.render import render_document
from bot.sources import github_issue
from workers.digest import cluster_view
from workers.fixing.desk import Desk, Ended
from workers.quota import month_of

LABELS = ["soulcaster", "soulcaster: proved"]


async def publish(desk: Desk) -> None:
    """Branch, commit, pull request, check run, labels; each found again when done twice."""
    ctx, run, project = desk.ctx, desk.run, desk.project
    cap = ctx.settings.soulcaster_fix_quota
    if not await ctx.runs.spend(project.id, month_of(ctx), run.number, cap):
        raise Ended(Verdict.LIMIT_REACHED, f"{cap} of {cap} fix runs are used this month.")
    repo = ctx.github.repo(project, PUBLISH)
    view = await cluster_view(ctx, project, run.cluster)
    base = await desk.tree("base")
    patched = apply(apply(base, await desk.patch("test")), await desk.patch("fix"))
    patch = diff(base, patched)
    branch = run.branch or branch_name(run, pull_title(view.cluster, view.shown))
    await desk.set(branch=branch)
    sha = await pulls.branch_head(repo, branch)
    if sha is None:
        changes = [
            Change(
                path=change.path,
                mode=_mode(change.after),
                data=None if change.after is None else change.after.data,
            )
            for change in patch.changes
        ]
        message = commit_message(run, pull_title(view.cluster, view.shown))
        made = await pulls.commit(repo, run.base_sha, message, changes)
        await pulls.create_branch(repo, branch, made.sha)
        sha = await pulls.branch_head(repo, branch) or made.sha
        await desk.set(verified=made.verified)
    await desk.set(commit=sha)
    await desk.tell(f"branch {branch}")
    items = await desk.items()
    document = PullRequest(
        run=desk.run,
        cluster=view.cluster,
        items=view.shown,
        closes=_issue_numbers(items),
        hidden=view.hidden,
        repository=project.full_name,
        files=[(c.path, len(c.lines[1]), len(c.lines[0])) for c in patch.changes],
        change=patch.without(run.test_path).unified,
    )
    pull = await pulls.open_pull(
        repo,
        branch=branch,
        base=run.base,
        title=pull_title(view.cluster, view.shown),
        body=render_document(pull_card(document)),
    )
    number = int(pull["number"])
    await desk.set(pull_request=number, pull_url=str(pull["html_url"]))
    await _check_run(repo, desk.run, sha)
    await issues.add_labels(ctx.github.repo(project), number, LABELS)
    await desk.tell(f"pull request {number}")


def _mode(entry: Entry | None) -> Mode:
    if entry is None or entry.git_mode not in (EXECUTABLE, SYMLINK):
        return "100644"
    return "100755" if entry.git_mode == EXECUTABLE else "120000"


def branch_name(run: FixRun, title: str) -> str:
    """``soulcaster/C-12-last-page-missing``; the same for a run however often it is asked."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.removeprefix("Fix: ").lower()).strip("-")[:40]
    return f"soulcaster/C-{run.cluster}-{slug.strip('-') or 'fix'}-F{run.number}"


def commit_message(run: FixRun, title: str) -> str:
    """One subject, what proved it, and who asked."""
    author = f"{run.requested_by} <{run.requested_by}@users.noreply.github.com>"
    body = f"Proved by {run.test_path}: red on {run.base_sha[:10]}, green with this change."
    coauthor = f"\n\nCo-authored-by: {author}" if re.fullmatch(r"[\w-]+", run.requested_by) else ""
    return f"{title}\n\n{body}{coauthor}"


def _issue_numbers(items: list[Item]) -> list[int]:
    """Issues of this repository among the reports."""
    numbers = (i.key.removeprefix("issue:") for i in items if i.source == github_issue.NAME)
    return [int(number) for number in numbers if number.isdigit()]


async def _check_run(repo: Repo, run: FixRun, sha: str) -> None:
    rows = [
        f"| {label} | `{ran.command}` | {ran.exit_code} | {ran.seconds:.1f} s |"
        for label, ran in (
            ("New test on the base", run.red),
            ("New test with the patch", run.green),
            ("Suite on the base", run.suite_before),
            ("Suite with the patch", run.suite_after),
        )
        if ran is not None
    ]
    await checks.put_check(
        repo,
        sha,
        conclusion="success",
        title="Red before, green after, the suite no worse",
        summary="\n".join(["| Check | Command | Exit code | Time |", "|---|---|---|---|", *rows]),
        external_id=run.name,
    )
