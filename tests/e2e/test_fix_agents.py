"""Each agent that teams use, its real CLI, from a report to a proved pull request.

The models are scripted; the CLIs are those that ``make agents`` has installed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from agent_bench import AGENTS_DIR, require
from e2e_kit import comment, unlike
from fix_kit import LAST_PAGE, ask, configured, ended, no_sandbox, opened_once, reported
from forks import open_stage
from vendor_double import Move, VendorDouble, run, say

from bot.adapters.agents.rows import ROWS
from bot.adapters.choose_agent import VENDORS
from bot.domain.models import Verdict
from bot.simulators.github import Limits
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage
from handlers.web import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = "src/shop/pagination.py"
WRONG, RIGHT = "if rest > 1 else", "if rest > 0 else"
KEY = "canary-of-the-worker"
EVERY_TIME = ("claude", "codex")  # the quickest; the others are for ``make long``
CLIS = [name if name in EVERY_TIME else pytest.param(name, marks=pytest.mark.long) for name in ROWS]


@pytest.fixture(scope="module")
def double() -> VendorDouble:
    return VendorDouble()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    tmp_path_factory: pytest.TempPathFactory, double: VendorDouble
) -> AsyncIterator[Stage]:
    async with serving(double.app(), "127.0.0.1", 0) as url:
        keys = {f"{vendor.upper()}_API_KEY": KEY for vendor in VENDORS}
        urls = {f"{vendor.upper()}_BASE_URL": url for vendor in VENDORS}
        async with open_stage(
            tmp_path_factory.mktemp("agents"),
            limits=Limits.none(),
            SOULCASTER_EMBEDDER="hashing",
            SOULCASTER_AGENTS_DIR=str(AGENTS_DIR),
            **keys,
            **urls,
        ) as made:
            await configured(made, f"fix: {{agents: [{', '.join(ROWS)}]}}\n")
            yield made


@pytest.mark.parametrize("name", CLIS)
async def test_its_pull_request_is_proved(stage: Stage, double: VendorDouble, name: str) -> None:
    require(name)
    whole = shop_files()[PAGES].decode().replace(WRONG, RIGHT)
    edit = f"{PAGES}\n```\n{whole}```\n"  # aider's model has no tool
    fix = run(f"sed -i 's/{WRONG}/{RIGHT}/' {PAGES}")
    double.play((say(edit),) if name == "aider" else (fix, say("A rest needs a page.")))
    number, cluster = await reported(stage, f"Pages {unlike()}", f"{unlike()} {LAST_PAGE[1]}")
    asked = await ask(stage, number, f"fix --agent ~{name} --timeout 30m", cluster)
    made = await ended(stage, asked.number, timeout=900)
    assert (made.verdict, made.agent) == (Verdict.PROVED, name), made.reason
    pull = await opened_once(stage, made)
    assert {file["path"] for file in pull["pull"]["files"]} == {PAGES, made.test_path}
    assert made.dollars > 0
    logs = await stage.context.runs.log_tail((await stage.project()).id, made.number, 500)
    assert any("requests to the model" in line for line in logs)
    assert KEY not in "".join(logs) + made.model_dump_json()
    await no_sandbox(stage)


@pytest.mark.long
async def test_a_comment_stops_it_while_its_model_thinks(
    stage: Stage, double: VendorDouble
) -> None:
    require("claude")
    double.heard.clear()
    double.play((Move("wait"),))
    number, cluster = await reported(stage, f"Pages {unlike()}", f"{unlike()} {LAST_PAGE[1]}")
    asked = await ask(stage, number, "fix --agent ~claude --timeout 30m", cluster)

    async def thinks() -> bool:
        return bool(double.heard)

    await stage.wait("a question to the model", thinks, timeout=300, every=0.1)
    await comment(stage, number, f"/soulcaster stop {asked.name}", ADMIN)
    made = await ended(stage, asked.number, timeout=60)
    assert (made.verdict, made.pull_request) == (Verdict.STOPPED, None), made.reason
    await no_sandbox(stage)
