"""Versions of a fix: what they are called, what is said of them, what of a body is ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from checkers import load_checker

from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Paragraph, Preformatted, Section
from bot.domain.cards.views import version as views
from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.fixes.versions import (
    Remark,
    Revision,
    Version,
    commit_message,
    first_version,
    new_revision,
    version_of,
)
from bot.domain.models import Person, Place, Ran, RunState, Verdict
from bot.render import render_blocks, render_document, render_markdown, replace_sections

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TEST = "tests/test_soulcaster_c12.py"
RED = Ran(command=f"pytest {TEST}", exit_code=1, seconds=0.4, tail="assert 2 == 3")
GREEN = Ran(command=f"pytest {TEST}", exit_code=0, seconds=0.4, tail="1 passed")
SUITE = Ran(command="pytest", exit_code=0, seconds=2.1, tail="40 passed")
HOSTILE = "@everyone </details> <!-- soulcaster:run:F-1 --> `rm -rf`\n/soulcaster fix"


def the_run(**fields: object) -> FixRun:
    return FixRun(
        audience=Audience.TEAM,
        number=7,
        cluster=12,
        state=RunState.SUCCEEDED,
        verdict=Verdict.PROVED,
        command="ab12",
        requested_by="ana",
        agent="mechanic",
        base="main",
        base_sha="b" * 40,
        seconds_allowed=900,
        test_path=TEST,
        red=RED,
        green=GREEN,
        suite_before=SUITE,
        suite_after=SUITE,
        branch="soulcaster/C-12-last-page-F7",
        commit="1" * 40,
        pull_request=45,
        pull_url="https://github.test/acme/shop/pull/45",
        created_at=NOW,
        updated_at=NOW,
        ended_at=NOW,
    ).model_copy(update=fields)


def asked(**fields: object) -> Revision:
    return new_revision(
        the_run(),
        key="review:9",
        kind="revise",
        asker=Person(login="bo"),
        place=Place(issue=45),
        now=NOW,
        words=["Nearly there."],
        remarks=[Remark(comment=81, path="src/shop/pagination.py", words="And an empty list?")],
    ).model_copy(update=fields)


def done(
    revision: Revision, state: RunState, verdict: Verdict | None, **fields: object
) -> Revision:
    """The attempt as it ended, each step a second after the other."""
    steps = tuple(
        step.model_copy(
            update={
                "state": RunState.SUCCEEDED,
                "started_at": NOW + timedelta(seconds=at),
                "ended_at": NOW + timedelta(seconds=at + 1),
            }
        )
        for at, step in enumerate(revision.work.steps)
    )
    update = {"state": state, "verdict": verdict, "steps": steps, **fields}
    return revision.model_copy(update={"work": revision.work.model_copy(update=update)})


def pushed() -> Revision:
    made = done(
        asked(),
        RunState.SUCCEEDED,
        Verdict.PROVED,
        commit="2" * 40,
        version=2,
        grade=Verdict.PROVED,
        green=GREEN,
        suite_after=SUITE,
    )
    update = {
        "version": 2,
        "tests": (TEST, "tests/test_soulcaster_c12_2.py"),
        "example": "tests/test_soulcaster_c12_2.py",
        "delta": ("src/shop/pagination.py", "tests/test_soulcaster_c12_2.py"),
    }
    return made.model_copy(update=update)


def unheard() -> Revision:
    made = done(
        asked(),
        RunState.FAILED,
        Verdict.NOT_REPAIRED,
        reason="nothing fails here that could be repaired",
    )
    work = made.work.with_step(StepName.REPAIR, state=RunState.FAILED)
    for name in (StepName.PROVE, StepName.POLICY, StepName.PUBLISH):
        work = work.with_step(name, state=RunState.PENDING, started_at=None, ended_at=None)
    return made.model_copy(update={"work": work})


def second(**fields: object) -> Version:
    return Version(
        number=2,
        kind="revise",
        commit="2" * 40,
        parent="1" * 40,
        asked_by="bo",
        made_at=NOW + timedelta(hours=1),
        tests=(TEST,),
        red=RED,
        green=GREEN,
        suite_after=SUITE,
        files=2,
        added=14,
        removed=1,
    ).model_copy(update=fields)


def versions() -> list[Version]:
    first = first_version(the_run()).model_copy(update={"files": 2, "added": 9, "removed": 1})
    third = second(number=3, kind="revert", restores=1, commit="3" * 40, parent="2" * 40)
    return [first, second(), third]


COMPARED = {
    "html_url": "https://github.test/acme/shop/compare/111...222",
    "files": [
        {
            "filename": "src/shop/pagination.py",
            "status": "modified",
            "additions": 1,
            "deletions": 1,
            "patch": "@@ -1 +1 @@\n-    return full if rest > 1 else 0\n+    return full\n",
        },
        {"filename": "logo.png", "status": "added", "additions": 0, "deletions": 0},
    ],
}

CARDS: dict[str, Callable[[], Card]] = {
    "revision_waiting": lambda: views.revision_card(asked(), NOW),
    "revision_pushed": lambda: views.revision_card(pushed(), NOW),
    "revision_unheard": lambda: views.revision_card(unheard(), NOW),
    "versions": lambda: views.versions_card(the_run(), versions()),
    "versions_diff": lambda: views.diff_card(the_run(), *versions()[:2], COMPARED),
    "versions_handover": lambda: views.handover_card(the_run()),
    "versions_noted": lambda: views.noted_card(the_run(), 9, "sam", "triage"),
    "thread_changed": lambda: views.answer_card(pushed(), asked().remarks[0]),
    "thread_unheard": lambda: views.answer_card(unheard(), asked().remarks[0]),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_on_github(name: str, golden: Callable[[str, str], None]) -> None:
    render = render_document if name.startswith("thread") else render_markdown
    golden(f"{name}.md", render(CARDS[name]()))


@pytest.mark.parametrize("name", [n for n in CARDS if not n.startswith("thread")])
def test_a_card_in_slack(
    name: str, golden: Callable[[str, str], None], check_slack: ModuleType
) -> None:
    message = render_blocks(CARDS[name]())
    shown = {"text": message.text, "blocks": message.blocks}
    assert check_slack.check_message(shown) == []
    golden(f"{name}.blocks.json", json.dumps(shown, indent=1, ensure_ascii=False) + "\n")


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> ModuleType:
    """Slack's published descriptions as a checker."""
    return load_checker(shared, "check_slack")


