"""What happened to a problem: each change once, by whom, and nothing of what only counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.audience import Audience
from bot.domain.cards.story import Story, told_on
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, ClusterState, RunState, Verdict, Watch

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
OLD = {"created_at": NOW - timedelta(days=9)}


def cluster(**known: Any) -> Cluster:
    told = {"number": 12, "audience": Audience.TEAM, "severity": "S2", "created_at": NOW}
    return Cluster(**{**told, "updated_at": NOW, **known})


def run(**known: Any) -> FixRun:
    told = {
        "number": 7, "cluster": 12, "audience": Audience.TEAM, "command": "c", "agent": "a",
        "requested_by": "ana", "seconds_allowed": 60, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return FixRun(**{**told, **known})


def look(
    story: Story | None, seen: Cluster, fix: FixRun | None = None, *, at: datetime = NOW
) -> tuple[Story, list[str]]:
    after = told_on(story, seen, fix, at, live=True)
    since = story.n if story else 0
    said = [f"{e.kind} {e.by} {e.what}".strip() for e in after.events if e.n > since]
    return after, said


def test_each_change_is_told_once() -> None:
    story, said = look(None, cluster())
    assert said == ["new"]
    assert look(story, cluster())[1] == []
    story, said = look(story, cluster(severity="S1", severity_by="@bo"))
    assert said == ["rise @bo S2 → S1"]
    story, said = look(story, cluster(severity="S3", severity_by="@bo", owner="cy"))
    assert said == ["severity @bo S1 → S3", "owner  @cy"]
    fixing = cluster(severity="S3", severity_by="@bo", owner="cy", state=ClusterState.FIXING)
    story, said = look(story, fixing, run())
    assert said == ["asked @ana F-7"]
    proved = run(state=RunState.SUCCEEDED, verdict=Verdict.PROVED, pull_request=45)
    opened = fixing.model_copy(update={"state": ClusterState.PR_OPENED})
    story, said = look(story, opened, proved)
    assert said == ["proved  F-7", "opened  #45"]
    watch = Watch(pull=45, since=NOW, until=NOW)
    story, said = look(story, opened.model_copy(update={"state": "watching", "watch": watch}))
    assert said == ["merged  #45"]
    back = {"state": ClusterState.REGRESSED, "watch": watch.model_copy(update={"verdict": "gone"})}
    story, said = look(story, opened.model_copy(update=back))
    assert said == ["regressed  gone after #45"]
    aside = {"state": ClusterState.IGNORED, "state_by": "@bo", "ignored_reason": "spam"}
    story, said = look(story, opened.model_copy(update=aside))
    assert said == ["ignored @bo spam"]
    again = {"state": ClusterState.TRIAGED, "state_by": "@cy"}
    assert look(story, opened.model_copy(update=again))[1] == ["reopened @cy"]


def test_a_run_that_opened_nothing_is_held() -> None:
    story, _ = look(None, cluster(), run())
    ended = run(state=RunState.FAILED, verdict=Verdict.NOT_REPRODUCED)
    assert look(story, cluster(), ended)[1] == ["held  F-7, not reproduced"]


def test_a_severity_that_counts_move_up_and_down_is_told_once() -> None:
    story, _ = look(None, cluster(severity="S3"))
    told = []
    for severity in ("S2", "S3", "S2", "S3", "S1"):
        story, said = look(story, cluster(severity=severity))
        told += said
    assert told == ["rise  S3 → S2", "rise  S3 → S1"]


def test_a_spike_is_told_once_a_day_and_of_no_new_problem() -> None:
    trend = "31 times in the last 3 hours, where 2 would be usual"
    assert look(None, cluster(trend=trend))[1] == ["new"]
    story, _ = look(None, cluster(**OLD))
    story, said = look(story, cluster(**OLD, trend=trend))
    assert said == [f"spike  {trend}"]
    story, _ = look(story, cluster(**OLD))
    assert look(story, cluster(**OLD, trend=trend), at=NOW + timedelta(hours=3))[1] == []
    assert look(story, cluster(**OLD, trend=trend), at=NOW + timedelta(hours=25))[1] != []


def test_what_was_there_before_begins_in_silence() -> None:
    assert look(None, cluster(**OLD, trend="31 in the last 3 hours"))[1] == []
    imported = told_on(None, cluster(state=ClusterState.RESOLVED), run(), NOW, live=False)
    assert imported.events == ()
    assert look(imported, cluster(state=ClusterState.RESOLVED), run())[1] == []


def test_a_story_is_read_as_it_was_written() -> None:
    story, _ = look(None, cluster(owner="ana"), run())
    assert Story.model_validate_json(story.model_dump_json()) == story
