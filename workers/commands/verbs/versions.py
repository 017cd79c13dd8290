"""``revise versions diff revert``: what a fix has been so far, and what it is next."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.version import diff_card, handover_card, versions_card
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef, VersionRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Remark, Version, version_of
from bot.github import pulls
from bot.github.app import READ
from workers.commands.call import Answer, Call
from workers.commands.requests import request_version
from workers.fixes import follow, revise


class Revise(Command):
    """Work on a fix again, as you say or as its reviews ask, and push it as the next version.

    Without words, reviews that request changes and were not taken up yet are what is asked. Checks
    of others that fail on its newest version go with it once, with the end of their logs.
    """

    verb = "revise"
    calls = "costly"
    level = Level.L3
    examples = ("revise -- keep the old name as an alias", "revise F-7")

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    text: Annotated[str, TEXT] = ""


async def run_revise(call: Call, command: Revise) -> Answer:
    """Write the attempt down and have it made."""
    ctx, project = call.ctx, call.project
    found = await published(call, command.about)
    call.require_for(found.audience, command.text)
    await revise.require_open(ctx, project, found)
    if await revise.handed_over(ctx, project, found):
        return Answer(handover_card(found), public=True)
    if command.text:
        words, remarks = [command.text], list[Remark]()
    else:
        words, remarks = await revise.standing(ctx, project, found)
    log = await follow.take_up(ctx, project, found, call.said.id)
    if not words and not remarks and not log:
        raise NotUnderstood(
            "Say what should change: /soulcaster revise -- handle an empty list, too"
        )
    return await request_version(call, found, "revise", words=words, remarks=remarks, log=log)


class ListVersions(Command):
    """The versions of a fix: commit, when, who asked, proof and size."""

    verb = "versions"
    examples = ("versions", "versions F-7")

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run_versions(call: Call, command: ListVersions) -> Answer:
    """As they were written down; the size of the first is GitHub's to say."""
    found = await published(call, command.about)
    versions = await call.ctx.versions.all(call.project.id, found)
    return Answer(versions_card(found, [await _sized(call, version) for version in versions]))


async def _sized(call: Call, version: Version) -> Version:
    if version.files:
        return version
    repo = call.ctx.github.repo(call.project, READ)
    files = (await pulls.compare(repo, version.parent, version.commit)).get("files") or []
    return version.model_copy(
        update={
            "files": len(files),
            "added": sum(int(file.get("additions", 0)) for file in files),
            "removed": sum(int(file.get("deletions", 0)) for file in files),
        }
    )


class Diff(Command):
    """The difference between two versions of a fix, the older one first."""

    verb = "diff"
    examples = ("diff v1 v3", "diff v1 v2 F-7")

    first: VersionRef
    second: VersionRef
    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run_diff(call: Call, command: Diff) -> Answer:
    """As GitHub compares their commits."""
    if command.first == command.second:
        raise NotUnderstood(f"{command.first} and {command.second} are the same version.")
    found = await published(call, command.about)
    versions = await call.ctx.versions.all(call.project.id, found)
    numbers = sorted((command.first.number, command.second.number))
    before, after = (version_of(versions, number) for number in numbers)
    repo = call.ctx.github.repo(call.project, READ)
    compared = await pulls.compare(repo, before.commit, after.commit)
    return Answer(diff_card(found, before, after, compared))


class Revert(Command):
    """Go back to an earlier version by a new commit on top, proved again before it is pushed."""

    verb = "revert"
    level = Level.L3
    examples = ("revert v1", "revert v2 F-7")

    version: VersionRef
    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run_revert(call: Call, command: Revert) -> Answer:
    """Write the attempt down and have it made."""
    ctx, project = call.ctx, call.project
    found = await published(call, command.about)
    versions = await ctx.versions.all(project.id, found)
    wanted = version_of(versions, command.version.number)
    if wanted.number == versions[-1].number:
        raise NotUnderstood(f"{wanted.name} is what the branch has.")
    await revise.require_open(ctx, project, found)
    if await revise.handed_over(ctx, project, found):
        return Answer(handover_card(found), public=True)
    return await request_version(call, found, "revert", restores=wanted.number)


async def published(call: Call, ref: RunRef | ClusterRef | None) -> FixRun:
    """The run named, that of the pull request here, or the cluster's newest with one.

    Raises NotFound when it has no pull request.
    """
    found: FixRun | None = None
    if isinstance(ref, RunRef):
        found = await call.ctx.runs.get(call.project.id, ref.number)
    elif ref is None and call.place.issue:
        found = await call.ctx.runs.of_pull(call.project.id, call.place.issue)
    name = found.name if found else ""
    if found is None and not isinstance(ref, RunRef):
        cluster = await call.cluster(ref)
        runs = await call.ctx.runs.of_cluster(call.project.id, cluster.number)
        found = next((r for r in runs if r.pull_request), None)
        name = cluster.name
    if found is None or found.pull_request is None:
        raise NotFound(f"{name} has no pull request yet: /soulcaster fix starts one.")
    return found
