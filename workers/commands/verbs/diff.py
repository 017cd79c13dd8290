"""``diff``: what changed from one version of a fix to another."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.version import diff_card
from bot.domain.commands.command import WORD, Command
from bot.domain.commands.references import ClusterRef, RunRef, VersionRef
from bot.domain.errors import NotUnderstood
from bot.domain.fixes.versions import version_of
from bot.github import pulls
from bot.github.app import READ
from workers.commands.call import Answer, Call
from workers.commands.published import published


class Diff(Command):
    """The difference between two versions of a fix, the older one first."""

    verb = "diff"
    examples = ("diff v1 v3", "diff v1 v2 F-7")

    first: VersionRef
    second: VersionRef
    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: Diff) -> Answer:
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
