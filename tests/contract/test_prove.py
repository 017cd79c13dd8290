"""What stands between a patch and its pull request: the proof in real sandboxes, and the policy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from bot.adapters.agents.cli import CommandAgent
from bot.adapters.agents.mechanic import Mechanic
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.audience import Audience
from bot.domain.fixes.calls import examples_in
from bot.domain.fixes.patch import Entry, Tree, apply, diff
from bot.domain.fixes.reproduction import Reason
from bot.domain.fixes.run import Case, FixRun
from bot.domain.models import Cluster, Item, Verdict
from bot.domain.ports import Agent, Blocked
from bot.repo_config import RepoConfig
from workers.fixes.steps import testing
from workers.fixes.steps.context import Ended
from workers.fixes.steps.local import LocalRun
from workers.fixes.steps.prove import check_policy, prove
from workers.fixes.steps.repair import repair
from workers.fixes.steps.reproduce import reproduce, still_red

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
TEST = "tests/test_made.py"


def tree(**files: str) -> Tree:
    names = {"calc": "calc.py", "old": "tests/test_old.py", "made": TEST}
    there = {names[name]: Entry(data=text.encode()) for name, text in files.items()}
    return {"conftest.py": Entry(), **there}


REPORT = Item(
    audience=Audience.TEAM,
    number=1,
    source="feedback",
    key="r",
    event="r",
    title="A page too many",
    body="```python\nfrom calc import pages\npages(20)  # got 3, expected 2\n```",
    occurred_at=NOW,
    created_at=NOW,
    updated_at=NOW,
)
BASE = tree(
    calc="def pages(n):\n    return n // 10 + 1\n",
    old="from calc import pages\n\n\ndef test_old():\n    assert pages(21) == 3\n",
)
MADE = "from calc import pages\n\n\ndef test_made():\n    assert pages(20) == 2\n"
MENDED = {"calc.py": Entry(data=b"def pages(n):\n    return -(-n // 10)\n")}


async def left(
    context: LocalRun, *, made: str = MADE, fix: Tree = MENDED, base: Tree = BASE
) -> None:
    """The patches of the steps before: the test, and on top of it the fix."""
    tested = {**base, TEST: Entry(data=made.encode())}
    mended = {**tested, **fix}
    await context.put_patch("test", diff(base, tested))
    await context.put_patch("fix", diff(tested, mended))
    assert apply(tested, await context.patch("fix")) == mended


@asynccontextmanager
async def opened(
    tmp_path: Path,
    *agents: Agent,
    drafts: bool = False,
    items: Sequence[Item] = (),
    beside: Tree = MappingProxyType({}),
) -> AsyncIterator[LocalRun]:
    """A run right before its proof, with a right patch."""
    cluster = Cluster(
        audience=Audience.TEAM, number=1, title="An empty page", created_at=NOW, updated_at=NOW
    )
    run = FixRun(
        audience=Audience.TEAM,
        number=1,
        cluster=1,
        command="prove-1",
        requested_by="ana",
        agent=",".join(agent.name for agent in agents),
        base="acme/shop",
        seconds_allowed=120,
        test_path=TEST,
        test_name="test_made",
        test_reason=Reason(exception="AssertionError", actual="3"),
        created_at=datetime.now(UTC),  # its time runs from then
        updated_at=NOW,
    )
    sandboxes = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    made = LocalRun(
        run,
        BASE,
        Case(cluster=cluster, items=tuple(items)),
        config=RepoConfig.model_validate({"fix": {"unproved_drafts": drafts}}),
        sandboxes=sandboxes,
        template="",
        agents=agents,
        open_model=_no_model,
        log=lambda line: None,
        beside=beside,
    )
    await made.put_tree("base", BASE)
    await left(made)
    yield made
    await sandboxes.close()


async def _no_model(_purpose: str) -> None:
    return None


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[LocalRun]:
    async with opened(tmp_path, Mechanic()) as made:
        yield made


async def test_red_for_the_reason_and_green(context: LocalRun) -> None:
    await prove(context)
    assert context.run.red is not None
    assert context.run.green is not None
    assert (context.run.red.exit_code, context.run.green.exit_code) == (1, 0)


async def test_red_in_colours_is_red(context: LocalRun) -> None:
    base = BASE | {"pytest.ini": Entry(data=b"[pytest]\naddopts = --color=yes\n")}
    await context.put_tree("base", base)
    await left(context, base=base)
    await prove(context)
    assert context.run.grade is Verdict.PROVED


@pytest.mark.parametrize(
    "reason",
    [
        Reason(exception="AssertionError", actual="4"),
        Reason(exception="KeyError"),
    ],
)
async def test_red_for_another_reason_proves_nothing(context: LocalRun, reason: Reason) -> None:
    await context.set(test_reason=reason)
    with pytest.raises(Ended, match="not as reported") as ended:
        await prove(context)
    assert ended.value.verdict is Verdict.NOT_REPRODUCED
    assert context.run.green is None


async def test_another_example_of_the_report_that_still_fails_is_named(tmp_path: Path) -> None:
    block = "```python\nfrom calc import pages\npages({})  # got {}, expected {}\n```\n"
    body = block.format(20, 3, 2) + "\nAnd with nothing:\n\n" + block.format(0, 1, 0)
    async with opened(tmp_path, items=[REPORT.model_copy(update={"body": body})]) as context:
        tests, by_one = await testing.Tests.of(context, BASE), {**BASE, **MENDED}
        by_one["calc.py"] = Entry(data=b"def pages(n):\n    return max(1, -(-n // 10))\n")
        await reproduce(context)
        told = "Another example of the report still fails: calc.pages should give 0, gives 1."
        assert await still_red(context, BASE, by_one, tests) == told
        assert await still_red(context, BASE, {**BASE, **MENDED}, tests) == ""


async def test_every_example_that_fails_as_reported_is_in_the_test(tmp_path: Path) -> None:
    block = "```python\nfrom calc import pages\npages({})  # got {}, expected {}\n```\n"
    blocks = (block.format(*each) for each in ((20, 3, 2), (0, 1, 0), (5, 2, 1), (9, 1, 1)))
    body = "\nAnd another:\n\n".join(blocks)
    async with opened(tmp_path, items=[REPORT.model_copy(update={"body": body})]) as context:
        await reproduce(context)
    names = ["test_pages_as_reported", "test_pages_as_reported_2"]
    assert re.findall(r"def (\w+)", context.run.test_source) == names
    assert examples_in(context.run.test_source) == {"pages(20)", "pages(0)"}
    assert context.run.test_grade == "as reported"


async def test_the_message_of_an_error_that_should_come_is_asked_for(tmp_path: Path) -> None:
    source = "def pages(n):\n    if n < 0:\n        raise KeyError(n)\n    return n // 10 + 1\n"
    base = {**BASE, "calc.py": Entry(data=source.encode())}
    body = "`calc.pages(-1)` raises `KeyError: -1`, I would expect `ValueError: no page before 0`."
    async with opened(tmp_path, items=[REPORT.model_copy(update={"body": body})]) as context:
        await context.put_tree("base", base)
        await reproduce(context)
        assert "pytest.raises(ValueError)" in context.run.test_source
        tests = await testing.Tests.of(context, base)
        told = "calc.pages does not raise ValueError with the message that it should have"
        for message, left_over in (("'no'", told), ("f'no page before 0: {n}'", "")):
            mended = source.replace("KeyError(n)", f"ValueError({message})").encode()
            found = await still_red(context, base, {**base, "calc.py": Entry(data=mended)}, tests)
            assert left_over in found
            assert bool(found) is bool(left_over)


async def test_a_value_of_the_report_that_no_test_asks_for_is_named(tmp_path: Path) -> None:
    body = (
        "`calc.pages(20)` returns 3, expected 2. With half a page it gives the same 3 instead of 1."
    )
    async with opened(tmp_path, items=[REPORT.model_copy(update={"body": body})]) as context:
        await reproduce(context)
        tests, told = (
            await testing.Tests.of(context, BASE),
            "The report asks for 1, too, and no test",
        )
        assert await still_red(context, BASE, {**BASE, **MENDED}, tests) == f"{told} does."


async def test_a_run_that_knows_no_reason_goes_by_exit_codes(context: LocalRun) -> None:
    await context.set(test_reason=None, test_name="")
    await prove(context)


async def test_green_on_the_base_reproduces_nothing(context: LocalRun) -> None:
    await left(context, made=MADE.replace("pages(20) == 2", "pages(21) == 3"))
    with pytest.raises(Ended, match="passes on the base") as ended:
        await prove(context)
    assert ended.value.verdict is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("calc", "why"),
    [
        ("def pages(n):\n    return n // 10 + 1  # as before\n", "the test still fails"),
        ("def pages(n):\n    return n // 10\n", "the suite is worse: .*test_old: failed"),
    ],
    ids=["still red", "worse"],
)
async def test_what_is_not_green_or_costs_the_suite_is_no_repair(
    context: LocalRun, calc: str, why: str
) -> None:
    await left(context, fix={"calc.py": Entry(data=calc.encode())})
    with pytest.raises(Ended, match=f"(?i){why}") as ended:
        await prove(context)
    assert ended.value.verdict is Verdict.NOT_REPAIRED


async def test_what_the_policy_refuses_ends_the_run(context: LocalRun) -> None:
    await check_policy(context)
    await left(context, fix={**MENDED, ".github/workflows/ci.yml": Entry(data=b"on: push\n")})
    with pytest.raises(Ended, match=r"ci\.yml is protected") as ended:
        await check_policy(context)
    assert ended.value.verdict is Verdict.REFUSED_BY_POLICY


async def test_what_the_tests_want_of_the_network_is_noted(context: LocalRun) -> None:
    if context.sandboxes.isolation == "none":
        pytest.skip("this machine has no working bubblewrap")
    for address in ("1.1.1.1", "9.9.9.9", "1.1.1.1"):
        async with context.sandbox(BASE) as sandbox:
            await sandbox.run(f"cat < /dev/tcp/{address}/80", timeout=20)
    assert context.run.blocked == Blocked(3, ("1.1.1.1", "9.9.9.9"))


async def test_an_agent_that_leaves_more_than_a_patch_reaches_a_limit(tmp_path: Path) -> None:
    deep = CommandAgent("folder=$(printf 'a/%.0s' $(seq 150)); mkdir -p $folder; : > $folder/x")
    async with opened(tmp_path, deep) as context:
        with pytest.raises(Ended, match="more than a patch is made of") as ended:
            await repair(context)
    assert ended.value.verdict is Verdict.LIMIT_REACHED


async def test_files_of_a_submodule_are_there_and_no_part_of_a_patch(tmp_path: Path) -> None:
    said = Entry(data=b'[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n')
    agent = CommandAgent("cat lib/of.py >> calc.py && echo 1 >> lib/of.py && touch lib/new.py")
    beside = {"lib/of.py": Entry(data=b"ONE = 1\n")}
    async with opened(tmp_path, agent, beside=beside) as context:
        await context.put_tree("base", {**BASE, ".gitmodules": said})
        await repair(context)
        patch = await context.patch("fix")
    assert patch.paths == ("calc.py",)
    assert "+ONE = 1" in patch.unified
