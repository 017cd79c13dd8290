"""What a model may say, and what comes of it: a pull request only for a right patch.

The model is scripted, everything else is real.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import gemini_server as gemini
import pytest
import pytest_asyncio
from e2e_kit import obey, replies, reply
from fix_kit import (
    LAST_PAGE,
    ask,
    ended,
    no_sandbox,
    opened_nothing,
    opened_once,
    reported,
    stage_with_model,
)
from gemini_server import Body, Reply

from bot.domain.fixes.run import FixRun
from bot.domain.models import Verdict
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = "src/shop/pagination.py"
PROOF = "tests/test_soulcaster_c1.py"
FIX = f"sed -i 's/if rest > 1 else/if rest > 0 else/' {PAGES}"
# Tests pass by what is compiled, which no patch holds.
COMPILED = f"""cp {PAGES} /tmp/before; {FIX}; python - <<'END'
import py_compile
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
py_compile.compile("{PAGES}", invalidation_mode=mode)
END
cp /tmp/before {PAGES}"""
BUSY = "Gemini answered 429 RESOURCE_EXHAUSTED; try again."


@dataclass
class Model:
    """Says ``script`` line by line when a repair's next step is asked for; its last line for ever.

    Whatever else it is asked, it refuses. ``away`` is its answer to everything, if there is one.
    """

    script: list[Reply] = field(default_factory=list)
    away: Reply | None = None
    asked: list[Body] = field(default_factory=list)

    def __iter__(self) -> Model:
        return self

    def __next__(self) -> gemini.Script:
        return self.answer

    def says(self, *script: Reply, away: Reply | None = None) -> None:
        """Begin a new part."""
        self.script, self.away, self.asked = list(script), away, []

    def answer(self, body: Body) -> Reply:
        """To one request."""
        wanted = body["generationConfig"].get("responseJsonSchema", {}).get("properties", {})
        about_a_step = {"command", "done"} <= set(wanted)
        if about_a_step or self.away:
            self.asked.append(body)
        if self.away:
            return self.away
        if not about_a_step:
            return Reply({"promptFeedback": {"blockReason": "OTHER"}})
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@dataclass(frozen=True)
class Scene:
    """A stage, its model, and a problem with its issue."""

    stage: Stage
    model: Model
    issue: int
    cluster: int

    async def fix(self, *script: Reply, options: str = "", away: Reply | None = None) -> FixRun:
        """Ask for a fix, and wait for its end."""
        self.model.says(*script, away=away)
        words = f"fix --agent=~loop {options}".strip()
        run = await ask(self.stage, self.issue, words, self.cluster)
        return await ended(self.stage, run.number)

    async def published_nothing(self, run: FixRun) -> str:
        """Nothing is left of the run but its comment as GitHub holds it; without escapes."""
        await opened_nothing(self.stage, run)
        await no_sandbox(self.stage)
        assert (run.branch, run.pull_request) == ("", None)
        card = (await reply(self.stage, self.issue, f"run:{run.name}")).replace("\\", "")
        assert f"/soulcaster retry {run.name}" in card
        assert "Stop" not in card
        return card


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One problem, and a stage whose language model is ours."""
    model = Model()
    async with stage_with_model(tmp_path_factory.mktemp("stage"), model) as stage:
        yield Scene(stage, model, *await reported(stage, *LAST_PAGE))


async def test_no_patch(scene: Scene) -> None:
    run = await scene.fix(gemini.says({"summary": "I do not see @everyone the cause."}))
    assert (run.verdict, run.agent_steps) == (Verdict.NOT_REPAIRED, 1)
    card = await scene.published_nothing(run)
    assert "Reproduced, not repaired: the failing test is below for a person." in card
    assert "I do not see" in card
    assert "@everyone" not in card
    assert "assert page_count(total=21, per_page=10) == 3" in card
    assert "❌ Repair it" in card


async def test_a_patch_that_breaks_the_suite(scene: Scene) -> None:
    """The new test alone passes."""
    wrong = f"sed -i 's/full + 1 if rest > 1 else full/full + 1/' {PAGES}"
    run = await scene.fix(gemini.runs(wrong), gemini.done())
    assert run.verdict is Verdict.NOT_REPAIRED
    assert run.reason.startswith("The suite is worse: tests.test_pagination.")
    card = await scene.published_nothing(run)
    assert "❌ Prove it in a clean sandbox" in card
    # As people read it: without what keeps the words from being markup.
    assert run.reason in card.replace("\\_", "_").replace("&#8203;", "")


