"""A fix run as a card that is edited in place, and its pull request as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import (
    Action,
    Bullets,
    Card,
    Code,
    Fact,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Said,
    Section,
    Step,
    Steps,
    Table,
    Tone,
)
from bot.domain.models import Cluster, Item, Ran, RunState, Verdict
from bot.domain.run import FixRun, StepName
from bot.domain.views.cluster import count, item_link

_TONES: Mapping[RunState, Tone] = {
    RunState.PENDING: "pending",
    RunState.RUNNING: "running",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}
LABELS: Mapping[StepName, str] = {
    StepName.FETCH: "Fetch the base commit",
    StepName.REPRODUCE: "Reproduce the problem",
    StepName.REPAIR: "Repair it",
    StepName.PROVE: "Prove it in a clean sandbox",
    StepName.POLICY: "Check the patch against policy",
    StepName.PUBLISH: "Open the pull request",
}
# The commands that prove a fix, as fields of the run.
CHECKS = (
    ("New test on the base", "red"),
    ("New test with the patch", "green"),
    ("Whole suite on the base", "suite_before"),
    ("Whole suite with the patch", "suite_after"),
)
# What each verdict means for the person who asked.
_ENDINGS: Mapping[Verdict, str] = {
    Verdict.PROVED: "Proved: red before, green after, the suite no worse.",
    Verdict.NOT_REPRODUCED: "Not reproduced: no test made from the reports fails on the base.",
    Verdict.NOT_REPAIRED: "Reproduced, not repaired: the failing test is below for a person.",
    Verdict.TESTS_DO_NOT_RUN: "The tests do not run here, so nothing could be proved.",
    Verdict.REFUSED_BY_POLICY: "There is a patch, but the policy refuses it.",
    Verdict.STOPPED: "Stopped. Nothing was published.",
    Verdict.LIMIT_REACHED: "A limit was reached before the fix was proved.",
}


def run_card(run: FixRun, cluster: Cluster, now: datetime, *, public: bool = False) -> Card:
    """The live card: which step runs, for how long, at what cost, and how it ended."""
    title: Line = ("Fix ", Code(run.name), " for ", Code(cluster.name))
    if not public:
        title += (" ", Said(cluster.title[:100]))
    facts = [Fact(label="Asked by", value=(Code(run.requested_by or "somebody"),))]
    facts.append(Fact(label="Agent", value=(Code(run.agent),)))
    if run.attempt > 1:
        facts.append(Fact(label="Attempt", value=(str(run.attempt),)))
    facts.append(Fact(label="Limit", value=(_minutes(run.seconds_allowed),)))
    if run.plan_version:
        facts.append(Fact(label="Plan", value=plan_of(run)))
    if run.agent_steps:
        facts.append(Fact(label="Spent", value=(_spent(run),)))
    if run.dry_run:
        facts.append(Fact(label="Dry run", value=("nothing is published",)))
    if run.version > 1:
        facts.append(Fact(label="Version", value=(f"v{run.version}",)))
    sections = [Section(blocks=(Steps(steps=tuple(_step(run, name, now) for name in StepName)),))]
    if run.verdict is not None:
        ending: Line = (_ENDINGS[run.verdict],)
        if run.pull_url:
            ending += (" ", Link(text=f"Pull request {run.pull_request}", url=run.pull_url))
        blocks = [Paragraph(line=ending)]
        if run.reason and not any(found.endswith(run.reason) for found in run.findings):
            blocks.append(Paragraph(line=(Said(run.reason),)))
        sections.append(Section(blocks=tuple(blocks)))
    elif run.ended and run.reason:
        sections.append(Section(blocks=(Paragraph(line=(Said(run.reason),)),)))
    if run.findings:
        lines: tuple[Line, ...] = tuple((Said(finding),) for finding in run.findings[:10])
        sections.append(Section(title="Policy", blocks=(Bullets(lines=lines),)))
    if run.test_source and run.verdict in (Verdict.NOT_REPAIRED, Verdict.LIMIT_REACHED):
        sections.append(_failing_test(run))
    if run.change and run.dry_run and run.verdict is Verdict.PROVED:
        change = Preformatted(text=run.change, language="diff")
        sections.append(Section(title="Change", blocks=(change,)))
    if run.red is not None:
        sections.append(_evidence(run))
    return Card(
        key=f"run:{run.name}",
        title=title,
        tone=_tone(run),
        facts=tuple(facts),
        sections=tuple(sections),
        actions=_actions(run),
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def plan_of(run: FixRun) -> Line:
    """``v2, approved by @ana``."""
    if not run.plan_approved_by:
        return (f"v{run.plan_version}",)
    return (f"v{run.plan_version}, approved by ", Code(run.plan_approved_by))


def _spent(run: FixRun) -> str:
    """What the agent took; money only where a model was paid."""
    steps = count(run.agent_steps, "step")
    return f"{steps}, ${run.dollars:.2f}" if run.dollars else steps


def _tone(run: FixRun) -> Tone:
    if run.verdict is Verdict.REFUSED_BY_POLICY:
        return "refused"
    return _TONES[run.state]


def _step(run: FixRun, name: StepName, now: datetime) -> Step:
    step = next(s for s in run.steps if s.name is name)
    seconds = None
    if step.started_at is not None:
        seconds = ((step.ended_at or now) - step.started_at).total_seconds()
    detail: Line = (Said(step.note),) if step.note else ()
    return Step(label=LABELS[name], tone=_TONES[step.state], seconds=seconds, detail=detail)


def _actions(run: FixRun) -> tuple[Action, ...]:
    if not run.ended:
        return (
            Action(label="Stop", sentence=f"stop {run.name}", style="danger"),
            Action(label="Logs", sentence=f"logs {run.name}"),
        )
    logs = Action(label="Logs", sentence=f"logs {run.name}")
    if run.pull_url:
        return (Action(label="Open the pull request", url=run.pull_url, style="primary"), logs)
    if run.dry_run and run.verdict is Verdict.PROVED:
        again = f"fix C-{run.cluster}"
        return (Action(label="Fix it for real", sentence=again, style="primary"), logs)
    return (Action(label="Retry", sentence=f"retry {run.name}", style="primary"), logs)


def checks_of(run: FixRun) -> list[tuple[str, Ran]]:
    """What was run, each with what it is and how it came out: ``New test on the base: red``."""
    found: list[tuple[str, Ran | None]] = [(label, getattr(run, field)) for label, field in CHECKS]
    return [(f"{label}: {'red' if ran.exit_code else 'green'}", ran) for label, ran in found if ran]


def proof_table(run: FixRun) -> Table:
    """Command, exit code and time of each run that proves it."""
    rows: list[tuple[Line, ...]] = []
    for label, ran in checks_of(run):
        took = f"{ran.seconds:.1f} s"
        rows.append(((label,), (Code(ran.command),), (str(ran.exit_code),), (took,)))
    return Table(header=("Check", "Command", "Exit code", "Time"), rows=tuple(rows))


def _failing_test(run: FixRun) -> Section:
    """The reproduction, for a person to go on from."""
    where = Paragraph(line=(Code(run.test_path), " fails on the base commit:"))
    source = Preformatted(text=run.test_source[:4_000], language="python")
    return Section(title="Failing test", blocks=(where, source))


def _evidence(run: FixRun) -> Section:
    tails = [
        Preformatted(text=ran.tail)
        for ran in (run.red, run.green)
        if ran is not None and ran.tail.strip()
    ]
    title = "Proof" if run.verdict is Verdict.PROVED else "What was run"
    return Section(title=title, blocks=(proof_table(run), *tails), collapsed=True)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull request is written from. ``items`` are those that may be quoted in public.

    ``closes`` are issue numbers of this repository; ``hidden`` counts private reports; ``change``
    is the unified diff without the new test.
    """

    run: FixRun
    cluster: Cluster
    items: Sequence[Item]
    closes: Sequence[int]
    hidden: int
    repository: str
    files: Sequence[tuple[str, int, int]]
    change: str


