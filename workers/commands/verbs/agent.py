"""``agent``: agents of the team's own, described by talking, tried before they speak."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode

from bot import own_agents
from bot.domain.cards.card import Card, Code, Link, Paragraph, Preformatted, Section, coded
from bot.domain.cards.views.agent import agents_card, interview_card, trial_card
from bot.domain.cards.views.version import writings_section
from bot.domain.commands.command import TEXT, WORD, Command, Level, levels
from bot.domain.commands.references import AgentRef, VersionRef
from bot.domain.errors import ConfigError, NotAllowed, NotFound, NotUnderstood, Unavailable
from bot.domain.fixes.interview import Interview, Stage, answered
from bot.domain.fixes.own_agent import OwnAgent, Triggers
from bot.domain.fixes.trials import AgentState, Trial
from bot.domain.models import Place
from bot.domain.writings import Writing, compared
from bot.github.app import READ
from bot.jobs import enqueue
from bot.own_agents import write_agent
from bot.storage.own_agents import whose
from workers import jobs
from workers.commands.call import Answer, Call
from workers.fixes.own_agents import problems, propose, understood
from workers.fixes.steps.starting import require_unpaused

What = Literal[
    "list", "new", "answer", "status", "resume", "cancel",
    "test", "enable", "disable", "versions", "diff", "revert",
]  # fmt: skip


class ManageAgents(Command, verb="agent", level=Level.L3):
    """Agents of your own: see them, describe one by talking, try it, enable it.

    An agent is a file, .github/soulcaster/agents/NAME.md. "agent new" asks for what goes into it
    and proposes it; "agent test" runs it on five past problems beside the usual agent; once it
    passed, "agent enable" lets "fix --agent ~name" and its triggers use it, until it changes."""

    examples = ("agent list", "agent new ~docs", "agent test ~docs", "agent diff ~docs v1 v3")
    cost = "list, versions, diff: L0; enable, disable: L4; test: up to ten dry runs"
    costly_when = ("test",)
    level_when = levels(L0="list versions diff", L4="enable disable")
    internal = ("interview",)

    what: Annotated[What, WORD] = "list"
    name: Annotated[AgentRef | None, WORD] = None
    versions: Annotated[tuple[VersionRef, ...], WORD] = ()
    interview: int = 0
    words: Annotated[str, TEXT] = ""


async def run_agent(call: Call, command: ManageAgents) -> Answer:
    """What is about an agent needs its name; what is about an interview finds it by who speaks."""
    call.require_own()
    return await _DOES[command.what](call, command)


async def _list(call: Call, command: ManageAgents) -> Answer:
    ctx, project, found = call.ctx, call.project, dict[str, OwnAgent | str]()
    named = await own_agents.names(ctx, project)
    bounds = await own_agents.bounds_of(ctx, project) if named else None
    for name in named:
        try:
            found[name] = await own_agents.own_agent(ctx, project, name, bounds=bounds)
        except (ConfigError, NotFound) as error:
            found[name] = str(error).splitlines()[0]
    states = {state.name: state for state in await ctx.own_agents.all(project.id)}
    return Answer(agents_card(found, states, call.readers))


async def _named(call: Call, command: ManageAgents) -> OwnAgent:
    return await own_agents.right_agent(call.ctx, call.project, _name(command))


def _name(command: ManageAgents) -> str:
    if command.name is None:
        raise NotUnderstood(f"Which agent? Say for example: agent {command.what} ~docs")
    return command.name.name


async def _new(call: Call, command: ManageAgents) -> Answer:
    ctx, now = call.ctx, call.ctx.now()
    begun = Interview(
        audience=call.readers,
        command=call.said.id,
        by=call.person,
        place=call.place.name,
        agent=OwnAgent(name=command.name.name if command.name else "", prompt=""),
        edited_at=now,
    )
    if command.name:  # a name that will not do is told now
        answered(begun, f"name: {command.name.name}", await own_agents.bounds_of(ctx, call.project))
    return _shown(call, await ctx.own_agents.begin(call.project.id, begun))


async def _mine(call: Call, command: ManageAgents) -> Interview:
    """The one that is meant: named, or held in this thread or its channel by who speaks. Raises
    NotFound, also for somebody else's."""
    interviews = call.ctx.own_agents
    if not command.interview:
        places = (call.place.name, Place(channel=call.place.channel).name)
        found = await interviews.held(call.project.id, call.person, *places)
    else:
        known = await interviews.interviews(call.project.id)
        found = next((one for one in known if one.number == command.interview), None)
    if found is None or whose(found.by, "") != whose(call.person, ""):
        raise NotFound("You describe no agent here: /soulcaster agent new begins.")
    return found


