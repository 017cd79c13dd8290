"""Versions of a fix as cards, and what a review's threads are answered."""

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
    Table,
    coded,
)
from bot.domain.cards.views.cluster import count
from bot.domain.cards.views.run import (
    findings_section,
    outcome,
    proof_table,
    steps_section,
    tone_of,
)
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.fixes.versions import Remark, Revision, Version
from bot.domain.models import RunState, Verdict
from bot.domain.writings import Writing

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
        facts.append(Fact("Agent", Code(run.agent_name)))
    if run.dollars:
        facts.append(Fact("Cost", f"${run.dollars:.2f}"))
    sections = [steps_section(run, _LABELS, now)]
    if run.ended:
        sections.append(Section(*(Paragraph(*line) for line in _ending(revision))))
    sections += findings_section(run)
    if run.green is not None:
        sections.append(Section(proof_table(run), title="Proof", collapsed=True))
    return Card(
        key=f"revision:{run.name}:{revision.id}",
        audience=run.audience,
        title=(f"{what} ", Code(run.name)),
        tone=tone_of(run),
        facts=tuple(facts),
        sections=tuple(sections),
        actions=_actions(revision),
    )


def _ending(revision: Revision) -> list[Line]:
    run = revision.work
    if run.state is RunState.SUCCEEDED:
        again = "proved again" if run.proof is Verdict.PROVED else run.proof.value
        proof = f", {again}: red without the fix, green with it, the suite no worse."
        lines: list[Line] = [
            (f"v{revision.version} is on the branch as ", _commit(run, run.commit), proof)
        ]
        if revision.example:
            lines.append(("What you showed became the test ", Code(revision.example), "."))
        return lines
    return _nothing("pushed", revision)


def _nothing(done: str, revision: Revision) -> list[Line]:
    said = Said(_sentence(revision.work.reason))
    hint = _hint(revision)
    return [(f"Nothing was {done}. ", said), *((hint,) if hint else ())]


def _sentence(words: str) -> str:
    """An agent's note as a sentence."""
    return words[:1].upper() + words[1:] + ("" if words[-1:] in (".", "!", "?", "") else ".")


def _hint(revision: Revision) -> Line:
    """What would help an agent that reads no prose."""
    faith = _FAITH.get(revision.work.agent)
    unheard = revision.kind == "revise" and not revision.example
    if faith is None or not unheard or revision.work.verdict is not Verdict.NOT_REPAIRED:
        return ()
    return coded(
        f"The agent `{revision.work.agent}` cannot follow prose: {faith}. An example that fails on "
        "this branch is something it can work from, such as `f(1) returns 2, expected 3`."
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
    return _told(
        run,
        f"handover:{run.name}",
        ("People have pushed to ", Code(run.branch)),
        *coded(
            f"So the branch is theirs now: `{run.name}` changes nothing there any more. To hand it "
            f"back, move it to the last commit that `/soulcaster versions {run.name}` lists."
        ),
    )


def noted_card(run: FixRun, review: int, login: str, role: str) -> Card:
    """A review by somebody who may not have the branch changed."""
    return _told(
        run,
        f"noted:{run.name}:{review}",
        ("Noted what ", Code(login), " asks for"),
        *coded(
            f"`{login}` has the role {role} here, so nothing is changed. Somebody with write can "
            "ask for it: `/soulcaster revise -- what should change`"
        ),
    )


def own_approval_card(run: FixRun, login: str) -> Card:
    """GitHub counts it, as the pull request is ours; it is still no second person's."""
    return _told(
        run,
        f"own-approval:{run.name}:{login}",
        ("Approved by who asked for the fix",),
        Code(login),
        f" asked for {run.name}, so this approval does not count as a second person's: "
        "somebody else should look at it before it is merged.",
    )


def _told(run: FixRun, key: str, title: Line, *words: Inline) -> Card:
    return Card(key=key, audience=run.audience, title=title, sections=(Section(Paragraph(*words)),))


def answer_card(revision: Revision, remark: Remark) -> Card:
    """The one answer to a thread: what changed, or honestly that nothing did."""
    pushed = revision.work.state is RunState.SUCCEEDED
    lines = _changed(revision, remark) if pushed else _nothing("changed", revision)
    return Card(
        key=f"answer:{revision.work.name}:{remark.comment}",
        audience=revision.audience,
        title=("Changed" if pushed else "Not changed",),
        sections=(Section(*(Paragraph(*line) for line in lines)),),
    )


def _changed(revision: Revision, remark: Remark) -> list[Line]:
    run = revision.work
    words: list[Inline] = [f"v{revision.version} (", _commit(run, run.commit)]
    if remark.path in revision.delta:
        words.append(") changes this file.")
    else:
        words += [") leaves this file as it is; what it changes is "]
        words += [Code(", ".join(revision.delta[:5])), "."]
    if revision.example:
        words += [" What you showed became the test ", Code(revision.example), "."]
    return [(*words, " Please check that it is what you meant.")]


def versions_card(run: FixRun, versions: Sequence[Version]) -> Card:
    """Commit, when, who asked, proof and size of each version, the newest last."""
    rows: list[tuple[Line, ...]] = [
        (
            (version.name,),
            (_commit(run, version.commit),),
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


def writings_section(many: Sequence[Writing]) -> Section:
    """When each was written and by whom, the newest last."""
    when = "%Y-%m-%d %H:%M UTC"
    return Section(Bullets(*((f"{w.name}: {w.made_at:{when}} by ", Code(w.author)) for w in many)))


def _proof(version: Version) -> str:
    if version.red is None or version.green is None:
        return "none"
    suite = version.suite_after
    passed = "" if suite is None else f"; suite {outcome(suite)}"
    return f"{outcome(version.red)} before, {outcome(version.green)} after{passed}"


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


def _commit(run: FixRun, sha: str) -> Link:
    """A commit on the repository's page, which is that of the pull request."""
    return Link(sha[:10], f"{run.pull_url.rpartition('/pull/')[0]}/commit/{sha}")
