"""What a pull request changes and whether it can be merged, read from git."""

from __future__ import annotations

from bot.simulators.github.diffs import ChangedFile, changed_files
from bot.simulators.github.errors import GitHubError
from bot.simulators.github.git import NoSuchObject
from bot.simulators.github.records import Issue, Json, Pull, Repository
from bot.simulators.github.views import pulls as views
from bot.simulators.github.views.pulls import Diffstat, pull_of
from bot.simulators.github.world import World


async def base_tip(repository: Repository, pull: Pull) -> str:
    """Where the base branch is now; where it was, once the pull request is merged."""
    if pull.merged_at:
        return pull.base_sha
    try:
        return await repository.git.resolve(f"refs/heads/{pull.base_ref}")
    except NoSuchObject:
        return pull.base_sha


async def fork_point(repository: Repository, pull: Pull) -> str:
    """Where the head left the base: the older side of the pull request's diff."""
    tip = await base_tip(repository, pull)
    return await repository.git.merge_base(tip, pull.head_sha) or tip


async def pull_files(repository: Repository, issue: Issue) -> list[ChangedFile]:
    """The files that a pull request changes."""
    pull = pull_of(issue)
    return await changed_files(repository.git, await fork_point(repository, pull), pull.head_sha)


async def pull_commits(repository: Repository, pull: Pull) -> list[str]:
    """The commits of a pull request, oldest first."""
    tip = await base_tip(repository, pull)
    return (await repository.git.log(pull.head_sha, f"^{tip}"))[::-1]


async def diffstat(repository: Repository, issue: Issue, *, fresh: bool = False) -> Diffstat:
    """Counts and mergeability; GitHub works the latter out a moment after a push."""
    pull = pull_of(issue)
    files = await pull_files(repository, issue)
    mergeable, state = (None, "unknown") if fresh else await _mergeable(repository, issue, pull)
    return Diffstat(
        commits=len(await pull_commits(repository, pull)),
        additions=sum(file.additions for file in files),
        deletions=sum(file.deletions for file in files),
        files=len(files),
        mergeable=mergeable,
        mergeable_state=state,
    )


async def pull_view(
    world: World, repository: Repository, issue: Issue, *, fresh: bool = False
) -> Json:
    """A pull request, whole."""
    return views.pull(world, repository, issue, await diffstat(repository, issue, fresh=fresh))


async def _mergeable(repository: Repository, issue: Issue, pull: Pull) -> tuple[bool | None, str]:
    if issue.state == "closed":
        return None, "unknown"
    tip = await base_tip(repository, pull)
    if await repository.git.merge_tree(tip, pull.head_sha) is None:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    runs = [run for run in repository.check_runs.values() if run.head_sha == pull.head_sha]
    fine = all(run.conclusion in ("success", "neutral", "skipped") for run in runs)
    return True, "clean" if fine else "unstable"


def need_pull(repository: Repository, number: int) -> Issue:
    """The pull request of this number. Raises 404."""
    issue = repository.issues.get(number)
    if issue is None or issue.pull is None or issue.gone:
        raise GitHubError(404, "Not Found")
    return issue
