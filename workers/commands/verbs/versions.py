"""``versions``: what a fix has been so far."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.version import versions_card
from bot.domain.commands.command import WORD, Command
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.fixes.versions import Version
from bot.github import pulls
from bot.github.app import READ
from workers.commands.call import Answer, Call
from workers.commands.published import published


class ListVersions(Command):
    """The versions of a fix: commit, when, who asked, proof and size."""

    verb = "versions"
    examples = ("versions", "versions F-7")

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: ListVersions) -> Answer:
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
