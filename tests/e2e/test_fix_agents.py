"""Each agent that teams use, its real CLI, from a report to a proved pull request.

The models are scripted; the CLIs are those that ``make agents`` has installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from agent_bench import AGENTS_DIR, require
from fix_kit import LAST_PAGE, ask, configured, ended, no_sandbox, opened_once, reported
from vendor_double import VendorDouble, run, say

from bot.adapters.agents.rows import ROWS
from bot.domain.models import Verdict
from bot.simulators.github import Limits
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import open_stage
from handlers.web import serving

PAGES = "src/shop/pagination.py"
WRONG, RIGHT = "if rest > 1 else", "if rest > 0 else"
KEY = "canary-of-the-worker"


@pytest.mark.long
@pytest.mark.parametrize("name", ROWS)
async def test_its_pull_request_is_proved(tmp_path: Path, name: str) -> None:
    require(name)
    whole = shop_files()[PAGES].decode().replace(WRONG, RIGHT)
    edit = f"{PAGES}\n```\n{whole}```\n"  # aider's model has no tool
    fix = run(f"sed -i 's/{WRONG}/{RIGHT}/' {PAGES}")
    double = VendorDouble((say(edit),) if name == "aider" else (fix, say("A rest needs a page.")))
    vendor = next(iter(ROWS[name].wires)).upper()
    async with serving(double.app(), "127.0.0.1", 0) as url:
        access = {f"{vendor}_API_KEY": KEY, f"{vendor}_BASE_URL": url}
        async with open_stage(
            tmp_path,
            limits=Limits.none(),
            SOULCASTER_EMBEDDER="hashing",
            SOULCASTER_AGENTS_DIR=str(AGENTS_DIR),
            **access,
        ) as stage:
            await configured(stage, f"fix: {{agents: [{name}]}}\n")
            number, cluster = await reported(stage, *LAST_PAGE)
            asked = await ask(stage, number, "fix --timeout 30m", cluster)
            made = await ended(stage, asked.number, timeout=900)
            assert (made.verdict, made.agent) == (Verdict.PROVED, name), made.reason
            pull = await opened_once(stage, made)
            assert {file["path"] for file in pull["pull"]["files"]} == {PAGES, made.test_path}
            assert made.dollars > 0
            logs = await stage.context.runs.log_tail((await stage.project()).id, made.number, 500)
            assert any("requests to the model" in line for line in logs)
            assert KEY not in "".join(logs) + made.model_dump_json()
            await no_sandbox(stage)
