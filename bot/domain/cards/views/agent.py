"""Agents of a team's own: an interview as far as it is, the trial of one, and what there is."""

from collections.abc import Mapping

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Code,
    Fact,
    Line,
    Paragraph,
    Preformatted,
    Said,
    Section,
    Table,
    coded,
)
from bot.domain.cards.views.cluster import count
from bot.domain.fixes.interview import QUESTIONS, STAGES, Interview, Stage
from bot.domain.fixes.own_agent import OwnAgent
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.trials import AgentState, Trial


def interview_card(held: Interview, state: str, file: str, *, key: str, heard: str = "") -> Card:
    """What is filled in, and the question that is next; at the review the ``file`` as it would be.
    ``heard`` is how the last answer was read, or why it was not taken."""
    agent = held.agent
    at = f"{STAGES.index(held.stage) + 1} of {len(STAGES)}, {held.stage.value}"
    sections = [Section(Paragraph(*coded(heard)))] if heard else []
    if state == "active":
        if held.stage is Stage.REVIEW:
            sections.append(Section(Preformatted(text=file, language="yaml"), title=agent.path))
        sections.append(Section(Paragraph(*coded(QUESTIONS[held.stage])), title="Next"))
    elif state == "abandoned":
        again = "It rests. `agent resume` goes on where it stopped."
        sections.append(Section(Paragraph(*coded(again))))
    elif held.pull:
        after = f"Once it is merged: `agent test ~{agent.name}`, then `agent enable ~{agent.name}`."
        sections.append(Section(Paragraph(*coded(after))))
    about: Line = ("The agent ", Code(f"~{agent.name}")) if agent.name else ("A new agent",)
    return Card(
        key=key,
        audience=held.audience,
        title=(*about, ": ", at if state == "active" else state),
        tone="succeeded" if state == "completed" else "pending" if state == "active" else "info",
        facts=_facts(held),
        sections=tuple(sections),
        footer=(
            "Answer here in your own words; only yours are heard. ",
            *coded("`back` goes back, `tone: dry` corrects, `agent cancel` ends it."),
        )
        if state == "active"
        else (),
    )


def _facts(held: Interview) -> tuple[Fact, ...]:
    agent = held.agent
    amounts = [f"{value:g} {name}" for name, value in agent.limits if value is not None]
    told = {
        "For": agent.purpose,
        "Goals": "; ".join(held.goals),
        "Tone": held.tone,
        "Done well when": held.tests,
        "Agent": f"{agent.base} {agent.model}".strip(),
        "Tools": ", ".join(agent.tools),
        "May touch": ", ".join(agent.paths),
        "At most": ", ".join(amounts),
        "Starts on": "; ".join(f"{name} {value}" for name, value in agent.triggers if value),
        "Steps": " → ".join(agent.steps),
        "Proposed": held.pull_url,
    }
    return tuple(Fact(label, Said(words[:300])) for label, words in told.items() if words)


def agents_card(found: Mapping[str, OwnAgent | str], states: Mapping[str, AgentState],
                readers: Audience) -> Card:  # fmt: skip
    """Every agent that has a file, with what is wrong where it is."""
    lines: list[Line] = []
    for name, agent in found.items():
        state = states.get(name)
        if isinstance(agent, str):
            lines.append((Code(f"~{name}"), ": ", Said(agent)))
            continue
        on = state is not None and state.enabled == agent.version
        tried = state is not None and state.has_passed(agent.version)
        how = "enabled" if on else "passed its test" if tried else "not tested"
        lines.append((Code(f"~{name}"), f": {how}, ", Said(agent.purpose or "no purpose said")))
    none: Line = ("There is none: ", Code("agent new"), " describes one.")
    return Card(
        key="agents",
        audience=readers,
        title=("Agents of this project",),
        sections=(Section(Bullets(*(lines or [none]))),),
    )


def trial_card(
    name: str, trial: Trial, runs: Mapping[int, FixRun], readers: Audience, why: str = ""
) -> Card:
    """The verdicts of an agent beside those of the usual one: proved, cost, time, size."""
    rows: list[tuple[Line, ...]] = []
    for cluster in trial.own:
        both = (runs.get(trial.own[cluster]), runs.get(trial.usual[cluster]))
        rows.append(((Code(f"C-{cluster}"),), *(_cell(run) for run in both)))
    done = "passed" if trial.passed else "did not pass"
    ending = f" {done} its test" if trial.ended else " is being tried; nothing is published"
    told = why or ("It passes where it proves something, and no less than the usual agent does.")
    offered = Action("Enable", f"agent enable ~{name}")
    return Card(
        key=f"trial:{trial.key}",
        audience=readers,
        title=("The agent ", Code(f"~{name}"), ending),
        tone="running" if not trial.ended else "succeeded" if trial.passed else "failed",
        facts=(Fact("Version", Code(trial.version)),),
        sections=(
            Section(Table(header=("Problem", f"~{name}", "usual agent"), rows=tuple(rows))),
            Section(Paragraph(*coded(told))),
        ),
        actions=(offered,) if trial.passed else (),
    )


def _cell(run: FixRun | None) -> Line:
    if run is None or not run.ended:
        return ("waits" if run is None else "runs",)
    ended = run.ended_at or run.updated_at
    lines = run.change.splitlines()
    size = sum(line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in lines)
    verdict = run.verdict.value if run.verdict else run.state.value
    # Those of the usual agent wait longest for their turn.
    began = next((step.started_at for step in run.steps if step.started_at), run.created_at)
    took = f"{(ended - began).total_seconds():.0f} s"
    return (f"{verdict}, ${run.dollars:.2f}, {took}, {count(size, 'line')}",)
