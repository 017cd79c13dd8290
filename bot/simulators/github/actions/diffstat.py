"""What a pull request changes and whether it can be merged, read from git."""

from __future__ import annotations

from bot.simulators.github.diffs import ChangedFile, changed_files
from bot.simulators.github.git import NoSuchObject
from bot.simulators.github.records import Issue, Json
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.pulls import Diffstat


async def base_tip(issue: Issue) -> str:
    """Where the base branch is now; where it was, once the pull request is merged."""
    pull = issue.as_pull
    if pull.merged_at:
        return pull.base_sha
    try:
        return await issue.repository.git.resolve(f"refs/heads/{pull.base_ref}")
    except NoSuchObject:
        return pull.base_sha


async def fork_point(issue: Issue) -> str:
    """Where the head left the base: the older side of the pull request's diff."""
    tip = await base_tip(issue)
    return await issue.repository.git.merge_base(tip, issue.as_pull.head_sha) or tip


async def pull_files(issue: Issue) -> list[ChangedFile]:
    """The files that a pull request changes."""
    fork = await fork_point(issue)
    return await changed_files(issue.repository.git, fork, issue.as_pull.head_sha)


async def pull_commits(issue: Issue) -> list[str]:
    """The commits of a pull request, oldest first."""
    tip = await base_tip(issue)
    return (await issue.repository.git.log(issue.as_pull.head_sha, f"^{tip}"))[::-1]


async def diffstat(issue: Issue, *, fresh: bool = False) -> Diffstat:
    """Counts and mergeability; GitHub works the latter out a moment after a push."""
    files = await pull_files(issue)
    mergeable, state = (None, "unknown") if fresh else await _mergeable(issue)
    return Diffstat(
        commits=len(await pull_commits(issue)),
        additions=sum(file.additions for file in files),
        deletions=sum(file.deletions for file in files),
        files=len(files),
        mergeable=mergeable,
        mergeable_state=state,
    )


async def pull_view(issue: Issue, *, fresh: bool = False) -> Json:
    """A pull request, whole."""
    return views.pull(issue, await diffstat(issue, fresh=fresh))


async def _mergeable(issue: Issue) -> tuple[bool | None, str]:
    pull, repository = issue.as_pull, issue.repository
    if issue.state == "closed":
        return None, "unknown"
    if await repository.git.merge_tree(await base_tip(issue), pull.head_sha) is None:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    runs = repository.runs_on(pull.head_sha)
    fine = all(run.conclusion in ("success", "neutral", "skipped") for run in runs)
    return True, "clean" if fine else "unstable"
