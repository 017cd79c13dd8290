"""Unproved drafts, an approved plan, a test by a model, and an agent that reads prose.

The model is scripted, everything else is real: a plan is drafted and approved, a patch that makes
the suite worse opens a draft that says so, what a person asks in prose makes it a proved one, and a
report without an example is reproduced.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import gemini_server as gemini
import pytest
import pytest_asyncio
from e2e_kit import issue, obey, person, reply, settled
from fix_kit import (
    LAST_PAGE,
    ask,
    ended,
    opened_nothing,
    publish,
    published,
    ready_to_publish,
    reported,
    run_of,
    stage_with_model,
)
from gemini_server import Body, Reply

from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import ClusterState, RunState, Verdict
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = "src/shop/pagination.py"
WORSE = f"sed -i 's/return full + 1 if rest > 1 else full/return full + 1/' {PAGES}"
RIGHT = f"sed -i 's/return full + 1$/return full + 1 if rest > 0 else full/' {PAGES}"
WORDED = f"sed -i 's/none for an empty list/a started page counts/' {PAGES}"

FREE = "sed -i 's/subtotal > FREE_FROM/subtotal >= FREE_FROM/' src/shop/shipping.py"


@dataclass
class Model:
    """Drafts a plan of the reports it is given, and repairs by ``script``."""

    script: list[Reply] = field(default_factory=list)
    plans: int = 0
    read: list[str] = field(default_factory=list)

    def __iter__(self) -> Model:
        return self

    def __next__(self) -> gemini.Script:
        return self.answer

    def answer(self, body: Body) -> Reply:
        """To one request."""
        wanted = body["generationConfig"].get("responseJsonSchema", {}).get("properties", {})
        texts = [part["text"] for turn in body["contents"] for part in turn["parts"]]
        if "approach" in wanted:
            self.plans += 1
            return gemini.says(self._plan(texts[1]))
        if "quote" in wanted:
            return gemini.says(self._test(texts[1]))
        if "command" not in wanted:
            return gemini.blocked()
        orders = [part["text"] for part in body["systemInstruction"]["parts"]]
        self.read.append("\n".join([*orders, *texts]))
        return self.script.pop(0)

    def _test(self, marked: str) -> Body:
        return {
            "path": "tests/test_free_postage.py",
            "source": "from shop.shipping import shipping_cost\n\n\ndef test_fifty_is_enough():\n"
            '    assert shipping_cost(5000, "DE") == 0\n',
            "says": "fifty euros are sent for free, not for 490 cents",
            "report": _numbers(marked)[0],
            "quote": "exactly fifty euros still costs postage",
            "exception": "AssertionError",
            "actual": "490",
        }

    def _plan(self, marked: str) -> Body:
        numbers = _numbers(marked)
        return {
            "symptom": {"text": "The last page of a category is not there.", "items": numbers},
            "evidence": [{"text": "page_count returns 2, expected 3.", "items": numbers}],
            "suspects": ["shop/pagination.py"],
            "approach": ["Count a page that has begun."],
            "tests": ["page_count(total=21, per_page=10) == 3"],
            "risks": ["Callers may have worked around it."],
        }


def _numbers(marked: str) -> list[int]:
    """Of the reports in the material."""
    material = json.loads(marked.partition("\n")[2].rpartition("\n")[0])
    return [each["number"] for each in material["reports"]]


@dataclass
class Scene:
    """A stage, its model, and a problem with its issue."""

    stage: Stage
    model: Model
    issue: int
    cluster: int
    run: FixRun | None = None

    async def pull(self) -> Any:
        """The draft as GitHub holds it."""
        _, [pull] = await published(self.stage, self.cluster)
        return pull

    async def revised(self, words: str, *script: Reply) -> str:
        """The card that a revision ends with."""
        self.model.script = list(script)
        number = (await self.pull())["number"]
        before = await self._cards(number)
        assert await obey(self.stage, number, f"/soulcaster revise -- {words}") == "done"

        async def card() -> str | None:
            found = [c for c in await self._cards(number) if c not in before]
            done = [c for c in found if "is on the branch" in c or "Nothing was pushed" in c]
            return done[0] if done else None

        return str(await self.stage.wait("the revision", card, timeout=120))

    async def _cards(self, number: int) -> list[str]:
        comments = (await issue(self.stage, number))["comments"]
        return [c["body"] for c in comments if "soulcaster:revision:" in c["body"]]


def labels(pull: Any) -> set[str]:
    return {label["name"] for label in pull["labels"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A project with ``unproved_drafts``, and a stage whose language model is ours."""
    model = Model()
    async with stage_with_model(tmp_path_factory.mktemp("stage"), model) as stage:
        await person(
            stage,
            "POST",
            "/push",
            login="ines-ferreira",
            branch="main",
            message="Show unproved drafts",
            files={".github/soulcaster.yml": "fix: {agents: [loop], unproved_drafts: true}\n"},
        )
        yield Scene(stage, model, *await reported(stage, *LAST_PAGE))


