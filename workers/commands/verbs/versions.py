"""``revise versions diff revert``: what a fix, a plan, the profile or an agent has been so far, and
what it is next. Fixes and agents are git's; of plans and profiles we keep the versions."""

from typing import Annotated, Literal

from bot.domain.cards.card import Code, Preformatted, Section
from bot.domain.cards.views import version as cards
from bot.domain.cards.views.memory import profile_card
from bot.domain.cards.views.plan import plan_card
from bot.domain.commands.command import TEXT, WORD, Command, Level, levels
from bot.domain.commands.references import AgentRef, ClusterRef, RunRef, VersionRef
from bot.domain.errors import NotFound, NotUnderstood
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Remark, Version, version_of
from bot.domain.writings import PROFILE, compared, plan_of
from bot.github import pulls
from bot.github.app import READ
from workers.commands.call import Answer, Call
from workers.commands.requests import request_version
from workers.commands.verbs.agent import ManageAgents, run_agent
from workers.fixes import planning, revise, watch
from workers.memory import know
from workers.memory.retrieve import version, writings


class Revise(Command, verb="revise", level=Level.L3, calls="costly"):
    """Work on a fix again, as you say or as its reviews ask, and push it as the next version.

    Without words, reviews that request changes and were not taken up yet are what is asked. Checks
    of others that fail on its newest version go with it once, with the end of their logs."""

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
        return Answer(cards.handover_card(found), public=True)
    if command.text:
        words, remarks = [command.text], list[Remark]()
    else:
        words, remarks = await revise.standing(ctx, project, found)
    log = await watch.take_up(ctx, project, found, call.said.id)
    if not words and not remarks and not log:
        raise NotUnderstood(
            "Say what should change: /soulcaster revise -- handle an empty list, too"
        )
    return await request_version(call, found, "revise", words=words, remarks=remarks, log=log)


class _OfSubject(Command):
    cost = "of a plan: L3"
    level_when = levels(L3="plan")

    what: Annotated[Literal["fix", "plan", "profile"], WORD] = "fix"
    about: Annotated[RunRef | ClusterRef | AgentRef | None, WORD] = None


class ListVersions(_OfSubject, verb="versions"):
    """The versions of a fix, a plan, the profile or an agent: when, by whom, what it became.

    The newest 20 of a plan and of the profile are kept."""

    examples = ("versions", "versions F-7", "versions plan C-12", "versions profile")


async def run_versions(call: Call, command: ListVersions) -> Answer:
    """As they were written down; the size of the first is GitHub's to say."""
    if isinstance(command.about, AgentRef) or command.what != "fix":
        return await _of_other(call, command)
    found = await published(call, command.about)
    versions = await call.ctx.versions.all(call.project.id, found)
    return Answer(cards.versions_card(found, [await _sized(call, version) for version in versions]))


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


class Diff(_OfSubject, verb="diff"):
    """The difference between two versions of a fix, plan, profile or agent, the older one first."""

    examples = ("diff v1 v3", "diff v1 v2 F-7", "diff plan v1 v3 C-12", "diff ~docs v1 v2")

    first: VersionRef
    second: VersionRef


async def run_diff(call: Call, command: Diff) -> Answer:
    """As GitHub compares their commits."""
    if command.first == command.second:
        raise NotUnderstood(f"{command.first} and {command.second} are the same version.")
    numbers = sorted((command.first.number, command.second.number))
    if isinstance(command.about, AgentRef) or command.what != "fix":
        return await _of_other(call, command, *numbers)
    found = await published(call, command.about)
    versions = await call.ctx.versions.all(call.project.id, found)
    before, after = (version_of(versions, number) for number in numbers)
    repo = call.ctx.github.repo(call.project, READ)
    told = await pulls.compare(repo, before.commit, after.commit)
    return Answer(cards.diff_card(found, before, after, told))


class Revert(_OfSubject, verb="revert", level=Level.L3, cost=""):
    """Go back to an earlier version of a fix, by a new commit on top that is proved again first.

    Or of a plan: fixes go by it and its notes again, and what people added since no longer counts;
    of the profile; of an agent, by a pull request."""

    examples = ("revert v1", "revert v2 F-7", "revert plan v1 C-12", "revert profile v2")

    version: VersionRef


async def run_revert(call: Call, command: Revert) -> Answer:
    """Write the attempt down and have it made."""
    ctx, project = call.ctx, call.project
    if isinstance(command.about, AgentRef) or command.what != "fix":
        return await _of_other(call, command, command.version.number)
    found = await published(call, command.about)
    versions = await ctx.versions.all(project.id, found)
    wanted = version_of(versions, command.version.number)
    if wanted.number == versions[-1].number:
        raise NotUnderstood(f"{wanted.name} is what the branch has.")
    await revise.require_open(ctx, project, found)
    if await revise.handed_over(ctx, project, found):
        return Answer(cards.handover_card(found), public=True)
    return await request_version(call, found, "revert", restores=wanted.number)


async def _of_other(call: Call, command: ListVersions | Diff | Revert, *numbers: int) -> Answer:
    """Versions of an agent, a plan or the profile: all, the difference of two, or back to one."""
    ctx, project, about, what = call.ctx, call.project, command.about, command.what
    if isinstance(about, AgentRef) and what == "fix":
        versions = tuple(map(VersionRef, numbers))
        asked = {"what": command.verb, "name": about, "versions": versions}
        return await run_agent(call, ManageAgents.model_validate(asked))
    if isinstance(about, RunRef | AgentRef) or (what == "profile" and about):
        raise NotUnderstood(f"{about} has no {what}: /soulcaster {command.verb} {PROFILE}")
    cluster = await call.cluster(about) if what == "plan" else None
    name = f"plan {cluster.name}" if cluster else PROFILE
    of = plan_of(cluster.number) if cluster else PROFILE
    many = await writings(ctx, project.id, of, call.readers)
    if not many:
        raise NotFound(f"None was written yet that is for who reads here: /soulcaster {name}")
    match [await version(ctx, project.id, of, number, call.readers) for number in numbers]:
        case [old, new]:
            text = compared((old.name, old.text), (new.name, new.text))[: cards.LONGEST_DIFF]
            block, how = Preformatted(text=text, language="diff"), f" from {old.name} to {new.name}"
            return call.answer(f"diff:{name}", Code(name), how, sections=(Section(block),))
        case [back] if cluster:
            who, to = call.person.name, back.number
            plan = await planning.go_back(ctx, project, cluster, to, who=who, readers=call.readers)
            return Answer(plan_card(await call.view(cluster), plan, plan), public=True)
        case [back]:
            if back.number == many[-1].number:
                raise NotUnderstood(f"{back.name} is what stands.")
            profile = await know.go_back(ctx, project, back.number, readers=call.readers)
            if profile is None:
                raise NotFound("It was erased meanwhile: /soulcaster profile refresh")
            card = profile_card(profile, project.full_name, readers=call.readers)
            return Answer(card, public=True)
        case _:
            told = (cards.writings_section(many),)
            return call.answer(f"versions:{name}", "Versions of ", Code(name), sections=told)


async def published(call: Call, ref: RunRef | ClusterRef | None) -> FixRun:
    """The run named, that of the pull request here, or the cluster's newest with one. Raises
    NotFound when it has no pull request."""
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
