"""A fix run as a card that is edited in place."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Said,
    Section,
    Step,
    Steps,
    Table,
    Tone,
    coded,
)
from bot.domain.cards.views.cluster import count, item_link
from bot.domain.fixes.proof import NO_TESTS
from bot.domain.fixes.run import FixRun, OnGitHub, RunStep, StepName
from bot.domain.models import Cluster, Item, Ran, RunState, Verdict
from bot.domain.ports import Blocked, Budget, Differing

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
_HOSTS_SHOWN = 5
ALSO_CHANGES = "Also changes"
# What each verdict means for the person who asked.
_ENDINGS: Mapping[Verdict, str] = {
    Verdict.PROVED: "Proved: red before, green after, the suite no worse.",
    Verdict.ON_ONE_EXAMPLE: "Proved on one example only: no earlier test covers the change.",
    Verdict.NOT_REPRODUCED: "Not reproduced: no test from the reports fails on the base commit. An "
    "example that can be run helps, such as `f(1) returns 2, expected 3`: add it, then retry.",
    Verdict.NOT_REPAIRED: "Reproduced, not repaired: the failing test is below for a person.",
    Verdict.TESTS_DO_NOT_RUN: "The tests do not run here, so nothing could be proved.",
    Verdict.REFUSED_BY_POLICY: "There is a patch, but the policy refuses it.",
    Verdict.STOPPED: "Nothing was published.",
    Verdict.LIMIT_REACHED: "A limit was reached before the fix was proved.",
    Verdict.NEEDS_A_PERSON: "Only a private report shows it, and a fix here would make it public.",
}


def run_card(
    run: FixRun, cluster: Cluster, now: datetime, *, readers: Audience, page: str = ""
) -> Card:
    """The live card: which step runs, for how long, at what cost, and how it ended; ``page`` is
    where it can be watched."""
    title: Line = ("Fix ", Code(run.name), " for ", Code(cluster.name))
    if may_read(readers, cluster.audience):
        title += (" ", Said(cluster.title[:100]))
    known: tuple[tuple[str, Line], ...] = (
        ("Asked by", (Code(run.requested_by or "somebody"),)),
        ("Agent", (Code(run.agent_name), *_sent(run))),
        (
            "Its steps",
            (Said(" → ".join(run.own.steps)[:300]),) if run.own and run.own.steps else (),
        ),
        ("Attempt", (str(run.attempt),) if run.attempt > 1 else ()),
        ("Limit", (_minutes(run.seconds_allowed),)),
        ("Plan", plan_of(run) if run.plan_version else ()),
        ("Files", (Said("; ".join(run.files)[:300]),) if run.files else ()),
        ("Reproduced", reproduced(run)),
        ("Spent", (_spent(run),) if run.agent_steps else ()),
        ("Environment", (Said("; ".join(run.environment)[:300]),) if run.environment else ()),
        ("Network", _network(run.blocked) if run.blocked != Blocked() else ()),
        ("Dry run", ("nothing is published",) if run.dry_run and not run.ended else ()),
        ("Version", (f"v{run.version}",) if run.version > 1 else ()),
        ("On GitHub", _seen(run.seen) if run.seen else ()),
    )
    sections = [steps_section(run, LABELS, now)]
    if run.verdict is not None:
        ending = coded(_ENDINGS[run.verdict])
        if run.pull_url:
            what = "Pull request" if run.holds else "The unproved draft is pull request"
            ending += (" ", Link(f"{what} {run.pull_request}", run.pull_url))
        blocks = [Paragraph(*ending)]
        if run.reason and not any(found.endswith(run.reason) for found in run.findings):
            blocks.append(Paragraph(*coded(run.reason)))
        sections.append(Section(*blocks))
    elif run.ended and run.reason:
        sections.append(Section(Paragraph(*coded(run.reason))))
    sections += [*checks_section(run), *findings_section(run), *elsewhere_section(run)]
    if run.test_source and run.verdict in (Verdict.NOT_REPAIRED, Verdict.LIMIT_REACHED):
        sections.append(_failing_test(run))
    if run.change and run.dry_run and run.holds:
        change = Preformatted(text=run.change, language="diff")
        sections.append(Section(change, title="Change"))
    if run.red is not None:
        sections.append(_evidence(run))
    return Card(
        key=f"run:{run.name}",
        audience=combined(run.audience, readers),
        title=title,
        tone=tone_of(run),
        facts=tuple(Fact(label, *value) for label, value in known if value),
        sections=tuple(sections),
        actions=_actions(run) + ((Action("Watch", url=page),) if page and not run.ended else ()),
    )


def person_card(run: FixRun, items: Sequence[Item]) -> Card:
    """For the team: the private ``items`` whose example a fix would show, and what to do."""
    problem: Line = (
        "Only private reports show it. A fix on GitHub would show their example, and with other "
        "words and values in it nothing fails.",
    )
    ways = (
        f"Write an example that holds nothing private on a public issue of `C-{run.cluster}`, such "
        f"as `f(1) returns 2, expected 3`, then `/soulcaster retry {run.name}`.",
        f"Or repair it by hand, and say `/soulcaster resolve C-{run.cluster}`.",
    )
    return Card(
        key=f"person:{run.name}",
        audience=combined(Audience.TEAM, *(item.audience for item in items)),
        title=("Fix ", Code(run.name), " for ", Code(f"C-{run.cluster}"), " needs a person"),
        tone="failed",
        sections=(
            Section(Paragraph(*problem), Bullets(*map(item_link, items))),
            Section(Bullets(*map(coded, ways)), title="What you can do"),
        ),
        actions=(
            *(Action(f"Why {item.name}", f"why {item.name}") for item in items),
            Action("Retry", f"retry {run.name}"),
        ),
    )


def _sent(run: FixRun) -> Line:
    """What leaves for whom, and the most that it may cost."""
    if not run.sends_to:
        return ()
    most = f"${Budget().dollars:.2f}"
    what = "sends the task, the files it reads and test output to"
    return (f", {what} {run.sends_to}; up to {most}",)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def plan_of(run: FixRun) -> Line:
    """``v2, approved by @ana``."""
    if not run.plan_approved_by:
        return (f"v{run.plan_version}",)
    approved = (f"v{run.plan_version}, approved by ", Code(run.plan_approved_by))
    own = run.plan_approved_by == run.requester.name
    return (*approved, ", who asked for the fix: no second person did") if own else approved


def reproduced(run: FixRun) -> Line:
    """``as reported``, or what a model's test rests on."""
    quoted: Line = (": ", Said(run.test_quote[:200])) if run.test_quote else ()
    return (run.test_grade, *quoted) if run.test_grade else ()