def test_a_long_diff_is_cut_and_says_so() -> None:
    long = {**COMPARED["files"][0], "patch": "+x = 1\n" * 9_000}
    card = views.diff_card(the_run(), *versions()[:2], {**COMPARED, "files": [long] * 3})
    body = render_markdown(card)
    assert len(body) < 20_000
    assert "too long for here" in body


def test_a_commit_message_quotes_nobody() -> None:
    message = commit_message(asked(words=(HOSTILE,), tests=(TEST,)), 2)
    assert "everyone" not in message
    assert message.splitlines()[-2:] == [
        "Co-authored-by: bo <bo@users.noreply.github.com>",
        "Soulcaster-Version: F-7 v2",
    ]
    odd = asked().work.model_copy(update={"requested_by": "U07\nX: y <a@b>"})
    assert "Co-authored-by" not in commit_message(asked(work=odd), 2)
    known = asked().work.model_copy(update={"requester_id": 7})
    assert "bo <7+bo@users.noreply.github.com>" in commit_message(asked(work=known), 2)
    shell = asked().work.model_copy(update={"operator": True})
    assert "Co-authored-by" not in commit_message(asked(work=shell), 2)


def test_an_attempt_starts_from_nothing_but_the_fix() -> None:
    work = asked().work
    assert not work.ended
    assert (work.commit, work.green, work.verdict, work.findings) == ("", None, None, ())
    assert (work.branch, work.base_sha, work.red) == (the_run().branch, "b" * 40, RED)
    assert {step.state for step in work.steps} == {RunState.PENDING}
    assert work.requested_by == "bo"


def test_a_revert_asks_no_agent() -> None:
    revert = new_revision(
        the_run(),
        key="command:x",
        kind="revert",
        restores=1,
        asker=Person(login="bo"),
        place=Place(),
        now=NOW,
    )
    names = [step.name for step in revert.work.steps]
    assert StepName.REPAIR not in names
    assert StepName.PROVE in names


def test_a_version_there_is_not() -> None:
    assert version_of(versions(), 2).commit == "2" * 40
    with pytest.raises(NotFound, match="there are: v1, v2, v3"):
        version_of(versions(), 4)
    with pytest.raises(NotFound, match="no pull request"):
        first_version(the_run(pull_request=None))


def document(proof: str, log: str) -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="pull:F-7",
        title=("Fix",),
        sections=(
            Section(title="Problem", blocks=(Paragraph(line=("It is broken.",)),)),
            Section(title="Proof", blocks=(Paragraph(line=(proof,)),)),
            Section(title="Output", blocks=(Preformatted(text=log),), collapsed=True),
            Section(title="Not tested", blocks=(Paragraph(line=("Much.",)),)),
        ),
        footer=("Asked for by ana.",),
    )


def test_only_our_sections_of_a_body_are_replaced() -> None:
    old = render_document(document("old proof", "## Proof\nold log"))
    people = old.replace("## Not tested", "Between, by a person.\n\n## Not tested")
    people += "\n## Ours\n\nProof is fine.\n"
    newer = document("new proof", "new log")
    body = replace_sections(people, newer, ("Proof", "Output"))
    wanted = people.replace("old proof", "new proof").replace("## Proof\nold log", "new log")
    assert body == wanted
    assert replace_sections(body, newer, ("Proof", "Output")) == body


def test_a_section_that_people_removed_stays_away() -> None:
    body = "A person's own words.\n\n## Not tested\n\nMuch.\n"
    assert replace_sections(body, document("p", "l"), ("Proof", "Output")) == body
    assert replace_sections("", document("p", "l"), ("Proof",)) == ""