async def test_a_patch_of_the_test_that_proves_it(scene: Scene) -> None:
    cheat = f"printf 'def test_page_count():\\n    pass\\n' > {PROOF}"
    run = await scene.fix(gemini.runs(cheat), gemini.done())
    assert run.verdict is Verdict.REFUSED_BY_POLICY
    assert run.reason == f"{PROOF} is the test that proves this fix; a fix may not edit it"
    card = await scene.published_nothing(run)
    assert "There is a patch, but the policy refuses it." in card
    assert f"\n- {run.reason}\n" in card


async def test_a_patch_outside_the_policy(scene: Scene) -> None:
    """The repair in it is right."""
    more = "mkdir -p .github/workflows; echo 'on: push' > .github/workflows/x.yml"
    run = await scene.fix(gemini.runs(f"{FIX}; {more}"), gemini.done())
    assert run.verdict is Verdict.REFUSED_BY_POLICY
    assert run.reason == (
        ".github/workflows/x.yml is protected (dot file or folder); to let fixes change it, "
        'add ".github/workflows/x.yml" to fix.allow in .github/soulcaster.yml'
    )
    card = await scene.published_nothing(run)
    assert f"\n- {run.reason}\n" in card
    assert "✅ Prove it" in card
    assert "❌ Check the patch against policy" in card


async def test_a_repair_that_no_patch_holds(scene: Scene) -> None:
    """What the model left behind makes its own checks green."""
    run = await scene.fix(gemini.runs(COMPILED), gemini.done("Compiled anew."))
    assert run.verdict is Verdict.NOT_REPAIRED
    assert run.reason == (
        "The agent is done, yet no file of the checkout has changed. It said: Compiled anew."
    )
    assert run.reason in await scene.published_nothing(run)


async def test_malformed_answers(scene: Scene) -> None:
    run = await scene.fix(gemini.text("{oops"))
    assert run.verdict is Verdict.NOT_REPAIRED
    assert run.reason == (
        "gemini-3.5-flash gave no valid answer, not even when told what is wrong: "
        "the answer: Invalid JSON: key must be a string at line 1 column 2"
    )
    assert len(scene.model.asked) == 2
    assert run.dollars > 0
    assert run.reason in await scene.published_nothing(run)


async def test_endless_steps(scene: Scene) -> None:
    run = await scene.fix(gemini.runs("true"))
    assert (run.verdict, run.agent_steps) == (Verdict.LIMIT_REACHED, 60)
    assert run.reason == "The 60 steps it may take are used up."
    card = await scene.published_nothing(run)
    assert "A limit was reached before the fix was proved." in card
    assert run.reason in card
    assert "60 steps, <span>$</span>0.14" in card


async def test_a_model_that_is_away_all_the_time(scene: Scene) -> None:
    away = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="0.1s")
    run = await scene.fix(away=away, options="--timeout=10s")
    assert run.verdict is Verdict.LIMIT_REACHED
    assert run.reason == (
        f"10 seconds were used up; --timeout allows more. Some of it went by waiting: {BUSY}"
    )
    card = await scene.published_nothing(run)
    assert f"waiting: {BUSY}" in card
    assert run.reason in card
    assert len(scene.model.asked) > 5


async def test_a_model_that_comes_back_too_late(scene: Scene) -> None:
    """Nobody waits an hour for a run of fifteen minutes."""
    run = await scene.fix(away=gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="3600s"))
    assert run.verdict is Verdict.LIMIT_REACHED
    assert run.reason == f"{BUSY} That is in 60 minutes, and the run may take 15 minutes."
    assert run.reason in await scene.published_nothing(run)


async def test_a_right_patch(scene: Scene) -> None:
    """The only one that opens a pull request; the last, since a problem has one at a time."""
    run = await scene.fix(gemini.runs(FIX), gemini.done("A rest of one needs a page too."))
    pull = await opened_once(scene.stage, run)
    assert {file["path"] for file in pull["pull"]["files"]} == {PAGES, PROOF}
    assert (run.agent, run.agent_steps) == ("loop", 2)
    card = await reply(scene.stage, scene.issue, f"run:{run.name}")
    assert "Proved: red before, green after, the suite no worse. [Pull request " in card
    await no_sandbox(scene.stage)


async def test_private_code_leaves_for_those_alone_that_the_repository_names(scene: Scene) -> None:
    said = await obey(scene.stage, scene.issue, "/soulcaster fix --agent ~opencode", ADMIN)
    known = await scene.stage.context.runs.all((await scene.stage.project()).id)
    assert "opencode" not in {run.agent for run in known}
    text = "\n".join(reply["body"] for reply in await replies(scene.stage, scene.issue))
    assert "sends code to Google, and this repository is private" in text.replace("\\", "")
    assert said == "refused"
