"""Before an agent of a team's own speaks it is tried on past problems, beside the usual one."""

from collections.abc import Hashable, Mapping, Sequence

from pydantic import AwareDatetime

from bot.domain.fixes.own_agent import Triggers
from bot.domain.fixes.run import FixRun
from bot.domain.models import Person, Place, Record, Worded

PROBLEMS = 5


class Trial(Record):
    """One version being tried: each run's number by its problem, 0 while there is none.

    ``own`` are the runs of the team's agent, ``usual`` those of the agent that fixes here."""

    version: str
    own: Mapping[int, int]
    usual: Mapping[int, int]
    place: Place
    by: Person
    key: str
    ended: bool = False
    passed: bool = False

    @property
    def started(self) -> bool:
        """Whether every run is there."""
        return all((*self.own.values(), *self.usual.values()))


class AgentState(Worded):
    """What is decided about an agent: the version that is ``enabled``, "" for none, and who did.

    Runs that ``triggers`` start are theirs. ``started_at`` is when the schedule last did."""

    name: str
    enabled: str = ""
    by: Person | None = None
    triggers: Triggers = Triggers()
    trial: Trial | None = None
    started_at: AwareDatetime | None = None

    def has_passed(self, version: str) -> bool:
        """Whether it passed its test as it is now."""
        return self.trial is not None and self.trial.passed and self.trial.version == version


def varied(problems: Sequence[tuple[int, frozenset[Hashable]]]) -> list[int]:
    """Up to five, each with as much as possible that those before it have not; of equals the
    first."""
    left, seen, chosen = list(problems), set[Hashable](), list[int]()
    while left and len(chosen) < PROBLEMS:
        best = max(left, key=lambda each: len(each[1] - seen))
        left.remove(best)
        seen |= best[1]
        chosen.append(best[0])
    return chosen


def passes(own: Sequence[FixRun], usual: Sequence[FixRun]) -> bool:
    """Whether it proves something, and no less than the usual agent on the same problems."""
    proved = sum(run.holds for run in own)
    return proved > 0 and proved >= sum(run.holds for run in usual)
