"""Versions of a fix as cards, and what a review's threads are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.cards.card import (
    Action,
    Block,
    Bullets,
    Card,
    Code,
    Fact,
    Inline,
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
)
from bot.domain.cards.views.cluster import count
from bot.domain.cards.views.run import proof_table
from bot.domain.fixes.run import FixRun, RunStep, StepName
from bot.domain.fixes.versions import Remark, Revision, Version
from bot.domain.models import RunState, Verdict

_TONES: Mapping[RunState, Tone] = {
    RunState.PENDING: "pending",
    RunState.RUNNING: "running",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}
_LABELS: Mapping[StepName, str] = {
    StepName.FETCH: "Fetch the branch",
    StepName.REPRODUCE: "Look for an example in what was asked",
    StepName.REPAIR: "Work on it",
    StepName.PROVE: "Prove the whole fix again",
    StepName.POLICY: "Check the patch against policy",
    StepName.PUBLISH: "Push one commit",
}
_FAITH = {"mechanic": "it searches small edits that turn a failing test green"}
LONGEST_DIFF = 12_000


def revision_card(revision: Revision, now: datetime) -> Card:
    """The live card of an attempt at the next version, and how it ended."""
    run = revision.work
    what = "Revise" if revision.kind == "revise" else f"Take back to v{revision.restores}:"
    facts = [Fact("Asked by", Code(run.requested_by or "somebody"))]
    if revision.kind == "revise":
        facts.append(Fact("Agent", Code(run.agent)))
    if run.dollars:
        facts.append(Fact("Cost", f"${run.dollars:.2f}"))
    steps = Steps(*(_step(step, now) for step in run.steps))
    sections = [Section(steps)]
    if run.ended:
        sections.append(Section(*(Paragraph(*line) for line in _ending(revision))))
    if run.findings:
        lines: tuple[Line, ...] = tuple((Said(finding),) for finding in run.findings[:10])
        sections.append(Section(Bullets(*lines), title="Policy"))
    if run.green is not None:
        sections.append(Section(proof_table(run), title="Proof", collapsed=True))
    return Card(
        key=f"revision:{run.name}:{revision.id}",
        audience=run.audience,
        title=(f"{what} ", Code(run.name)),
        tone="refused" if run.verdict is Verdict.REFUSED_BY_POLICY else _TONES[run.state],
        facts=tuple(facts),
        sections=tuple(sections),
        actions=_actions(revision),
    )


def _step(step: RunStep, now: datetime) -> Step:
    seconds = None
    if step.started_at is not None:
        seconds = ((step.ended_at or now) - step.started_at).total_seconds()
    detail: Line = (Said(step.note),) if step.note else ()
    return Step(label=_LABELS[step.name], tone=_TONES[step.state], seconds=seconds, detail=detail)


def _ending(revision: Revision) -> list[Line]:
    run = revision.work
    if run.state is RunState.SUCCEEDED:
        pushed: list[Inline] = [
            f"v{revision.version} is on the branch as ",
            Link(run.commit[:10], f"{_repository(run)}/commit/{run.commit}"),
            ", proved again: red without the fix, green with it, the suite no worse.",
        ]
        lines: list[Line] = [tuple(pushed)]
        if revision.example:
            lines.append(("What you showed became the test ", Code(revision.example), "."))
        return lines
    lines = [("Nothing was pushed. ", Said(_sentence(run.reason)))]
    if hint := _hint(revision):
        lines.append(hint)
    return lines


def _sentence(words: str) -> str:
    """An agent's note as a sentence."""
    return words[:1].upper() + words[1:] + ("" if words[-1:] in (".", "!", "?", "") else ".")


def _hint(revision: Revision) -> Line:
    """What would help an agent that reads no prose."""
    faith = _FAITH.get(revision.work.agent)
    unheard = revision.kind == "revise" and not revision.example
    if faith is None or not unheard or revision.work.verdict is not Verdict.NOT_REPAIRED:
        return ()
    return (
        "The agent ",
        Code(revision.work.agent),
        f" cannot follow prose: {faith}. An example that fails on this branch is something it can "
        "work from, such as ",
        Code("f(1) returns 2, expected 3"),
        ".",
    )


def _actions(revision: Revision) -> tuple[Action, ...]:
    run = revision.work
    logs = Action("Logs", f"logs {run.name}")
    if not run.ended:
        return (Action("Stop", f"stop {run.name}", style="danger"), logs)
    if run.state is RunState.SUCCEEDED and revision.version:
        before = f"v{revision.version - 1}"
        return (
            Action("Compare", f"diff {before} v{revision.version} {run.name}"),
            Action("Take it back", f"revert {before} {run.name}"),
        )
    return (logs,)


def handover_card(run: FixRun) -> Card:
    """Said once: the branch is people's from here on."""
    line: Line = (
        f"So it is theirs now: {run.name} changes nothing there any more. Thank you for taking it "
        "on. To have it back, move the branch to the last commit that ",
        Code(f"/soulcaster versions {run.name}"),
        " lists.",
    )
    return Card(
        key=f"handover:{run.name}",
        audience=run.audience,
        title=("People have pushed to ", Code(run.branch)),
        sections=(Section(Paragraph(*line)),),
    )


def noted_card(run: FixRun, review: int, login: str, role: str) -> Card:
    """A review by somebody who may not have the branch changed."""
    line: Line = (
        Code(login),
        f" has {role} here, so nothing is changed. Someone with write can say it themselves: ",
        Code("/soulcaster revise -- what should change"),
    )
    return Card(
        key=f"noted:{run.name}:{review}",
        audience=run.audience,
        title=("Noted what ", Code(login), " asks for"),
        sections=(Section(Paragraph(*line)),),
    )