def _state(call: Call, held: Interview) -> str:
    silence = call.ctx.settings.soulcaster_keep.interviews
    return held.state_at(call.ctx.now(), silence)


def _shown(call: Call, held: Interview, heard: str = "") -> Answer:
    """Below what was said, so that the next question stands under the last answer."""
    key = f"interview:{held.number}:{call.said.id}"
    file = write_agent(held.described).decode() if held.stage is Stage.REVIEW else ""
    return Answer(interview_card(held, _state(call, held), file, key=key, heard=heard), public=True)


async def _status(call: Call, command: ManageAgents) -> Answer:
    """Also after it was resumed, or given up; a completed one stays what it is."""
    held, fields = await _mine(call, command), dict[str, object]()
    if command.what == "resume":
        fields = {"state": "active", "edited_at": call.ctx.now()}
    elif command.what == "cancel":
        fields = {"state": "abandoned"}
    if fields and held.state == "completed":
        raise NotUnderstood(f"That interview is completed: {held.pull_url}")

    change = partial(Interview.model_copy, update=fields)
    return _shown(call, await call.ctx.own_agents.go_on(call.project.id, held.number, change))


async def _answer(call: Call, command: ManageAgents) -> Answer:
    """Take the words once, however often the command is obeyed."""
    ctx, project, held = call.ctx, call.project, await _mine(call, command)
    if held.heard == call.said.id:
        return _shown(call, held)
    if _state(call, held) != "active":
        raise NotUnderstood("That interview rests: /soulcaster agent resume goes on with it.")
    bounds = await own_agents.bounds_of(ctx, project)
    model = await ctx.models.of(project.id, "ask")
    try:
        after, read_as = await understood(model, held, command.words, bounds)
    except NotUnderstood as error:
        return _shown(call, held, str(error))
    fields: dict[str, object] = {"heard": call.said.id, "edited_at": ctx.now()}
    if after.state == "completed":
        agent = after.described
        shown = Section(Preformatted(text=write_agent(agent).decode(), language="yaml"))
        number, url = await _proposed(call, agent, write_agent(agent), shown)
        fields |= {"pull": number, "pull_url": url}

    def take(one: Interview) -> Interview:
        if one != held:
            raise Unavailable("Another answer came first; this one is read again.", retry_after=1)
        return after.model_copy(update=fields)

    return _shown(call, await ctx.own_agents.go_on(project.id, held.number, take), read_as)


async def _proposed(call: Call, agent: OwnAgent, file: bytes, *shown: Section) -> tuple[int, str]:
    """A pull request by the app that holds one file."""
    what = "It says what an agent of this repository may do and how it works. Merged, it is tried "
    what += f"with `agent test ~{agent.name}` and let work with `agent enable ~{agent.name}`."
    card = Card(
        key=f"agent-file:{agent.name}",
        audience=call.project.github_readers,
        title=("Describe the agent ", Code(agent.name)),
        sections=(Section(Paragraph(*coded(f"Described by {call.person.name}. {what}"))), *shown),
    )
    return await propose(call.ctx, call.project, agent, file, card)


async def _test(call: Call, command: ManageAgents) -> Answer:
    ctx, project, agent = call.ctx, call.project, await _named(call, command)
    await require_unpaused(ctx, project)
    state = await ctx.own_agents.get(project.id, agent.name)
    under_way = state and state.trial
    if not (under_way and under_way.key == call.said.id):
        if under_way and not under_way.ended and under_way.version == agent.version:
            raise NotUnderstood(f"~{agent.name} is being tried already.")
        chosen = dict.fromkeys(await problems(ctx, project), 0)
        under_way = Trial(
            version=agent.version, own=chosen, usual=chosen,
            place=call.place, by=call.person, key=call.said.id,
        )  # fmt: skip
        begun = partial(AgentState.model_copy, update={"trial": under_way})
        await ctx.own_agents.decide(project.id, agent.name, begun)
    await enqueue(ctx, jobs.try_agent, project.id, agent.name)
    return Answer(trial_card(agent.name, under_way, {}, call.readers), public=True)


