"""The demo's story: reports arrive, clusters form, a digest, a fix, its proof.

Nothing is scripted but the inputs; each step ends when its outcome can be read back over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.domain.models import RunState, Verdict
from handlers.demo import reports
from handlers.demo.progress import Progress
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage

ARRIVE = "Reports arrive"
CLUSTER = "Clusters form"
DIGEST = "The digest lands"
FIX = "A fix is commanded"
PULL = "A pull request opens"
CHECK = "Its tests are run"
STEPS = (ARRIVE, CLUSTER, DIGEST, FIX, PULL, CHECK)
# The problem whose fix the story asks for, and who asks.
PROBLEM = "last-page-missing"
MAINTAINER = "tom-beckett"


@dataclass
class StoryOutcome:
    """What really happened, read back from the simulators."""

    items: int = 0
    clusters: int = 0
    digest_slack: bool = False
    digest_issue: bool = False
    pr: str = ""
    proof: str = ""
    seconds: float = 0

    @property
    def ok(self) -> bool:
        """Whether all of it did."""
        proved = self.proof == Verdict.PROVED.value
        return bool(
            self.items
            and self.clusters
            and self.digest_slack
            and self.digest_issue
            and self.pr
            and proved
        )

    def as_json(self) -> str:
        """The headless demo's last line."""
        return json.dumps({**self.__dict__, "seconds": round(self.seconds, 1)})


@dataclass
class Story:
    """Plays on a stage. ``say`` gets one line a step."""

    stage: Stage
    progress: Progress
    speed: float = 1.0
    say: Callable[[str], None] = lambda line: None
    outcome: StoryOutcome = field(default_factory=StoryOutcome)

    async def play(self) -> StoryOutcome:
        """Every step in order. Raises TimeoutError when one does not happen."""
        began = time.monotonic()
        steps = (
            (ARRIVE, self._arrive),
            (CLUSTER, self._cluster),
            (DIGEST, self._digest),
            (FIX, self._fix),
            (PULL, self._pull),
            (CHECK, self._check),
        )
        try:
            for name, step in steps:
                self.progress.start(name)
                at = time.monotonic()
                try:
                    detail = await step()
                except Exception as error:
                    self.progress.end(name, RunState.FAILED, detail=str(error))
                    raise
                self.progress.end(name, detail=detail)
                self.say(
                    f"{time.monotonic() - began:6.1f} s  {name}: {detail} "
                    f"({time.monotonic() - at:.1f} s)"
                )
        finally:
            self.outcome.seconds = time.monotonic() - began
        return self.outcome

    async def _arrive(self) -> str:
        start = datetime.now(UTC)
        wanted = reports.load(start)
        self.progress.start(ARRIVE, total=len(wanted))
        began = time.monotonic()
        for report in wanted:
            await asyncio.sleep(max(0, report.delay / self.speed - (time.monotonic() - began)))
            if report.issue is not None:
                await self.stage.person("/issues", **report.issue.model_dump())
            else:
                await send_alert(self.stage, report)
            self.progress.advance(ARRIVE, detail=f"from {report.source}")
        sources = {report.source for report in wanted}
        return f"{len(wanted)} reports from {len(sources)} sources"

    async def _cluster(self) -> str:
        project = await self.stage.project()
        ctx = self.stage.context

        async def settled() -> tuple[int, int] | None:
            placed = await ctx.items.membership(project.id)
            pending = await ctx.jobs.pending("people") + await ctx.jobs.pending("work")
            waiting = await ctx.items.waiting(project.id)
            if waiting or pending or len(placed) < len(reports.world().problems):
                return None
            return len(placed), len(set(placed.values()))

        items, clusters = await self.stage.wait("clustering", settled, timeout=60)
        self.outcome.items, self.outcome.clusters = items, clusters
        return f"{items} items in {clusters} clusters"

    async def _digest(self) -> str:
        admin = next(m for m in reports.world().members if m.login == ADMIN)
        await self.stage.slacker(
            "command", user=admin.slack_user, channel=self.stage.channel, text="digest now"
        )

        async def landed() -> bool:
            self.outcome.digest_slack = await self._digest_in_slack()
            self.outcome.digest_issue = await self._tracking_issue() is not None
            return self.outcome.digest_slack and self.outcome.digest_issue

        await self.stage.wait("the digest", landed, timeout=30)
        return "in Slack and in the tracking issue"

    async def _digest_in_slack(self) -> bool:
        state = await self.stage.slack_state()
        return any(
            "Triage digest" in json.dumps(message)
            for channel in state["channels"]
            for message in channel["messages"]
        )

    async def _tracking_issue(self) -> int | None:
        for issue in await self._issues():
            labelled = "soulcaster" in {label["name"] for label in issue["labels"]}
            if labelled and "Open problems" in issue["body"]:
                return int(issue["number"])
        return None

    async def _issues(self) -> list[Any]:
        state = await self.stage.github_state()
        return next(
            list(r["issues"])
            for r in state["repositories"]
            if r["full_name"] == self.stage.repository
        )

    async def _fix(self) -> str:
        title = next(
            r.issue.title
            for r in reports.load(datetime.now(UTC))
            if r.issue is not None and r.problem == PROBLEM
        )
        number = next(i["number"] for i in await self._issues() if i["title"] == title)
        await self.stage.person(
            f"/issues/{number}/comments", login=MAINTAINER, body="/soulcaster fix"
        )

        async def heard() -> bool:
            issue = next(i for i in await self._issues() if i["number"] == number)
            return any(
                comment["author"].endswith("[bot]") and "Fix" in comment["body"]
                for comment in issue["comments"]
            )

        await self.stage.wait("the fix's card", heard, timeout=30)
        return f"by @{MAINTAINER} on issue #{number}"

    async def _pull(self) -> str:
        project = await self.stage.project()

        async def ended() -> Any:
            runs = await self.stage.context.runs.all(project.id)
            if runs and runs[0].ended:
                return runs[0]
            if runs and (step := runs[0].step):
                self.progress.advance(PULL, by=0, detail=f"{runs[0].name}: {step.name.value}")
            return None

        run = await self.stage.wait("the fix run", ended, timeout=300)
        self.outcome.proof = run.verdict.value if run.verdict else run.state.value
        for issue in await self._issues():
            pull = issue.get("pull")
            if pull and issue["author"].endswith("[bot]") and pull["head"] == run.branch:
                self.outcome.pr = issue["html_url"]
                return f"#{issue['number']} {issue['title']}, {self.outcome.proof}"
        raise RuntimeError(f"{run.name} ended without a pull request: {run.reason or run.verdict}")

    async def _check(self) -> str:
        """Clone the pull request's branch and run the repository's own tests on it."""
        pull = next(i["pull"] for i in await self._issues() if i.get("pull"))
        bare = await self.stage.git_folder()
        summary = await asyncio.to_thread(_test_branch, bare, pull["head"])
        if self.outcome.proof != Verdict.PROVED.value:
            raise RuntimeError(f"the proof says {self.outcome.proof}")
        return summary


def _test_branch(repository: str, branch: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["git", "clone", "--quiet", "--branch", branch, repository, folder],
            check=True,
            capture_output=True,
        )
        tested = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts="],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"(\d+) passed.*", tested.stdout)
    if tested.returncode or not found:
        raise RuntimeError(f"the branch's tests fail:\n{tested.stdout[-2000:]}")
    return f"{found.group(1)} tests pass on {branch}"


def story_folder() -> Path:
    """A new folder for one play."""
    return Path(tempfile.mkdtemp(prefix="soulcaster-demo-"))
