"""What counts as a proof: red before, green after, the suite no worse. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.fixes.reproduction import Grade
from bot.domain.fixes.results import Outcome, outcomes, printed, reported
from bot.domain.fixes.run import FixRun
from bot.domain.models import Ran, Record, Verdict
from bot.domain.ports import Differing, Finished

NO_TESTS = 5  # pytest's exit code, and unittest's since Python 3.12


class Proof(Record):
    """The evidence of a fix run, as it is written to ``proof.json``.

    ``reason`` is what the verdict rests on; a command that was not reached is None. ``environment``
    says what the tests ran in, ``seconds`` is the wall time of the run, ``steps`` what the agent
    took; ``reproduced`` is the grade of the failing test, ``grade`` what the proof came to where it
    holds. ``changes`` are calls that give something else with the patch, ``reading`` is where a
    second patch that holds differs.
    """

    verdict: Verdict
    reason: str = ""
    reproduced: Grade | None = None
    grade: Verdict | None = None
    changes: tuple[Differing, ...] = ()
    reading: Differing | None = None
    red: Ran | None = None
    green: Ran | None = None
    suite_before: Ran | None = None
    suite_after: Ran | None = None
    environment: tuple[str, ...] = ()
    seconds: float = 0
    agent: str = ""
    steps: int = 0


def proof_of(run: FixRun) -> Proof:
    """The evidence that a run left. Raises ValueError when it has no verdict."""
    if run.verdict is None:
        raise ValueError(f"{run.name} has no verdict")
    same = Proof.model_fields.keys() & FixRun.model_fields.keys() - {"agent", "steps"}
    return Proof(
        **{name: getattr(run, name) for name in same},
        reproduced=run.test_grade,
        seconds=round(((run.ended_at or run.updated_at) - run.created_at).total_seconds(), 1),
        agent=run.made_by or run.agent,
        steps=run.agent_steps,
    )


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite that has ended, and what each of its tests did, empty where it names none.

    A module that could not be imported counts as a test that failed.
    """

    finished: Finished
    tests: Mapping[str, Outcome]

    @classmethod
    def of(cls, finished: Finished, report: str = "") -> Suite:
        """From its report where it wrote one, else from what it printed."""
        if tests := reported(report):
            said = finished.stdout or printed(report)
            return cls(replace(finished, stdout=said, truncated=False), tests)
        return cls(finished, outcomes(finished.stdout) or outcomes(finished.stderr))

    @property
    def ran(self) -> int:
        """How many tests have really been run."""
        return sum(
            said != "skipped" and not name.startswith("module ")
            for name, said in self.tests.items()
        )


def suite_no_worse(before: Suite, after: Suite) -> tuple[bool, list[str]]:
    """Whether the suite is no worse after the patch, and what is worse, a line each.

    A test that passed must pass again: failing, skipped and gone are all worse. A runner that
    names no tests is judged by its exit codes alone.
    """
    if after.finished.timed_out:
        return False, ["the suite no longer ends in time"]
    was, now = before.tests, after.tests
    began, ended = before.finished, after.finished
    cut = began.truncated or ended.truncated
    worse = [
        f"{name}: {now.get(name, 'gone')}"
        for name, outcome in was.items()
        if outcome == "passed" and now.get(name) != "passed" and not (cut and name not in now)
    ]
    worse += [
        f"{name}: new, and fails" for name in now if name not in was and now[name] == "failed"
    ]
    broken = ended.exit_code not in (0, NO_TESTS)
    if began.exit_code in (0, NO_TESTS) and broken and not worse:
        worse.append(
            f"the suite ends with exit code {ended.exit_code}, before with {began.exit_code}"
        )
    elif began.exit_code != 0 and broken and not (was and now):
        worse.append("the suite failed before and fails now, and does not name its tests")
    return not worse, worse