async def _enable(call: Call, command: ManageAgents) -> Answer:
    agent = await _named(call, command)
    name, version, by = agent.name, agent.version, call.person.model_copy(update={"token": ""})
    if agent.triggers != Triggers() and not by.login:
        raise NotAllowed(f"~{name} starts runs in the name of who enables it: say it on GitHub.")

    def on(one: AgentState) -> AgentState:
        if not one.has_passed(version):
            raise NotAllowed(
                f"~{name} has passed no test as it is now: /soulcaster agent test ~{name}"
            )
        told = {"enabled": version, "by": by, "triggers": agent.triggers}
        return one.model_copy(update={**told, "started_at": call.ctx.now()})

    await call.ctx.own_agents.decide(call.project.id, name, on)
    return call.done(f"agent:{name}", Code(f"~{name}"), " is enabled.")


async def _disable(call: Call, command: ManageAgents) -> Answer:
    name = _name(command)
    if await call.ctx.own_agents.get(call.project.id, name) is None:
        raise NotFound(f"~{name} was never enabled here.")
    off = {"enabled": "", "by": None}
    await call.ctx.own_agents.decide(call.project.id, name, lambda one: one.model_copy(update=off))
    return call.done(f"agent:{name}", Code(f"~{name}"), " is off.")


async def _commits(call: Call, command: ManageAgents) -> list[Writing]:
    """Its versions: v1 is the oldest of the hundred newest commits that changed its file."""
    path, project = OwnAgent(name=_name(command), prompt="").path, call.project
    asked = urlencode({"path": path, "sha": project.default_branch, "per_page": 100})
    found = await call.ctx.github.repo(project, READ).get(f"/commits?{asked}")
    told = [(one["sha"], one["commit"]["author"]) for one in reversed(found)]
    return [
        Writing(number=n, audience=call.readers, body=sha, author=by["name"], made_at=by["date"])
        for n, (sha, by) in enumerate(told, 1)
    ]


async def _versions(call: Call, command: ManageAgents) -> Answer:
    name, many = f"~{_name(command)}", await _commits(call, command)
    told = (writings_section(many),)
    return call.answer(f"versions:{name}", "Versions of ", Code(name), sections=told)


async def _files(call: Call, command: ManageAgents, many: int) -> list[tuple[str, bytes]]:
    """So many versions by name, each with its file."""
    commits = {one.name: one.body for one in await _commits(call, command)}
    wanted = [str(version) for version in command.versions]
    if len(wanted) != many or not {*wanted} <= commits.keys():
        raise NotUnderstood(f"Say {many} of its {len(commits)} versions, such as v1.")
    file, path = call.ctx.configs.file, OwnAgent(name=_name(command), prompt="").path
    return [(name, await file(call.project, commits[name], path)) for name in wanted]


async def _diff(call: Call, command: ManageAgents) -> Answer:
    (first, old), (second, new) = await _files(call, command, 2)
    before, after = (each.decode("utf-8", "replace") for each in (old, new))
    text = compared((first, before), (second, after))[:20_000]
    block = Section(Preformatted(text=text, language="diff"))
    key, name = f"agent-diff:{_name(command)}", f"~{_name(command)}"
    return call.answer(key, Code(name), " changed", sections=(block,))


async def _revert(call: Call, command: ManageAgents) -> Answer:
    [(version, file)] = await _files(call, command, 1)
    name = _name(command)
    if not file:
        raise NotUnderstood(f"In {version} there is no ~{name}.")
    number, url = await _proposed(call, OwnAgent(name=name, prompt=""), file)
    said = f" takes ~{name} back to {version}. Once merged it is to be tried again."
    return call.done(f"agent-revert:{name}", Link(f"#{number}", url), said)


_DOES: Mapping[What, Callable[[Call, ManageAgents], Awaitable[Answer]]] = {
    "list": _list,
    "new": _new,
    "answer": _answer,
    "status": _status,
    "resume": _status,
    "cancel": _status,
    "test": _test,
    "enable": _enable,
    "disable": _disable,
    "versions": _versions,
    "diff": _diff,
    "revert": _revert,
}
