"""A fix run as it is stored, step by step, so that any worker can take it up."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.models import Place, Ran, Record, RunState, Verdict


class StepName(StrEnum):
    """The steps of a fix run, in order."""

    FETCH = "fetch"
    REPRODUCE = "reproduce"
    REPAIR = "repair"
    PROVE = "prove"
    POLICY = "policy"
    PUBLISH = "publish"


class RunStep(Record):
    """How one step stands. Times are None until it started or ended."""

    name: StepName
    state: RunState = RunState.PENDING
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    note: str = ""


class FixRun(Record):
    """``F-7``: one attempt to repair one cluster."""

    number: int
    cluster: int
    state: RunState = RunState.PENDING
    verdict: Verdict | None = None
    reason: str = ""
    command: str
    requested_by: str
    places: tuple[Place, ...] = ()
    agent: str
    base: str = ""
    base_sha: str = ""
    dry_run: bool = False
    seconds_allowed: float
    steps: tuple[RunStep, ...] = tuple(RunStep(name=name) for name in StepName)
    stop_asked_by: str = ""
    test_path: str = ""
    red: Ran | None = None
    green: Ran | None = None
    suite_before: Ran | None = None
    suite_after: Ran | None = None
    findings: tuple[str, ...] = ()
    branch: str = ""
    commit: str = ""
    verified: bool = False
    pull_request: int | None = None
    pull_url: str = ""
    attempt: int = 1
    dollars: float = 0
    created_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``F-7``."""
        return f"F-{self.number}"

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)

    @property
    def step(self) -> RunStep | None:
        """The first step that has not succeeded."""
        return next((s for s in self.steps if s.state is not RunState.SUCCEEDED), None)

    def with_step(self, name: StepName, **fields: object) -> FixRun:
        """The run with one step changed."""
        steps = tuple(s.model_copy(update=fields) if s.name is name else s for s in self.steps)
        return self.model_copy(update={"steps": steps})


SuiteState = Literal["green", "red", "does not run"]
