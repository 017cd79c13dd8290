"""``config doctor``: what is in force here and who says so, and how the project stands with all
that it needs; the operator's rows stay apart."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Bullets, Card, Code, Line, Said, Section, Table
from bot.domain.commands.command import WORD, Command, Level, levels
from bot.domain.commands.grammar import nearest
from bot.domain.errors import ConfigError, NotUnderstood, Rejected, SoulcasterError
from bot.github.app import ACTIONS, PUBLISH, TALK
from bot.jobs import LANES
from bot.project_config import Origin
from bot.repo_config import PATH
from bot.storage.projects import MOVED
from workers.clusters.channels import channel_of, waits
from workers.commands.call import Answer, Call


class Config(Command, verb="config", cost="show: L0; validate: L4"):
    """See each setting in force and who set it, or check .github/soulcaster.yml for mistakes."""

    examples = ("config show", "config show fix", "config validate")
    level_when = levels(L0="show", L4="others")

    what: Annotated[Literal["show", "validate"], WORD] = "show"
    key: Annotated[str, WORD] = ""


async def run_config(call: Call, command: Config) -> Answer:
    """From GitHub, as it is now."""
    call.require_own()
    configs = call.ctx.configs
    if command.what == "validate":
        try:
            await configs.written(call.project)
        except ConfigError as error:
            said: tuple[Line, ...] = tuple((Said(line),) for line in str(error).splitlines())
            return call.answer(
                "config",
                Code(PATH),
                " has mistakes; the last good one stays in force.",
                tone="failed",
                sections=(Section(Bullets(*said)),),
            )
        return call.done("config", Code(PATH), " is right.")
    known = await configs.origins(call.project)
    origins = [
        e for e in known if command.key in ("", e.key) or e.key.startswith(f"{command.key}.")
    ]
    if words := await call.ctx.digests.schedule(call.project.id):
        chosen = Origin("digest.schedule", words, "digest schedule, said in a chat")
        origins = [chosen if each.key == chosen.key else each for each in origins]
    if not origins:
        near = nearest(command.key, [each.key for each in known]) or "config show"
        raise NotUnderstood(f"{command.key} is no key of {PATH}. Did you mean {near}?")
    return Answer(config_card(call.readers, origins, whole=call.person.operator))


def config_card(readers: Audience, origins: list[Origin], *, whole: bool) -> Card:
    """Every key with its value and who says so; what nobody says, at the end. What the owner's
    private repository says is told in ``whole`` to the operator alone: others read the answer."""
    rows: tuple[tuple[Line, ...], ...] = tuple(
        (
            (Code(each.key),),
            (Code(_shown(each.value)) if whole or not each.private else "set by the organisation",),
            (each.where or "default",),
        )
        for each in sorted(origins, key=lambda each: (not each.where, each.key))
    )
    return Card(
        key="config",
        audience=readers,
        title=("What is in force here",),
        sections=(Section(Table(header=("Key", "Value", "From"), rows=rows)),),
    )


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


# What is found, and what mends it: "" where all is well.
Found = tuple[str, str]


class Doctor(Command, verb="doctor", level=Level.L4, calls="costly", examples=("doctor",)):
    """Check GitHub, Slack and all else this project needs; what fails says how to mend it."""


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
