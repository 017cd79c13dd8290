"""The demo's story: reports arrive, clusters form, a digest, a fix, its proof; what comes after.

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
from typing import Any

from bot.domain.models import ClusterState, IssueState, RunState, Verdict
from handlers.demo import reports
from handlers.demo.progress import Progress
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage

ARRIVE = "Reports arrive"
CLUSTER = "Clusters form"
DIGEST = "Digest lands"
FIX = "Fix is asked for"
PULL = "Pull request"
CHECK = "Its tests run"
RECOVER = "Alert recovers"
CLOSE = "Issue is closed"
RETURN = "Fix did not help"
STEPS = (ARRIVE, CLUSTER, DIGEST, FIX, PULL, CHECK, RECOVER, CLOSE, RETURN)
# The problem whose fix the story asks for, and who asks.
PROBLEM = "last-page-missing"
# The one that ends without a fix: its alert recovers, its issue is closed.
PASSING = "image-disk-full"
MAINTAINER = "tom-beckett"
# Nothing new for so long, and the reports have settled.
_QUIET_SECONDS = 4.0
# What a person takes to look at the digest.
_READING_SECONDS = 12.0


@dataclass
class StoryOutcome:
    """What really happened, read back from the simulators."""

    items: int = 0
    clusters: int = 0
    digest_slack: bool = False
    digest_issue: bool = False
    pr: str = ""
    proof: str = ""
    recovered: str = ""
    closed: str = ""
    regressed: str = ""
    seconds: float = 0

    @property
    def ok(self) -> bool:
        """Whether all of it did."""
        return all(self.__dict__.values()) and self.proof == Verdict.PROVED.value

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
        steps = [self._arrive, self._cluster, self._digest, self._fix, self._pull, self._check]
        steps += [self._recover, self._close, self._return]
        try:
            for name, step in zip(STEPS, steps, strict=True):
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
        self.progress.advance(ARRIVE, by=0, place="issues")
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

        stood, since = 0, time.monotonic()

        async def settled() -> tuple[int, int] | None:
            nonlocal stood, since
            placed = await ctx.items.membership(project.id)
            # What is put off, such as the end of a refusal, nobody waits for.
            late = await ctx.jobs.late()
            busy = late["people"][0] or late["work"][0]
            if busy or await ctx.items.waiting(project.id) or len(placed) != stood:
                stood, since = len(placed), time.monotonic()
            quiet = time.monotonic() - since > _QUIET_SECONDS
            if not quiet or stood < len(reports.world().problems):
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
        self.progress.advance(DIGEST, by=0, place="tracking")
        number = await self._tracking_issue()
        body = next(issue["body"] for issue in await self._issues() if issue["number"] == number)
        asked = body.count("look like one problem")
        question = f" (problems that may be one: asked {asked}×)" if asked else ""
        return f"in Slack and in the tracking issue{question}"

    async def _digest_in_slack(self) -> bool:
        state = await self.stage.slack_state()
        return "Triage digest" in json.dumps([each["messages"] for each in state["channels"]])

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

    def _report(self, problem: str, source: str = "github") -> reports.DemoReport:
        told = reports.load(datetime.now(UTC))
        return next(r for r in told if r.problem == problem and r.source == source)

    async def _number(self, problem: str) -> int:
        """The first issue that was opened about it."""
        issue = self._report(problem).issue
        titles = {i["title"]: i["number"] for i in await self._issues()}
        return int(titles[issue.title]) if issue else 0

    async def _command(self, number: int, line: str, answer: str) -> None:
        """The maintainer says it in an issue, and is answered so."""
        body = f"/soulcaster {line}"
        await self.stage.person(f"/issues/{number}/comments", login=MAINTAINER, body=body)
        await self._said(number, answer)

    async def _said(self, number: int, words: str) -> None:
        async def said() -> bool:
            issue = next(i for i in await self._issues() if i["number"] == number)
            ours = [c["body"] for c in issue["comments"] if c["author"].endswith("[bot]")]
            return any(words in body for body in ours)

        await self.stage.wait(f"{words!r} on #{number}", said, timeout=30)

    async def _becomes(self, number: int, state: ClusterState, standing: IssueState) -> str:
        """The name of an issue's cluster, once it is in that state and its issues stand so."""
        ctx, project = self.stage.context, await self.stage.project()

        async def there() -> str:
            found = await ctx.items.by_key(project.id, "github", f"issue:{number}")
            item = await ctx.items.get(project.id, found or 0)
            cluster = await ctx.clusters.get(project.id, item.cluster or 0)
            return cluster.name if (cluster.state, cluster.standing) == (state, standing) else ""

        return str(await self.stage.wait(f"#{number} is {state}", there, timeout=30))

    async def _fix(self) -> str:
        await asyncio.sleep(_READING_SECONDS / self.speed)
        number = await self._number(PROBLEM)
        self.progress.advance(FIX, by=0, place=f"issue/{number}")
        await self._command(number, "fix", "Fix")
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
                self.progress.advance(PULL, by=0, place=f"pull/{issue['number']}")
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

    async def _recover(self) -> str:
        """The source itself says that its alert is over."""
        alert, ctx = self._report(PASSING, "datadog"), self.stage.context
        over = {"alert_transition": "Recovered", "last_updated": str(int(time.time() * 1000))}
        await send_alert(self.stage, alert.model_copy(update={"body": {**alert.body, **over}}))
        project = await self.stage.project()

        async def heard() -> Any:
            known = sorted(await ctx.items.membership(project.id))
            items = await ctx.items.many(project.id, known)
            return next((item for item in items if item.recovered_at), None)

        item = await self.stage.wait("the recovery", heard, timeout=30)
        number = await self._number(PASSING)
        self.progress.advance(RECOVER, by=0, place=f"issue/{number}")
        await self._command(number, f"status C-{item.cluster}", "Recovered")
        self.outcome.recovered = f"C-{item.cluster}"
        return f"Datadog's, of {self.outcome.recovered}"

    async def _close(self) -> str:
        number, done = await self._number(PASSING), {"login": MAINTAINER, "state": "closed"}
        await self.stage.person(f"/issues/{number}", "PATCH", **done)
        name = await self._becomes(number, ClusterState.RESOLVED, "completed")
        await self._command(number, "status", "Its issues")
        self.outcome.closed = name
        return f"#{number}: {name} is resolved"

    async def _return(self) -> str:
        """The pull request is merged; the problem is there again, and its issue reopened."""
        number, pull = await self._number(PROBLEM), int(self.outcome.pr.rpartition("/")[2])
        self.progress.advance(RETURN, by=0, place=f"pull/{pull}")
        await self.stage.person(f"/pulls/{pull}/merge", login=MAINTAINER, ready=True)
        await self._becomes(number, ClusterState.WATCHING, "completed")
        again = {"login": MAINTAINER, "state": "open"}
        await self.stage.person(f"/issues/{number}", "PATCH", **again)
        name = await self._becomes(number, ClusterState.REGRESSED, "open")
        await self._said(pull, "seen again after")
        self.outcome.regressed = name
        return f"{name} has come back after #{pull}"


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