def own_approval_card(run: FixRun, login: str) -> Card:
    """GitHub counts it, as the pull request is ours; it is still no second person's."""
    line: Line = (
        Code(login),
        f" asked for {run.name}, so this approval does not count as a second person's: "
        "somebody else should look at it before it is merged.",
    )
    return Card(
        key=f"own-approval:{run.name}:{login}",
        audience=run.audience,
        title=("An approval by who asked for the fix",),
        sections=(Section(Paragraph(*line)),),
    )


def answer_card(revision: Revision, remark: Remark) -> Card:
    """The one answer to a thread: what changed, or honestly that nothing did."""
    pushed = revision.work.state is RunState.SUCCEEDED
    lines = _changed(revision, remark) if pushed else _unchanged(revision)
    return Card(
        key=f"answer:{revision.work.name}:{remark.comment}",
        audience=revision.audience,
        title=("Changed" if pushed else "Not changed",),
        sections=(Section(*(Paragraph(*line) for line in lines)),),
    )


def _unchanged(revision: Revision) -> list[Line]:
    lines: list[Line] = [("Nothing was changed. ", Said(_sentence(revision.work.reason)))]
    if hint := _hint(revision):
        lines.append(hint)
    return lines


def _changed(revision: Revision, remark: Remark) -> list[Line]:
    run = revision.work
    commit = Link(run.commit[:10], f"{_repository(run)}/commit/{run.commit}")
    words: list[Inline] = [f"v{revision.version} (", commit]
    if remark.path in revision.delta:
        words.append(") changes this file.")
    else:
        words += [") leaves this file as it is; what it changes is "]
        words += [Code(", ".join(revision.delta[:5])), "."]
    if revision.example:
        words += [" What you showed became the test ", Code(revision.example), "."]
    return [(*words, " Please look whether it is what you meant.")]


def versions_card(run: FixRun, versions: Sequence[Version]) -> Card:
    """Commit, when, who asked, proof and size of each version, the newest last."""
    page = _repository(run)
    rows: list[tuple[Line, ...]] = [
        (
            (version.name,),
            (Link(version.commit[:10], f"{page}/commit/{version.commit}"),),
            (f"{version.made_at:%Y-%m-%d %H:%M}",),
            (Code(version.asked_by),),
            (_proof(version),),
            (_size(version),),
        )
        for version in versions
    ]
    newest = versions[-1]
    actions = tuple(
        Action(f"Compare with {newest.name}", f"diff {v.name} {newest.name} {run.name}")
        for v in versions[-2:-1]
    )
    header = ("Version", "Commit", "When (UTC)", "Asked by", "Proof", "Size")
    link = Link(f"Pull request {run.pull_request}", run.pull_url)
    return Card(
        key=f"versions:{run.name}",
        audience=run.audience,
        title=("Versions of ", Code(run.name)),
        facts=(Fact("Of", link),),
        sections=(Section(Table(header=header, rows=tuple(rows))),),
        actions=actions,
    )


def _proof(version: Version) -> str:
    if version.red is None or version.green is None:
        return "none"
    suite = version.suite_after
    passed = "" if suite is None else f", suite {suite.exit_code}"
    return f"red {version.red.exit_code}, green {version.green.exit_code}{passed}"


def _size(version: Version) -> str:
    kind = f"as v{version.restores}, " if version.restores else ""
    return f"{kind}{count(version.files, 'file')}, +{version.added} −{version.removed}"


def diff_card(run: FixRun, before: Version, after: Version, compared: Mapping[str, Any]) -> Card:
    """What one version has that another has not; ``compared`` is GitHub's comparison."""
    files = compared.get("files") or []
    page = Link("Compare on GitHub", str(compared["html_url"]))
    added, removed = (sum(int(f.get(k, 0)) for f in files) for k in ("additions", "deletions"))
    blocks: tuple[Block, ...]
    if files:
        lines: tuple[Line, ...] = tuple(
            (Code(str(f["filename"])), f" +{f.get('additions', 0)} −{f.get('deletions', 0)}")
            for f in files[:20]
        )
        text = _diff_text(files)
        cut = text[:LONGEST_DIFF]
        blocks = (Bullets(*lines), Preformatted(text=cut, language="diff"))
        if len(text) > len(cut):
            blocks += (Paragraph("The rest is too long for here."),)
    else:
        blocks = (Paragraph("They hold the same files."),)
    return Card(
        key=f"diff:{run.name}:{before.name}:{after.name}",
        audience=run.audience,
        title=("From ", before.name, " to ", after.name, " of ", Code(run.name)),
        facts=(
            Fact("Size", f"{count(len(files), 'file')}, +{added} −{removed}"),
            Fact("Whole", page),
        ),
        sections=(Section(*blocks),),
        actions=(Action(f"Go back to {before.name}", f"revert {before.name} {run.name}"),),
    )


def _diff_text(files: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for file in files:
        name = file["filename"]
        before = "/dev/null" if file.get("status") == "added" else f"a/{name}"
        after = "/dev/null" if file.get("status") == "removed" else f"b/{name}"
        patch = file.get("patch") or "(not shown by GitHub: binary or too large)"
        parts.append(f"--- {before}\n+++ {after}\n{patch}")
    return "\n".join(parts)


def _repository(run: FixRun) -> str:
    """The repository's page, from that of the pull request."""
    return run.pull_url.rpartition("/pull/")[0]
