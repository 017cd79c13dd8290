"""Agents one after the other: each in a clean checkout, each told what was tried before it."""

from __future__ import annotations

from pathlib import Path

from test_prove import BASE, MADE, left, opened

from bot.adapters.agents.cli import CliAgent, CommandAgent
from bot.adapters.agents.rows import ROWS
from bot.adapters.gateway import WIRES, Gateway
from bot.domain.fixes.run import RunStep, StepName
from bot.domain.models import Verdict
from bot.domain.ports import Agent
from workers.fixes.steps.context import Ended
from workers.fixes.steps.drive import Steps, drive
from workers.fixes.steps.local import LocalRun
from workers.fixes.steps.prove import prove_or_draft
from workers.fixes.steps.repair import repair

STEPS: Steps[LocalRun] = {StepName.REPAIR: repair, StepName.PROVE: prove_or_draft}
WRONG = "echo the ceiling looks wrong; echo left > left.py; sed -i 's/+ 1/+ 2/' calc.py"
RIGHT = "sed -i 's|n // 10 + 1|-(-n // 10)|' calc.py"
CLEAN = "test ! -e left.py && grep -q 'n // 10 + 1' calc.py || exit 9"
NOT_INSTALLED = CliAgent(
    ROWS["claude"],
    lambda cap: Gateway(api_key="k", model="m", wire=WIRES["anthropic"], cap=cap),
    model="m",
    vendor="anthropic",
    folder=Path("/nowhere"),
)


def knows(*words: str) -> CommandAgent:
    """One that needs a clean checkout and a task with these words, and then repairs."""
    look = "; ".join(f"grep -qF -- '{each}' \"$SOULCASTER_TASK\" || exit 8" for each in words)
    return CommandAgent("; ".join(filter(None, (CLEAN, look, RIGHT))), every=0)


async def driven(context: LocalRun) -> Ended:
    steps = tuple(RunStep(name=name) for name in STEPS)
    await context.set(steps=steps, created_at=context.now())
    return await drive(context, STEPS)


async def test_the_next_one_begins_clean_and_is_told(tmp_path: Path) -> None:
    agents: list[Agent] = [
        CommandAgent(WRONG, every=0),
        CommandAgent("echo I am lost; exit 3", every=0),
        CommandAgent("true"),
        NOT_INSTALLED,
        knows(
            *("the ceiling looks wrong", "still fails", "+ 2", "I am lost", "exit code 3"),
            *("no file of the checkout has changed", "make agents ARGS=claude"),
        ),
        CommandAgent("touch never"),
    ]
    async with opened(tmp_path, *agents) as context:
        ended = await driven(context)
        assert ended.verdict is Verdict.PROVED, ended
        assert (await context.patch("fix")).paths == ("calc.py",)
        assert (context.run.made_by, context.run.tried) == ("command", 4)


class Searching(CommandAgent):
    """It has many edits, and leaves the next one that no proof has refused."""

    name = "mechanic"


async def test_a_search_goes_on_where_the_proof_refuses_what_it_found(tmp_path: Path) -> None:
    less = "sed -i 's|n // 10 + 1|n // 10|' calc.py"  # the reported call is right, others not
    known = "grep -qF 'The suite is worse' \"$SOULCASTER_TASK\""
    refused = "grep -qF -- '-    return n // 10 + 1' \"$SOULCASTER_TASK\""
    search = Searching(f"{CLEAN}; if {known} && {refused}; then {RIGHT}; else {less}; fi", every=0)
    async with opened(tmp_path, search) as context:
        assert (await driven(context)).verdict is Verdict.PROVED
        assert (context.run.tried, context.run.made_by) == (0, "mechanic")


async def test_a_search_that_has_no_other_edit_says_what_was_refused(tmp_path: Path) -> None:
    less = "grep -qF 'suite is worse' $SOULCASTER_TASK || sed -i 's|n // 10 + 1|n // 10|' calc.py"
    async with opened(tmp_path, Searching(less, every=0)) as context:
        await context.set(learnt="~mechanic: No.\n" + "-    one of a thousand lines\n" * 1_000)
        ended = await driven(context)
        assert ended.verdict is Verdict.NOT_REPAIRED
        assert "Refused before, of 2 repairs: The suite is worse: " in ended.reason


async def test_what_no_agent_can_mend_is_handed_to_none(tmp_path: Path) -> None:
    async with opened(tmp_path, knows(), knows()) as context:
        await left(context, made=MADE.replace("pages(20) == 2", "pages(21) == 3"))
        assert (await driven(context)).verdict is Verdict.NOT_REPRODUCED
        assert context.run.tried == 0


async def test_a_draft_without_a_proof_is_the_last_ones(tmp_path: Path) -> None:
    both = (CommandAgent(WRONG), CommandAgent(f"{CLEAN}; {WRONG.replace('+ 2', '+ 3')}"))
    async with opened(tmp_path, *both, drafts=True) as context:
        assert (await driven(context)).verdict is Verdict.NOT_REPAIRED
        assert (context.run.tried, context.run.unproved) == (1, Verdict.NOT_REPAIRED)
        assert "+ 3" in (await context.patch("fix")).unified


async def test_no_other_begins_once_the_time_is_used_up(tmp_path: Path) -> None:
    async with opened(tmp_path, CommandAgent("sleep 60"), knows()) as context:
        await context.set(seconds_allowed=1)
        assert (await driven(context)).verdict is Verdict.LIMIT_REACHED
        assert context.run.tried == 0
        assert await context.tree("base") == BASE
