"""Fetch the base commit as a tree of files. The token stays on this side."""

import asyncio
from urllib.parse import quote

from bot.domain.errors import Rejected, TooLarge
from bot.domain.fixes.environment import repository_of, submodules
from bot.domain.fixes.patch import Entry, Tree, tree_from_tar
from bot.domain.fixes.patch.tarball import MAX_BYTES
from bot.domain.models import Verdict
from bot.github.app import READ
from bot.github.pulls import branch_head
from bot.github.repo import Repo
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun

_MOST = 20  # submodules of one repository


async def fetch(context: ProjectRun) -> None:
    """Leaves ``base``: the files of the base branch's newest commit."""
    repo = context.ctx.github.repo(context.project, READ)
    base = context.run.base or context.project.default_branch
    sha = context.run.base_sha or await branch_head(repo, base)
    if sha is None:
        raise Ended(Verdict.TESTS_DO_NOT_RUN, f"There is no branch {base}.")
    tree = await tree_at(repo, sha)
    await context.put_tree("base", tree)
    wanted = (await context.config()).fix.submodules
    if wanted and (found := await fetch_submodules(context, sha, tree)):
        await context.put_tree("submodules", found)
    commit = await repo.get(f"/git/commits/{sha}")
    await context.set(base=base, base_sha=sha, base_day=commit["committer"]["date"][:10])
    await context.tell(f"{len(tree)} files at {sha[:10]}")


async def fetch_submodules(
    context: ProjectRun, sha: str, tree: Tree, *, most: int = MAX_BYTES
) -> Tree:
    """The files of public submodules of the same host; the others are named where they are missed.
    They are asked for with this repository's own token, which reads no other private one: who may
    write here could else read by a submodule what they may not read. One that would make more than
    ``most`` bytes of them all is left out."""
    github, project = context.ctx.github, context.project
    found: dict[str, Entry] = {}
    for path, url in list(submodules(tree).items())[:_MOST]:
        folder, _, name = path.rpartition("/")
        there = repository_of(url, github.page(project, ""))
        if not there:
            continue
        other = github.repo(project.model_copy(update={"full_name": there}), READ)
        try:
            listed = await github.repo(project, READ).get(
                f"/contents/{quote(folder)}{{?ref}}", ref=sha
            )
            at = next((each["sha"] for each in listed if each["name"] == name), "")
            if at and (await other.get(""))["private"] is False:
                files = await tree_at(other, at, most=most)
                most -= sum(len(entry.data) for entry in files.values())
                found |= {f"{path}/{each}": entry for each, entry in files.items()}
        except (Rejected, Ended) as error:
            await context.log(f"the submodule {path} is not fetched: {error}")
    return found


async def tree_at(repo: Repo, sha: str, *, most: int = MAX_BYTES) -> Tree:
    """The files of a commit. Raises Ended when they are too many, or GitHub refuses."""
    try:
        tar = await repo.tarball(sha)
        return await asyncio.to_thread(tree_from_tar, tar, strip=1, max_bytes=most)
    except TooLarge as error:
        raise Ended(Verdict.LIMIT_REACHED, str(error)) from error
    except Rejected as error:
        raise Ended(Verdict.TESTS_DO_NOT_RUN, str(error)) from error