def _spent(run: FixRun) -> str:
    """What the agent took; money only where a model was paid."""
    steps = count(run.agent_steps, "step")
    return f"{steps}, ${run.dollars:.2f}" if run.dollars else steps


def _network(wanted: Blocked) -> Line:
    """``closed; 3 attempts blocked: pypi.org, a.example and 1 more``."""
    attempts = f"; {count(wanted.attempts, 'attempt')} blocked" if wanted.attempts else ""
    hosts, more = wanted.hosts[:_HOSTS_SHOWN], len(wanted.hosts[_HOSTS_SHOWN:])
    named: Line = tuple(part for host in hosts for part in (", ", Code(host)))
    left: Line = (f" and {more} more",) if more else ()
    return (f"closed{attempts}", *((": ", *named[1:]) if named else ()), *left)


def tone_of(run: FixRun) -> Tone:
    """How it stands."""
    if run.verdict is Verdict.REFUSED_BY_POLICY:
        return "refused"
    return _TONES[run.state]


def steps_section(run: FixRun, labels: Mapping[StepName, str], now: datetime) -> Section:
    """Its progress, step by step."""
    return Section(Steps(*(_step(step, labels[step.name], now) for step in run.steps)))


def _step(step: RunStep, label: str, now: datetime) -> Step:
    seconds = None
    if step.started_at is not None:
        seconds = ((step.ended_at or now) - step.started_at).total_seconds()
    detail: Line = (Said(step.note),) if step.note else ()
    return Step(label=label, tone=_TONES[step.state], seconds=seconds, detail=detail)


def _seen(seen: OnGitHub) -> Line:
    """``draft``, ``ready for review``; whose the branch is where it is not ours any more."""
    state = "a draft" if seen.draft else "ready for review"
    pushed = ("; ", Code(seen.head[:10]), " on top is by ", Code(seen.theirs), ": theirs now")
    return (state, *(pushed if seen.theirs else ()))


