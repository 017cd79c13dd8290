"""How each verdict of a fix run reads, on GitHub and in Slack."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from checkers import load_checker

from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.views.pull import PullRequest, pull_card, title_with
from bot.domain.cards.views.run import check_card, person_card, run_card
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import Cluster, Item, Ran, RunState, Verdict
from bot.domain.ports import Blocked, Differing
from bot.render import render_blocks, render_document, render_markdown

BEGAN = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
PYTEST = "PYTHONPATH=src python -m pytest -rA --tb=short -p no:cacheprovider"
TEST = "tests/test_soulcaster_c12.py"
SOURCE = '''"""As reported in I-7: shop.pagination.page_count."""

from shop.pagination import page_count


def test_page_count_as_reported():
    assert page_count(total=21, per_page=10) == 3
'''
CLUSTER = Cluster(
    audience=Audience.TEAM,
    number=12,
    title="Last page of a category is missing",
    created_at=BEGAN,
    updated_at=BEGAN,
)
NOTES = {
    StepName.FETCH: "31 files at 4f2a9c01de",
    StepName.REPRODUCE: "red, as I-7 says: page_count should give 3, gives 2",
    StepName.REPAIR: "+1 −1 in src/shop/pagination.py",
    StepName.PROVE: "red before, green after, the suite no worse",
    StepName.POLICY: "2 files checked, nothing to flag",
    StepName.PUBLISH: "pull request 19",
}
PROTECTED = (
    ".github/workflows/ci.yml is protected (dot file or folder); to let fixes change it, "
    'add ".github/workflows/ci.yml" to fix.allow in .github/soulcaster.yml'
)
RED = {
    "test_path": TEST,
    "test_source": SOURCE,
    "test_grade": "as reported",
    "red": Ran(
        command=f"{PYTEST} {TEST}", exit_code=1, seconds=0.81, tail="E   assert 2 == 3\n1 failed"
    ),
    "suite_before": Ran(command=PYTEST, exit_code=0, seconds=1.94, tail="58 passed"),
}
GREEN = {
    "green": Ran(command=f"{PYTEST} {TEST}", exit_code=0, seconds=0.79, tail="1 passed"),
    "suite_after": Ran(command=PYTEST, exit_code=0, seconds=1.97, tail="59 passed"),
    "agent_steps": 31,
    "grade": Verdict.PROVED,
}
WEAK = {
    **GREEN,
    "grade": Verdict.ON_ONE_EXAMPLE,
    "reason": "Every test passes with `return 1`, too.",
    "changes": (Differing(call="page_count(total=0, per_page=10)", one="0", other="1"),),
    "reading": Differing(call="page_count(1, 1)", one="1", other="2"),
}


def run_that(verdict: Verdict | None, at: StepName, reason: str = "", **fields: Any) -> FixRun:
    """A run that ended in step ``at``; every step took 4.2 s."""
    stopped, proved = (
        verdict is Verdict.STOPPED,
        verdict in (Verdict.PROVED, Verdict.ON_ONE_EXAMPLE),
    )
    failed = RunState.CANCELLED if stopped else RunState.FAILED
    run = FixRun(
        audience=Audience.TEAM,
        number=7,
        cluster=12,
        command="c-1",
        requested_by="ana",
        agent="mechanic",
        seconds_allowed=900,
        state=RunState.SUCCEEDED if proved else failed,
        verdict=verdict,
        reason=reason,
        created_at=BEGAN,
        updated_at=BEGAN,
        ended_at=BEGAN + timedelta(seconds=30),
        **fields,
    )
    for index, name in enumerate(StepName):
        last = name is at and not proved
        began = BEGAN + timedelta(seconds=4.2 * index)
        run = run.with_step(
            name,
            state=failed if last else RunState.SUCCEEDED,
            started_at=began,
            ended_at=began + timedelta(seconds=4.2),
            note="" if last else NOTES[name],
        )
        if name is at:
            break
    return run


RUNS = {
    "proved": run_that(
        Verdict.PROVED,
        StepName.PUBLISH,
        pull_request=19,
        pull_url="https://github.com/acme/shop/pull/19",
        **RED,
        **GREEN,
    ),
    "on_one_example": run_that(
        Verdict.ON_ONE_EXAMPLE,
        StepName.PUBLISH,
        pull_request=19,
        pull_url="https://github.com/acme/shop/pull/19",
        **RED,
        **WEAK,
    ),
    "dry_run": run_that(
        Verdict.PROVED,
        StepName.POLICY,
        "A dry run: nothing was published.",
        dry_run=True,
        change="--- a/src/shop/pagination.py\n+++ b/src/shop/pagination.py\n@@ -1 +1 @@\n-2\n+3\n",
        **RED,
        **GREEN,
    ),
    "not_reproduced": run_that(
        Verdict.NOT_REPRODUCED,
        StepName.REPRODUCE,
        "2 examples from the reports tried; none fails as reported.",
        suite_before=RED["suite_before"],
    ),
    "not_repaired": run_that(
        Verdict.NOT_REPAIRED,
        StepName.REPAIR,
        "No edit of 412 turned the test green.",
        agent_steps=412,
        attempt=2,
        **RED,
    ),
    "tests_do_not_run": run_that(
        Verdict.TESTS_DO_NOT_RUN,
        StepName.REPRODUCE,
        "`make test` ran no test (exit code 127): make: not found",
        blocked=Blocked(7, ("pypi.org", "a.example", "b.example", "c.example", "d.example", "e")),
    ),
    "refused_by_policy": run_that(
        Verdict.REFUSED_BY_POLICY,
        StepName.POLICY,
        PROTECTED,
        findings=(PROTECTED,),
        dollars=0.125,
        **RED,
        **GREEN,
    ),
    "stopped": run_that(Verdict.STOPPED, StepName.REPAIR, "Stopped by @bo.", **RED),
    "limit_reached": run_that(
        Verdict.LIMIT_REACHED,
        StepName.REPAIR,
        "15 minutes were used up; --timeout allows more.",
        **RED,
    ),
    "needs_a_person": run_that(
        Verdict.NEEDS_A_PERSON,
        StepName.REPRODUCE,
        private_examples=(3,),
        suite_before=RED["suite_before"],
    ),
    "unproved": run_that(
        Verdict.NOT_REPAIRED,
        StepName.PUBLISH,
        "The suite is worse: tests/test_cart.py::test_total: failed.",
        unproved=Verdict.NOT_REPAIRED,
        plan_version=2,
        plan_approved_by="@ana",
        pull_request=19,
        pull_url="https://github.com/acme/shop/pull/19",
        **RED,
        **GREEN,
    ).with_step(StepName.PUBLISH, state=RunState.SUCCEEDED),
    "broken": run_that(
        None, StepName.PROVE, "Something broke (ref e-7F3A). Nothing was published.", **RED
    ),
}


RUNS["unproved"] = RUNS["unproved"].with_step(
    StepName.PROVE, state=RunState.FAILED, note="the new test, and the suite, with the patch"
)


def card_of(name: str) -> Card:
    return run_card(RUNS[name], CLUSTER, BEGAN + timedelta(seconds=60), readers=Audience.TEAM)


def test_every_verdict_is_here() -> None:
    assert {run.verdict for run in RUNS.values()} == {*Verdict, None}


@pytest.mark.parametrize("name", RUNS)
def test_a_verdict_on_github(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"run_{name}.md", render_markdown(card_of(name)))


@pytest.mark.parametrize("name", RUNS)
def test_a_verdict_in_slack(
    name: str, golden: Callable[[str, str], None], check_slack: ModuleType
) -> None:
    message = render_blocks(card_of(name))
    written = {"text": message.text, "blocks": message.blocks}
    assert check_slack.check_message(written) == []
    golden(f"run_{name}.blocks.json", json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def test_what_the_team_is_told(golden: Callable[[str, str], None], check_slack: Any) -> None:
    private = Item(
        audience=Audience.TEAM,
        number=3,
        cluster=12,
        source="sentry",
        key="issue:991",
        event="e",
        title="ValueError in page_count",
        url="https://sentry.example/issues/991",
        occurred_at=BEGAN,
        created_at=BEGAN,
        updated_at=BEGAN,
    )
    card = person_card(RUNS["needs_a_person"], [private])
    assert card.audience is Audience.TEAM
    message = render_blocks(card)
    written = {"text": message.text, "blocks": message.blocks}
    assert check_slack.check_message(written) == []
    golden("run_for_the_team.blocks.json", json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def pull_of(name: str, **fields: Any) -> str:
    document = PullRequest(
        run=RUNS[name],
        cluster=CLUSTER,
        items=(),
        closes=(3,),
        hidden=0,
        files=[("src/shop/pagination.py", 1, 1), (TEST, 7, 0)],
        change="--- a/src/shop/pagination.py\n+++ b/src/shop/pagination.py\n@@ -1 +1 @@\n-2\n+3\n",
        **fields,
    )
    return render_document(pull_card(document))


def test_pull_requests(golden: Callable[[str, str], None]) -> None:
    golden("pull_unproved.md", pull_of("unproved"))
    golden("pull_proved.md", pull_of("proved"))
    golden("pull_on_one_example.md", pull_of("on_one_example"))
    began = pull_of("proved", began_unproved=True)
    proved, weak = Verdict.PROVED, Verdict.ON_ONE_EXAMPLE
    assert title_with("Unproved fix: x", proved) == "Fix: x"
    assert title_with("Draft: Fix: x", weak) == "Draft: Fix, proved on one example only: x"
    assert title_with("Fix, proved on one example only: x", proved) == "Fix: x"
    assert title_with("Mine, Unproved fix: x", proved) == "Mine, Unproved fix: x"
    (title,) = check_card(RUNS["on_one_example"]).title
    assert isinstance(title, str)
    assert title.startswith("Proved on one example only: red before")
    assert "This draft began unproved; v1 is proved, as below." in began


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> ModuleType:
    """Slack's published descriptions as a checker."""
    return load_checker(shared, "check_slack")
