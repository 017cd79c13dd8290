"""A conversation that describes an agent, and the table that judges it, as people read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from interviews import BOUNDS, begun

from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.views.agent import agents_card, interview_card, trial_card
from bot.domain.errors import NotUnderstood
from bot.domain.fixes.interview import answered
from bot.domain.fixes.own_agent import OwnAgent
from bot.domain.fixes.run import FixRun, RunStep, StepName
from bot.domain.fixes.trials import AgentState, Trial
from bot.domain.models import Person, Place, RunState, Verdict
from bot.own_agents import write_agent
from bot.render import render_blocks, render_markdown

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
SAID = (
    "mends the examples in our documentation", "every example runs; <!channel> is left alone",
    "short and @here plain", "mechanic, ssh", "mechanic, checkout", "everything in /etc/**",
    "docs/** 20 minutes $0.50", "the doctest passes", "no, only docs/guide.md",
    "triggers: label docs", "steps: read the page; run the example", "back", "it runs", "yes",
)  # fmt: skip


def conversation() -> list[tuple[str, Card]]:
    held, told = (
        begun(),
        [("/soulcaster agent new", interview_card(begun(), "active", "", key="0"))],
    )
    for n, words in enumerate(SAID, 1):
        wrong = ""
        try:
            held = answered(held, words, BOUNDS)
        except NotUnderstood as error:
            wrong = str(error)
        file = write_agent(held.described).decode()
        told.append((words, interview_card(held, held.state, file, key=str(n), heard=wrong)))
    return told


def run(number: int, verdict: Verdict, change: str) -> FixRun:
    begun = RunStep(name=StepName.FETCH, started_at=NOW)  # it waited for an hour before
    return FixRun(
        number=number, cluster=4, audience=Audience.TEAM, command="c", requested_by="ana",
        created_at=NOW - timedelta(hours=1), steps=(begun,),
        agent="claude", seconds_allowed=900, updated_at=NOW, change=change,
        verdict=verdict, state=RunState.SUCCEEDED, ended_at=NOW + timedelta(seconds=75),
        dollars=0.125,
    )  # fmt: skip


def judged() -> Card:
    trial = Trial(
        version="ab12", own={4: 1, 9: 3}, usual={4: 2, 9: 0}, place=Place(issue=12),
        by=Person(login="ana"), key="k", ended=True, passed=True,
    )  # fmt: skip
    runs = [
        run(1, Verdict.PROVED, "--- a\n+++ b\n-x\n+y\n"), run(2, Verdict.NOT_REPAIRED, ""),
        run(3, Verdict.ON_ONE_EXAMPLE, "--- a\n+++ b\n+y\n"),
    ]  # fmt: skip
    return trial_card("docs", trial, {each.number: each for each in runs}, Audience.TEAM)


def listed() -> Card:
    docs = OwnAgent(name="docs", prompt="x", purpose="mends <b>examples</b>", version="v9")
    state = AgentState(audience=Audience.TEAM, name="docs", enabled="v9")
    wrong = ".github/soulcaster/agents/tidy.md:2: base is no agent."
    return agents_card({"docs": docs, "tidy": wrong}, {"docs": state}, Audience.TEAM)


def test_a_conversation_as_it_is_read(golden: Callable[[str, str], None]) -> None:
    told = conversation()
    parts = [f"> {said}\n\n{render_markdown(card)}" for said, card in told]
    golden("agent_interview.md", "\n\n---\n\n".join(parts) + "\n")
    blocks = [{"said": said, "blocks": render_blocks(card).blocks} for said, card in told]
    golden("agent_interview.blocks.json", json.dumps(blocks, indent=1, ensure_ascii=False) + "\n")
    assert "<!channel>" not in json.dumps(blocks[1:][0]["blocks"])
    for name, card in (("agent_trial", judged()), ("agent_list", listed())):
        golden(f"{name}.md", render_markdown(card))
        message = render_blocks(card)
        kept = {"text": message.text, "blocks": message.blocks}
        golden(f"{name}.blocks.json", json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
