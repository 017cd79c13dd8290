"""The demo, headless, as a newcomer starts it: it ends well only if all of it happened."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checkers import asked_for, run_checker

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path, str]:
    """One play of the story, recorded: its last line, the recordings, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "handlers.cli", "demo", "--headless", "--speed", "4"),
            *("--keep", str(folder / "state"), "--record", str(folder / "record")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1]), folder / "record", done.stdout


def test_the_last_line_says_what_happened(played) -> None:
    said, _, printed = played
    assert list(said) == [
        "items",
        "clusters",
        "digest_slack",
        "digest_issue",
        "pr",
        "proof",
        "recovered",
        "closed",
        "regressed",
        "seconds",
    ]
    assert said["items"] == 33
    assert 10 <= said["clusters"] < 33
    assert said["digest_slack"] is True
    assert said["digest_issue"] is True
    assert said["proof"] == "proved"
    assert "/acme/shop/pull/" in said["pr"]
    assert "tests pass on" in printed
    assert {said[what][:2] for what in ("recovered", "closed", "regressed")} == {"C-"}
    assert f"{said['regressed']} has come back after #{said['pr'].rpartition('/')[2]}" in printed


def test_github_would_have_understood_every_request(played, shared: Path) -> None:
    _, record, _ = played
    told = (record / "github.jsonl", "--permissions", asked_for())
    checked = check(shared, "check_github_http", *told)
    assert int(checked.split()[1]) > 30, checked


def test_slack_would_have_understood_every_request(played, shared: Path) -> None:
    _, record, _ = played
    checked = check(shared, "check_slack", "http", record / "slack.jsonl")
    assert int(checked.split()[1]) > 2, checked


def check(shared: Path, name: str, *arguments: object) -> str:
    """The checker's closing line; it fails on any ERROR."""
    done = run_checker(shared, name, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr.strip().splitlines()[-1]
