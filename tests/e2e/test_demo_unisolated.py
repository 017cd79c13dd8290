"""The demo on a machine that can isolate nothing: the code it shipped runs, and no other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from e2e_kit import person
from fix_kit import KNOWING, LAST_PAGE, ask, ended, reported
from forks import open_stage

from bot.domain.models import Verdict
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN

# Nobody else's examples are run without isolation.
WRITER = "yuki-mori"
PWNED = "import pathlib\n\n\ndef test_pwned():\n    pathlib.Path({!r}).touch()\n"


@pytest.mark.timeout(240)
async def test_only_the_code_it_shipped_is_run(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in {name for folder in ("/usr/bin", "/bin") for name in os.listdir(folder)}:
        if name != "bwrap" and (found := shutil.which(name, path="/usr/bin:/bin")):
            (tools / name).symlink_to(found)
    canary = tmp_path / "canary"
    async with open_stage(
        tmp_path / "stage",
        limits=Limits.none(),
        SOULCASTER_EMBEDDER="hashing",
        PATH=str(tools),
        **KNOWING,
    ) as stage:
        theirs = "`shop.pagination.page_count(total=31, per_page=10)` returns 3, expected 4."
        issue, cluster = await reported(stage, "Lamps of the third row cannot be reached", theirs)
        stranger = await ended(stage, (await ask(stage, issue, "fix", cluster)).number)
        assert stranger.verdict is Verdict.NOT_REPRODUCED
        assert "needs isolation: install bubblewrap or set E2B_API_KEY" in stranger.reason
        assert stranger.suite_before is None

        issue, cluster = await reported(stage, *LAST_PAGE, login=WRITER)
        shipped = await ended(stage, (await ask(stage, issue, "fix", cluster)).number)
        assert shipped.verdict is Verdict.PROVED, shipped.reason

        files = {"tests/test_pwned.py": PWNED.format(str(canary))}
        await person(stage, "POST", "/push", login=ADMIN, files=files)
        other = "`shop.pagination.page_count(total=41, per_page=10)` returns 4, expected 5."
        issue, cluster = await reported(
            stage, "Goods of the last row do not show up", other, WRITER
        )
        pushed = await ended(stage, (await ask(stage, issue, "fix", cluster)).number)
        assert pushed.verdict is not Verdict.PROVED
        assert "install bubblewrap" in pushed.reason
        assert not canary.exists()
