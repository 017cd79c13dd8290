"""The story of the demo: complete, true to the shop's files, and readable by the sources."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.domain.models import Draft
from bot.sources import SOURCES
from handlers.demo.reports import DATA, SHOP, DemoReport, load, world

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# Sources that the story tells of; the others are held to the vendors' own payloads.
TOLD = {"datadog", "feedback", "github", "posthog", "reddit", "sentry"}


@pytest.fixture(scope="module")
def story() -> list[DemoReport]:
    return load(START)


def everything_sent(report: DemoReport) -> str:
    issue = report.issue.model_dump() if report.issue else {}
    return json.dumps([issue, report.headers, report.body])


def test_the_story_has_its_cast(story):
    told = Counter(report.source for report in story)
    assert told == {
        "github": 14,
        "sentry": 9,
        "datadog": 5,
        "posthog": 4,
        "reddit": 4,
        "feedback": 6,
    }
    assert [report.delay for report in story] == sorted(report.delay for report in story)
    assert 15 < story[-1].delay <= 20


def test_every_problem_is_reported_more_than_once_and_by_more_than_one_source(story):
    sources = {problem.key: set() for problem in world().problems}
    for report in story:
        sources[report.problem].add(report.source)
    assert len(sources) == 10
    assert {key for key, found in sources.items() if len(found) < 2} == set()


def test_problems_never_leave_the_house(story):
    keys = [problem.key for problem in world().problems]
    for report in story:
        assert not any(key in everything_sent(report) for key in keys)


def test_eight_problems_are_in_files_of_the_shop_and_two_are_not():
    paths = [problem.path for problem in world().problems if problem.path]
    assert len(paths) == len(set(paths)) == 8
    assert all((SHOP / path).is_file() for path in paths)


def test_roles_and_reporters(story):
    members = world().members
    assert Counter(member.role for member in members) == {
        "admin": 1,
        "write": 2,
        "triage": 1,
        "read": 6,
    }
    linked = [member.slack_user for member in members if member.slack_user]
    assert len(linked) == len(set(linked)) == 5
    logins = {member.login for member in members}
    assert {report.issue.login for report in story if report.issue} <= logins


def test_some_deliveries_come_twice_and_some_issues_occur_again(story):
    bodies = Counter(everything_sent(report) for report in story)
    assert sorted(bodies.values())[-4:] == [1, 2, 2, 2]
    events = [report.body["data"]["event"] for report in story if report.source == "sentry"]
    assert len({event["issue_id"] for event in events}) == 4
    assert len({event["event_id"] for event in events}) == 8
    spikes = [report for report in story if "issue_spiking" in everything_sent(report)]
    assert [report.problem for report in spikes] == ["coupon-spaces"]


def frames(story: list[DemoReport]) -> Iterator[dict]:
    for report in story:
        if report.source == "sentry":
            for value in report.body["data"]["event"]["exception"]["values"]:
                yield from value["stacktrace"]["frames"]


def test_stack_frames_are_lines_of_the_shop(story):
    ours = [frame for frame in frames(story) if frame["in_app"]]
    assert len(ours) > 20
    for frame in ours:
        lines = (SHOP / "src" / frame["filename"]).read_text().splitlines()
        assert lines[frame["lineno"] - 1] == frame["context_line"]


def test_tracebacks_in_issues_are_lines_of_the_shop(story):
    quoted = re.compile(r'File "/srv/shop/(\S+)", line (\d+), in \w+\n(.+)')
    found = [match for r in story if r.issue for match in quoted.findall(r.issue.body)]
    assert len(found) == 2
    for path, line, code in found:
        assert (SHOP / path).read_text().splitlines()[int(line) - 1].strip() == code.strip()


MUG = 'ana = Cart("ana"); ana.add(Product("MUG", "Blue mug", 1200)); ana.save_for_later("MUG")'


@pytest.mark.parametrize(
    ("problem", "before", "call", "actual"),
    [
        ("last-page-missing", "", "shop.pagination.page_count(total=21, per_page=10)", "2"),
        ("free-shipping-boundary", "", 'shipping_cost(5000, "DE")', "490"),
        ("coupon-spaces", "", 'find_coupon("SPRING10 ").percent', "UnknownCoupon"),
        ("refund-without-vat", "", "shop.tax.refund(net=10000, rate=19)", "10000"),
        ("reorder-new-product", "", "reorder_level([], lead_days=5)", "ZeroDivisionError"),
        ("saved-lines-shared", MUG, 'Cart("bo").saved', "Blue mug"),
        ("discount-loses-cents", "", "shop.pricing.percent_off(1990, 10)", "1800"),
        ("mail-swaps-name", "", 'order_shipped("Ana", "10042")', "Hi 10042, your order Ana"),
    ],
)
def test_an_issue_shows_each_bug_as_it_is(story, problem, before, call, actual):
    told = [report.issue.body for report in story if report.issue and report.problem == problem]
    (body,) = [body for body in told if call in body]
    imports = [line.removeprefix(">>> ") for line in body.splitlines() if "import " in line]
    module = call.rsplit("(", 1)[0].rsplit(".", 1)[0] if call.startswith("shop.") else "shop"
    code = "\n".join([f"import {module}", *imports, before, f"print(repr({call}))"])
    ran = subprocess.run(
        [sys.executable, "-B", "-I", "-c", f"import sys; sys.path.insert(0, 'src')\n{code}"],
        cwd=SHOP,
        capture_output=True,
        text=True,
    )
    assert actual in (ran.stdout or ran.stderr.splitlines()[-1])


def test_moments_are_counted_back_from_the_start(story):
    first = next(report for report in story if report.source == "sentry")
    event = first.body["data"]["event"]
    assert event["datetime"] == "2026-03-02T00:00:00.000Z"
    assert event["timestamp"] == (START - timedelta(hours=9)).timestamp()
    assert first.headers["Sentry-Hook-Timestamp"] == str(int(START.timestamp()))
    monitor = next(report for report in story if report.source == "datadog")
    assert monitor.body["date"] == str(int((START - timedelta(minutes=21)).timestamp() * 1000))
    assert not any("{now" in everything_sent(report) for report in story)


def test_a_naive_start_is_refused():
    with pytest.raises(ValueError, match="zone"):
        load(datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "github", "body": {"a": 1}},
        {"source": "sentry", "issue": {"login": "a", "title": "b", "body": "c"}},
        {"source": "sentry"},
    ],
)
def test_a_report_has_the_input_of_its_source(wrong):
    with pytest.raises(ValidationError):
        DemoReport.model_validate({"problem": "p", "delay": 0} | wrong)


def test_every_source_has_its_file():
    assert {path.name for path in DATA.iterdir()} == {
        "world.yml",
        *(f"{source}.yml" for source in TOLD),
    }
    assert SOURCES.keys() >= TOLD


def test_the_shop_is_data_for_every_tool_of_ours():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert settings["pytest"]["ini_options"]["testpaths"] == ["tests"]
    assert "handlers/demo/shop" in settings["ruff"]["extend-exclude"]
    assert "handlers/demo/shop" in settings["mypy"]["exclude"]


def test_the_sources_read_every_payload(story):
    received = START + timedelta(seconds=30)
    keys: dict[str, set[str]] = {}
    for report in story:
        if report.source == "github":
            continue
        headers = {name.lower(): value for name, value in report.headers.items()}
        (draft,) = SOURCES[report.source].parse(report.body, headers, received)
        assert isinstance(draft, Draft)
        assert draft.title
        assert draft.occurred_at <= received
        keys.setdefault(report.source, set()).add(draft.key)
    assert {source for source, found in keys.items() if len(found) > 2} == TOLD - {"github"}
