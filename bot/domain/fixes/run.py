"""A fix run as it is stored, step by step, so that any worker can take it up."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.audience import Audience, may_read
from bot.domain.fixes.own_agent import TOOLS, AgentLimits, OwnAgent
from bot.domain.fixes.reproduction.records import Grade, Reason
from bot.domain.models import Cluster, Item, Person, Place, Ran, Record, RunState, Verdict, Worded
from bot.domain.ports import Blocked, Differing


class StepName(StrEnum):
    """The steps of a fix run, in order."""

    FETCH = "fetch"
    REPRODUCE = "reproduce"
    REPAIR = "repair"
    PROVE = "prove"
    POLICY = "policy"
    PUBLISH = "publish"


class RunStep(Record):
    """How one step stands. Times are None until it started or ended. ``held_up`` says which service
    it last had to wait for; empty when none."""

    name: StepName
    state: RunState = RunState.PENDING
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    note: str = ""
    held_up: str = ""


class Failing(Record):
    """A check of others that fails, where it is shown, and the step of it where GitHub tells us."""

    name: str
    url: str
    step: str = ""


class OnGitHub(Record):
    """A pull request of ours as GitHub showed it last. ``theirs`` is who pushed on top of our
    newest version, "" for nobody; ``checks`` of others are not spoken of until one fails; ``taken``
    is the commit whose failures an attempt took up."""

    head: str = ""
    draft: bool = True
    theirs: str = ""
    checks: Literal["", "failing", "running", "passing"] = ""
    failing: tuple[Failing, ...] = ()
    taken: str = ""


class Case(Record):
    """A problem and its reports as they stood when the fix was asked for. What somebody writes into
    a report later does not reach the run."""

    cluster: Cluster
    items: tuple[Item, ...]

    def shown(self, readers: Audience) -> list[Item]:
        """Reports that they may read, the newest last."""
        return [item for item in self.items if may_read(readers, item.audience)]

    def named(self, readers: Audience) -> Cluster:
        """The cluster; a report that they may not read does not name it."""
        return self.cluster.as_read_by(readers, self.shown(readers))

    def hidden(self, readers: Audience) -> int:
        """How many reports they may not read."""
        return len(self.items) - len(self.shown(readers))


class FixRun(Worded):
    """``F-7``: one attempt to repair one cluster. ``requester_id`` is GitHub's id of who asked.
    ``operator``: asked for in the shell, by whoever runs this server. ``agent_steps`` and
    ``dollars`` are what the agent spent; ``sends_to`` are the vendors that it sends code to.
    ``agent`` names several with commas: ``tried`` of them failed, ``learnt`` is what they found
    out, ``made_by`` is the one that made the patch; ``own`` is the team's agent that has it work,
    as its file stood when the run was asked for. ``base_day`` is when the base was committed (ISO
    8601), where that is known. ``trial`` names what a run is for that only tries an agent: nobody
    sees it on its cluster. ``test_source`` is the failing test as it was written, ``test_name`` its
    function and ``test_reason`` how it must fail on the base; ``test_grade`` is how much its
    failure says, ``test_quote`` the passage that a model rests it on; ``change`` the agent's patch
    for people, its first 6,000 characters. ``private_examples`` are reports whose example shows it
    and may not be shown by the run. ``commit`` and what proves it are those of the newest
    ``version``. ``plan_version`` is 0 until the run goes by a plan. ``unproved`` is how the proof
    of a patch ended that is published all the same; ``grade`` is what a proof that holds comes to,
    ``changes`` are calls that give something else now, ``reading`` is where a second patch that
    holds differs. ``blocked`` is what its sandboxes wanted of the network. ``environment`` are
    sentences: where it is said what the tests need, and what is lacking. ``files`` are the parts of
    the project's files that the agent was given. ``seen`` is its pull request as it was looked at
    last."""

    number: int
    cluster: int
    state: RunState = RunState.PENDING
    verdict: Verdict | None = None
    reason: str = ""
    command: str
    requested_by: str
    requester_id: int | None = None
    operator: bool = False
    places: tuple[Place, ...] = ()
    agent: str
    own: OwnAgent | None = None
    trial: str = ""
    sends_to: str = ""
    made_by: str = ""
    tried: int = 0
    learnt: str = ""
    base: str = ""
    base_sha: str = ""
    base_day: str = ""
    dry_run: bool = False
    seconds_allowed: float
    steps: tuple[RunStep, ...] = tuple(RunStep(name=name) for name in StepName)
    stop_asked_by: str = ""
    plan_version: int = 0
    plan_approved_by: str = ""
    test_path: str = ""
    test_source: str = ""
    test_name: str = ""
    test_reason: Reason | None = None
    test_grade: Grade | None = None
    test_quote: str = ""
    private_examples: tuple[int, ...] = ()
    change: str = ""
    red: Ran | None = None
    green: Ran | None = None
    suite_before: Ran | None = None
    suite_after: Ran | None = None
    findings: tuple[str, ...] = ()
    branch: str = ""
    commit: str = ""
    verified: bool = False
    version: int = 1
    unproved: Verdict | None = None
    grade: Verdict | None = None
    changes: tuple[Differing, ...] = ()
    reading: Differing | None = None
    pull_request: int | None = None
    pull_url: str = ""
    seen: OnGitHub | None = None
    attempt: int = 1
    agent_steps: int = 0
    dollars: float = 0
    blocked: Blocked = Blocked()
    environment: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``F-7``."""
        return f"F-{self.number}"

    @property
    def agents(self) -> list[str]:
        """Whose turn it is, and who would come after."""
        return self.agent.split(",")[self.tried :]

    @property
    def listed(self) -> str:
        """What it is the only one of while it is under way: its cluster, or its part of a trial."""
        return f"{self.trial}:{self.cluster}" if self.trial else str(self.cluster)

    @property
    def limits(self) -> AgentLimits:
        """What the team's agent keeps to."""
        return self.own.limits if self.own else AgentLimits()

    @property
    def tools(self) -> tuple[str, ...]:
        """What the machine grants it: all there is, but for a team's agent that wants less."""
        return self.own.tools if self.own else tuple(TOOLS)

    @property
    def agent_name(self) -> str:
        """``claude``, or ``docs (claude)`` for an agent of the team's own."""
        return f"{self.own.name} ({self.agent})" if self.own else self.agent

    @property
    def requester(self) -> Person:
        """Who asked for it, and whose right to write it needs."""
        return Person(login=self.requested_by, user_id=self.requester_id)

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)

    @property
    def holds(self) -> bool:
        """Whether it ended with a patch that turned red to green and left the suite no worse."""
        return self.verdict in (Verdict.PROVED, Verdict.ON_ONE_EXAMPLE)

    def offers_checks(self, to: str = "") -> bool:
        """Whether checks of others fail on its newest version that none but ``to`` took up."""
        seen = self.seen or OnGitHub()
        free = seen.taken.partition(" ")[0] != self.commit or seen.taken == f"{self.commit} {to}"
        return free and seen.head == self.commit and bool(seen.failing)

    @property
    def proof(self) -> Verdict:
        """How the proof of what is published ended. One that nobody graded is not a whole one."""
        return self.unproved or self.grade or Verdict.ON_ONE_EXAMPLE

    @property
    def step(self) -> RunStep | None:
        """The first step that is still to be done."""
        past = {StepName.PROVE} if self.unproved else set()
        to_do = (s for s in self.steps if s.state is not RunState.SUCCEEDED)
        return next((s for s in to_do if s.name not in past), None)

    def with_step(self, name: StepName, **fields: object) -> FixRun:
        """The run with one step changed."""
        steps = tuple(s.model_copy(update=fields) if s.name is name else s for s in self.steps)
        return self.model_copy(update={"steps": steps})
