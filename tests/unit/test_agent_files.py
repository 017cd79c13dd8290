"""Agents of a team's own: the file, what is wrong with one, and what one may at most."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from interviews import BOUNDS, talk

from bot.adapters.agents.briefing import orders
from bot.domain.audience import Audience
from bot.domain.errors import ConfigError
from bot.domain.fixes.own_agent import OwnAgent
from bot.domain.fixes.patch import diff
from bot.domain.fixes.patch.tree import Entry
from bot.domain.fixes.policy import Rules, judge
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.trials import passes, varied
from bot.domain.models import Verdict
from bot.domain.ports import RepairTask
from bot.own_agents import read_agent, write_agent

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
TOKEN = "ghp_" + "a1B2" * 9


def test_what_is_written_is_read_as_it_was() -> None:
    agent = talk("mends examples", "be right", "plain", "mechanic", "docs/** 5 files", "it runs")
    said = agent.described.model_copy(
        update={"steps": ("read", "run: it"), "model": "openai/gpt-5.2"}
    )
    found = read_agent(said.name, write_agent(said), BOUNDS)
    assert found.model_dump(exclude={"version", "prompt"}) == said.model_dump(
        exclude={"version", "prompt"}
    )
    assert found.prompt.strip() == said.prompt
    assert found.version
    assert found.version != read_agent(said.name, write_agent(said) + b"\nMore.", BOUNDS).version


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("base: hal", ":2: base is no agent: there are claude, mechanic."),
        ("tools: [checkout,\n  ssh]", ":3: tools.1 is no tool: there are checkout, network."),
        ("tools: []", ":2: tools lacks checkout"),
        ("tools: [checkout, network]", ":2: tools has network, and this project opens no host"),
        ("paths:\n- docs/\n- ../x", ":4: paths.1 is no path of this repository"),
        ("paths: [gone/**]", ":2: paths.0 names no file of the default branch."),
        ("paths: [.github/workflows]", ":2: paths.0 is a folder that no agent may change."),
        ("limits:\n  minutes: 61", ":3: limits.minutes is at most 60 here."),
        ("limits:\n  dollars: .inf", ":3: limits.dollars input should be a finite number."),
        (
            "model: gpt-99",
            ":2: model is no model that is named for this project: there are openai/gpt-5.2.",
        ),
        ("triggers:\n  problem: colour:red", ":3: triggers.problem cannot be read: "),
        ("steps:\n- read\n- " + TOKEN, ":4: steps.1 holds what looks like a GitHub token"),
        ("env: {A: b}", ":2: env is no key of ours."),
        ("name: other", ":2: name is no key of ours."),
        ("base: [", ":3: this is no YAML."),
        ("base: &a x\nmodel: *a", ":3: aliases (*name) are not read here."),
    ],
)
def test_a_mistake_is_named_with_its_line(front: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_agent("docs", f"---\n{front}\n---\nMend it.\n".encode(), BOUNDS)
    assert f".github/soulcaster/agents/docs.md{said}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("docs", "Mend it.", "docs.md:1: wants a line of ---"),
        ("docs", "---\nbase: mechanic\n", "docs.md:1: wants a line of ---"),
        ("docs", "---\n---\n \n", "docs.md:3: the prompt is empty."),
        ("docs", f"---\n---\nMend it.\nWith {TOKEN}", "docs.md:4: holds what looks like"),
        ("docs", "---\n---\nMend\u202e it.", "docs.md:3: holds invisible characters."),
        ("docs", "---\n---\n" + "x" * 8_001, "docs.md:3: the prompt has at most 8,000"),
        ("mechanic", "---\n---\nMend it.", "mechanic.md:1: is called as an agent that is there"),
        ("Docs", "---\n---\nMend it.", "Docs.md:1: wants a name of small letters"),
    ],
)
def test_so_is_one_of_the_prompt_or_the_name(name: str, file: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_agent(name, file.encode(), BOUNDS)
    assert said in str(caught.value)


def test_what_it_is_told_stands_among_the_orders() -> None:
    agent = OwnAgent(name="docs", prompt="Be short.", steps=("read",), paths=("docs/**",))
    told = orders(
        RepairTask(title="", plan="", evidence="", rules="", root=".", failing=("pytest",),
                   suite="", prompt=agent.briefing), ["keep the API"],
    )  # fmt: skip
    assert "Be short.\n1. read\nChange nothing outside docs/**." in told
    assert told.index("Edit, skip or weaken no test") < told.index("Be short.")


def test_a_patch_outside_its_paths_is_refused() -> None:
    before = {"src/a.py": Entry(data=b"a = 1\n"), "docs/a.py": Entry(data=b"a = 1\n")}
    patch = diff(before, {path: Entry(data=b"a = 2\n") for path in before})
    found = judge(patch, Rules(only=("docs/",)), proof_tests=(), tree=before)
    assert [(f.rule, f.path) for f in found if f.severity == "refuse"] == [("paths", "src/a.py")]
    assert not judge(patch, Rules(), proof_tests=(), tree=before)


def run(verdict: Verdict | None, **fields: object) -> FixRun:
    return FixRun.model_validate(
        {"number": 1, "cluster": 2, "audience": Audience.TEAM, "command": "c", "requested_by": "a",
         "agent": "claude", "seconds_allowed": 900, "created_at": NOW, "updated_at": NOW,
         "verdict": verdict, **fields}
    )  # fmt: skip


def test_who_only_tries_is_nobody_elses_run() -> None:
    own = OwnAgent(name="docs", prompt="x")
    assert run(None).listed == "2"
    assert run(None, own=own, trial="ab:own").listed == "ab:own:2"
    assert run(None, own=own).agent_name == "docs (claude)"
    assert run(None).tools == ("checkout", "network")
    assert run(None, own=own).tools == ("checkout",)


def test_problems_are_chosen_for_variety_and_the_trial_is_fair() -> None:
    told = [(n, frozenset({"sentry", "S2"})) for n in range(1, 8)]
    told += [(8, frozenset({"github", "S2"})), (9, frozenset({"reddit", "S4"}))]
    assert varied(told) == [1, 9, 8, 2, 3]
    assert varied(told[:2]) == [1, 2]
    yes, no = run(Verdict.PROVED), run(Verdict.NOT_REPAIRED)
    assert passes([yes, no], [no, yes])
    assert not passes([yes, no], [yes, yes])
    assert not passes([no, no], [no, no])
