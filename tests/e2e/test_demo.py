"""The demo as a newcomer starts it: watched in a browser, played on with, and ended by Ctrl-C.

It ends well only if all of it happened. ``--update-golden`` takes the README's pictures anew.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from browser_kit import LAUNCH, STILL, playwright_api
from checkers import asked_for, run_checker

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "handlers/demo/screenshots"
TOLD = "The story is told"


@dataclass
class Demo:
    """The command while it runs; ``lines`` is what it has printed."""

    process: subprocess.Popen[str]
    folder: Path
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        """All that it prints, until it ends."""
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def wait(self, shown: str, seconds: float = 240) -> str:
        """The line that has this in it, once it is printed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if shown in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"no {shown!r} in:\n{''.join(self.lines)}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """It runs, recorded."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "handlers.cli", "demo", "--speed", "2"),
            *("--keep", str(folder / "state"), "--record", str(folder / "record")),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    made = Demo(process, folder)
    reader = threading.Thread(target=made.read)
    reader.start()
    try:
        yield made
    finally:
        process.kill()
        process.wait()
        reader.join()
        assert process.stdout
        process.stdout.close()


@pytest.fixture(scope="module")
def played(demo: Demo) -> tuple[dict[str, Any], Path, str]:
    """Its last line, the recordings, and what it printed, once Ctrl-C has ended it."""
    demo.wait(TOLD)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0, "".join(demo.lines)
    demo.wait('{"items"', 10)
    printed = "".join(demo.lines)
    return json.loads(printed.splitlines()[-1]), demo.folder / "record", printed


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_newcomer_watches_the_story_and_plays_on(
    demo: Demo, request: pytest.FixtureRequest
) -> None:
    playwright = playwright_api("sync_api")
    keep = request.config.getoption("--update-golden")
    found = re.search(r"http://[\d.:]+", demo.wait("Open http"))
    assert found
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(**LAUNCH)
        page = browser.new_page(viewport={"width": 1500, "height": 950}, **STILL)
        page.set_default_timeout(30_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(found[0])
        page.get_by_role("button", name="Start").click()
        # The page follows the story: what happens is on screen, and nothing was clicked.
        demo.wait("Digest lands:")
        page.get_by_text("Open problems").first.wait_for()
        page.locator("#github input[data-task]").nth(3).wait_for()
        if keep:
            page.screenshot(path=PICTURES / "digest.png")
        demo.wait("Fix is asked for:")
        page.locator("#github .by-bot", has_text="Repair it").wait_for()

        demo.wait(TOLD)
        page.get_by_text(TOLD).wait_for()
        page.get_by_role("link", name="Pull requests").click()
        page.get_by_role("link", name="Fix: ").first.click()
        page.get_by_text("Closes #").wait_for()
        page.get_by_text("seen again after").first.wait_for()
        if keep:
            page.screenshot(path=PICTURES / "pull_request.png")
        page.get_by_role("link", name="Files changed").click()
        page.locator(".patch .removed .code").wait_for()
        page.get_by_role("link", name="Checks").click()
        page.get_by_text("soulcaster/proof").first.wait_for()

        plays_on(page)
        assert complaints == []
        browser.close()


def plays_on(page: Any) -> None:
    """A thing to try, an issue of one's own, a command in it, and a button in Slack."""
    page.get_by_role("button", name="Mistype a command").click()
    page.locator("#github .by-bot", has_text="Did you mean status?").wait_for()
    page.get_by_role("link", name="Issues").click()
    page.get_by_role("link", name="New issue").click()
    page.get_by_label("Title").fill("The newsletter links to a page that is gone")
    page.get_by_label("Description").fill("The second link answers 404 since Monday.")
    page.get_by_role("button", name="Submit new issue").click()
    page.get_by_role("heading", name="The newsletter links").wait_for()
    page.get_by_role("textbox", name="Comment").fill("/soulcaster status")
    page.get_by_role("button", name="Comment", exact=True).click()
    answer = page.locator("#github .comment", has_text="Severity")
    answer.wait_for()
    assert "1 report" in answer.inner_text() or "Reports" in answer.inner_text()

    box = page.get_by_role("textbox", name="Message to #triage")
    box.fill("/soulcaster clusters --sort=recent")
    box.press("Enter")
    whispers = page.get_by_text("Only visible to you")
    whispers.first.wait_for()
    why = page.locator("#messages .message").get_by_role("button", name="Why").first
    before = whispers.count()
    why.click()
    until(lambda: whispers.count() > before)


def until(happened: Callable[[], bool]) -> None:
    """Wait until it has."""
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("the button was not answered")


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
    # Ten problems; in which order the reports are heard on a busy machine decides the rest.
    assert 9 <= said["clusters"] <= 13
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
