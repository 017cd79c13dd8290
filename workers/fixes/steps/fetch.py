"""Fetch the base commit as a tree of files. The token stays on this side."""

from __future__ import annotations

import asyncio

from bot.domain.errors import Rejected, TooLarge
from bot.domain.fixes.patch import Tree, tree_from_tar
from bot.domain.models import Verdict
from bot.github.app import READ, Repo
from bot.github.pulls import branch_head
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun


async def fetch(context: ProjectRun) -> None:
    """Leaves ``base``: the files of the base branch's newest commit."""
    repo = context.ctx.github.repo(context.project, READ)
    base = context.run.base or context.project.default_branch
    sha = context.run.base_sha or await branch_head(repo, base)
    if sha is None:
        raise Ended(Verdict.TESTS_DO_NOT_RUN, f"There is no branch {base}.")
    tree = await tree_at(repo, sha)
    await context.put_tree("base", tree)
    await context.set(base=base, base_sha=sha)
    await context.tell(f"{len(tree)} files at {sha[:10]}")


async def tree_at(repo: Repo, sha: str) -> Tree:
    """The files of a commit. Raises Ended when they are too many, or GitHub refuses."""
    try:
        return await asyncio.to_thread(tree_from_tar, await repo.tarball(sha), strip=1)
    except TooLarge as error:
        raise Ended(Verdict.LIMIT_REACHED, str(error)) from error
    except Rejected as error:
        raise Ended(Verdict.TESTS_DO_NOT_RUN, str(error)) from error