async def test_a_plan_is_drafted_once_and_approved(scene: Scene) -> None:
    for _ in range(2):
        assert await obey(scene.stage, scene.issue, "/soulcaster plan") == "done"
    card = await reply(scene.stage, scene.issue, f"plan:C-{scene.cluster}")
    assert "Count a page that has begun." in card
    assert "Written by: gemini-3.5-flash." in card
    assert scene.model.plans == 1
    assert await obey(scene.stage, scene.issue, "/soulcaster plan --approve=v2") == "refused"
    assert await obey(scene.stage, scene.issue, "/soulcaster plan --approve=v1") == "done"
    card = await reply(scene.stage, scene.issue, f"plan:C-{scene.cluster}")
    assert "**Approved** by `@ines-ferreira`" in card


@pytest.mark.parametrize(
    ("more", "options", "verdict"),
    [
        ("mkdir -p .github/workflows && echo > .github/workflows/x.yml", "", "refused by policy"),
        ("true", " --dry-run", "reproduced, not repaired"),
    ],
)
async def test_policy_and_dry_runs_stand_above_it(
    scene: Scene, more: str, options: str, verdict: str
) -> None:
    scene.model.script = [gemini.runs(f"{WORSE} && {more}"), gemini.done("One page more.")]
    run = await ask(scene.stage, scene.issue, f"fix --agent ~loop{options}", scene.cluster)
    run = await ended(scene.stage, run.number)
    assert run.verdict == verdict, run.reason
    await opened_nothing(scene.stage, run)


async def test_a_patch_that_makes_the_suite_worse_is_a_draft_that_says_so(scene: Scene) -> None:
    scene.model.script = [gemini.runs(WORSE), gemini.done("One page more.")]
    run = await ask(scene.stage, scene.issue, "fix --agent ~loop", scene.cluster)
    run = scene.run = await ended(scene.stage, run.number)
    assert (run.verdict, run.unproved) == (Verdict.NOT_REPAIRED, Verdict.NOT_REPAIRED)
    assert run.reason.startswith("The suite is worse: ")
    states = {step.name: step.state for step in run.steps}
    assert states.pop(StepName.PROVE) is RunState.FAILED
    assert set(states.values()) == {RunState.SUCCEEDED}
    await settled(scene.stage)
    pull = await scene.pull()
    assert pull["title"] == "Unproved fix: Last page of a category is missing"
    assert labels(pull) == {"soulcaster", "soulcaster: unproved"}
    assert pull["pull"]["draft"]
    assert "## Not proved" in pull["body"]
    assert "after plan v1, approved by" in pull["body"]
    [check] = pull["pull"]["checks"]
    assert check["conclusion"] == "failure"
    assert "Not proved: " in pull["pull"]["commits"][0]["message"]
    assert "Count a page that has begun." in scene.model.read[0]
    assert scene.model.plans == 1  # the approved one is what the run goes by


