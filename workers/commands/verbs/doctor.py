"""``doctor``: how this project stands with everything it needs; the operator's rows stay apart."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Code, Line, Section, Table
from bot.domain.commands.command import Command, Level
from bot.domain.errors import ConfigError, Rejected, SoulcasterError
from bot.github.app import ACTIONS, PUBLISH, TALK
from bot.jobs import LANES
from bot.repo_config import PATH
from bot.storage.projects import MOVED
from workers.clusters.channels import channel_of, waits
from workers.commands.call import Answer, Call

# What is found, and what mends it: "" where all is well.
Found = tuple[str, str]


class Doctor(Command):
    """Check GitHub, Slack and all else this project needs; what fails says how to mend it."""

    verb = "doctor"
    calls = "costly"
    level = Level.L4
    examples = ("doctor",)


async def run_doctor(call: Call, command: Doctor) -> Answer:
    """One row a check; one that fails says why, and keeps none of the others from being made."""
    call.require_own()
    rows: list[tuple[Line, ...]] = []
    well = True
    for what, check in CHECKS.items():
        try:
            found, mend = await check(call)
        except SoulcasterError as error:
            found, mend = str(error), "mend what it says"
        well = well and not mend
        rows.append((("✗ " if mend else "✓ ", what), (Code(found),), (mend,)))
    return call.answer(
        "doctor",
        "All is well here" if well else "Something here needs you",
        tone="succeeded" if well else "failed",
        sections=(Section(Table(header=("What", "Found", "To do"), rows=tuple(rows))),),
    )


async def _file(call: Call) -> Found:
    try:
        await call.ctx.configs.written(call.project)
    except ConfigError as error:
        return str(error), "mend these lines; the last good file stays in force"
    return "right", ""


async def _writing(call: Call) -> Found:
    config, quiet = await call.ctx.configs.known_and_quiet(call.project.id)
    if not quiet:
        return "answers, tracks, opens drafts of fixes", ""
    if config.mode == "quiet":
        return "quiet, as its file says: digests in Slack alone", ""
    asked = await call.ctx.projects.onboarding(call.project.id)
    number = asked.removeprefix(MOVED).strip()
    which = f"#{number}" if number.isdigit() else "that will ask"
    return "nothing is written to GitHub yet", f"merge the pull request {which}, or write {PATH}"


async def _permissions(call: Call) -> Found:
    lacking = []
    for what, wanted in {"talk": TALK, "publish fixes": PUBLISH, "read logs": ACTIONS}.items():
        try:
            await call.ctx.github.token(call.project.installation, call.project.id, wanted)
        except Rejected:
            lacking.append(what)
    mend = "accept what the app asks for, on GitHub under Settings, GitHub Apps" if lacking else ""
    return f"lacks what it takes to {', '.join(lacking)}" if lacking else "all accepted", mend


async def _budget(call: Call) -> Found:
    left = await call.ctx.github.budget(call.project.installation).left()
    return f"{left:.0%} of its writes are left", "" if left > 0.1 else "wait a little"


async def _slack(call: Call) -> Found:
    if call.ctx.slack is None:
        return "not connected", ""
    if not may_read(call.readers, Audience.TEAM):
        return "connected; the team's channels are shown where the team alone reads", ""
    waiting = await waits(call.ctx, call.project.id)
    channel = await channel_of(call.ctx, call.project)
    mend = "do there what its line says" if waiting else ""
    return "; ".join([f"channel {channel or 'none'}", *waiting]), mend


async def _reading(call: Call) -> Found:
    reading = await call.ctx.imports.get(call.project.id)
    return reading.progress if reading else "not begun", ""


async def _vectors(call: Call) -> Found:
    return await call.ctx.embeddings.under_way(call.project.id) or "all there", ""


async def _services(call: Call) -> Found:
    away = [*(await call.ctx.breakers.open()).values()]
    return "; ".join(away) or "all answer", "it goes on by itself" if away else ""


async def _given_up(call: Call) -> Found:
    own = [
        one.reference
        for lane in LANES
        for one in await call.ctx.jobs.parked(lane)
        if json.loads(one.member)[1:2] == [call.project.id]
    ]
    return ", ".join(own[-10:]) or "none", "replay" if own else ""


CHECKS: Mapping[str, Callable[[Call], Awaitable[Found]]] = {
    PATH: _file,
    "writing to GitHub": _writing,
    "permissions": _permissions,
    "GitHub's limits": _budget,
    "Slack": _slack,
    "issues read": _reading,
    "vectors": _vectors,
    "services": _services,
    "jobs given up": _given_up,
}