def checks_section(run: FixRun) -> tuple[Section, ...]:
    """Checks of others, once one has failed, and the one offer to work on it with their logs."""
    seen = run.seen
    if seen is None or not seen.checks:
        return ()
    if seen.checks != "failing":
        words = "pass now" if seen.checks == "passing" else "are run again"
        return (Section(Paragraph(f"The checks that failed {words}."), title="Checks"),)
    lines: list[Line] = [
        (Link(one.name, one.url), *((" fails at ", Said(one.step)) if one.step else (" fails",)))
        for one in seen.failing
    ]
    offer = Choice("Revise with the end of their logs", sentence=f"revise {run.name}")
    blocks = (Bullets(*lines), *((Choices(offer),) if run.offers_checks() else ()))
    return (Section(*blocks, title="Checks"),)


def checks_card(run: FixRun) -> Card:
    """The same for the pull request."""
    return Card(
        key=f"checks:{run.name}",
        audience=run.audience,
        title=("Checks of ", Code(run.name), f" v{run.version}"),
        tone="failed" if run.seen and run.seen.failing else "info",
        sections=checks_section(run),
    )


def findings_section(run: FixRun) -> tuple[Section, ...]:
    """What the policy found, if anything."""
    lines: tuple[Line, ...] = tuple(coded(finding) for finding in run.findings[:10])
    return (Section(Bullets(*lines), title="Policy"),) if lines else ()


def elsewhere_section(run: FixRun) -> tuple[Section, ...]:
    """What the patch changes where nobody asked, and what else would have held."""
    lines = [_differing(one, " → ") for one in run.changes]
    if run.reading:
        also = "Another patch also holds and differs: "
        lines.append((also, *_differing(run.reading, " with this one, with the other ")))
    return (Section(Bullets(*lines), title=ALSO_CHANGES),) if lines else ()


def _differing(differs: Differing, between: str) -> Line:
    return (Code(differs.call), ": ", Code(differs.one), between, Code(differs.other))


def _actions(run: FixRun) -> tuple[Action, ...]:
    logs = Action("Logs", f"logs {run.name}")
    if not run.ended:
        return (Action("Stop", f"stop {run.name}", style="danger"), logs)
    if run.pull_url:
        return (Action("Open the pull request", url=run.pull_url, style="primary"), logs)
    if run.dry_run and run.holds:
        again = f"fix C-{run.cluster}"
        return (Action("Fix it for real", again, style="primary"), logs)
    return (Action("Retry", f"retry {run.name}", style="primary"), logs)


def checks_of(run: FixRun) -> list[tuple[str, Ran]]:
    """What was run, each with what it is and how it came out: ``New test on the base: red``."""
    found: list[tuple[str, Ran | None]] = [(label, getattr(run, field)) for label, field in CHECKS]
    return [(f"{label}: {outcome(ran)}", ran) for label, ran in found if ran]


def outcome(ran: Ran) -> str:
    """``red``, ``green``, or that nothing was there to be run."""
    if ran.exit_code == NO_TESTS:
        return "there is no test yet"
    return "red" if ran.exit_code else "green"


def proof_table(run: FixRun) -> Table:
    """Command, exit code and time of each run that proves it."""
    rows: list[tuple[Line, ...]] = []
    for label, ran in checks_of(run):
        took = f"{ran.seconds:.1f} s"
        rows.append(((label,), (Code(ran.command),), (str(ran.exit_code),), (took,)))
    return Table(header=("Check", "Command", "Exit code", "Time"), rows=tuple(rows))


def check_card(run: FixRun) -> Card:
    """What the check run of a commit says."""
    title = f"{run.proof.value.capitalize()}: red before, green after, the suite no worse"
    return Card(
        key=f"check:{run.name}",
        audience=run.audience,
        title=(f"Not proved: {run.reason}" if run.unproved else title,),
        sections=(Section(proof_table(run)), *elsewhere_section(run)),
        actions=(
            Action("Log of the run", f"logs {run.name}"),
            Action("Versions", f"versions {run.name}"),
        ),
    )


def _failing_test(run: FixRun) -> Section:
    """The reproduction, for a person to go on from."""
    where = Paragraph(Code(run.test_path), " fails on the base commit:")
    source = Preformatted(text=run.test_source[:4_000], language="python")
    return Section(where, source, title="Failing test")


def _evidence(run: FixRun) -> Section:
    tails = [
        Preformatted(text=ran.tail)
        for ran in (run.red, run.green)
        if ran is not None and ran.tail.strip()
    ]
    title = "Proof" if run.holds else "What was run"
    return Section(proof_table(run), *tails, title=title, collapsed=True)