async def test_the_card_the_cluster_and_the_quota(scene: Scene) -> None:
    assert scene.run is not None
    card = await reply(scene.stage, scene.issue, f"run:{scene.run.name}")
    assert "The unproved draft is pull request" in card
    assert "**Plan** v1, approved by `@ines-ferreira`" in card
    project = await scene.stage.project()
    month = f"{scene.stage.context.now():%Y-%m}"
    assert await scene.stage.context.quotas.fixes(project.installation, month) == 0
    cluster = await scene.stage.context.clusters.get(project.id, scene.cluster)
    assert (cluster.state, cluster.pull_request) == (
        ClusterState.PR_OPENED,
        scene.run.pull_request,
    )
    assert await obey(scene.stage, scene.issue, "/soulcaster fix") == "refused"


async def test_what_still_is_not_proved_is_not_pushed(scene: Scene) -> None:
    reword = f"sed -i 's/none for an empty list/more or less/' {PAGES}"
    card = await scene.revised(
        "say it in other words", gemini.runs(reword), gemini.done("Said otherwise.")
    )
    assert "Nothing was pushed" in card
    assert len((await scene.pull())["pull"]["commits"]) == 1


async def test_prose_makes_it_a_proved_one(scene: Scene) -> None:
    assert scene.run is not None
    card = await scene.revised(
        "a full last page is not followed by another",
        gemini.runs(RIGHT),
        gemini.done("Only a page that has begun counts."),
    )
    assert "v2 is on the branch" in card
    assert "a full last page is not followed by another" in scene.model.read[-1]
    await settled(scene.stage)
    pull = await scene.pull()
    assert pull["title"] == "Fix: Last page of a category is missing"
    assert labels(pull) == {"soulcaster", "soulcaster: proved"}
    assert "This draft began unproved; v2 is proved, as below." in pull["body"]
    assert pull["pull"]["checks"][-1]["conclusion"] == "success"
    run = await run_of(scene.stage, scene.run.number)
    assert (run.verdict, run.state, run.version) == (Verdict.PROVED, RunState.SUCCEEDED, 2)


async def test_prose_without_an_example_is_followed(scene: Scene) -> None:
    card = await scene.revised(
        "let the docstring speak of started pages",
        gemini.runs(WORDED),
        gemini.done("The docstring speaks of started pages."),
    )
    assert "v3 is on the branch" in card
    files = {file["path"]: file for file in (await scene.pull())["pull"]["files"]}
    assert "a started page counts" in files[PAGES]["patch"]
    assert scene.model.plans == 1


async def test_a_proof_that_did_not_speak_against_it_is_neutral(scene: Scene) -> None:
    number, cluster = await reported(scene.stage, "The door bell is silent", "It never rings.")
    run = await ready_to_publish(
        scene.stage,
        number,
        cluster,
        unproved=Verdict.NOT_REPRODUCED,
        reason="In a clean sandbox the test passes on the base.",
    )
    await publish(scene.stage, run)
    done = await ended(scene.stage, run.number)
    assert done.verdict is Verdict.NOT_REPRODUCED
    _, [pull] = await published(scene.stage, cluster)
    [check] = pull["pull"]["checks"]
    assert check["conclusion"] == "neutral"
    assert "soulcaster: unproved" in labels(pull)


async def test_a_report_in_prose_is_reproduced_by_the_model(scene: Scene) -> None:
    words = "An order to Germany of exactly fifty euros still costs postage. It should be free."
    number, cluster = await reported(scene.stage, "Postage at the free limit", words)
    scene.model.script = [gemini.runs(FREE), gemini.done("Fifty is enough.")]
    run = await ask(scene.stage, number, "fix --agent ~loop", cluster)
    run = await ended(scene.stage, run.number)
    assert run.verdict is Verdict.PROVED, run.reason
    assert run.test_path == "tests/test_free_postage.py"
    assert run.dollars > 0
    _, [pull] = await published(scene.stage, cluster)
    assert {file["path"] for file in pull["pull"]["files"]} == {
        "src/shop/shipping.py",
        "tests/test_free_postage.py",
    }
    card = await reply(scene.stage, number, f"run:{run.name}")
    assert "fifty euros are sent for free" in card