def pull_title(cluster: Cluster, items: Sequence[Item]) -> str:
    """One line of at most 72 characters; private reports give it no words."""
    words = " ".join(cluster.title.split()) if items else "a problem from private reports"
    return f"Fix: {words[:66]}" + ("…" if len(words) > 66 else "")


def pull_card(pull: PullRequest) -> Card:
    """The body: problem with citations, change, proof, what was not tested, how to steer."""
    run, cluster = pull.run, pull.cluster
    problem: list[Paragraph | Bullets | Quotation] = [
        Paragraph(
            line=(
                Code(cluster.name),
                f" has {count(len(pull.items) + pull.hidden, 'report')}"
                + (f", {pull.hidden} of them private." if pull.hidden else "."),
            )
        )
    ]
    for item in pull.items[:2]:
        if item.body.strip():
            source = Link(text=item.name, url=item.url) if item.url.startswith("http") else None
            problem.append(Quotation(text=item.body[:800], source=source))
    problem.append(Bullets(lines=tuple(item_link(item) for item in pull.items[:20])))
    change: tuple[Line, ...] = tuple(
        (Code(path), f" +{added} −{removed}") for path, added, removed in pull.files
    )
    if pull.closes:
        linked = ", ".join(f"closes #{number}" for number in pull.closes)
        problem.append(Paragraph(line=(linked.capitalize() + ".",)))
    sections = [
        Section(title="Problem", blocks=tuple(problem)),
        Section(
            title="Change",
            blocks=(Bullets(lines=change), Preformatted(text=pull.change[:6_000], language="diff")),
        ),
        Section(
            title="Proof",
            blocks=(
                Paragraph(
                    line=(
                        "Run by Soulcaster in a second, clean sandbox, not by the agent. "
                        "The new test is ",
                        Code(run.test_path),
                        ".",
                    )
                ),
                proof_table(run),
            ),
        ),
    ]
    tails = _tails(run.red, run.green)
    if tails:
        sections.append(Section(title="Output", blocks=tails, collapsed=True))
    sections += [
        Section(
            title="Not tested",
            blocks=(
                Paragraph(
                    line=(
                        "Only what the new test and the existing suite cover. Other inputs, "
                        "performance and deployment were not looked at.",
                    )
                ),
            ),
        ),
        Section(
            title="Steer it",
            blocks=(
                Paragraph(
                    line=(
                        "Request changes in a review, or say ",
                        Code("/soulcaster revise -- what to change"),
                        ": what comes of it is proved and pushed as the next version. An example "
                        "that fails on this branch helps most. ",
                        Code("/soulcaster versions"),
                        " lists them; close this to turn it down.",
                    )
                ),
            ),
        ),
    ]
    return Card(
        key=f"pull:{run.name}",
        title=(pull_title(cluster, pull.items),),
        tone="succeeded",
        sections=tuple(sections),
        footer=_made_by(run),
    )


def _made_by(run: FixRun) -> Line:
    """Who asked, who made it, and the plan it went by."""
    made: Line = (f"Asked for by {run.requested_by}; made by the agent {run.agent}",)
    if run.plan_version:
        made += (" after plan ", *plan_of(run))
    return (*made, ".")


def _tails(*ran: Ran | None) -> tuple[Preformatted, ...]:
    return tuple(
        Preformatted(text=f"$ {r.command}\n{r.tail}") for r in ran if r is not None and r.tail
    )
